"""A simulated home institution as a process: `python -m proxeny.simulated.home_process`, orders on standard input.

Orders: `{"address", "port", "secret", "accounts": {identity: password}, "delay": seconds}`. The delay is the way to the
institution and back, so that three countries feel like three countries. Never decides: home.py does.
"""

from __future__ import annotations

import asyncio
import os
import random
from typing import Any

from proxeny.simulated.home import Home, Institution
from proxeny.simulated.process import live
from radius.secret import Secret


class Door(asyncio.DatagramProtocol):
    """A UDP port in front of a Home; every answer takes its time."""

    def __init__(self, home: Home, delay: float) -> None:
        self._home, self._delay = home, delay
        self._transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # typeshed has the base class here
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        if answer := self._home.answer(data):
            late = self._delay * random.uniform(0.8, 1.4)  # noqa: S311  # the weather on the line, not a secret
            asyncio.get_running_loop().call_later(late, self._transport.sendto, answer, addr)


async def begin(orders: dict[str, Any]) -> None:
    """Open the institution's ports: authentication, and accounting one above it."""
    accounts = {name.encode(): password.encode() for name, password in orders["accounts"].items()}
    home = Home(Institution(Secret(orders["secret"].encode()), accounts), os.urandom)
    loop = asyncio.get_running_loop()
    for port in (orders["port"], orders["port"] + 1):
        await loop.create_datagram_endpoint(lambda: Door(home, orders["delay"]), local_addr=(orders["address"], port))


if __name__ == "__main__":
    live(begin)
