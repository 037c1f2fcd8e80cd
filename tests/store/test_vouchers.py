"""store.vouchers: one first use, whoever races; a voucher's devices share it; what is over, taken back or erased; on both databases."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, func, select

from store import batches, crockford, grants, minting, vouchers
from store.models import Account, Grant, Voucher, VoucherBatch, Way
from store.privacy import privacy
from store.session import reading, transaction
from store.vouchers import Bad, Redeemed, Refused
from tests.store.guests import LAPTOP, PHONE, admit, at_once
from tests.store.rows import NOW

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from store.privacy import Privacy
    from store.sealed import Seal

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PLANS = {"visitor": 7200, "resident": None}


@pytest.fixture
def marks(database: Engine, seal: Seal) -> Privacy:
    with transaction(database) as session:
        return privacy(session, seal, NOW)


def made(database: Engine, marks: Privacy, count: int = 1, **changes: Any) -> tuple[VoucherBatch, list[str]]:
    fields = {"name": "June", "plan": "visitor", "devices": 1, "lasts": None, "expires_at": NOW + 30 * DAY, "now": NOW, **changes}
    now = fields.pop("now")
    with transaction(database) as session:
        return minting.make(session, marks, minting.Wanted(count=count, **fields), now)


def come(database: Engine, marks: Privacy, code: str, device: bytes = PHONE, now: datetime = NOW) -> Redeemed | Refused:
    """Redeemed in the transaction that makes the grant, as the pages do it."""
    with transaction(database) as session:
        found = vouchers.redeem(session, marks, code, device, PLANS, now)
        if isinstance(found, Redeemed):
            seconds = int((found.ends_at - now).total_seconds())
            limit = min(seconds, PLANS[found.plan] or seconds)
            admit(session, device, now, account=found.account, way=Way.VOUCHER, plan=found.plan, seconds=limit)
        return found


def test_a_batch_is_made_of_different_codes(database: Engine, marks: Privacy) -> None:
    """As many as were asked for, each kept as a keyed hash and sealed, and printed as it was made."""
    batch, codes = made(database, marks, 50, devices=3, lasts=7 * DAY)
    assert 50 == len(set(codes))
    with reading(database) as session:
        rows = batches.vouchers(session, batch)
        assert codes == [crockford.normal(batches.code(marks, row)) for row in rows]
        assert not any(code.encode() in row.code_hash + (row.code or b"") for code, row in zip(codes, rows, strict=True))
        kept = session.get(VoucherBatch, batch.id)
        assert (3, 7 * 86_400, NOW + 30 * DAY) == (kept.devices, kept.lasts, kept.expires_at)


def test_no_batch_is_empty_or_without_an_end(database: Engine, marks: Privacy) -> None:
    """What would be a mistake is refused whole."""
    for changes in ({"count": 0}, {"count": minting.MOST + 1}, {"devices": 0}):
        with pytest.raises(ValueError, match="no batch has"):
            made(database, marks, **changes)


def test_an_unknown_code_is_unknown(database: Engine, marks: Privacy) -> None:
    """Of a code that is none of ours nothing is said but that."""
    made(database, marks)
    assert Refused(Bad.UNKNOWN) == come(database, marks, "0" * 12)
    assert Refused(Bad.UNKNOWN) == come(database, marks, "")


def test_the_first_use_begins_it(database: Engine, marks: Privacy) -> None:
    """A voucher without a time of its own lasts as long as one grant of its plan, from its first use on."""
    _, (code,) = made(database, marks)
    found = come(database, marks, code)
    assert Redeemed(found.account, "visitor", NOW + 2 * HOUR, first=True) == found
    with reading(database) as session:
        row = session.scalars(select(Voucher)).one()
        assert (found.account, NOW, NOW + 2 * HOUR) == (row.account_id, row.used_at, row.ends_at)
        assert Way.VOUCHER is session.get(Account, found.account).way


def test_a_voucher_of_several_days_lasts_so_long(database: Engine, marks: Privacy) -> None:
    """Its own time goes over the plan's; a plan without an end has a year."""
    _, (week,) = made(database, marks, lasts=7 * DAY)
    _, (endless,) = made(database, marks, plan="resident")
    assert NOW + 7 * DAY == come(database, marks, week).ends_at
    assert NOW + grants.LONGEST == come(database, marks, endless, LAPTOP).ends_at


