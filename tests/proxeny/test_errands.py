"""Orders to a NAS of the tests' own: in its family's dialect, its answer kept; and everything that leads to them."""

from __future__ import annotations

import asyncio
import json
import select
import socket
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from proxeny import courier, opening, orders, settings, snapshot
from proxeny.keeper import Keeper
from proxeny.verbs import kick
from radius.nas import targets
from radius.nas.family import Target
from store import grants, outbox, usage
from store.models import Grant, Order, OrderKind, OrderState, Session, Via
from store.privacy import privacy
from store.session import reading, transaction
from tests.peers import packets
from tests.peers.program import until
from tests.proxeny.installation import SECRET, SETTINGS
from tests.store import guests, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from store.privacy import Privacy
    from tests.peers.packets import Packet

GB = 10**9
STATION = "02-00-00-00-00-01"
COA, DISCONNECT = 43, 40
CAUSE = 101
NETWORK = """
[operator]
name = "city-of-example"
timezone = "America/Toronto"

[[plan]]
name = "visitor"
session = "2h"
day_data = "1GB"
up = "{up}"
extend = {{ times = 2, by = "30m" }}

[[portal]]
name = "library"
plan = "visitor"

[[client]]
name = "lib-nas"
address = "127.0.0.1"
secret = "{secret}"
nas = "{family}"
coa_port = {port}

[[client]]
name = "shop-unifi"
address = "192.0.2.7"
radius = false
nas = "unifi"
options = {{ api_url = "https://unifi.example", api_secret = "a-key-of-enough-length" }}
"""


class Nas:
    """Takes orders: `obey` says None to acknowledge, an Error-Cause, or False for silence."""

    def __init__(self, obey: Callable[[Packet], int | bool | None]) -> None:
        self.obey = obey
        self.heard: list[Packet] = []  # without repetitions, which a machine with much else to do makes
        self.datagrams = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._end, self._ending = socket.socketpair()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while True:
            ready, _, _ = select.select([self._socket, self._ending], [], [])
            if self._ending in ready:
                return
            octets, peer = self._socket.recvfrom(4096)
            asked = packets.read(octets)
            self.datagrams += 1
            if all(each.octets != octets for each in self.heard):
                self.heard.append(asked)
            cause = self.obey(asked)
            if cause is not False:
                said = [] if cause is None else [(CAUSE, int(cause).to_bytes(4, "big"))]
                self._socket.sendto(packets.answer(asked, asked.code + (1 if cause is None else 2), said, SECRET), peer)

    def close(self) -> None:
        self._end.close()
        self._thread.join(10)
        self._ending.close()
        self._socket.close()


class World:
    """A network with that NAS, a keeper whose errands really go out, and the database under both."""

    def __init__(self, installed: Any, nas: Nas) -> None:
        self.installed, self.nas = installed, nas
        self.loaded = settings.load(installed.settings, {})
        self.database, seal = opening.store(self.loaded)
        with transaction(self.database) as work:
            self.marks: Privacy = privacy(work, seal, datetime.now(UTC))

    def declare(self, family: str, up: str = "1 Mbit/s") -> None:
        said = self.installed.apply(NETWORK.format(family=family, port=self.nas.port, secret=SECRET, up=up))
        assert said.exit_code == 0, said.output

    @contextmanager
    def keeping(self) -> Iterator[Keeper]:
        keeper = Keeper(self.loaded, lambda errand: threading.Thread(target=go, args=(errand,)).start())

        def go(errand: courier.Errand) -> None:
            keeper.settle(asyncio.run(courier.carry(errand)))

        keeper.thread.start()
        try:
            yield keeper
        finally:
            keeper.end(8.0)
            keeper.thread.join(12)

    def admit(self, **changes: Any) -> Grant:
        with transaction(self.database) as work:
            now = changes.pop("now", datetime.now(UTC))
            return guests.admit(work, self.marks.device(STATION), now, client="lib-nas", **changes)

    def online(self, grant: Grant, name: str = "0123456789abcdef") -> None:
        """An open session under this grant."""
        now = datetime.now(UTC)
        with transaction(self.database) as work:
            row = rows.session(
                self.marks.seal, name, client="lib-nas", source="127.0.0.1", nas_identifier="lib-1", grant_id=grant.id, started_at=now,
                updated_at=now, seconds=60, input_octets=1, output_octets=2, framed_ip="10.0.0.7",
            )  # fmt: skip
            row.station_sealed = self.marks.sealed(STATION.encode(), "session", name, "station_sealed")
            row.user_sealed = self.marks.sealed(b"t-0123456789abcdef", "session", name, "user_sealed")
            work.add(row)

    def orders(self) -> list[Order]:
        with reading(self.database) as work:
            return list(work.query(Order).order_by(Order.id))

    def settled(self, count: int = 1, seconds: float = 10.0) -> list[Order]:
        over = (OrderState.DONE, OrderState.FAILED)
        until(lambda: len([order for order in self.orders() if order.state in over]) >= count, "the orders", seconds)
        return self.orders()


