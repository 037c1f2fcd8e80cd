"""Whatever comes, in whatever order: the invariants of the road (design, section 6; here 1 to 4), by hypothesis."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from federation.realms import RealmRow
from radius import pool
from radius.actions import Action as Done
from radius.actions import Ask, Drop, Origin, Record, Reply, Send
from radius.admission import ACCT, AUTH
from radius.secret import Secret
from radius.tables import Action, Home, Limits
from radius.wire import parse
from tests.radius.road import ABOVE, BELOW, Road, access, accounting, answer, check_answer, check_request, home, only, replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from radius.actions import Actions

OTHER = b"the other home's own secret"
SECRETS = {"127.0.1.1": ABOVE, "127.0.1.2": OTHER}
ROTATED = b"the client's last secret"
LIMITS = Limits(
    stations=4, station_burst=20.0, reject_burst=2.0, rejects_waiting=2, duplicates=4, conversations=1, attributes=40, reject_rate=0.5
)  # fmt: skip
REALMS = (
    RealmRow("uni-a.example", homes=("one", "two")),
    RealmRow("uni-b.example", homes=("one", "two"), balance=True, forward_accounting=True),
    RealmRow("hole.example", action=Action.BLACKHOLE),
    RealmRow("city.example", action=Action.LOCAL),
)
USERS = (b"ada@uni-a.example", b"bob@uni-b.example", b"eve@nowhere.example", b"x@hole.example", b"x@city.example", b"a@@b", b"")
ORIGINS = (*(Origin(0, ("127.0.0.1", port)) for port in range(3)), Origin(0, ("192.0.2.1", 1)))
ONE = home("one", 1)
TWO = Home("two", "127.0.1.2", Secret(OTHER))
NETWORKS = ((ONE, TWO), (TWO,), (replace(ONE, status_server=False), TWO), (replace(ONE, source="127.0.0.5"), replace(TWO, acct_port=4000)))
EXTRAS = (
    (), ((33, b"below"), (33, b"")), ((2, bytes(16)),), ((2, bytes(15)),), ((3, bytes(17)),), ((79, b""),), ((79, b"\x09"),),
    ((79, b""), (2, bytes(16))), tuple((200, bytes(253)) for _ in range(15)), tuple((25, b"") for _ in range(41)),
)  # fmt: skip
BACK = (
    (),
    ((26, b"\0\0\x01\x37\x10\x14\x80\1" + bytes(16)),),
    ((69, b"\1"),),
    ((6, b"\0\0\0\6"),),
    tuple((200, bytes(253)) for _ in range(15)),
)

Key = tuple[tuple[str, int], str | None, int, int]


@pytest.fixture(autouse=True, scope="module")
def one_socket() -> Iterator[None]:
    """So that identifiers run out within a test."""
    with mock.patch.object(pool, "SOCKETS", 1):
        yield


class Life(RuleBasedStateMachine):
    """A worker's life: clients, homes, clock, disk and operator, all at their worst."""

    def __init__(self) -> None:
        super().__init__()
        self.road = Road(NETWORKS[0], REALMS, LIMITS)
        object.__setattr__(self.road.client, "previous_secret", Secret(ROTATED))
        for server in self.road.engine._pool.servers.values():
            for _ in range(250):
                server.lane.take(pool.Probe(server, server.lane, 0.0), 0.0)
        self.flying: dict[Key, tuple[bytes, float]] = {}  # what waits under an identifier, when it was last sent
        self.answered: set[bytes] = set()
        self.asked: dict[tuple[Origin, int], list[bytes]] = {}
        self.replied: dict[bytes, set[bytes]] = {}  # request -> every reply it ever had
        self.states = [b"none"]
        self.tickets: set[int] = set()

    # ---- what is checked of every action

    def note(self, actions: Actions) -> Actions:
        """Each is checked, and remembered."""
        for action in actions:
            self.one(action)
        return actions

    def one(self, action: Done) -> None:
        """Sent packets, replies and questions."""
        if isinstance(action, Send):
            self.check_sent(action)
        elif isinstance(action, Reply):
            self.check_reply(action)
        elif isinstance(action, Ask):
            self.tickets.add(action.ticket)
        else:
            assert isinstance(action, (Record, Drop))

    def check_sent(self, send: Send) -> None:
        """Signed for its home, Message-Authenticator first in Access-*; no identifier in use twice (RFC 5080, 2.2.2)."""
        if send.octets[0] == 4:
            assert 80 not in parse(send.octets).first
        else:
            check_request(send.octets, SECRETS[send.link.address[0]])
        key = (send.link.address, send.link.source, send.link.socket, send.octets[1])
        before, moment = self.flying.get(key, (send.octets, 0.0))
        if before != send.octets:
            assert before in self.answered or self.road.now - moment >= pool.QUARANTINE
        assert send.octets not in self.answered
        self.flying[key] = (send.octets, self.road.now)

    def check_reply(self, reply: Reply) -> None:
        """It fits a request of that origin, and its secret."""
        for request in reversed(self.asked[reply.origin, reply.octets[1]]):
            for secret in (BELOW, ROTATED):
                with suppress(AssertionError):
                    message = check_answer(reply.octets, request, secret)
                    assert message.values(33) == parse(request).values(33)
                    self.replied.setdefault(request, set()).add(reply.octets)
                    return
        raise AssertionError("a reply that fits no request")

    @invariant()
    def everything_is_bounded(self) -> None:
        """Invariant 1: memory."""
        engine = self.road.engine
        assert len(engine._duplicates) <= LIMITS.duplicates
        assert len(engine._duplicates._answered) <= LIMITS.duplicates
        assert len(engine._conversations) <= LIMITS.conversations
        assert len(engine._conversations._opened) <= 2 * LIMITS.conversations
        assert max(len(engine._stations), len(engine._refusals._buckets)) <= LIMITS.stations
        assert engine._refusals._waiting <= LIMITS.rejects_waiting
        assert all(len(lane.pending) + len(lane.late) <= 256 for lane in engine._pool.lanes.values())

    # ---- what happens

    def ask(self, octets: bytes, origin: Origin, allowed: frozenset[int]) -> Actions:
        """A request of any kind, noted as what a reply may answer."""
        self.asked.setdefault((origin, octets[1] if len(octets) > 1 else 0), []).append(octets)
        repeated = self.road.engine.counts["DUPLICATE_ANSWERED"]
        actions = self.road.receive(octets, origin, allowed)
        if repeated < self.road.engine.counts["DUPLICATE_ANSWERED"]:
            (reply,) = actions
            assert reply.octets in self.replied[octets]  # type: ignore[union-attr]  # what was said before, octet for octet
            return ()
        return self.note(actions)

    @rule(
        origin=st.sampled_from(ORIGINS), identifier=st.integers(0, 3), user=st.sampled_from(USERS), extra=st.sampled_from(EXTRAS),
        state=st.integers(0, 3), station=st.integers(0, 6), secret=st.sampled_from((BELOW, BELOW, ROTATED)),
    )  # fmt: skip
    def login(
        self, origin: Origin, identifier: int, user: bytes, extra: tuple[tuple[int, bytes], ...], state: int, station: int, secret: bytes
    ) -> None:
        """A signed Access-Request: a login's first round, or a later one."""
        held = ((24, self.states[-state]),) if 0 < state <= len(self.states) else ()
        attributes = [*(((1, user),) if user else ()), *held, *(((31, b"%d" % station),) if station else ()), *extra]
        accepts = self.road.engine.counts["accept"]
        self.ask(access(identifier, attributes, self.road.random.randbytes(16), secret), origin, AUTH)
        assert accepts == self.road.engine.counts["accept"]  # no Accept without a home's Accept

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), allowed=st.sampled_from((AUTH, ACCT)))
    def again(self, data: st.DataObject, allowed: frozenset[int]) -> None:
        """A repetition, on its own port or the other; perhaps much later."""
        origin, identifier = data.draw(st.sampled_from(sorted(self.asked)))
        octets = data.draw(st.sampled_from(self.asked[origin, identifier][-3:]))
        self.ask(octets, origin, allowed)

    @rule(origin=st.sampled_from(ORIGINS), identifier=st.integers(0, 3), allowed=st.sampled_from((AUTH, ACCT)))
    def status(self, origin: Origin, identifier: int, allowed: frozenset[int]) -> None:
        """A Status-Server."""
        self.ask(access(identifier, (), self.road.random.randbytes(16), code=12), origin, allowed)

    @rule(origin=st.sampled_from(ORIGINS), identifier=st.integers(0, 3), user=st.sampled_from(USERS), session=st.integers(0, 9))
    def account(self, origin: Origin, identifier: int, user: bytes, session: int) -> None:
        """An Accounting-Request: never answered before it is kept."""
        octets = accounting(identifier, [(1, user), (40, b"\0\0\0\1"), (44, b"%d" % session), (33, b"p")])
        assert not only(self.ask(octets, origin, ACCT), Reply)

    @precondition(lambda self: self.tickets)
    @rule(data=st.data(), outcome=st.booleans())
    def settle(self, data: st.DataObject, outcome: bool) -> None:
        """The disk has it, or not."""
        ticket = data.draw(st.sampled_from(sorted(self.tickets)))
        self.tickets.remove(ticket)
        actions = self.note(self.road.engine.settled(ticket, outcome, self.road.now))
        assert outcome or not only(actions, Reply)

    @rule(origin=st.sampled_from(ORIGINS), octets=st.binary(max_size=60), allowed=st.sampled_from((AUTH, ACCT)))
    def garbage(self, origin: Origin, octets: bytes, allowed: frozenset[int]) -> None:
        """Octets of anybody's."""
        assert [Drop] == [type(action) for action in self.road.receive(octets, origin, allowed)]

    @rule(origin=st.sampled_from(ORIGINS), identifier=st.integers(0, 3), signed=st.booleans())
    def forge(self, origin: Origin, identifier: int, signed: bool) -> None:
        """A request that the client did not sign: no entry changes (RFC 5080, 2.2.2)."""
        engine = self.road.engine
        before = dict(engine._duplicates._table)
        octets = access(identifier, [(1, USERS[0]), (33, b"p")], self.road.random.randbytes(16), b"nobody's secret at all", signed=signed)
        assert [Drop] == [type(action) for action in self.road.receive(octets, origin)]
        assert before == engine._duplicates._table

    @precondition(lambda self: self.flying)
    @rule(data=st.data(), code=st.sampled_from((2, 3, 11, 11, 52, 5)), extra=st.sampled_from(BACK), state=st.integers(0, 2))
    def home_answers(self, data: st.DataObject, code: int, extra: tuple[tuple[int, bytes], ...], state: int) -> None:
        """Genuinely, to something it was asked once; perhaps late, perhaps twice."""
        address, source, socket, _ = key = data.draw(st.sampled_from(sorted(self.flying, key=repr)))
        octets, _ = self.flying[key]
        self.states = [*self.states[-3:], b"%d" % len(self.answered) if state else b"same"]
        attributes = (*extra, (24, self.states[-1]), *((33, value) for value in parse(octets).values(33)))
        made = answer(octets, code, attributes if state < 2 else (), SECRETS[address[0]])
        if len(made) > 4096:
            return
        actions = self.road.engine.answer(made, address, (source, socket), self.road.now)
        if not only(actions, Drop):
            assert octets not in self.answered
            self.answered.add(octets)
        self.note(actions)

    @precondition(lambda self: self.flying)
    @rule(data=st.data(), how=st.sampled_from(("secret", "unsigned", "identifier", "address", "socket", "flip", "code", "cut")))
    def home_is_imitated(self, data: st.DataObject, how: str) -> None:
        """Invariant 4: a discarded answer leaves the pending request and its timers alone, and is no sign of life."""
        address, source, socket, _ = key = data.draw(st.sampled_from(sorted(self.flying, key=repr)))
        octets, _ = self.flying[key]
        if how == "unsigned" and octets[0] != 1:
            return
        engine = self.road.engine
        lane = engine._pool.lanes.get((address, source))
        before = None if lane is None else dict(lane.pending)
        state = engine.homes_state(), engine.due(self.road.now), engine.in_flight
        made = answer(
            octets, 4 if how == "code" else 2, (), b"nobody's at all" if how == "secret" else SECRETS[address[0]], how != "unsigned"
        )
        if how == "identifier":
            made = answer(octets[:1] + bytes((octets[1] ^ 0xFF,)) + octets[2:], 2, (), b"nobody's at all")
        elif how == "flip":
            made = made[:10] + bytes((made[10] ^ 1,)) + made[11:]
        elif how == "cut":
            made = made[:19]
        peer = ("127.0.9.9", 1812) if how == "address" else address
        actions = engine.answer(made, peer, (source, socket + 7 if how == "socket" else socket), self.road.now)
        assert [Drop] == [type(action) for action in actions]
        assert before == (None if lane is None else lane.pending)
        assert state == (engine.homes_state(), engine.due(self.road.now), engine.in_flight)

    @rule(seconds=st.sampled_from((0.01, 0.3, 1.0, 2.0, 5.0, 16.0, 61.0)))
    def time_passes(self, seconds: float) -> None:
        """Everything due is done in its order."""
        end = self.road.now + seconds
        while (due := self.road.engine.due(self.road.now)) is not None and due <= end:
            self.road.now = max(self.road.now, due)
            self.note(self.road.engine.tick(self.road.now))
        self.road.now = end
        self.note(self.road.engine.tick(end))

    @rule(homes=st.sampled_from(NETWORKS))
    def network_changes(self, homes: tuple[Home, ...]) -> None:
        """Invariant 6: no exchange is lost by it."""
        before = self.road.engine.in_flight
        self.road.engine.adopt(self.road.tables(homes, LIMITS), self.road.now)
        assert before == self.road.engine.in_flight

    @rule(name=st.sampled_from(("one", "two", "three")))
    def another_worker_doubts(self, name: str) -> None:
        """Decisions, 20."""
        self.note(self.road.engine.suspect(name, self.road.now))


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
