"""What one Engine costs without any socket: `.venv/bin/python -m tests.bench.engine_cost [--profile] [--number N]`.

Requests are made beforehand and homes answer out of the clock's sight; only the calls of `datagram`, `answer`, `tick`
and `settled` are timed. Prints the median and the best of the batches: the best is the code, the median the machine.
Never opens a port.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import time
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from radius.actions import Ask, Drop, Origin, Reply, Send
from radius.admission import ACCT, AUTH
from radius.engine import Engine
from tests.bench import sample, traffic

if TYPE_CHECKING:
    from collections.abc import Callable

    from radius.actions import Actions

BATCH = 200
TICK = "tick"
PEER = (sample.HOME, sample.HOME_PORT)


@dataclass(slots=True)
class Clock:
    """Batches timed by the name of the call; µs per call."""

    batches: dict[str, list[float]] = field(default_factory=dict)
    profile: cProfile.Profile | None = None

    def time(self, name: str, calls: list[Callable[[], Actions]]) -> list[Actions]:
        """Call them all, back to back."""
        if self.profile:
            self.profile.enable()
        began = time.perf_counter()
        out = [call() for call in calls]
        spent = time.perf_counter() - began
        if self.profile:
            self.profile.disable()
        self.batches.setdefault(name, []).append(spent * 1e6 / max(1, len(calls)))
        return out


def conversations(engine: Engine, clock: Clock, number: int, rounds: int) -> None:
    """`number` logins of `rounds` round trips, BATCH at a time: Challenges, then an Accept."""
    now = 1000.0
    for start in range(0, number, BATCH):
        states = [b""] * BATCH
        for step in range(rounds):
            last = step == rounds - 1
            origins = [Origin(0, (f"127.16.0.{i % 64 + 1}", 30000)) for i in range(BATCH)]
            octets = [
                traffic.access_request((start // 64 + step * 4 + i // 64) & 255, os.urandom(16), (start + i) % 5000, state=states[i])
                for i in range(BATCH)
            ]
            now += 0.01
            asked = clock.time(
                "datagram", [lambda o=o, w=w, t=now: engine.datagram(o, w, AUTH, t) for o, w in zip(octets, origins, strict=True)]
            )
            sends = [pick(actions, Send) for actions in asked]
            states = [os.urandom(16) for _ in range(BATCH)]
            answers = [traffic.answer(send.octets, 2 if last else 11, state=state) for send, state in zip(sends, states, strict=True)]
            keys = [(send.link.source, send.link.socket) for send in sends]
            now += 0.01
            replied = clock.time(
                "answer", [lambda o=o, k=k, t=now: engine.answer(o, PEER, k, t) for o, k in zip(answers, keys, strict=True)]
            )
            codes = {pick(actions, Reply).octets[0] for actions in replied}
            assert codes == {2 if last else 11}, codes
            clock.time(TICK, [lambda t=now: engine.tick(t)])


def accounting(engine: Engine, clock: Clock, number: int) -> None:
    """`number` records, each made durable at once."""
    now = 2000.0
    for start in range(0, number, BATCH):
        octets = [traffic.accounting_request((start // 64 + i // 64) & 255, (start + i) % 5000, start + i) for i in range(BATCH)]
        origins = [Origin(1, (f"127.16.0.{i % 64 + 1}", 30001)) for i in range(BATCH)]
        now += 0.01
        asked = clock.time(
            "acct datagram", [lambda o=o, w=w, t=now: engine.datagram(o, w, ACCT, t) for o, w in zip(octets, origins, strict=True)]
        )
        tickets = [pick(actions, Ask).ticket for actions in asked]
        replied = clock.time("acct settled", [lambda k=k, t=now: engine.settled(k, True, t) for k in tickets])
        assert all(pick(actions, Reply).octets[0] == 5 for actions in replied)


def pick(actions: Actions, kind: type) -> object:
    """The action of that kind, or an outcry that says what there was instead."""
    for action in actions:
        if isinstance(action, kind):
            return action
    raise SystemExit(
        f"engine_cost: no {kind.__name__} among {[a.reason.name if isinstance(a, Drop) else type(a).__name__ for a in actions]}"
    )


def main() -> None:
    """Measure and print."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--number", type=int, default=20_000, help="requests in each measurement")
    wanted.add_argument(
        "--profile", action="store_true", help="per-function breakdown (cProfile: everything slower, proportions roughly right)"
    )
    options = wanted.parse_args()
    for title, rounds in (("one round trip (Accept with MPPE keys)", 1), ("ten round trips (nine Challenges, an Accept)", 10)):
        clock = Clock(profile=cProfile.Profile() if options.profile else None)
        conversations(Engine(sample.tables(), os.urandom), clock, max(BATCH, options.number // rounds), rounds)
        report(title, clock)
    clock = Clock(profile=cProfile.Profile() if options.profile else None)
    accounting(Engine(sample.tables(), os.urandom), clock, options.number)
    report("accounting", clock)


def report(title: str, clock: Clock) -> None:
    """µs per request, by call and in all."""
    ticks = clock.batches.pop(TICK, None)
    if ticks:
        clock.batches[TICK] = [spent / BATCH for spent in ticks]  # one tick for a batch, as a busy loop has it
    print(f"\n{title}, µs per request")
    for name, batches in clock.batches.items():
        print(f"  {name:<16} median {median(batches):7.2f}   best {min(batches):7.2f}")
    print(f"  {'in all':<16} median {sum(map(median, clock.batches.values())):7.2f}   best {sum(map(min, clock.batches.values())):7.2f}")
    if clock.profile:
        pstats.Stats(clock.profile).sort_stats("tottime").print_stats(40)


if __name__ == "__main__":
    main()