@pytest.fixture
def nas() -> Iterator[Nas]:
    twin = Nas(lambda _asked: None)
    yield twin
    twin.close()


@pytest.fixture
def world(installed: Any, nas: Nas) -> Iterator[World]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    installed.settings.write_text(SETTINGS)
    made = World(installed, nas)
    made.declare("coova")
    yield made
    made.database.dispose()
    structlog.reset_defaults()


def said(order: Order) -> tuple[str, str, str]:
    return order.kind.value, order.state.value, order.outcome


def named(asked: Packet) -> dict[int, bytes]:
    """The plain attributes, but those that every order has."""
    return {kind: value for kind, value in asked.rows if kind not in {26, 55, 80}}


@pytest.mark.parametrize(
    ("answer", "state", "outcome"),
    [(None, "done", "ACK"), (503, "failed", "NAK 503 Session-Context-Not-Found"), (False, "failed", "no answer")],
)
def test_a_revoked_grant_ends_its_session(world: World, nas: Nas, answer: int | bool | None, state: str, outcome: str) -> None:
    """Whoever revokes it: within moments the NAS is told, in its family's words, and its answer is kept."""
    nas.obey = lambda _asked: answer
    grant = world.admit()
    world.online(grant)
    with world.keeping() as keeper:
        until(lambda: keeper.watch._number is not None, "the feed")
        with transaction(world.database) as work:
            grants.revoke(work, grants.of(work, grant.id), "signed out", datetime.now(UTC))
        (order,) = world.settled()
    assert said(order) == ("revoke", state, outcome)
    assert order.details == {"why": "the grant was revoked: signed out"}
    asked = nas.heard[0]
    assert (asked.code, len(nas.heard)) == (DISCONNECT, 1)
    assert answer is not False or nas.datagrams == 3
    assert named(asked) == {1: b"t-0123456789abcdef", 32: b"lib-1", 44: b"A-0123456789abcdef"}  # chilli: no Calling-Station-Id


def test_an_extended_grant_reaches_its_session(world: World, nas: Nas) -> None:
    """The NAS hears of the new time, counted from the session's start as chilli does, once."""
    grant = world.admit()
    world.online(grant)
    with world.keeping() as keeper:
        until(lambda: keeper.watch._number is not None, "the feed")
        with transaction(world.database) as work:
            assert grants.extend(work, grants.of(work, grant.id), 2, 1800, datetime.now(UTC))
        (order,) = world.settled()
    assert said(order) == ("limit", "done", "ACK")
    (asked,) = nas.heard
    assert asked.code == COA
    seconds = int.from_bytes(named(asked)[27], "big")
    assert 9000 + 60 - 20 <= seconds <= 9000 + 60


def test_a_changed_plan_reaches_its_sessions(world: World, nas: Nas) -> None:
    """Another rate: one order for each open session of that plan; the same network again says nothing."""
    world.online(world.admit())
    with world.keeping() as keeper:
        until(lambda: keeper.watch._plans is not None and not keeper.watch._walks, "the first walk")
        world.declare("coova", up="3 Mbit/s")
        (order,) = world.settled()
        assert (said(order), order.details["rates"][0]) == (("limit", "done", "ACK"), 3 * 10**6)
        seen = keeper.watch._network
        world.declare("coova", up="3 Mbit/s")
        with transaction(world.database) as work:
            grants.touch(work, [grants.of(work, row.grant_id) for row in work.query(Session)])
        until(lambda: keeper.watch._number == 2, "the feed")
        assert seen is not None
    assert len(world.orders()) == 1


