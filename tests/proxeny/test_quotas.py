"""proxeny.quotas: which open session is ended or told anew, and when neither is worth an order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from proxeny import network as declared
from proxeny import orders, quotas
from proxeny.network import Network
from proxeny.quotas import Case, judge
from radius.nas import FAMILIES
from radius.nas.generic import Generic
from radius.nas.plan import Plan, Usage
from radius.secret import Secret
from store import grants, usage
from store.models import Grant, Order, OrderKind, OrderState, Session, SessionStatus, Via, Way
from store.schema import prepare
from store.sealed import Seal, create_keys
from store.session import transaction
from tests.store import guests, rows
from tests.store.rows import NOW
from tests.store.test_grants import HOUR

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from radius.nas.family import Bound

GB = 10**9
PLAN = Plan("visitor", session=7200, day_time=3600, day_data=GB, month_data=5 * GB, up=10**6)
DAY, MONTH = NOW - timedelta(hours=2), NOW - timedelta(days=8)
ENDS = (NOW + 22 * HOUR).timestamp()


class Timeless(Generic):
    """A family whose NAS knows no Session-Timeout."""

    holds: ClassVar[frozenset[Bound]] = frozenset()


def session(**changes: Any) -> Session:
    fields = {"id": "s1", "client": "lib-coova", "started_at": NOW - HOUR, "input_octets": 0, "output_octets": 0} | changes
    return Session(**fields)


def grant(**changes: Any) -> Grant:
    return Grant(**{"id": "g1", "plan": "visitor", "ends_at": NOW + HOUR, "extensions": 0, "why": ""} | changes)


def used(seconds: int = 0, octets: int = 0, month: int = 0) -> Usage:
    return Usage(seconds, octets, month, ENDS, ENDS)


def case(**changes: Any) -> Case:
    fields: dict[str, Any] = {"session": session(), "grant": grant(), "plan": PLAN, "used": used(), "turned": (DAY, MONTH), "history": ()}
    return Case(**{**fields, **changes})


def limited(state: OrderState = OrderState.DONE, **details: Any) -> Order:
    """An order to limit, told a minute ago: the hour that is left to grant and day, and all of the day's data."""
    said = {"plan": "visitor", "rates": [10**6, None, None], "until": (NOW + HOUR).timestamp(), "octets": GB}
    return Order(kind=OrderKind.LIMIT, state=state, queued_at=NOW - HOUR / 60, details=said | details)


def ended(minutes: float, state: OrderState = OrderState.DONE, kind: OrderKind = OrderKind.REVOKE) -> Order:
    return Order(kind=kind, state=state, queued_at=NOW - minutes * HOUR / 60)


def kind(judged: Case, family: str = "coova") -> str | None:
    verdict = judge(judged, FAMILIES[family], NOW)
    return verdict[0].value if verdict else None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"used": used(seconds=3600)}, "The day's time is used up."),
        ({"used": used(octets=GB)}, "The day's data is used up."),
        ({"used": used(month=5 * GB)}, "The month's data is used up."),
        ({"plan": None}, "the plan visitor is not offered any more"),
        ({"grant": grant(revoked_at=NOW, why="signed out")}, "the grant was revoked: signed out"),
        ({"grant": grant(revoked_at=NOW)}, "the grant was revoked"),
    ],
)
def test_what_is_spent_is_ended(changes: dict[str, Any], why: str) -> None:
    """Each with its reason, whether the NAS could have noticed by itself or not."""
    for family in ("coova", "generic", "unifi"):
        assert judge(case(**changes), FAMILIES[family], NOW) == (OrderKind.REVOKE, {"why": why})


def test_a_grants_end_is_left_to_gateways_that_keep_time() -> None:
    """For two minutes; others are told at once."""
    over = case(grant=grant(ends_at=NOW))
    assert kind(over, "coova") is None
    assert kind(case(grant=grant(ends_at=NOW - quotas.GRACE)), "coova") == "revoke"
    assert judge(over, Timeless(), NOW) == (OrderKind.REVOKE, {"why": "The grant has ended."})


@pytest.mark.parametrize(
    ("history", "again"),
    [
        ([ended(1)], False),
        ([ended(1, OrderState.FAILED)], False),
        ([ended(1, kind=OrderKind.DISCONNECT)], False),
        ([ended(30, OrderState.QUEUED)], False),
        ([ended(30, OrderState.CLAIMED)], False),
        ([ended(11)], True),
        ([ended(11, OrderState.FAILED)], True),
        ([limited()], True),
    ],
)
def test_a_session_is_ended_once(history: list[Order], again: bool) -> None:
    """No second order while one is under way or minutes old; one that goes on for longer is ended again."""
    assert kind(case(used=used(octets=GB), history=history)) == ("revoke" if again else None)


