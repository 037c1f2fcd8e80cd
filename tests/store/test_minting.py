"""store.minting: exactly as many as were ordered, whoever is killed or races; nothing good before the last; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update

from store import batches, crockford, minting, vouchers
from store.events import EventKind
from store.minting import LEASE, SLICE, Wanted
from store.models import Voucher, VoucherBatch
from store.privacy import privacy
from store.session import reading, transaction
from store.vouchers import Bad, Redeemed, Refused
from tests.store.guests import PHONE, at_once
from tests.store.rows import NOW
from tests.store.test_events import kept, webhook

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from store.privacy import Privacy
    from store.sealed import Seal

MANY = 2 * SLICE + 50
FAIR = Wanted("Fair", "visitor", MANY, NOW + timedelta(days=30), made_by="ops@city.example")
DESK = Wanted("Desk 2026-03-09", "visitor", 1, NOW + timedelta(days=7))


@pytest.fixture
def marks(database: Engine, seal: Seal) -> Privacy:
    with transaction(database) as session:
        return privacy(session, seal, NOW)


@pytest.fixture
def fair(database: Engine) -> str:
    """An order."""
    with transaction(database) as session:
        return minting.order(session, FAIR, NOW).id


def there(database: Engine) -> int:
    with reading(database) as session:
        return session.scalar(select(func.count()).select_from(Voucher))


def whole(database: Engine, batch: str) -> bool:
    with reading(database) as session:
        return session.get_one(VoucherBatch, batch).whole_at is not None


def a_code(database: Engine, marks: Privacy) -> str:
    """Of some voucher, as whoever makes them knows it."""
    with reading(database) as session:
        row = session.scalars(select(Voucher).limit(1)).one()
        return crockford.normal(batches.code(marks, row))


def come(database: Engine, marks: Privacy, code: str) -> Redeemed | Refused:
    with transaction(database) as session:
        return vouchers.redeem(session, marks, code, PHONE, {"visitor": 7200}, NOW)


def test_nothing_is_good_before_the_last_is_there(database: Engine, marks: Privacy, fair: str) -> None:
    """Until then a code lets nobody in, is found by nobody, is not listed, and its batch cannot be closed; afterwards all that is so."""
    assert minting.step(database, marks, fair, NOW)
    assert SLICE == there(database)
    code = a_code(database, marks)
    with transaction(database) as session:
        batch = session.get_one(VoucherBatch, fair)
        assert (None, []) == (batches.of_code(session, marks, code), batches.vouchers(session, batch))
        assert not batches.close(session, batch, NOW)
    assert Refused(Bad.UNKNOWN) == come(database, marks, code)
    assert [True, False, False] == [minting.step(database, marks, fair, NOW) for _ in range(3)]
    with reading(database) as session:
        batch = session.get_one(VoucherBatch, fair)
        assert (MANY, MANY, NOW) == (len(batches.vouchers(session, batch)), batch.wanted, batch.whole_at)
        assert batches.of_code(session, marks, code).batch_id == fair
    assert isinstance(come(database, marks, code), Redeemed)


def test_who_was_killed_is_followed_where_they_stopped(database: Engine, marks: Privacy, fair: str) -> None:
    """Nobody takes the batch before the lease is over; then what is missing is made, and no more."""
    assert fair == minting.take(database, NOW)
    minting.step(database, marks, fair, NOW)
    assert "" == minting.take(database, NOW + LEASE)
    with reading(database) as session:
        assert [False, True] == [minting.waiting(session, NOW + LEASE * late) for late in (1, 2)]
    late = NOW + 2 * LEASE
    assert (fair, True) == minting.carry(database, marks, lambda: late, late + LEASE)
    assert (MANY, True) == (there(database), whole(database, fair))
    assert None is minting.carry(database, marks, lambda: late + 2 * LEASE, late + 3 * LEASE)


def test_whose_turn_is_over_lets_the_next_go_on_at_once(database: Engine, marks: Privacy, fair: str) -> None:
    """One slice a turn, and each turn is a step on: three turns make it whole."""
    turns = [minting.carry(database, marks, lambda: NOW, NOW) for _ in range(3)]
    assert [(fair, False), (fair, False), (fair, True)] == turns
    assert MANY == there(database)


def test_two_who_both_think_it_is_theirs_make_no_more_than_was_wanted(database: Engine, marks: Privacy, fair: str, url: str) -> None:
    """The row counts, and not the lease."""

    def work(connection: Engine) -> None:
        while minting.step(connection, marks, fair, NOW):
            pass

    at_once(url, [work, work, work])
    assert (MANY, True) == (there(database), whole(database, fair))


def test_of_two_who_take_one_gets_it(database: Engine, fair: str, url: str) -> None:
    """And the oldest order comes first."""
    with transaction(database) as session:
        minting.order(session, replace(FAIR, name="Later"), NOW + timedelta(seconds=1))
        other = minting.order(session, replace(FAIR, name="Earlier"), NOW - timedelta(seconds=1)).id
    assert [other, fair] == [minting.take(database, NOW) for _ in range(2)]
    taken = at_once(url, [lambda connection: minting.take(connection, NOW)] * 3)
    assert 1 == sum(bool(each) for each in taken)


def test_a_cancelled_batch_is_gone(database: Engine, marks: Privacy, fair: str) -> None:
    """Its vouchers and its row; whoever was about to make more makes none. One that is whole is not cancelled."""
    minting.step(database, marks, fair, NOW)
    assert minting.cancel(database, fair)
    assert 0 == there(database)
    assert not minting.step(database, marks, fair, NOW)
    assert not minting.cancel(database, fair)
    with transaction(database) as session:
        made, _codes = minting.make(session, marks, replace(FAIR, count=3), NOW)
    assert not minting.cancel(database, made.id)
    assert 3 == there(database)


def test_a_cancellation_that_was_cut_short_is_finished(database: Engine, marks: Privacy, fair: str) -> None:
    """By whoever makes batches: what wants none any more is taken away, not made whole."""
    minting.step(database, marks, fair, NOW)
    with transaction(database) as session:
        session.execute(update(VoucherBatch).where(VoucherBatch.id == fair).values(wanted=0, leased_until=None))
    assert (fair, True) == minting.carry(database, marks, lambda: NOW, NOW + LEASE)
    with reading(database) as session:
        assert (0, None) == (there(database), session.get(VoucherBatch, fair))


def test_the_desks_vouchers_of_one_day_are_one_batch(database: Engine, marks: Privacy) -> None:
    """Each is good at once; another plan, more devices, a closed batch: another one."""

    def one(wanted: Wanted = DESK) -> tuple[str, bool]:
        with transaction(database) as session:
            voucher, begun = minting.one(session, marks, wanted, NOW)
            return voucher.batch_id, begun

    first, begun = one()
    assert (begun, (first, False)) == (True, one())
    others = {one(replace(DESK, plan="resident"))[0], one(replace(DESK, devices=2))[0], one(replace(DESK, lasts=timedelta(days=1)))[0]}
    assert 4 == len(others | {first})
    with transaction(database) as session:
        batch = session.get_one(VoucherBatch, first)
        assert (2, 2, minting.DESK) == (batch.wanted, minting.made(session, batch), batch.made_by)
        batches.close(session, batch, NOW)
    assert first != one()[0]
    assert isinstance(come(database, marks, _newest(database, marks)), Redeemed)


def _newest(database: Engine, marks: Privacy) -> str:
    with reading(database) as session:
        row = session.scalars(select(Voucher).where(Voucher.code.is_not(None)).order_by(Voucher.id.desc()).limit(1)).one()
        return crockford.normal(batches.code(marks, row))


def test_many_at_the_desk_at_once_are_counted(database: Engine, marks: Privacy, url: str) -> None:
    """As many vouchers as were asked for, and each batch as large as it says."""

    def one(connection: Engine) -> None:
        with transaction(connection) as session:
            minting.one(session, marks, DESK, NOW)

    at_once(url, [one] * 4)
    with reading(database) as session:
        rows = session.scalars(select(VoucherBatch)).all()
        assert 4 == sum(row.wanted for row in rows)
        assert all(row.wanted == minting.made(session, row) for row in rows)


def test_what_becomes_of_vouchers_is_told(database: Engine, marks: Privacy) -> None:
    """Whole, used for the first time, taken back: one event each, for whoever asked; a whole batch taken back is one."""
    kinds = (EventKind.VOUCHER_BATCH_MADE, EventKind.VOUCHER_REDEEMED, EventKind.VOUCHER_REVOKED)
    webhook(database, *kinds)
    with transaction(database) as session:
        batch, codes = minting.make(session, marks, replace(FAIR, count=3), NOW)
        ids = [row.id for row in batches.vouchers(session, batch)]
    come(database, marks, codes[0])
    come(database, marks, codes[0])
    batches.revoke(database, ids[:1], NOW)
    batches.revoke(database, ids, NOW, batch=batch.id)
    told = [(kind, name) for _hook, kind, name in kept(database)]
    assert [(kinds[0], batch.id), (kinds[1], ids[0]), (kinds[2], ids[0]), (kinds[2], batch.id)] == told


def test_how_vouchers_stand_is_said_by_row_and_by_question(database: Engine, marks: Privacy) -> None:
    """What a list filters by is what it shows."""
    with transaction(database) as session:
        batch, codes = minting.make(session, marks, replace(FAIR, count=4, lasts=timedelta(hours=1)), NOW)
        ids = [row.id for row in batches.vouchers(session, batch)]
    come(database, marks, codes[0])
    batches.revoke(database, ids[1:2], NOW)
    for now in (NOW, NOW + timedelta(hours=2), NOW + timedelta(days=31)):
        with reading(database) as session:
            row = session.get_one(VoucherBatch, batch.id)
            shown = {voucher.id: batches.standing(voucher, row, now) for voucher in batches.vouchers(session, row)}
            found = partial(
                lambda session, of, row, now: set(session.scalars(select(Voucher.id).where(batches.those(of, row, now)))), session
            )
            assert all({name for name, each in shown.items() if each is of} == found(of, row, now) for of in batches.Standing)
