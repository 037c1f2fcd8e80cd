"""An Engine whose every action is checked: what must hold of each packet sent, and of its tables. Never lets one pass.

Signatures are checked with hashlib and hmac, not with the code under test.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from radius import wire
from radius.actions import Action, Ask, Drop, Origin, Record, Reply, Send
from radius.engine import Engine
from radius.tables import Limits
from tests.bench import sample, traffic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sized

    from radius.actions import Actions
    from radius.admission import Allowed
    from radius.tables import Tables

LIMITS = Limits(stations=8, reject_burst=2.0, rejects_waiting=4, duplicates=12, conversations=6)
TABLES = frozenset(("Duplicates", "Conversations", "Buckets", "Timers"))
MOST_TIMERS = 2_000  # for the few hundred steps of one input
NEXT = b"the next secret"  # of a client whose secret is being changed
SECRETS = (traffic.SECRET, NEXT)
ACCESS = frozenset((1, 2, 3, 11, 12))


def proxy_states(octets: bytes) -> bytes:
    """Every Proxy-State of a packet, whole and in order."""
    return b"".join(traffic.attribute(33, value) for value in wire.parse(octets).values(33))


def parts_of(thing: object, seen: set[int]) -> Iterator[Sized]:
    """Every bounded table that an engine is made of, wherever it keeps it."""
    if id(thing) in seen or not type(thing).__module__.startswith("radius."):
        return
    seen.add(id(thing))
    if type(thing).__name__ in TABLES:
        yield thing  # type: ignore[misc]
    elif hasattr(thing, "__dict__"):
        for inner in vars(thing).values():
            yield from parts_of(getattr(inner, "__self__", inner), seen)  # a bound method keeps its object


class Watched:
    """The engine, what it has sent and been asked, and a clock that only goes forward."""

    def __init__(self, tables: Tables) -> None:
        self._drawn = 0
        self.engine = Engine(tables, self._entropy)
        self.parts = list(parts_of(self.engine, set()))
        self.now = 1000.0
        self.sent: list[Send] = []  # not answered by a home yet, as far as we chose to
        self.asked: dict[tuple[Origin, int], list[bytes]] = {}  # (origin, identifier) -> signed requests under it
        self.states: list[bytes] = []
        self.tickets: list[int] = []

    def _entropy(self, octets: int) -> bytes:
        self._drawn += 1
        return hashlib.sha512(self._drawn.to_bytes(8, "big")).digest()[:octets]

    def datagram(self, octets: bytes, origin: Origin, allowed: Allowed) -> Actions:
        """A request; the well signed ones are noted as what a reply may answer."""
        self.asked.setdefault((origin, octets[1] if len(octets) > 1 else 0), []).append(octets)
        return self.check(self.engine.datagram(octets, origin, allowed, self.now))

    def check(self, actions: Actions) -> Actions:
        """Each action is whole and allowed."""
        assert isinstance(actions, tuple)
        for action in actions:
            self._one(action)
        self.bounded()
        return actions

    def _one(self, action: Action) -> None:
        if isinstance(action, Send):
            assert action.octets[0] in {1, 4, 12}
            self._signed(action.octets, action.octets[4:20])
            if action.octets[0] == 1:
                assert wire.parse(action.octets).values(33)[-1][:4] == sample.TAG
                assert action.octets[-14] == 33  # RFC 2865, 5.33: ours is the last
            self.sent.append(action)
        elif isinstance(action, Reply):
            requests = self.asked[action.origin, action.octets[1]]
            assert any(self._answers(action.octets, request) for request in reversed(requests))
            if action.octets[0] == 11:
                self.states.append(wire.parse(action.octets).value(24) or b"")
        elif isinstance(action, Ask):
            self.tickets.append(action.ticket)
        else:
            assert isinstance(action, (Record, Drop))

    def _answers(self, octets: bytes, request: bytes) -> bool:
        """Signed for this request, with its Proxy-States and no other (invariant 2; RFC 2865, 5.33)."""
        authenticator = request[4:20]
        whole = octets[:4] + authenticator + octets[20:]
        secret = next((secret for secret in SECRETS if hashlib.md5(whole + secret).digest() == octets[4:20]), None)
        if secret is None:
            return False
        self._signed(octets, authenticator, secret)
        assert proxy_states(octets) == proxy_states(request)
        return octets[0] == 5 if request[0] == 4 else octets[0] in {2, 3, 5, 11}

    def _signed(self, octets: bytes, authenticator: bytes, secret: bytes = traffic.SECRET) -> None:
        message = wire.parse(octets)
        assert len(octets) <= 4096
        if message.code in ACCESS:
            assert octets[20:22] == b"\x50\x12"  # invariant 2: first
            assert len(message.values(80)) == 1
            blank = octets[:4] + authenticator + octets[20:22] + bytes(16) + octets[38:]
            assert hmac.digest(secret, blank, "md5") == octets[22:38]
        else:
            assert 80 not in message.first

    def pending(self, send: Send) -> object:
        """What waits in the engine for the answer to this packet."""
        lane = self.engine._pool.lanes.get((send.link.address, send.link.source))
        return None if lane is None else lane.pending.get(send.link.socket << 8 | send.octets[1])

    def answer(self, octets: bytes, send: Send) -> Actions:
        """Octets from where the packet went."""
        return self.check(self.engine.answer(octets, send.link.address, (send.link.source, send.link.socket), self.now))

    def bounded(self) -> None:
        """Invariant 1: no table passes its limit."""
        most = {"Duplicates": LIMITS.duplicates, "Conversations": LIMITS.conversations, "Buckets": LIMITS.stations, "Timers": MOST_TIMERS}
        for part in self.parts:
            assert len(part) <= most[type(part).__name__], type(part).__name__
        assert all(len(lane.pending) + len(lane.late) <= 64 * 256 for lane in self.engine._pool.lanes.values())

    def silence(self) -> None:
        """Three quiet minutes, and nothing of anybody is left but the watch over the homes."""
        for ticket in self.tickets:
            self.check(self.engine.settled(ticket, False, self.now))
        for _ in range(90):
            self.now += 2.0
            self.check(self.engine.tick(self.now))
        engine = self.engine
        for part in self.parts:
            left = {"Duplicates": 0, "Conversations": 0, "Timers": 2 * len(engine._pool.servers)}.get(type(part).__name__)
            assert left is None or len(part) <= left, (type(part).__name__, len(part))
        assert not engine._tickets
        for lane in engine._pool.lanes.values():
            assert all(type(waiting).__name__ == "Probe" for waiting in lane.pending.values())
