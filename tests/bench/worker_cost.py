"""What the road costs with real sockets but without processes beside it: `.venv/bin/python -m tests.bench.worker_cost [--profile]`.

Engine, runner and sockets as a worker has them, the generator and the home in processes of their own; records are thrown
away or batched as the journal does. The difference to engine_cost is the shell. Never the supervisor, never the store.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import gc
import pstats
import resource
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import uvloop

from proxeny.daemon import CYCLES
from proxeny.entropy import Entropy
from proxeny.journal import SocketJournal
from radius.admission import AUTH
from radius.engine import Engine
from radius.runner import Runner
from radius.udp import LISTENER_BUFFER, UdpListener, udp_socket
from tests.bench import generator, sample

if TYPE_CHECKING:
    from radius.records import Accounting


class NoLedger:
    """Keeps nothing: no accounting is sent here."""

    def keep(self, record: Accounting, done: object) -> None: ...


async def measure(options: argparse.Namespace, home: int) -> None:
    """One run of the generator against a runner in this process."""
    loop = asyncio.get_running_loop()
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    journal = SocketJournal(near, loop)
    far.setblocking(False)
    loop.add_reader(far.fileno(), lambda: far.recv(1 << 20))  # read and thrown away
    runner = Runner(Engine(sample.tables(port=home), Entropy()), loop, ledger=NoLedger(), journal=journal, fault=print)
    sock = udp_socket(("127.0.0.1", 0), socket.AF_INET, buffer=LISTENER_BUFFER)
    runner.read_from(0, UdpListener(0, AUTH, sock))
    gc.collect()
    gc.freeze()
    gc.set_threshold(*CYCLES)
    profile = cProfile.Profile() if options.profile else None
    with ThreadPoolExecutor(1) as pool:
        for endpoints in options.endpoints:
            before = resource.getrusage(resource.RUSAGE_SELF)
            if profile:
                profile.enable()
            keys = {"endpoints": endpoints, "window": options.window, "seconds": options.seconds, "pace": options.pace}
            load = await loop.run_in_executor(pool, lambda keys=keys: generator.load(generator.compiled(), sock.getsockname()[1], **keys))
            if profile:
                profile.disable()
            after = resource.getrusage(resource.RUSAGE_SELF)
            user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
            each = [
                f"{name} {spent * 1e6 / max(1, load.done):.1f}"
                for name, spent in (("user", user), ("system", system), ("both", user + system))
            ]
            print(f"{endpoints:>5} endpoints: {load.rate:>7.0f}/s   µs per request: {', '.join(each)}   lost {load.lost}, bad {load.bad}")
    if profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(35)
    runner.close()


def main() -> None:
    """Measure and print."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--endpoints", type=int, nargs="*", default=[64, 4096])
    wanted.add_argument("--seconds", type=float, default=2.0)
    wanted.add_argument("--window", type=int, default=64)
    wanted.add_argument("--pace", type=float, default=0.0)
    wanted.add_argument("--profile", action="store_true")
    options = wanted.parse_args()
    with generator.home(generator.compiled()) as home, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure(options, home))


if __name__ == "__main__":
    main()
