"""A journal of an engine's calls, as lines that can be written down and played again (decisions, 23).

One line a call: now, kind, origin, octets or outcome; with the network and the seed it is the whole behaviour. A bug
report is such a list. Never holds a secret of its own: the octets are as the network had them.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any, NamedTuple

from radius.actions import Origin
from radius.admission import ACCT, AUTH
from radius.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Iterable

    from radius.actions import Actions
    from radius.tables import Tables

PORTS = {"auth": AUTH, "acct": ACCT}


class Line(NamedTuple):
    """One call of the engine."""

    now: float
    kind: str  # auth, acct, answer, tick, settled, suspect
    origin: Any = None  # where octets came from; the ticket; the home's name
    content: Any = None  # octets; whether it was kept

    def written(self) -> str:
        """As a line of JSON."""
        content = self.content.hex() if isinstance(self.content, bytes) else self.content
        return json.dumps([self.now, self.kind, self.origin, content])

    @classmethod
    def read(cls, text: str) -> Line:
        """The line that was written."""
        now, kind, origin, content = json.loads(text)
        return cls(now, kind, _tuples(origin), bytes.fromhex(content) if isinstance(content, str) else content)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


class Recording:
    """An engine that keeps a journal; it stands where an Engine stands."""

    def __init__(self, tables: Tables, seed: int) -> None:
        self.engine = Engine(tables, random.Random(seed).randbytes)
        self.lines: list[Line] = []
        self.told: list[Actions] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def datagram(self, octets: bytes, origin: Origin, allowed: frozenset[int], now: float) -> Actions:
        """A request."""
        return self.call(Line(now, "auth" if allowed is AUTH else "acct", origin, octets))

    def answer(self, octets: bytes, peer: tuple[str, int], via: tuple[str | None, int], now: float) -> Actions:
        """An answer."""
        return self.call(Line(now, "answer", (peer, via), octets))

    def tick(self, now: float) -> Actions:
        """The clock."""
        return self.call(Line(now, "tick"))

    def settled(self, ticket: int, outcome: bool, now: float) -> Actions:
        """The disk."""
        return self.call(Line(now, "settled", ticket, outcome))

    def suspect(self, home: str, now: float) -> Actions:
        """Another worker's doubt."""
        return self.call(Line(now, "suspect", home))

    def call(self, line: Line) -> Actions:
        """Do it, and write it down."""
        self.lines.append(line)
        self.told.append(_done(self.engine, line))
        return self.told[-1]


def play(tables: Tables, seed: int, lines: Iterable[Line]) -> list[Actions]:
    """What a new engine says to the same calls."""
    engine = Engine(tables, random.Random(seed).randbytes)
    return [_done(engine, line) for line in lines]


def _done(engine: Engine, line: Line) -> Actions:
    now, kind, origin, content = line
    if kind in PORTS:
        return engine.datagram(content, Origin(*origin), PORTS[kind], now)
    if kind == "answer":
        return engine.answer(content, *origin, now)
    if kind == "settled":
        return engine.settled(origin, content, now)
    return engine.suspect(origin, now) if kind == "suspect" else engine.tick(now)
