"""The demo's outbox as a process: `python -m proxeny.simulated.outbox_process`, orders on standard input.

Orders: `{"mail": [host, port] or null, "pages": [host, port]}`. Never outlives whoever holds its standard input.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

from werkzeug.serving import make_server

from proxeny.simulated.outbox import LINE, Outbox
from proxeny.simulated.outbox_page import pages
from proxeny.simulated.process import live


async def begin(orders: dict[str, Any]) -> None:
    """Open its ports."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    outbox = Outbox()
    if orders["mail"] is not None:
        _servers.append(await asyncio.start_server(outbox.serve, *orders["mail"], limit=LINE))
    server = make_server(orders["pages"][0], orders["pages"][1], pages(outbox), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


_servers: list[asyncio.Server] = []  # kept for as long as the process lives

if __name__ == "__main__":
    live(begin)
