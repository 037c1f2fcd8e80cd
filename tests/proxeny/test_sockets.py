"""The listening sockets: opened once each, taken ports named."""

from __future__ import annotations

import contextlib
import socket

import pytest

from proxeny import sockets
from proxeny.faults import FaultyError
from proxeny.parts import Radius


@pytest.fixture
def taken():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # another controller's group counts as taken too
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


def free() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def test_every_worker_gets_every_address() -> None:
    """Indices count through; each worker has its own socket of each group."""
    radius = Radius(auth=f"127.0.0.1:{free()}", acct=f"127.0.0.1:{free()}", workers=2)
    with contextlib.ExitStack() as stack:
        opened = sockets.open_all(radius, "proxeny.toml")
        for each in opened:
            stack.enter_context(each.sock)
        assert [(0, "auth", 0), (1, "acct", 0), (2, "auth", 1), (3, "acct", 1)] == [(each.index, each.kind, each.worker) for each in opened]
        assert [0, 0, 0, 0] == [each.drops for each in opened]
        assert sockets.small_buffers(opened, 1 << 10) == ""
        assert "net.core.rmem_max" in sockets.small_buffers(opened, 1 << 40)


def test_all_taken_ports_are_named_at_once(taken: int) -> None:
    """Which, by which key, and what to do; nothing stays open."""
    with pytest.raises(FaultyError) as told:
        sockets.open_all(Radius(auth=f"127.0.0.1:{taken},192.0.2.1:1812", acct="192.0.2.1:1813"), "proxeny.toml")
    words = [str(fault) for fault in told.value.faults]
    assert ["radius.auth", "radius.auth", "radius.acct"] == [fault.key for fault in told.value.faults]
    assert f"127.0.0.1:{taken} is taken by another program" in words[0]
    assert "No interface of this machine" in words[1]
