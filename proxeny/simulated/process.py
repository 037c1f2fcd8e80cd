"""What the simulated neighbours share as processes: orders on standard input, an end when it closes.

The first line of standard input is JSON, so that no secret stands on a command line; "ready" on standard output says
that the ports are open. Never outlives whoever holds the other end of its standard input.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


def live(begin: Callable[[dict[str, Any]], Coroutine[Any, Any, None]]) -> None:
    """Read the orders, run `begin` with them (it opens the ports and returns), and live until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the demo ends us in its own order
    orders = json.loads(sys.stdin.readline())
    asyncio.run(_until_input_ends(begin, orders))


async def _until_input_ends(begin: Callable[[dict[str, Any]], Coroutine[Any, Any, None]], orders: dict[str, Any]) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    await begin(orders)
    loop.add_reader(sys.stdin.fileno(), lambda: ended.set() if not os.read(sys.stdin.fileno(), 4096) else None)
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    print("ready", flush=True)
    await ended.wait()
