"""proxeny.demo_guests: guests who look like some, and agree with themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from proxeny.demo_guests import Guests, write
from store import batches, erasure
from store.models import Account, Consent, Device, Grant, GuestUsage, Message, Session, SessionStatus, Voucher, Way
from store.privacy import privacy
from store.schema import prepare
from store.sealed import Seal, create_keys
from store.session import reading, transaction
from tests.store.rows import NOW, keep, network

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine


@pytest.fixture
def city(tmp_path: Path) -> Iterator[Engine]:
    """Sixty guests of three months."""
    create_keys(tmp_path / "seal.key")
    seal = Seal(tmp_path / "seal.key")
    database = prepare(f"sqlite:///{tmp_path}/past.db")
    with transaction(database) as session:
        keep(session, network(seal))
        write(session, privacy(session, seal, NOW), Guests(accounts=60, online=5, batches=(("Fair", 40), ("Hall", 20))), NOW)
    yield database
    database.dispose()


def test_guests_agree_with_themselves(city: Engine) -> None:
    """Every stay has its session, every voucher that was used its account; five are online, and nothing is later than now."""
    with reading(city) as session:
        assert 60 == session.scalar(select(func.count(Account.id)))
        assert session.scalar(select(func.count(Grant.id))) == session.scalar(select(func.count(Session.id)))
        assert 5 == session.scalar(select(func.count()).where(Session.status == SessionStatus.OPEN))
        used = set(session.scalars(select(Voucher.account_id).where(Voucher.used_at.is_not(None))))
        assert used == set(session.scalars(select(Account.id).where(Account.way == Way.VOUCHER)))
        assert NOW >= session.scalars(select(func.max(Session.updated_at))).one()
        assert [("Fair", 40), ("Hall", 20)] == sorted((each.batch.name, each.made) for each in batches.usage(session, NOW))


def test_an_account_of_theirs_is_erased_as_any_other(city: Engine) -> None:
    """Nothing of it stays but what the law wants kept."""
    with transaction(city) as session:
        account = session.scalars(select(Account).where(Account.way == Way.EMAIL).order_by(Account.id)).first()
        assert account is not None
        name, identity = account.id, account.identity_hash
        erasure.erase(session, name, NOW)
    with reading(city) as session:
        assert 0 == session.scalar(select(func.count()).where(Consent.account_id == name))
        assert 0 == session.scalar(select(func.count()).where(Message.to_hash == identity))
        assert 0 == session.scalar(select(func.count()).where(GuestUsage.subject == name))
        assert 0 == session.scalar(select(func.count()).where(Device.account_id == name))
