"""What staff do with guests, under bad luck: two who write at once, a controller that dies half-way, a step back to the version before."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, text

from store import batches, erasure, grants, hooks, leases, listener_keys, minting, outbox, tokens, vouchers
from store.minting import Wanted
from store.models import (
    ApiToken,
    Delivery,
    DeliveryState,
    Event,
    Grant,
    ListenerKey,
    Order,
    OrderKind,
    Staff,
    Via,
    Voucher,
    VoucherBatch,
    Webhook,
)
from store.models import Role as StaffRole
from store.privacy import privacy
from store.schema import prepare, upgrade
from store.session import reading, transaction
from tests.peers.program import until
from tests.store import rows
from tests.store.guests import PHONE, admit
from tests.store.rows import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from store.hooks import Taken
    from store.sealed import Seal
    from tests.peers.postgres import Cluster

two_write = pytest.mark.peer("postgresql")
_WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
def shared(cluster: Cluster) -> Iterator[Engine]:
    """PostgreSQL, where two write at once; SQLite has one writer."""
    with cluster.database(upgrade) as url:
        database = prepare(url)
        yield database
        database.dispose()


@contextmanager
def behind(database: Engine, first: Session, work: Callable[[Session], Any]) -> Iterator[list[Any]]:
    """Another's work in a transaction of its own, begun, and kept waiting by what `first` holds; what it returned, or its fault."""
    done: list[Any] = []

    def run() -> None:
        try:
            with transaction(database) as session:
                done.append(work(session))
        except Exception as fault:  # noqa: BLE001 - told in the test's own thread
            done.append(fault)

    thread = threading.Thread(target=run)
    thread.start()
    until(lambda: done or _waits(database), "the other waits, or is done")
    yield done
    first.commit()
    thread.join(30)


def _waits(database: Engine) -> bool:
    with reading(database) as session:
        return bool(session.scalar(text(_WAITS)))


def on_its_way(database: Engine, now: datetime) -> Taken:
    """One delivery, taken."""
    with transaction(database) as session:
        session.add(Webhook(id="hook", name="hook", url="https://hooks.city.example/", secret=b"", created_at=NOW))
        session.add(Event(id=1, kind="ping", at=NOW))
        session.flush()
        session.add(Delivery(id=1, webhook_id="hook", event_id=1, queued_at=NOW))
    with transaction(database) as session:
        taken = hooks.take(session, 1, now)
    assert taken is not None
    return taken


@two_write
def test_a_guest_who_presses_the_button_while_staff_erase_her_account(shared: Engine, seal: Seal) -> None:
    """Both are done, one after the other: the device's row is everybody's first lock, whoever wants its stay next."""
    with transaction(shared) as session:
        account = rows.guests(seal)[0]
        session.add(account)
        session.flush()
        admit(session, account=account.id)
        name = account.id
    with transaction(shared) as session:
        grants._lock_device(session, PHONE, None, NOW)
        with behind(shared, session, lambda other: erasure.erase(other, name, NOW + timedelta(minutes=1))) as done:
            assert grants.live(session, PHONE, NOW, lock=True) is not None
    (erased,) = done
    assert (1, 1) == (erased.devices, erased.grants)


@two_write
def test_a_guest_is_signed_out_while_staff_erase_her_account(shared: Engine, seal: Seal) -> None:
    """Whoever writes a grant twice asks for its account and its device; whoever erases them lets that be asked."""
    with transaction(shared) as session:
        account = rows.guests(seal)[0]
        session.add(account)
        session.flush()
        mine = admit(session, account=account.id).id
        name = account.id
    with transaction(shared) as session:
        grant = session.get_one(Grant, mine, with_for_update=True)
        grant.why = "ended by staff"
        session.flush()
        with behind(shared, session, lambda other: erasure.erase(other, name, NOW + timedelta(minutes=1))) as done:
            grants.touch(session, [grant])
    (erased,) = done
    assert (1, 1) == (erased.devices, erased.grants)


