"""store.plan_use: who uses a plan now, by accounts and devices alike; on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from store import grants, plan_use
from store.models import GuestUsage, Order, OrderKind, OrderState, Period, Plan, SessionStatus, VoucherBatch, Way
from store.plan_use import Near, Told, Use
from store.session import transaction
from tests.store import guests, rows
from tests.store.rows import NOW

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from store.models import Grant
    from store.sealed import Seal

GB = 10**9
PLAN = Plan(name="visitor", day_data=GB, day_time=3_600, month_data=5 * GB)


def guest(session: Session, number: int, **more: Any) -> Grant:
    return guests.admit(session, bytes([number]) * 16, NOW, **more)


def used(session: Session, grant: Grant, period: Period = Period.DAY, **amounts: int) -> None:
    begins = NOW - timedelta(hours=2)
    session.add(GuestUsage(subject=grants.subject(grant), period=period, begins_at=begins, ends_at=NOW + timedelta(hours=2), **amounts))


def test_guests_near_a_limit_are_counted_once(database: Engine) -> None:
    """By time, by data of the day or of the month; an account and a device without one; who has ended is not in it."""
    with transaction(database) as session:
        owner = grants.account(session, Way.EMAIL, b"o" * 16, NOW)
        by_name = [guest(session, number, account=owner.id) for number in (1, 2)]  # two devices of one guest
        used(session, by_name[0], octets=GB * 9 // 10, seconds=3_000)
        used(session, by_name[0], Period.MONTH, octets=GB)
        used(session, guest(session, 3), octets=GB * 8 // 10)
        used(session, guest(session, 4), seconds=3_600)
        used(session, guest(session, 5), Period.MONTH, octets=5 * GB)
        used(session, guest(session, 6), octets=GB * 8 // 10 - 1)
        used(session, guest(session, 7, plan="other"), octets=GB)
        used(session, guest(session, 8, seconds=60), octets=GB)
        later = NOW + timedelta(minutes=2)
        assert Near(2, 2) == plan_use.near(session, PLAN, later)
        assert Near(0, 0) == plan_use.near(session, PLAN, NOW + timedelta(hours=3))
        assert plan_use.near(session, Plan(name="visitor", session=60), later) is None
        assert 6 == plan_use.stays(session, "visitor", later)


def test_sessions_and_stays_are_counted_by_plan_and_gateway(database: Engine, seal: Seal) -> None:
    """Open ones alone."""
    with transaction(database) as session:
        for number, (client, status) in enumerate([("a", "open"), ("a", "open"), ("b", "open"), ("b", "ended")]):
            grant = guest(session, number)
            stay = rows.session(seal, f"s{number}", client=client, status=SessionStatus(status))
            stay.grant_id = grant.id
            session.add(stay)
        session.flush()
        assert {"visitor": Use(4, 3)} == plan_use.of_all(session, NOW + timedelta(minutes=1))
        assert {"a": 2, "b": 1} == plan_use.at_clients(session, "visitor")
        assert {} == plan_use.at_clients(session, "other")


def test_orders_since_a_change_are_counted_by_their_state(database: Engine, seal: Seal) -> None:
    """Those of the plan, of ten minutes, that limit or end; refused ones come first where some are named."""
    states = (OrderState.DONE, OrderState.FAILED, OrderState.QUEUED, OrderState.CLAIMED)
    with transaction(database) as session:
        for number, state in enumerate(states):
            grant = guest(session, number)
            session.add(rows.session(seal, f"s{number}"))
            for minutes, kind in ((0, OrderKind.LIMIT), (-1, OrderKind.LIMIT), (11, OrderKind.REVOKE), (1, OrderKind.GRANT)):
                at = NOW + timedelta(minutes=minutes)
                session.add(Order(kind=kind, state=state, session_id=f"s{number}", grant_id=grant.id, queued_at=at))
        session.flush()
        assert Told(1, 1, 2) == plan_use.told(session, "visitor", NOW)
        assert ["s1", "s2"] == [of.id for _, of in plan_use.answers(session, "visitor", NOW, 2)]
        assert Told(0, 0, 0) == plan_use.told(session, "other", NOW)


def test_vouchers_that_can_still_be_used_are_named(database: Engine) -> None:
    """The newest first, and one more than are shown, so that "more" is known."""
    with transaction(database) as session:
        for number in range(plan_use.BATCHES + 3):
            at = NOW + timedelta(minutes=number)
            session.add(VoucherBatch(id=f"b{number:02}", name="x", plan="visitor", created_at=at, expires_at=NOW + timedelta(days=number)))
        session.flush()
        found = plan_use.batches(session, "visitor", NOW + timedelta(hours=1))
        assert (plan_use.BATCHES + 1, f"b{plan_use.BATCHES + 2:02}") == (len(found), found[0].id)