def test_the_same_device_comes_again_until_the_end(database: Engine, marks: Privacy) -> None:
    """Whoever was signed out, or came back after days, is the same guest with the same account and end."""
    _, (code,) = made(database, marks, lasts=7 * DAY)
    first = come(database, marks, code)
    again = come(database, marks, code, now=NOW + 6 * DAY)
    assert Redeemed(first.account, "visitor", NOW + 7 * DAY, first=False) == again
    assert Refused(Bad.EXPIRED, NOW + 7 * DAY) == come(database, marks, code, now=NOW + 7 * DAY)


def test_another_device_is_told_when_it_was_used(database: Engine, marks: Privacy) -> None:
    """A code for one device is of no use to a second, not even after its end; the holder reads when it was used."""
    _, (code,) = made(database, marks)
    come(database, marks, code)
    assert Refused(Bad.USED, NOW) == come(database, marks, code, LAPTOP, NOW + HOUR)
    assert Refused(Bad.USED, NOW) == come(database, marks, code, LAPTOP, NOW + DAY)


def test_several_devices_share_one_account_and_one_end(database: Engine, marks: Privacy) -> None:
    """As many as the batch says, in any order, as often as they like; one more is too many."""
    _, (code,) = made(database, marks, devices=2, lasts=DAY)
    first, second = come(database, marks, code), come(database, marks, code, LAPTOP, NOW + HOUR)
    assert (first.account, first.ends_at) == (second.account, second.ends_at)
    assert Refused(Bad.USED, NOW) == come(database, marks, code, b"t" * 16, NOW + HOUR)
    assert first.account == come(database, marks, code, PHONE, NOW + 2 * HOUR).account
    with transaction(database) as session:
        assert [False, True] == [vouchers.room(session, first.account, device) for device in (b"t" * 16, LAPTOP)]


def test_an_account_that_is_no_vouchers_has_room(database: Engine) -> None:
    """How many devices others may have is their plan's affair."""
    with transaction(database) as session:
        assert vouchers.room(session, "0123456789abcdej", PHONE)


def test_too_late_to_begin(database: Engine, marks: Privacy) -> None:
    """After the batch's last day nobody begins; who began before goes on."""
    _, (one, other) = made(database, marks, 2, lasts=60 * DAY)
    come(database, marks, one)
    assert Refused(Bad.EXPIRED, NOW + 30 * DAY) == come(database, marks, other, now=NOW + 30 * DAY)
    assert isinstance(come(database, marks, one, now=NOW + 31 * DAY), Redeemed)
    assert isinstance(come(database, marks, other, LAPTOP, NOW + 30 * DAY - HOUR), Redeemed)


def test_a_plan_that_is_gone_lets_nobody_in(database: Engine, marks: Privacy) -> None:
    """The voucher is not used up by it: the plan may come back."""
    _, (code,) = made(database, marks, plan="festival")
    assert Refused(Bad.REVOKED) == come(database, marks, code)
    with reading(database) as session:
        assert None is session.scalars(select(Voucher.used_at)).one()


def test_taken_back_puts_its_devices_out(database: Engine, marks: Privacy) -> None:
    """Nobody comes in by it any more, and who did is out; doing it again changes nothing."""
    _, (one, other) = made(database, marks, 2, devices=2)
    come(database, marks, one)
    come(database, marks, one, LAPTOP)
    admit_other = come(database, marks, other, b"t" * 16)
    with reading(database) as session:
        row = batches.of_code(session, marks, one.lower())
    assert (1, 2) == batches.revoke(database, [row.id], NOW + HOUR)
    assert (0, 0) == batches.revoke(database, [row.id], NOW + HOUR)
    assert Refused(Bad.REVOKED, NOW + HOUR) == come(database, marks, one, now=NOW + HOUR)
    with reading(database) as session:
        assert [None, None] == [grants.live(session, device, NOW + HOUR) for device in (PHONE, LAPTOP)]
        assert admit_other.account == grants.live(session, b"t" * 16, NOW + HOUR).account_id
        assert {batches.REVOKED, ""} == set(session.scalars(select(Grant.why)))


def test_a_closed_batch_is_printed_no_more(database: Engine, marks: Privacy) -> None:
    """The sealed copies are gone, the codes are as good as before."""
    batch, (one, other) = made(database, marks, 2)
    with transaction(database) as session:
        assert batches.close(session, session.get(VoucherBatch, batch.id), NOW)
    with transaction(database) as session:
        assert not batches.close(session, session.get(VoucherBatch, batch.id), NOW + HOUR)
        assert ["", ""] == [batches.code(marks, row) for row in batches.vouchers(session, batch)]
        assert 0 == session.scalar(select(func.count(Voucher.code)))
    assert isinstance(come(database, marks, one), Redeemed)
    assert isinstance(come(database, marks, other, LAPTOP), Redeemed)


