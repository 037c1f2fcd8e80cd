"""A port of this machine inside a namespace: `python -m tests.peers.forward PORT ADDRESS:PORT` hands each connection on, both ways.

So that a browser in there finds at its own 127.0.0.1 what the test serves at the machine's. Never listens beyond 127.0.0.1.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while octets := await source.read(65_536):
            sink.write(octets)
            await sink.drain()
    sink.close()


async def main() -> None:
    """Until killed."""
    port, (address, _, there) = int(sys.argv[1]), sys.argv[2].partition(":")

    async def hand(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            back, forth = await asyncio.open_connection(address, int(there))
        except OSError:
            sink.close()
            return
        await asyncio.gather(_pump(source, forth), _pump(back, sink))

    async with await asyncio.start_server(hand, "127.0.0.1", port) as server:
        sys.stdout.write("forwarding\n")
        sys.stdout.flush()
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
