"""migrations 0007: what vouchers, portals and consents of the older shape become, and what the older shape can hold of the newer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from store import minting, schema
from store.check import check
from store.minting import Wanted
from store.models import Consent, Grant, Portal, Site, Voucher, VoucherBatch
from store.privacy import Privacy
from store.session import reading, transaction
from tests.store.rows import NOW, everything, keep

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from store.sealed import Seal

WANTED = Wanted("Street festival", "visitor", 3, NOW + timedelta(days=30))
TABLES = (Portal, Site, Grant, Consent, VoucherBatch, Voucher)


def counts(database: Engine) -> dict[str, int | None]:
    with reading(database) as session:
        return {each.__tablename__: session.scalar(select(func.count()).select_from(each)) for each in TABLES}


def test_what_was_there_before_is_whole_afterwards(url: str, seal: Seal) -> None:
    """No row is lost on the way, either way; a batch wanted as many vouchers as it has, and is good."""
    database = schema.prepare(url)
    with transaction(database) as session:
        keep(session, everything(seal))
        batch, _ = minting.make(session, Privacy(seal, b"t" * 32, b"d" * 32, b"a" * 32), WANTED, NOW)
    before = counts(database)
    assert all(before.values())
    database.dispose()
    schema.downgrade(url, "0006")
    schema.upgrade(url)
    assert before == counts(database)
    with reading(database) as session:
        again = session.get_one(VoucherBatch, batch.id)
        assert (3, NOW, None) == (again.wanted, again.whole_at, again.leased_until)
        assert not any(session.scalars(select(Portal.privacy)))
    assert [] == check(url)
    database.dispose()


def test_a_batch_in_the_making_does_not_fit_the_older_shape(url: str, seal: Seal) -> None:
    """There every voucher that is there is good: going down, those of a batch that is not whole go, also of a cancelled one."""
    database = schema.prepare(url)
    marks = Privacy(seal, b"t" * 32, b"d" * 32, b"a" * 32)
    with transaction(database) as session:
        batch = minting.order(session, WANTED, NOW)
        minting._add(session, marks, batch, 2)
        whole, _ = minting.make(session, marks, WANTED, NOW)
    database.dispose()
    schema.downgrade(url, "0006")
    schema.upgrade(url)
    with reading(database) as session:
        assert [whole.id] == list(session.scalars(select(VoucherBatch.id)))
        assert 3 == session.scalar(select(func.count()).select_from(Voucher))
    database.dispose()
