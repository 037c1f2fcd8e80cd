"""Versions of portals in the store, in both databases: what is newest, what is published, and the words that were agreed to."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from store import consents
from store import portal_versions as rows
from store.models import Account, Consent, Way
from store.portal_versions import Agreed, Newest
from store.session import reading, transaction
from tests.store.rows import NOW

if TYPE_CHECKING:
    from sqlalchemy import Engine

LATER = NOW + timedelta(hours=1)


def test_what_was_there_before_is_the_first_version(database: Engine) -> None:
    """Then what became of it; a portal that is new begins with what it is."""
    with transaction(database) as session:
        rows.record(session, "old", {"plan": "visitor"}, {"plan": "resident"}, "ops", NOW)
        rows.record(session, "old", {"plan": "resident"}, {"plan": "visitor"}, "ops", LATER)
        rows.record(session, "new", None, {"plan": "visitor"}, "ops", NOW)
    with reading(database) as session:
        found = {
            name: [(row.number, row.fields["plan"], row.published_by) for row in rows.history(session, name)] for name in ("old", "new")
        }
    assert {"old": [(3, "visitor", "ops"), (2, "resident", "ops"), (1, "visitor", "")], "new": [(1, "visitor", "ops")]} == found


def test_drafts_wait_beside_what_is_published(database: Engine) -> None:
    """A list says of each portal what was published last, and where a draft waits."""
    with transaction(database) as session:
        rows.record(session, "one", None, {}, "ops", NOW)
        rows.keep(session, "one", {"accent": "#005ea5"}, "Blue", "desk", LATER)
        rows.record(session, "two", None, {}, "file", LATER)
        rows.keep(session, "three", {}, "", "desk", NOW)
        rows.keep(session, "two", {}, "", "desk", NOW)
        rows.discard(session, "two")
    with reading(database) as session:
        assert ({"one": Newest(1, NOW, "ops"), "two": Newest(1, LATER, "file")}, {"one", "three"}) == rows.summaries(
            session, ["one", "two", "three", "four"]
        )
        assert ("Blue", 2, 1) == (
            rows.draft(session, "one").note,
            rows.newest(session, "one").number,
            rows.published(session, "one").number,
        )
        assert [None, None] == [rows.find(session, "one", number) for number in (9, 2**40)]


def test_words_are_kept_once_by_their_digest(database: Engine) -> None:
    """Whoever publishes the same words again, and whatever becomes of the portal."""
    with transaction(database) as session:
        for name in ("one", "two"):
            rows.record(session, name, None, {"terms": {"en": "Be kind.", "fr": "Soyez gentils."}}, "ops", NOW)
    with reading(database) as session:
        found = [rows.terms(session, consents.words(text)) for text in ("Be kind.", "Soyez gentils.", "Be loud.")]
        assert [("en", "one"), ("fr", "one"), None] == [(row.language, row.portal) if row else None for row in found]


def test_who_agreed_is_counted(database: Engine) -> None:
    """In any of the languages; a yes that was taken back is none."""
    with transaction(database) as session:
        for number, (text, withdrawn) in enumerate((("Be kind.", None), ("Soyez gentils.", None), ("Be kind.", LATER), ("Be loud.", None))):
            who = f"account{number}"
            session.add(Account(id=who, way=Way.EMAIL, identity_hash=f"{number:16}".encode(), created_at=NOW, last_seen=NOW))
            session.flush()
            session.add(Consent(account_id=who, purpose="terms", digest=consents.words(text), given_at=NOW, withdrawn_at=withdrawn))
    with reading(database) as session:
        assert (Agreed(2, 0), Agreed(0, 0)) == (
            rows.agreed(session, {"en": "Be kind.", "fr": "Soyez gentils."}, NOW),
            rows.agreed(session, {}, NOW),
        )
