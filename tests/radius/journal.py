"""A journal of an engine's calls, as lines that can be written down and played again (decisions, 23).

One line a call: now, kind, origin, octets or outcome; with the network and the seed it is the whole behaviour. What the
porter streams and where the calendar stands are calls too. A bug
report is such a list. Never holds a secret of its own: the octets are as the network had them.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any, NamedTuple

from radius.actions import Origin
from radius.admission import ACCT, AUTH
from radius.engine import Engine
from radius.grants import LiveGrant
from radius.questions import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from radius.actions import Actions
    from radius.tables import Tables

PORTS = {"auth": AUTH, "acct": ACCT}


class Line(NamedTuple):
    """One call of the engine."""

    now: float
    kind: str  # auth, acct, answer, tick, settled, suspect, date, grants
    origin: Any = None  # where octets came from; the ticket; the home's name
    content: Any = None  # octets; whether it was kept; a Verdict; grants

    def written(self) -> str:
        """As a line of JSON."""
        return json.dumps([self.now, self.kind, self.origin, _plain(self.content)])

    @classmethod
    def read(cls, text: str) -> Line:
        """The line that was written."""
        now, kind, origin, content = json.loads(text)
        return cls(now, kind, _tuples(origin), _whole(content))


def _plain(content: Any) -> Any:
    """Octets as hexadecimal, at any depth."""
    if isinstance(content, (tuple, list)):
        return [_plain(part) for part in content]
    return {"octets": content.hex()} if isinstance(content, bytes) else content


def _whole(content: Any) -> Any:
    if isinstance(content, list):
        return tuple(map(_whole, content))
    return bytes.fromhex(content["octets"]) if isinstance(content, dict) else content


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

    def settled(self, ticket: int, outcome: bool | Verdict, now: float) -> Actions:
        """The disk, or the porter."""
        if isinstance(outcome, Verdict):
            outcome = (*outcome[:2], None if outcome.grant is None else tuple(outcome.grant), outcome.words)  # type: ignore[assignment]
        return self.call(Line(now, "settled", ticket, outcome))

    def date(self, calendar: float) -> None:
        """The calendar."""
        self.call(Line(0.0, "date", None, calendar))

    def granted(self, grants: Iterable[LiveGrant]) -> None:
        """The porter's stream."""
        self.call(Line(0.0, "grants", None, tuple(map(tuple, grants))))

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
        return engine.settled(origin, _verdict(*content) if isinstance(content, tuple) else content, now)
    if kind == "date":
        engine.date(content)
        return ()
    if kind == "grants":
        engine.local.grants.put(LiveGrant(*grant) for grant in content)
        return ()
    return engine.suspect(origin, now) if kind == "suspect" else engine.tick(now)


def _verdict(accept: bool, reason: str, grant: tuple[Any, ...] | None, words: str) -> Verdict:
    return Verdict(accept, reason, None if grant is None else LiveGrant(*grant), words)
