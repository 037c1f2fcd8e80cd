"""Whatever guests, gateways, porter and clock do, in whatever order: the invariants of the local half, by hypothesis."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from radius.actions import Action as Done
from radius.actions import Actions, Ask, Origin, Record, Reply
from radius.grants import LiveGrant
from radius.questions import Verdict
from radius.records import Login
from radius.tables import Limits
from tests.radius.guests import DATE, PLANS, Guests, device
from tests.radius.road import access, check_answer

LIMITS = Limits(asked=3, asked_seconds=2.0, grants=3, reject_burst=2.0, rejects_waiting=3, duplicates=8, stations=4, attributes=40)
ORIGINS = tuple(Origin(0, ("127.0.0.1", port)) for port in range(3))
STATIONS = tuple(b"02-00-00-00-00-0%d" % number for number in range(5))
USERS = (*STATIONS, b"020000000001", b"t-0123456789abcdef", b"ada@city.example", b"@city.example", b"t-", b"\xff")
EXTRAS = (
    (), ((2, bytes(16)),), ((3, bytes(17)),), ((3, bytes(17)), (60, b"")), ((6, b"\0\0\0\x0a"),), ((6, b"\x0a"),), ((79, b""),),
    ((2, bytes(15)),), ((33, b"below"),), tuple((33, bytes(253)) for _ in range(15)), ((26, b"\0\0\0\x09\x01"), (5, b"\0"), (4, b"")),
    ((26, b"\0\0\0\x09\x01\x13audit-session-id="), (26, b"\0\0\0\x09\x01\x15audit-session-id=\xff\xff")),
    tuple((25, b"") for _ in range(41)),
)  # fmt: skip
REASONS = ("NO_GRANT", "TOKEN_USED", "TOO_MANY_SESSIONS", "PORTER_SILENT", "DIRECTORY_WRONG", "", "NEVER_HEARD_OF")
PLAN_NAMES = (*(plan.name for plan in PLANS), "gone")
grants = st.builds(
    LiveGrant,
    device=st.sampled_from(STATIONS).map(device),
    id=st.sampled_from(("first", "second")),
    plan=st.sampled_from(PLAN_NAMES),
    ends_at=st.sampled_from((DATE - 1, DATE + 30, DATE + 1e9)),
    day_seconds=st.integers(0, 4000),
    day_octets=st.sampled_from((0, 5 * 10**9, 1 << 63)),
    day_ends=st.sampled_from((0.0, DATE + 60)),
    account=st.sampled_from(("", "a1")),
    live=st.booleans(),
)


class Life(RuleBasedStateMachine):
    """One gateway's guests, and a porter in any mood."""

    def __init__(self) -> None:
        super().__init__()
        self.road = Guests("cisco-cwa", LIMITS)
        self.asked: dict[tuple[Origin, int], list[bytes]] = {}
        self.replied: dict[bytes, set[bytes]] = {}
        self.tickets: list[int] = []
        self.logins = 0

    def note(self, actions: Actions) -> None:
        """Every reply is signed and fits what was asked; every question is one of three."""
        for action in actions:
            self.one(action)

    def one(self, action: Done) -> None:
        if isinstance(action, Reply):
            request = next(each for each in reversed(self.asked[action.origin, action.octets[1]]) if self._fits(action.octets, each))
            self.replied.setdefault(request, set()).add(action.octets)
            assert 1 == len(self.replied[request])
        elif isinstance(action, Ask):
            self.tickets.append(action.ticket)
        elif isinstance(action, Record) and isinstance(action.record, Login):
            self.logins += 1

    def _fits(self, reply: bytes, request: bytes) -> bool:
        try:
            check_answer(reply, request)
        except AssertionError:
            return False
        return True

    @invariant()
    def everything_is_bounded(self) -> None:
        """Invariant 1: memory."""
        local = self.road.engine.local
        assert len(local) <= LIMITS.asked
        assert len(local.grants) <= LIMITS.grants

    @rule(
        origin=st.sampled_from(ORIGINS), identifier=st.integers(0, 3), user=st.sampled_from(USERS),
        station=st.sampled_from((*STATIONS, b"", b"nonsense")), extra=st.sampled_from(EXTRAS), again=st.booleans(),
    )  # fmt: skip
    def guest_asks(
        self, origin: Origin, identifier: int, user: bytes, station: bytes, extra: tuple[tuple[int, bytes], ...], again: bool
    ) -> None:
        """A request, perhaps twice; nobody is let in whose grant memory does not hold live."""
        octets = access(identifier, [(1, user), *(((31, station),) if station else ()), *extra], self.road.random.randbytes(16))
        self.asked.setdefault((origin, identifier), []).append(octets)
        accepted, known = self.road.engine.counts["accept"], self.road.engine.local.grants.find(device(station))
        self.note(self.road.receive(octets, origin))
        assert accepted == self.road.engine.counts["accept"] or (known is not None and known.ends_at > DATE)
        if again:
            self.note([each for each in self.road.receive(octets, origin) if not isinstance(each, Reply) or octets not in self.replied])

    @precondition(lambda self: self.tickets)
    @rule(data=st.data(), accept=st.booleans(), reason=st.sampled_from(REASONS), grant=st.none() | grants, words=st.text(max_size=300))
    def porter_answers(self, data: st.DataObject, accept: bool, reason: str, grant: LiveGrant | None, words: str) -> None:
        """Anything, to anything it was asked once, or was not."""
        ticket = data.draw(st.sampled_from((*self.tickets, 0, 77, -10_000)))
        accepted = self.road.engine.counts["accept"]
        self.note(self.road.engine.settled(ticket, Verdict(accept, reason, grant, words), self.road.now))
        let_in = self.road.engine.counts["accept"] - accepted
        assert not let_in or (accept and grant is not None and grant.plan != "gone") or reason == "PORTER_SILENT"

    @rule(some=st.lists(grants, max_size=5), clear=st.booleans())
    def porter_tells(self, some: list[LiveGrant], clear: bool) -> None:
        """The stream of grants."""
        if clear:
            self.road.engine.local.grants.clear()
        self.road.knows(*some)

    @rule(by=st.sampled_from((-1e9, -60.0, 0.0, 3600.0, 1e9)))
    def somebody_sets_the_clock(self, by: float) -> None:
        """The calendar, not the monotonic clock."""
        self.road.engine.date(max(DATE, DATE + by) - self.road.now)

    @rule(seconds=st.sampled_from((0.01, 0.5, 2.1, 6.0)))
    def time_passes(self, seconds: float) -> None:
        """Everything due is done."""
        self.note(self.road.wait(seconds))

    @rule(limits=st.sampled_from((LIMITS, Limits(asked=1, grants=1, asked_seconds=1.0))))
    def network_changes(self, limits: Limits) -> None:
        """Invariant 6: no exchange is lost by it."""
        before = self.road.engine.in_flight
        tables = self.road.tables(self.road.engine.tables.homes.values(), limits)
        self.road.engine.adopt(tables, self.road.now)
        assert before == self.road.engine.in_flight

    def teardown(self) -> None:
        """In the end nothing waits: every question had an answer, or its time."""
        self.note(self.road.wait(60.0))
        assert (0, 0) == (len(self.road.engine.local), self.road.engine.in_flight)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
