"""Words to systemd."""

from __future__ import annotations

import socket

import pytest

from proxeny import notify


@pytest.mark.parametrize("abstract", [False, True])
def test_a_word_reaches_the_socket(tmp_path, monkeypatch, abstract: bool) -> None:
    """By path and by abstract name, as sd_notify(3) has it."""
    name = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind("\0" + name if abstract else name)
        sock.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + name if abstract else name)
        notify.tell("READY=1")
        assert b"READY=1" == sock.recv(100)


@pytest.mark.parametrize("address", ["", "/nowhere/at/all", "nonsense"])
def test_nobody_listening_is_no_fault(monkeypatch, address: str) -> None:
    """Started by hand, or by a systemd that has gone away."""
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    notify.tell("READY=1")