def test_what_is_spent_in_accounting_is_ended(world: World, nas: Nas) -> None:
    """The record that uses up the day's data, and the order, are one transaction."""
    grant = world.admit()
    world.online(grant)
    with transaction(world.database) as work:
        usage.spend(work, [(grants.subject(grant), datetime.now(UTC), 1, GB)], guests.noon())
    with world.keeping():
        (order,) = world.settled()
    assert said(order) == ("revoke", "done", "ACK")
    assert order.details == {"why": "The day's data is used up."}
    assert nas.heard[0].code == DISCONNECT


def test_a_session_that_outlives_its_grant_is_ended(world: World, nas: Nas) -> None:
    """A NAS that should have ended it has two minutes; whoever let them pass is told, also after a stand-still."""
    grant = world.admit(now=datetime.now(UTC) - timedelta(hours=2, minutes=3))
    world.online(grant)
    with world.keeping():
        (order,) = world.settled()
    assert (said(order), order.details) == (("revoke", "done", "ACK"), {"why": "The grant has ended."})


def test_a_guest_behind_a_wlc_is_let_in_by_an_order(world: World, nas: Nas) -> None:
    """Sign-in by CoA: to where the question came from, naming the session as the WLC did; its port is its own."""
    world.declare("cisco-cwa")
    grant = world.admit()
    words = (("source", f"127.0.0.1 {nas.port}"), ("local", "127.0.0.1 1812"))
    whom = Target(station=STATION, session="0A00000100000001", nas_address="10.0.0.2", words=words)
    with transaction(world.database) as work:
        order = outbox.queue(work, OrderKind.GRANT, "", datetime.now(UTC))
        order.grant_id, order.client = grant.id, "lib-nas"
        order.target = world.marks.sealed(targets.pack(whom), "outbox", str(order.id), "target")
    with world.keeping():
        (settled,) = world.settled()
    assert said(settled) == ("grant", "done", "ACK")
    (asked,) = nas.heard
    assert asked.code == COA
    assert named(asked)[31] == STATION.encode()
    pairs = [value[6:] for kind, value in asked.rows if kind == 26]
    assert b"audit-session-id=0A00000100000001" in pairs
    assert b"subscriber:command=reauthenticate" in pairs


def test_a_wlc_is_told_the_end_by_the_name_it_gave(world: World, nas: Nas) -> None:
    """The audit-session-id of the sign-in names the session in later orders too."""
    world.declare("cisco-cwa")
    grant = world.admit()
    world.online(grant)
    with transaction(world.database) as work:
        first = outbox.queue(work, OrderKind.GRANT, "", datetime.now(UTC), details={})
        first.grant_id, first.client, first.state = grant.id, "lib-nas", OrderState.DONE
        whom = Target(station=STATION, session="0A00000100000001")
        first.target = world.marks.sealed(targets.pack(whom), "outbox", str(first.id), "target")
        row = work.query(Session).one()
        network = snapshot.read(work, world.marks.seal)
        assert orders.for_session(work, OrderKind.DISCONNECT, row, network, datetime.now(UTC)) is not None
    with world.keeping():
        *_, order = world.settled(2)
    assert said(order) == ("disconnect", "done", "ACK")
    assert b"audit-session-id=0A00000100000001" in [value[6:] for kind, value in nas.heard[0].rows if kind == 26]


@pytest.mark.parametrize("state", ["signed out", "ended"])
def test_a_gateway_without_accounting_is_told_whom_it_let_in(world: World, state: str) -> None:
    """A guest of whom no session is known is signed out where it was let in, by that family's way, once."""
    grant = world.admit()
    with transaction(world.database) as work:
        order = outbox.queue(work, OrderKind.GRANT, "", datetime.now(UTC), via=Via.HTTP)
        order.grant_id, order.client, order.state = grant.id, "shop-unifi", OrderState.DONE
        order.target = world.marks.sealed(targets.pack(Target(station=STATION)), "outbox", str(order.id), "target")
    with world.keeping() as keeper:
        until(lambda: keeper.watch._number is not None, "the feed")
        with transaction(world.database) as work:
            grants.revoke(work, grants.of(work, grant.id), state, datetime.now(UTC))
        until(lambda: len(world.orders()) == 2, "the order")
        with transaction(world.database) as work:
            grants.touch(work, [grants.of(work, grant.id)])
        until(lambda: keeper.watch._number == 3, "the feed")
    _, order = world.orders()
    assert (order.kind, order.via, order.client, order.grant_id) == (OrderKind.REVOKE, Via.HTTP, "shop-unifi", grant.id)
    assert targets.unpack(world.marks.opened(order.target, "outbox", str(order.id), "target")).station == STATION