@two_write
def test_a_voucher_is_redeemed_while_its_batch_is_closed(shared: Engine, seal: Seal) -> None:
    """Neither is undone: the guest is let in, and the code is forgotten."""
    with transaction(shared) as session:
        marks = privacy(session, seal, NOW)
        fair, _ = minting.make(session, marks, Wanted("Fair", "visitor", 1, NOW + timedelta(days=30)), NOW)
    with transaction(shared) as session:
        locked = session.scalars(select(Voucher).with_for_update()).one()
        vouchers._begin(session, locked, NOW + timedelta(hours=1), NOW)
        with behind(shared, session, lambda other: batches.close(other, other.get_one(VoucherBatch, fair.id), NOW)) as done:
            locked.account_id = "somebody"
            session.flush()
    assert [True] == done
    with reading(shared) as session:
        row = session.scalars(select(Voucher)).one()
        assert ("somebody", None, NOW) == (row.account_id, row.code, row.used_at)


@two_write
def test_a_batch_is_closed_while_it_is_taken_back(shared: Engine, seal: Seal) -> None:
    """Its vouchers are locked in one order, whatever the order in which they lie in the table."""
    with transaction(shared) as session:
        marks = privacy(session, seal, NOW)
        fair, _ = minting.make(session, marks, Wanted("Fair", "visitor", 3, NOW + timedelta(days=30)), NOW)
        first, *_, last = session.scalars(select(Voucher.id).order_by(Voucher.id))
    with transaction(shared) as session:
        session.get_one(Voucher, first).code_hash = b"x" * 16  # written anew: behind the others
    with transaction(shared) as session:
        session.execute(select(Voucher.id).where(Voucher.id == first).with_for_update())
        with behind(shared, session, lambda other: batches.close(other, other.get_one(VoucherBatch, fair.id), NOW)) as done:
            session.execute(select(Voucher.id).where(Voucher.id == last).with_for_update())
    assert [True] == done


@two_write
def test_a_webhook_is_removed_while_a_delivery_is_settled(shared: Engine) -> None:
    """Whoever is second finds it gone, or waits: neither is told of a deadlock."""
    taken = on_its_way(shared, NOW)
    with transaction(shared) as session:
        session.execute(select(Webhook.id).with_for_update())
        with behind(shared, session, lambda other: hooks.delivered(other, taken, 204, 1, NOW)) as done:
            session.delete(session.get_one(Webhook, "hook"))
            session.flush()
    assert [False] == done


@two_write
def test_of_two_certificates_that_are_taken_into_use_at_once_one_serves(shared: Engine, seal: Seal) -> None:
    """The later; the other is a way back, and ages."""
    with transaction(shared) as session:
        one, other = (listener_keys.add(session, seal, "guest", b"key", by="ops@city.example", now=NOW).id for _ in range(2))
    with transaction(shared) as session:
        listener_keys.use(session, session.get_one(ListenerKey, one), NOW)
        with behind(shared, session, lambda late: listener_keys.use(late, late.get_one(ListenerKey, other), NOW)):
            pass
    with reading(shared) as session:
        used = select(ListenerKey.id).where(ListenerKey.used_from.is_not(None), ListenerKey.retired_at.is_(None))
        assert [other] == list(session.scalars(used))


@two_write
def test_a_token_is_revoked_once(shared: Engine) -> None:
    """Of two who revoke it at once the second is told that it was not worth anything any more."""
    with transaction(shared) as session:
        maker = Staff(name="ops@city.example", role=StaffRole.CITY_ADMIN, created_at=NOW)
        session.add(maker)
        session.flush()
        name = tokens.make(session, maker, "dashboard", StaffRole.AUDITOR, (), (), timedelta(days=1), NOW)[0].id

    def late(other: Session) -> bool:
        return tokens.revoke(other, other.get_one(ApiToken, name), NOW + timedelta(seconds=1))

    with transaction(shared) as session:
        assert tokens.revoke(session, session.get_one(ApiToken, name), NOW)
        with behind(shared, session, late) as done:
            pass
    assert [False] == done
    with reading(shared) as session:
        assert NOW == session.get_one(ApiToken, name).revoked_at


