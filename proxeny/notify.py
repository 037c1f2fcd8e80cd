"""A word to systemd, where it started us (sd_notify(3)): ready, alive, stopping. Never fails, never waits."""

from __future__ import annotations

import contextlib
import os
import socket


def tell(word: str) -> None:
    """Send e.g. "READY=1" to $NOTIFY_SOCKET; nothing happens where there is none."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address[:1] not in {"/", "@"}:
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sock:
        sock.sendto(word.encode(), "\0" + address[1:] if address[0] == "@" else address)