def test_one_session_alone_needs_nothing() -> None:
    """Its NAS was told at the Accept what remains, and counts down as we do."""
    assert kind(case(used=used(1800, GB // 2))) is None
    assert kind(case(plan=Plan("free"), moved=True)) == "limit"  # rates may have changed


@pytest.mark.parametrize("family", ["coova", "mikrotik", "cisco-cwa"])
def test_several_sessions_are_told(family: str) -> None:
    """What one uses the others have less: each hears of the remainder, where its family can."""
    verdict = judge(case(several=True, session=session(input_octets=5, output_octets=7), used=used(0, 12)), FAMILIES[family], NOW)
    until = round((NOW + HOUR).timestamp())
    assert verdict == (OrderKind.LIMIT, {"plan": "visitor", "rates": [10**6, None, None], "until": until, "octets": GB})


def test_several_sessions_of_a_plan_without_quotas_need_nothing() -> None:
    """Where only the grant's end counts, nobody uses anything up."""
    assert kind(case(several=True, plan=Plan("short", session=7200, up=10**6))) is None


@pytest.mark.parametrize("family", ["generic", "hostapd", "cisco-lwa"])
def test_a_family_that_cannot_be_told_is_not(family: str) -> None:
    """No order that nobody would carry out."""
    assert kind(case(several=True), family) is None


@pytest.mark.parametrize(
    ("octets", "seconds", "worth"),
    [(0, 0, False), (GB // 20, 0, False), (GB // 5, 0, True), (GB - 10**7, 0, True), (0, 30, False), (0, 1000, True)],
)
def test_a_remainder_is_told_again_when_it_moved_by_more_than_a_step(octets: int, seconds: int, worth: bool) -> None:
    """What others used since, in a step of a tenth of what remains; small change is not worth an order."""
    assert kind(case(several=True, used=used(seconds, octets), history=[limited()])) == ("limit" if worth else None)


def test_as_the_end_comes_near_the_steps_become_small() -> None:
    """With 30 MB left, 15 MB are a step; with 5 MB left nothing is, and the end is told by an order to end."""
    near = case(several=True, used=used(0, GB - 30 * 10**6), history=[limited(octets=45 * 10**6)])
    assert kind(near) == "limit"
    assert kind(case(several=True, used=used(0, GB - 5 * 10**6), history=[limited(octets=14 * 10**6)])) is None


@pytest.mark.parametrize("state", [OrderState.QUEUED, OrderState.CLAIMED])
def test_there_is_one_limit_under_way_at_most(state: OrderState) -> None:
    """Until the NAS has answered, nothing more is said."""
    assert kind(case(several=True, moved=True, used=used(0, GB // 2), history=[limited(state)])) is None


def test_a_limit_that_failed_is_not_repeated() -> None:
    """A NAS that said no, or nothing, hears again when there is something new to say."""
    assert kind(case(several=True, moved=True, history=[limited(OrderState.FAILED)])) is None
    assert kind(case(several=True, used=used(0, GB // 2), history=[limited(OrderState.FAILED)])) == "limit"


def test_what_a_page_told_is_not_told_again() -> None:
    """A page that extends a grant queues the order itself; later changes are told as ever."""
    own = Order(kind=OrderKind.LIMIT, state=OrderState.DONE, queued_at=NOW - HOUR / 120, details={"plan": "visitor"})
    assert kind(case(moved=True, history=[own])) is None
    own.queued_at = NOW - HOUR / 10
    assert kind(case(history=[own])) is None
    assert kind(case(moved=True, history=[own])) == "limit"


def test_what_moved_is_told() -> None:
    """An extended grant, other rates, a limit that is gone."""
    assert kind(case(moved=True)) == "limit"
    assert kind(case(history=[limited()], grant=grant(ends_at=NOW + 2 * HOUR), plan=replace(PLAN, day_time=None))) == "limit"
    assert kind(case(history=[limited()], plan=replace(PLAN, up=5 * 10**6))) == "limit"
    assert kind(case(history=[limited()], plan=replace(PLAN, day_data=None, month_data=None))) == "limit"


def test_a_day_that_turned_is_told_once() -> None:
    """A session from before midnight has the new day's time and data; one from after it was told at its Accept."""
    before = session(started_at=DAY - HOUR)
    assert kind(case(session=before)) == "limit"
    assert kind(case(session=before, history=[limited()])) is None
    assert kind(case(session=before, plan=Plan("m", month_data=GB))) is None
    assert kind(case(session=session(started_at=MONTH - HOUR), plan=Plan("m", month_data=GB))) == "limit"


def test_a_client_that_is_gone_is_told_nothing() -> None:
    """Nobody knows its secret any more."""
    assert judge(case(used=used(octets=GB)), None, NOW) is None


# With a database

COOVA, UNIFI, OPENNDS, CLICK = (
    declared.Client(name=name, addresses=("192.0.2.1",), nas=family, secret=Secret(b"a-secret-of-enough-length"))
    for name, family in (("lib-coova", "coova"), ("shop-unifi", "unifi"), ("park-opennds", "opennds"), ("cafe-click", "meraki-click"))
)


def network(**plan: Any) -> Network:
    """Four gateways and a plan."""
    visitor = declared.Plan("visitor", **{"session": 7200, "day_data": GB} | plan)
    sections = {section: {} for section in declared.KEYS}
    clients = {client.name: client for client in (COOVA, UNIFI, OPENNDS, CLICK)}
    operator = declared.Operator("city-of-example", timezone="America/Toronto")
    return Network(sections | {"client": clients, "plan": {"visitor": visitor}, "operator": {"": operator}})


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Engine]:
    engine = prepare(f"sqlite:///{tmp_path}/proxeny.db")
    yield engine
    engine.dispose()


@pytest.fixture
def seal(tmp_path: Path) -> Seal:
    create_keys(tmp_path / "seal.key")
    return Seal(tmp_path / "seal.key")


def online(work: Any, seal: Seal, name: str, grant: Grant, **changes: Any) -> Session:
    """An open session under this grant."""
    fields = {"client": "lib-coova", "grant_id": grant.id, "input_octets": 0, "output_octets": 0, "seconds": 0} | changes
    row = rows.session(seal, name, **fields)
    work.add(row)
    work.flush()
    return row


@pytest.mark.parametrize(("client", "via"), [("lib-coova", Via.RADIUS), ("shop-unifi", Via.HTTP), ("cafe-click", None), ("gone", None)])
def test_an_order_goes_by_the_familys_way(database: Engine, seal: Seal, client: str, via: Via | None) -> None:
    """RADIUS, HTTP, or nothing where the family has no way: never an order that nobody takes."""
    with transaction(database) as work:
        row = online(work, seal, "s1", guests.admit(work), client=client)
        order = orders.for_session(work, OrderKind.REVOKE, row, network(), NOW)
        assert (order.via if order else None) is via


def test_every_open_session_of_a_spent_account_is_ended(database: Engine, seal: Seal) -> None:
    """Whatever device used it up; a session that is over is left in peace, and looking again queues nothing."""
    with transaction(database) as work:
        account = grants.account(work, Way.CARD, b"i" * 16, NOW).id
        one, two = (guests.admit(work, device, account=account) for device in (guests.PHONE, guests.LAPTOP))
        online(work, seal, "s1", one)
        online(work, seal, "s2", two)
        online(work, seal, "s3", two, status=SessionStatus.ENDED)
        usage.spend(work, [(account, NOW, 1, GB)], quotas.ways.zone(network()))
        queued = quotas.consider(work, {account}, network(), NOW)
        assert [(order.session_id, order.kind, order.grant_id) for order in queued] == [
            ("s1", OrderKind.REVOKE, one.id),
            ("s2", OrderKind.REVOKE, two.id),
        ]
        assert quotas.consider(work, {account}, network(), NOW) == []


def test_two_sessions_are_told_once_each(database: Engine, seal: Seal) -> None:
    """Both hear the remainder; the same again tells nothing; what one uses the other hears of."""
    with transaction(database) as work:
        account = grants.account(work, Way.CARD, b"i" * 16, NOW).id
        for number, device in enumerate((guests.PHONE, guests.LAPTOP)):
            online(work, seal, f"s{number}", guests.admit(work, device, account=account))
        told = quotas.consider(work, {account}, network(), NOW)
        assert [(order.session_id, order.details["octets"]) for order in told] == [("s0", GB), ("s1", GB)]
        assert quotas.consider(work, {account}, network(), NOW) == []
        for order in told:
            order.state = OrderState.DONE
        work.get_one(Session, "s0").input_octets = GB // 2
        usage.spend(work, [(account, NOW, 1, GB // 2)], quotas.ways.zone(network()))
        told = quotas.consider(work, {account}, network(), NOW)
        assert [(order.session_id, order.details["octets"]) for order in told] == [("s1", GB // 2)]


def test_a_device_that_was_admitted_anew_goes_on(database: Engine, seal: Seal) -> None:
    """A session whose grant ended runs on under the grant that its device has now."""
    later = NOW + 3 * HOUR
    with transaction(database) as work:
        old = guests.admit(work)
        online(work, seal, "s1", old)
        subject = grants.subject(old)
        assert [order.kind for order in quotas.consider(work, {subject}, network(), later)] == [OrderKind.REVOKE]
    with transaction(database) as work:
        for order in work.query(Order):
            work.delete(order)
        new = guests.admit(work, now=later)
        (told,) = quotas.consider(work, {subject}, network(), later, moved=True)
        assert (told.kind, told.grant_id) == (OrderKind.LIMIT, new.id)
