"""The demo's gateway as a process: `python -m proxeny.simulated.gateway_process`, orders on standard input.

Orders: `{"auth": [host, port], "acct": [host, port], "gateway": {"name", "address", "port", "mac", "ssid", "station",
"secret", "uam_secret", "entrance", "coa_port", "radios": [mac, …]}}`. Never outlives whoever holds its standard input.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
from typing import Any

from werkzeug.serving import make_server

from proxeny.simulated.caller import Caller
from proxeny.simulated.gateway import Gateway, Setting
from proxeny.simulated.gateway_page import pages
from proxeny.simulated.passers_by import pass_by
from proxeny.simulated.process import live
from radius.secret import Secret


async def begin(orders: dict[str, Any]) -> None:
    """Open its ports and its pages."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    loop = asyncio.get_running_loop()
    row = dict(orders["gateway"])
    coa_port, radios, secret = row.pop("coa_port"), row.pop("radios"), Secret(row.pop("secret").encode())
    setting = Setting(**row, secret=secret)
    callers = []
    for port in ("auth", "acct"):
        remote = tuple(orders[port])
        _, caller = await loop.create_datagram_endpoint(lambda: Caller(secret), local_addr=(setting.address, 0), remote_addr=remote)
        callers.append(caller)
    gateway = Gateway(setting, callers[0], callers[1], random.Random())  # noqa: S311  # how much a phone reads: nothing secret hangs on it
    await loop.create_datagram_endpoint(lambda: gateway, local_addr=(setting.address, coa_port))
    server = make_server(setting.address, setting.port, pages(gateway, loop), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _lives.append(loop.create_task(gateway.live()))
    others = (setting, radios, random.Random(), threading.Event())  # noqa: S311
    threading.Thread(target=pass_by, args=others, daemon=True).start()


_lives: list[asyncio.Task[None]] = []  # the loop itself holds tasks only weakly

if __name__ == "__main__":
    live(begin)
