"""store.audit: what is written, that the database keeps it, and whose values are forgotten; on both databases."""

from __future__ import annotations

import threading
from datetime import timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from store import accounts, audit, audit_chain, erasure
from store import models as m
from store.audit import Act
from store.privacy import privacy
from store.session import reading, transaction
from tests.store.rows import NOW

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from store.privacy import Privacy
    from store.sealed import Seal

OPS = "ops@city.example"


def written(session: Session, seal: Seal, *acts: Act) -> Privacy:
    """These, in this database."""
    marks = privacy(session, seal, NOW)
    audit.record_all(session, marks, acts, NOW)
    return marks


def test_a_row_says_who_did_what_and_follows_the_one_before(database: Engine, seal: Seal) -> None:
    """Numbers go up by one, and each row holds the digest of the row before."""
    with transaction(database) as session:
        written(session, seal, Act(OPS, "sign-in"), Act(OPS, "change", "site", "library", {"name": ("A", "B")}, "moved", "s1"))
    with reading(database) as session:
        first, second = session.scalars(select(m.AuditEntry).order_by(m.AuditEntry.id)).all()
    assert (1, 2) == (first.id, second.id)
    assert (audit.FIRST, bytes(first.digest)) == (bytes(first.previous), bytes(second.previous))
    assert (OPS, "change", "site", "library", {"name": ["A", "B"]}, "moved", "s1", NOW) == (
        second.actor, second.action, second.kind, second.object, second.fields, second.reason, second.source, second.at,
    )  # fmt: skip


def test_what_the_database_gives_back_differs_in_nothing_that_counts(database: Engine, seal: Seal) -> None:
    """Times of another zone, large and small numbers, letters of any script, and what a database cannot hold: the chain holds."""
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-4)))
    odd = {"a": (1e20, 1.5e-9), "b": ((1, 2), {"é": None}), "c": ("\0 \ud800", "\u200f")}
    with transaction(database) as session:
        marks = privacy(session, seal, NOW)
        audit.record(session, marks, Act("\ud800 жук\0", "change", "site", "café", odd), elsewhere)
        audit.record(session, marks, Act(OPS, "change", "", "", {"none": (None, True)}), elsewhere)
    with reading(database) as session:
        assert (2, None) == audit_chain.verify(session, marks)[::3]


def test_what_it_tells_of_is_not_committed_without_it(database: Engine, seal: Seal) -> None:
    """A transaction that is undone leaves no entry, and its number to the next."""

    def broken() -> None:
        with transaction(database) as session:
            written(session, seal, Act(OPS, "add", "district", "north"))
            session.add(m.District(name="north"))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    with transaction(database) as session:
        written(session, seal, Act(OPS, "add", "district", "south"))
    with reading(database) as session:
        assert [(1, "south")] == [tuple(row) for row in session.execute(select(m.AuditEntry.id, m.AuditEntry.object))]
        assert [] == session.scalars(select(m.District.name)).all()


def test_many_at_once_make_one_chain(database: Engine, seal: Seal) -> None:
    """Threads that write at the same time wait for each other: no number twice, none left out."""

    def work(name: str) -> None:
        for _ in range(5):
            with transaction(database) as session:
                written(session, seal, Act(name, "sign-in"))

    with transaction(database) as session:
        marks = privacy(session, seal, NOW)
    threads = [threading.Thread(target=work, args=(f"guest-{number}@example.org",)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    with reading(database) as session:
        assert (20, None) == audit_chain.verify(session, marks)[::3]


@pytest.mark.parametrize(
    "deed",
    ["UPDATE audit_entry SET actor = 'nobody'", "DELETE FROM audit_entry", "DELETE FROM audit_entry WHERE id = 1", "TRUNCATE audit_entry"],
)
def test_the_database_refuses_to_change_it(database: Engine, seal: Seal, deed: str) -> None:
    """Neither UPDATE nor DELETE, nor PostgreSQL's TRUNCATE, touches a row of the log."""
    if database.dialect.name == "sqlite":
        deed = deed.replace("TRUNCATE", "DELETE FROM")
    with transaction(database) as session:
        written(session, seal, Act(OPS, "sign-in"))
    with pytest.raises(DBAPIError, match="the audit log is only ever added to"), transaction(database) as session:
        session.execute(text(deed))
    with reading(database) as session:
        assert [OPS] == session.scalars(select(m.AuditEntry.actor)).all()


def test_a_persons_values_open_while_their_key_lives(database: Engine, seal: Seal) -> None:
    """They are sealed in the row; once the person is forgotten nobody reads them, and the chain holds as before."""
    with transaction(database) as session:
        act = Act(OPS, "reveal", "session", "s1", subject="a1", personal={"contact": "guest-017@example.org"})
        marks = written(session, seal, act, Act(OPS, "reveal", subject="a2", personal={"contact": "guest-018@example.org"}), Act(OPS, "x"))
    with reading(database) as session:
        first, second, third = session.scalars(select(m.AuditEntry).order_by(m.AuditEntry.id)).all()
        assert {"contact": "guest-017@example.org"} == audit.opened(session, marks, first)
        assert None is audit.opened(session, marks, third)
        assert b"guest" not in bytes(first.personal)
    with transaction(database) as session:
        audit.forget(session, "a1")
    with reading(database) as session:
        assert None is audit.opened(session, marks, first)
        assert {"contact": "guest-018@example.org"} == audit.opened(session, marks, second)
        assert (3, None) == audit_chain.verify(session, marks)[::3]


def test_who_is_known_again_brings_nothing_back(database: Engine, seal: Seal) -> None:
    """A new key for the same subject opens nothing that was written under the one that was destroyed."""
    with transaction(database) as session:
        marks = written(session, seal, Act(OPS, "reveal", subject="a1", personal={"contact": "guest-017@example.org"}))
        audit.forget(session, "a1")
        later = audit.record(session, marks, Act(OPS, "reveal", subject="a1", personal={"contact": "guest-018@example.org"}), NOW)
    with reading(database) as session:
        first = session.get_one(m.AuditEntry, 1)
        assert (None, {"contact": "guest-018@example.org"}) == tuple(audit.opened(session, marks, each) for each in (first, later))


def test_an_erased_account_is_forgotten_by_the_log(database: Engine, seal: Seal) -> None:
    """Erasing an account destroys its key in the same transaction."""
    with transaction(database) as session:
        marks = privacy(session, seal, NOW)
        account = accounts.known(session, marks, m.Way.EMAIL, "guest-017@example.org", NOW).id
        audit.record(session, marks, Act(OPS, "reveal", subject=account, personal={"contact": "guest-017@example.org"}), NOW)
    with transaction(database) as session:
        erasure.erase(session, account, NOW)
    with reading(database) as session:
        assert 0 == session.scalar(select(func.count()).select_from(m.AuditKey))
        assert (1, None) == audit_chain.verify(session, marks)[::3]