YEARS = timedelta(days=400)


def test_a_batch_that_was_begun_while_the_clock_was_wrong_is_gone_on_with(database: Engine) -> None:
    """Its maker died, and the clock was set right: nobody's lease ends in another year."""
    with transaction(database) as session:
        name = minting.order(session, Wanted("Fair", "visitor", 3, NOW + YEARS * 2), NOW).id
    assert name == minting.take(database, NOW + YEARS)
    assert name == minting.take(database, NOW)
    assert "" == minting.take(database, NOW)


@pytest.mark.parametrize("tries", [1, hooks.TRIES])
def test_a_delivery_that_was_put_off_while_the_clock_was_wrong_is_tried_again(database: Engine, tries: int) -> None:
    """Nobody waits for another year; what had its last try then is given up."""
    taken = on_its_way(database, NOW + YEARS)
    with transaction(database) as session:
        hooks.failed(session, taken, 500, 1, "500", NOW + YEARS, 1.0)
        session.get_one(Delivery, 1).tries = tries
    with reading(database) as session:
        assert [] == hooks.waiting(session, NOW)
        assert hooks.spent(session, NOW)
    for second in (0, 1):
        with transaction(database) as session:
            hooks.give_up(session, NOW + timedelta(seconds=second))
    with reading(database) as session:
        ours = [each.delivery for each in hooks.waiting(session, NOW + timedelta(seconds=1))]
        state = session.get_one(Delivery, 1).state
    expected = ([1], DeliveryState.CLAIMED) if tries == 1 else ([], DeliveryState.FAILED)
    assert expected == (ours, state)
    with reading(database) as session:
        assert not hooks.spent(session, NOW + timedelta(seconds=1))


def limits(database: Engine, client: str, count: int, via: Via = Via.HTTP) -> None:
    """A plan has changed for so many guests of this gateway."""
    with transaction(database) as session:
        session.add_all(Order(kind=OrderKind.LIMIT, via=via, session_id="", client=client, details={}, queued_at=NOW) for _ in range(count))


def test_a_gateway_that_does_not_answer_hides_no_other(database: Engine) -> None:
    """Three hundred of its orders wait when somebody at another gateway wants to be let in."""
    limits(database, "silent-wlc", 300)
    with transaction(database) as session:
        wanted = outbox.queue(session, OrderKind.GRANT, "", NOW, via=Via.HTTP)
        wanted.client = "hall-wlc"
        session.flush()
    limits(database, "museum-wlc", 300)
    with reading(database) as session:
        found = leases.waiting(session, Via.HTTP, NOW)
    assert (256, {"silent-wlc", "hall-wlc", "museum-wlc"}) == (len(found), {each.client for each in found})
    assert wanted.id in {each.order for each in found[:3]}


def test_who_is_put_out_does_not_wait_behind_a_plan_that_changed(database: Engine) -> None:
    """Limits have the last turn, by RADIUS, by a controller's interface and where an agent asks."""
    for via in Via:
        limits(database, "library-wlc", 40, via)
        with transaction(database) as session:
            outbox.queue(session, OrderKind.REVOKE, "", NOW, via=via).client = "library-wlc"
    with reading(database) as session:
        first = [leases.waiting(session, Via.HTTP, NOW)[0], leases.waiting(session, Via.POLL, NOW, only="library-wlc")[0]]
        kinds = [session.get_one(Order, each.order).kind for each in first]
    with transaction(database) as session:
        kinds += {each.kind for each in outbox.claim(session, Via.RADIUS, NOW)} - {OrderKind.LIMIT}
    assert [OrderKind.REVOKE] * 3 == kinds