def test_an_order_that_nobody_can_carry_out_says_why(world: World, nas: Nas) -> None:
    """A limit for a family that takes none, a grant that is over, a session that is gone, a way that is not RADIUS."""
    grant = world.admit()
    world.online(grant)
    with transaction(world.database) as work:
        now = datetime.now(UTC)
        outbox.queue(work, OrderKind.LIMIT, "gone", now)
        outbox.queue(work, OrderKind.LIMIT, "0123456789abcdef", now).client = "lib-nas"
        outbox.queue(work, OrderKind.DISCONNECT, "", now)
        outbox.queue(work, OrderKind.DISCONNECT, "", now).client = "nobody"
        other = outbox.queue(work, OrderKind.DISCONNECT, "", now)
        other.client = "shop-unifi"
        other.target = world.marks.sealed(targets.pack(Target(station=STATION)), "outbox", str(other.id), "target")
    with world.keeping():
        until(lambda: len([order for order in world.orders() if order.outcome]) == 4, "the outcomes")
        until(lambda: world.orders()[4].via is Via.HTTP, "the other's way")
    assert [order.outcome for order in world.orders()[:4]] == [
        "the session is not known any more",
        "the grant has ended",
        "nothing says which gateway it is for",
        "the client nobody is not in the network any more",
    ]
    assert nas.heard == []


def test_kick_speaks_the_family_of_the_session(world: World, nas: Nas, installed: Any) -> None:
    """`proxeny kick` says to a chilli what a chilli understands, and tells its answer."""
    world.online(world.admit())
    with world.keeping():
        kicked = installed.run("kick", "0123456789abcdef")
    assert (kicked.exit_code, kicked.output) == (0, "ACK\n")
    assert set(named(nas.heard[0])) == {1, 32, 44}
    with reading(world.database) as work:
        assert work.query(Grant).one().why == "ended by staff"  # else the station's next request would be accepted
    assert (len(nas.heard), len(world.orders())) == (1, 1)


def test_kick_ends_a_guest_by_the_support_number(world: World, nas: Nas, installed: Any) -> None:
    """Every open session of the grant is ended, and both answers told."""
    grant = world.admit()
    for name in ("0123456789abcdef", "0123456789abcdeg"):
        world.online(grant, name)
    nas.obey = lambda asked: None if asked.value(44).endswith(b"f") else 503
    with world.keeping():
        kicked = installed.run("kick", grant.support.lower(), "--json")
    assert kicked.exit_code == 1
    assert json.loads(kicked.stdout) == {"grant": grant.id, "done": False, "outcome": "ACK; NAK 503 Session-Context-Not-Found"}


def test_kick_reaches_a_gateway_that_tells_of_no_sessions(world: World, installed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order waits for whoever carries out that family's; nobody here does, and it is void when the verb ends."""
    monkeypatch.setattr(kick, "WAIT", 0.3)
    grant = world.admit()
    with transaction(world.database) as work:
        order = outbox.queue(work, OrderKind.GRANT, "", datetime.now(UTC), via=Via.HTTP)
        order.grant_id, order.client, order.state = grant.id, "shop-unifi", OrderState.DONE
        order.target = world.marks.sealed(targets.pack(Target(station=STATION)), "outbox", str(order.id), "target")
    kicked = installed.run("kick", grant.id)
    assert (kicked.exit_code, kicked.output) == (1, kick.NOBODY + "\n")
    _, order = world.orders()
    assert (order.kind, order.via, order.state) == (OrderKind.REVOKE, Via.HTTP, OrderState.FAILED)


def test_kick_says_where_no_session_is_known(world: World, installed: Any) -> None:
    """A guest who pressed the button and never came online: the grant ends, and nobody is told that the gateway is to blame."""
    grant = world.admit()
    kicked = installed.run("kick", grant.support)
    assert (kicked.exit_code, kicked.output, world.orders()) == (1, kick.NO_SESSION + "\n", [])
    assert "ended already" in installed.run("kick", grant.support).output


def test_kick_says_where_there_is_no_way(world: World, installed: Any) -> None:
    """A session at a client that is gone from the network: at once, and no order is left."""
    world.online(world.admit())
    with transaction(world.database) as work:
        work.query(Session).one().client = "gone"
    kicked = installed.run("kick", "0123456789abcdef")
    assert kicked.exit_code == 1
    assert kicked.output.startswith("this access point takes no order")
    assert world.orders() == []
