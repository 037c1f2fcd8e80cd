"""proxeny.opening: how a verb gets at the store."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from proxeny import opening
from proxeny.settings import load
from store import keys
from store.faults import SealError, StoreError
from store.schema import downgrade, head, revision
from store.session import reading, transaction
from tests.proxeny.installation import NETWORK

if TYPE_CHECKING:
    from tests.proxeny.installation import Installation


def test_an_empty_database_is_created(installed: Installation) -> None:
    """The first verb makes shape, key and tag; the second finds the same."""
    settings = load(installed.settings, {})
    tags = set()
    for _ in range(2):
        database, seal = opening.store(settings)
        assert head() == revision(database)
        with transaction(database) as session:
            tags.add(keys.named(session, seal, keys.LOOP, None)[:4])  # type: ignore[arg-type]  # it is there already
    assert [4] == [len(tag) for tag in tags]


def test_an_old_database_is_refused_with_the_verb_to_run(installed: Installation) -> None:
    """What needs an upgrade is not touched."""
    settings = load(installed.settings, {})
    opening.store(settings)
    downgrade(settings.database.url, "0001")
    with pytest.raises(StoreError, match="run: proxeny db upgrade"):
        opening.store(settings)


def test_sealed_rows_without_their_key_are_refused(installed: Installation) -> None:
    """No new key is made where an old one is missing."""
    installed.apply(NETWORK)
    settings = load(installed.settings, {})
    settings.seal_key.unlink()
    with pytest.raises(SealError, match="put it back"):
        opening.store(settings)
    assert not settings.seal_key.exists()


def test_what_is_opened_can_be_read_without_writing(installed: Installation) -> None:
    """A reading session finds the tag that opening made."""
    database, seal = opening.store(load(installed.settings, {}))
    with reading(database) as session:
        assert 32 == len(keys.named(session, seal, keys.LOOP, None))  # type: ignore[arg-type]  # it is there already


def test_a_verb_that_looks_waits_for_nobody_who_writes(installed: Installation) -> None:
    """Another process holds the database for itself: what is there can still be opened and read."""
    settings = load(installed.settings, {})
    database, _ = opening.store(settings)
    with sqlite3.connect(database.url.database, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        other.execute("UPDATE network_version SET version = version")
        opened, _ = opening.store(settings)
        with reading(opened) as session:
            assert keys.made(session, (keys.LOOP, keys.TRACE))
        other.execute("ROLLBACK")