def test_an_erased_account_leaves_a_used_voucher(database: Engine, marks: Privacy) -> None:
    """Whoever erases what we know of them does not get a second voucher for it."""
    _, (code,) = made(database, marks, lasts=DAY)
    found = come(database, marks, code)
    with transaction(database) as session:
        session.execute(delete(Account).where(Account.id == found.account))
    assert Refused(Bad.USED, NOW) == come(database, marks, code, now=NOW + HOUR)
    assert Refused(Bad.USED, NOW) == come(database, marks, code, LAPTOP, NOW + HOUR)


def test_a_batch_is_counted(database: Engine, marks: Privacy) -> None:
    """How many were made, used and taken back, and how many devices are online by it now."""
    batch, codes = made(database, marks, 5, devices=2)
    other, _ = made(database, marks, 1, name="July", now=NOW + HOUR)
    come(database, marks, codes[0])
    come(database, marks, codes[0], LAPTOP)
    come(database, marks, codes[1], b"t" * 16)
    with reading(database) as session:
        gone = batches.of_code(session, marks, codes[1])
    batches.revoke(database, [gone.id], NOW)
    with reading(database) as session:
        told = [(each.batch.id, each.made, each.used, each.revoked, each.online) for each in batches.usage(session, NOW + HOUR)]
        assert [(other.id, 1, 0, 0, 0), (batch.id, 5, 2, 1, 2)] == told
        assert [0, 0] == [each.online for each in batches.usage(session, NOW + DAY)]
        assert [[batch.id], [batch.id], []] == [[each.id for each in batches.named(session, name)] for name in (batch.id, "June", "May")]


@pytest.mark.parametrize("times", range(5))
def test_of_two_devices_at_once_one_wins(database: Engine, marks: Privacy, url: str, times: int) -> None:
    """Of many devices that bring one single-use code in the same moment exactly one comes in, the others read when it was used."""
    _, (code,) = made(database, marks)
    devices = [bytes([number]) * 16 for number in range(6)]
    found = at_once(url, [partial(_bring, marks, code, device) for device in devices])
    assert 1 == sum(isinstance(each, Redeemed) for each in found)
    assert {Refused(Bad.USED, NOW)} == {each for each in found if isinstance(each, Refused)}
    with reading(database) as session:
        assert 1 == session.scalar(select(func.count()).select_from(Grant))


@pytest.mark.parametrize("begun", [False, True])
def test_of_many_devices_at_once_as_many_win_as_may(database: Engine, marks: Privacy, url: str, *, begun: bool) -> None:
    """A voucher for three devices lets three in, whoever comes at once, and whether one of them has begun with it before."""
    _, (code,) = made(database, marks, devices=3)
    if begun:
        come(database, marks, code, bytes([0]) * 16)
    found = at_once(url, [partial(_bring, marks, code, bytes([number]) * 16) for number in range(8)])
    assert 3 == sum(isinstance(each, Redeemed) for each in found)
    assert 1 == len({each.account for each in found if isinstance(each, Redeemed)})


def test_who_comes_while_it_is_taken_back_is_out(database: Engine, marks: Privacy, url: str) -> None:
    """Whichever is first: afterwards nobody is online by a voucher that was taken back."""
    batch, codes = made(database, marks, 6)
    for number, code in enumerate(codes[:3]):
        come(database, marks, code, bytes([number]) * 16)
    with transaction(database) as session:
        ids = [row.id for row in batches.vouchers(session, batch)]
        for grant in session.scalars(select(Grant)):
            grants.revoke(session, grant, "signed out", NOW)
    work: list[Any] = [partial(_bring, marks, code, bytes([number]) * 16) for number, code in enumerate(codes)]
    at_once(url, [*work, lambda connection: batches.revoke(connection, ids, NOW)])
    with reading(database) as session:
        assert [] == list(session.scalars(select(Grant.id).where(Grant.revoked_at.is_(None))))


def _bring(marks: Privacy, code: str, device: bytes, connection: Engine) -> Redeemed | Refused:
    return come(connection, marks, code, device)
