"""store.erasure: what goes, what stays, and who hears of it; on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from store import accounts, consents, erasure, events, grants, messages, usage
from store import models as m
from store.messages import Content
from store.privacy import privacy
from store.session import reading, transaction
from store.spent_grants import ERASURE
from tests.store import guests, rows
from tests.store.rows import NOW

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from store.privacy import Privacy
    from store.sealed import Seal

DAY = timedelta(days=1)


def lived(session: Session, marks: Privacy, seal: Seal) -> str:
    """An account with a grant that is over and one that lives, a session, a consent, a message, a code; its id."""
    from zoneinfo import ZoneInfo

    account = accounts.known(session, marks, m.Way.EMAIL, "guest-017@example.org", NOW).id
    old = guests.admit(session, guests.LAPTOP, NOW - DAY, account=account, way=m.Way.EMAIL)
    new = guests.admit(session, guests.PHONE, NOW, account=account, way=m.Way.EMAIL)
    session.add(rows.session(seal, "s-old", grant_id=old.id, status=m.SessionStatus.ENDED, updated_at=NOW - DAY))
    session.add(rows.session(seal, "s-new", grant_id=new.id, updated_at=NOW))
    session.add(m.AuthEvent(began_at=NOW, at=NOW, client="library-wlc", verdict=m.LoginVerdict.ACCEPT, grant_id=new.id))
    session.add(m.Order(kind=m.OrderKind.GRANT, grant_id=old.id, queued_at=NOW - DAY, state=m.OrderState.DONE))
    consents.agreed(session, account, consents.TERMS, "d" * 16, "en", "library", NOW)
    usage.spend(session, [(account, NOW, 60, 1_000)], ZoneInfo("America/Toronto"))
    messages.queue(
        session, marks, m.MessageKind.MAIL, "guest-017@example.org", Content("482913"), purpose="code", language="en",
        expires_at=NOW + DAY, now=NOW,
    )  # fmt: skip
    return account


def counts(session: Session) -> dict[str, int]:
    tables = (m.Account, m.Device, m.Grant, m.Consent, m.GuestUsage, m.Message, m.Session, m.AuthEvent, m.Order)
    return {table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def test_what_goes_and_what_stays(database: Engine, seal: Seal) -> None:
    """Everything of the account's but sealed sessions and the log; the grant that lived is ended, nobody's, and told to who follows."""
    with transaction(database) as session:
        marks = privacy(session, seal, NOW)
        account = lived(session, marks, seal)
        before = grants.newest(session)
    with transaction(database) as session:
        done = erasure.erase(session, account, NOW + timedelta(minutes=1))
    assert done is not None
    assert erasure.Erased(devices=2, grants=2, consents=1, messages=1, left=erasure.Left(2, NOW, 1, NOW)) == done
    with reading(database) as session:
        expected = dict.fromkeys(("account", "consent", "guest_usage", "message", "outbox"), 0) | {"device": 1, "grant": 1}
        assert expected | {"session": 2, "auth_event": 1} == counts(session)
        left = session.scalars(select(m.Grant)).one()
        assert (ERASURE, None, "", NOW + timedelta(minutes=1)) == (left.why, left.account_id, left.language, left.revoked_at)
        assert [left.id] == [grant.id for grant in grants.changed_since(session, before, 10)]
        assert grants.live(session, guests.PHONE, NOW + timedelta(minutes=1)) is None


def test_nothing_is_erased_twice(database: Engine, seal: Seal) -> None:
    """Whose account is gone is told so."""
    with transaction(database) as session:
        account = lived(session, privacy(session, seal, NOW), seal)
        assert erasure.left(session, account) == erasure.Left(2, NOW, 1, NOW)
        erasure.erase(session, account, NOW)
        assert erasure.erase(session, account, NOW) is None


def test_what_another_shares_stays(database: Engine, seal: Seal) -> None:
    """Another account's grant of the same device, and its device."""
    with transaction(database) as session:
        marks = privacy(session, seal, NOW)
        other = accounts.known(session, marks, m.Way.EMAIL, "guest-018@example.org", NOW - 2 * DAY).id
        guests.admit(session, guests.PHONE, NOW - 2 * DAY, account=other, way=m.Way.EMAIL)
        erasure.erase(session, lived(session, marks, seal), NOW)
    with reading(database) as session:
        assert [other] == session.scalars(select(m.Account.id)).all()
        assert {other, None} == set(session.scalars(select(m.Grant.account_id)))
        assert [guests.PHONE] == list(map(bytes, session.scalars(select(m.Device.hash))))


def test_a_yes_is_written_once(database: Engine, seal: Seal) -> None:
    """The same words again change nothing; other words are another yes."""
    with transaction(database) as session:
        account = accounts.known(session, privacy(session, seal, NOW), m.Way.SMS, "+14165550123", NOW).id
        for digest in ("a", "a", "b"):
            consents.agreed(session, account, consents.TERMS, digest, "fr", "library", NOW)
        assert ["a", "b"] == sorted(session.scalars(select(m.Consent.digest)))


def test_other_systems_hear_of_an_erasure(database: Engine, seal: Seal) -> None:
    """Whoever asked for it is told the account's id, and nothing of whose it was."""
    with transaction(database) as session:
        account = lived(session, privacy(session, seal, NOW), seal)
        session.add(m.Webhook(name="dashboard", url="https://hooks.city.example/", events=["account.erased"], secret=b"s", created_at=NOW))
        session.flush()
        events.forget(session)
        erasure.erase(session, account, NOW)
        assert [("account.erased", account, {})] == [(each.kind, each.object, each.content) for each in session.scalars(select(m.Event))]
