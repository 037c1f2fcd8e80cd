"""Which version of the network applies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from proxeny import opening, settings
from proxeny.network_watch import NetworkWatch
from store.session import transaction
from tests.proxeny.installation import NETWORK

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def watch(installed) -> NetworkWatch:
    return watching(installed.folder)


def watching(folder: Path) -> NetworkWatch:
    read = settings.load(folder / "proxeny.toml", {})
    database, seal = opening.store(read)
    return NetworkWatch(database, seal, read)


def change(watch: NetworkWatch, statement: str = "SELECT 1") -> None:
    with transaction(watch._database) as session:
        session.execute(text(statement))
        session.execute(text("UPDATE network_version SET version = version + 1"))


def test_nothing_new_is_nothing(installed, watch) -> None:
    """The same version is neither read nor built again, unless the settings changed."""
    installed.apply(NETWORK)
    first = watch.first()
    assert (None, first.version) == (watch.poll(), watch.version)
    assert first.version == watch.poll(anyway=True).version


def test_a_new_version_is_given_once(installed, watch) -> None:
    """`apply` counts the version up; the next look gives the network whole."""
    watch.first()
    installed.apply(NETWORK)
    found = watch.poll()
    assert {"uni-a-1", "uni-a-2"} == set(found.rows["home"])
    assert watch.poll() is None


def test_a_version_that_cannot_stand_is_refused_whole_and_once(installed, watch) -> None:
    """The old version stays, the fault names the row; a mended one is taken."""
    installed.apply(NETWORK)
    version = watch.first().version
    change(watch, """UPDATE client SET addresses = '["nonsense"]'""")
    assert [None, None] == [watch.poll(), watch.poll()]
    assert (version, 1) == (watch.version, watch.refused)
    assert "library-wlc" in watch.fault
    change(watch, """UPDATE client SET addresses = '["192.0.2.0/24"]'""")
    assert version + 2 == watch.poll().version
    assert watch.fault == ""


def test_a_database_that_fails_changes_nothing(installed, watch) -> None:
    """Its words are kept for /readyz; when it answers again, all goes on."""
    installed.apply(NETWORK)
    watch.first()
    change(watch, "ALTER TABLE client RENAME TO away")
    assert watch.poll() is None
    assert "client" in watch.database_fault
    change(watch, "ALTER TABLE away RENAME TO client")
    assert watch.poll() is not None
    assert watch.database_fault == ""


def test_the_end_of_an_overlap_builds_the_tables_again(installed, watch) -> None:
    """A previous secret ends at its time, not at the next change of the network."""
    soon = datetime.now(UTC) + timedelta(hours=1)
    old = f'previous_secret = "the-secret-before-this-one"\nprevious_until = {soon:%Y-%m-%dT%H:%M:%SZ}\n'
    installed.apply(NETWORK.replace('site = "central-library"\n\n[[access', f'site = "central-library"\n{old}\n[[access', 1))
    watch.first()
    assert watch.poll() is None
    watch._expires = datetime.now(UTC) - timedelta(seconds=1)
    assert watch.poll() is not None
