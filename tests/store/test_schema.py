"""store.schema and store.check: every revision up and down, with rows in it, on both databases."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import func, inspect, select, text

from store import schema
from store.check import check
from store.faults import StoreError
from store.models import Base
from store.session import engine, reading, transaction
from tests.store.rows import everything, keep

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from store.sealed import Seal

REVISIONS = schema.revisions()


def tables(url: str) -> set[str]:
    database = engine(url)
    try:
        return set(inspect(database).get_table_names())
    finally:
        database.dispose()


def counts(database: Engine) -> dict[str, int]:
    with reading(database) as session:
        return {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in Base.metadata.sorted_tables}


def test_revisions_are_those_of_their_files() -> None:
    """The files' names tell what Alembic would: every revision, in order, each built on the one before."""
    scripts = list(ScriptDirectory(str(schema._folder())).walk_revisions())[::-1]
    assert REVISIONS == [script.revision for script in scripts]
    assert [None, *REVISIONS[:-1]] == [script.down_revision for script in scripts]


def test_models_and_migrations_agree(url: str) -> None:
    """The database that the migrations make is the one the models describe."""
    schema.upgrade(url)
    assert check(url) == []


def test_a_difference_is_named(url: str) -> None:
    """`db check` names the table and the column or index that differ, whichever side lacks it."""
    schema.upgrade(url)
    database = engine(url)
    with transaction(database) as session:
        session.execute(text("ALTER TABLE home ADD COLUMN spare VARCHAR"))
        session.execute(text("DROP INDEX ix_client_site"))
        session.execute(text("DROP TABLE drop_minute"))
    database.dispose()
    assert sorted(check(url)) == ["add index: client ix_client_site", "add table: drop_minute", "remove column: home spare"]


@pytest.mark.parametrize("revision", REVISIONS)
def test_each_revision_goes_up_and_down(url: str, revision: str) -> None:
    """Up to a revision, down by one, up again: the same tables each time."""
    schema.upgrade(url, revision)
    there = tables(url)
    schema.downgrade(url, "-1")
    before = tables(url)
    schema.upgrade(url, revision)
    assert tables(url) == there
    assert before < there


def test_everything_comes_down(url: str) -> None:
    """Downgraded to base, nothing of ours is left."""
    schema.upgrade(url)
    schema.downgrade(url, "base")
    assert tables(url) <= {"alembic_version"}


@pytest.mark.parametrize("revision", REVISIONS)
def test_rows_survive_a_later_revision_going_down_and_up(url: str, seal: Seal, revision: str) -> None:
    """Going down to a revision and up again keeps every row of its tables, and makes anew what 0008, 0009 and 0011 make of them."""
    database = schema.prepare(url)
    with transaction(database) as session:
        keep(session, everything(seal))
    full = counts(database)
    assert all(full.values()), "tests.store.rows forgets a table"
    database.dispose()

    schema.downgrade(url, revision)
    kept = tables(url) - {"alembic_version"}
    schema.upgrade(url)
    database = engine(url)
    try:
        anew = {"business": "shop_version", "usage_hour": "site_hour", "session": "dwell"}  # the page that a shop has is its first version
        made = kept | {new for old, new in anew.items() if old in kept}
        for old, new in (
            ("placement_hour", {"campaign_day", "campaign_clock", "campaign_span"}),
            ("site_hour", {"city_hour", "site_day"}),
            ("dwell", {"dwell_week"}),
        ):
            made |= new if old in made else set()
        assert counts(database) == {name: number if name in made else 0 for name, number in full.items()}
    finally:
        database.dispose()
    assert check(url) == []


def test_an_empty_database_is_created_and_an_old_one_refused(url: str) -> None:
    """`run` makes a database where there is none; an old one it leaves alone and says which verb to run."""
    schema.prepare(url).dispose()
    schema.downgrade(url, REVISIONS[0])
    with pytest.raises(StoreError, match=f"revision {REVISIONS[0]}, this version needs {REVISIONS[-1]}; run: proxeny db upgrade"):
        schema.prepare(url)
    assert check(url) == [f"it has revision {REVISIONS[0]}, this version needs {REVISIONS[-1]}; run: proxeny db upgrade"]
    schema.upgrade(url)
    schema.prepare(url).dispose()


def test_a_newer_database_is_refused(url: str) -> None:
    """A database of a version to come is neither used nor "upgraded"."""
    schema.prepare(url).dispose()
    database = engine(url)
    with transaction(database) as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.dispose()
    for attempt in (schema.prepare, schema.upgrade):
        with pytest.raises(StoreError, match="9999, made by a newer version"):
            attempt(url)


def test_upgrading_twice_changes_nothing(url: str) -> None:
    """An upgrade of a database that is up to date does nothing."""
    schema.upgrade(url)
    schema.upgrade(url)
    assert check(url) == []


def test_two_upgrades_at_once_both_succeed(url: str) -> None:
    """Two nodes that start together do not trip over each other."""
    argv = [sys.executable, "-c", f"from store.schema import upgrade; upgrade({url!r})"]
    both = [subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=60)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert check(url) == []


def test_an_upgrade_that_fails_has_not_happened(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A revision that breaks half-way leaves the database as it was before the first of them."""
    schema.upgrade(url, REVISIONS[0])
    database = engine(url)
    with transaction(database) as session:
        session.execute(text("CREATE TABLE outbox (id INTEGER)"))  # in the way of a later revision
    database.dispose()
    before = tables(url)
    with pytest.raises(StoreError, match="already exists"):
        schema.upgrade(url)
    assert tables(url) == before


@pytest.mark.peer("strace")
@pytest.mark.parametrize("when", [1, 3, 5, 8])
def test_an_upgrade_killed_at_a_sync_can_be_run_again(tmp_path: Path, when: int) -> None:
    """Killed while SQLite syncs, the upgrade has happened whole or not at all, and a second run completes it."""
    url = f"sqlite:///{tmp_path}/proxeny.db"
    code = f"from store.schema import upgrade; upgrade({url!r})"
    argv = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject=fdatasync,fsync:signal=KILL:when={when}", sys.executable, "-c", code]
    killed = subprocess.run(argv, capture_output=True, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    with sqlite3.connect(tmp_path / "proxeny.db") as file:
        made = {row[0] for row in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    file.close()
    assert made in (set(), {table.name for table in Base.metadata.sorted_tables} | {"alembic_version"})
    schema.upgrade(url)
    assert check(url) == []


def test_a_new_database_file_is_ours_alone(tmp_path: Path) -> None:
    """Nobody else on the machine may read the database or its write-ahead log."""
    database = schema.prepare(f"sqlite:///{tmp_path}/sub/proxeny.db")
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "sub").iterdir()} == {0o600}
    database.dispose()


def test_damage_is_found(tmp_path: Path) -> None:
    """A file whose pages were overwritten is reported, with the way out; a file that is no database too."""
    url = f"sqlite:///{tmp_path}/proxeny.db"
    schema.prepare(url).dispose()
    octets = bytearray((tmp_path / "proxeny.db").read_bytes())
    octets[-4096 * 3 :] = b"\xff" * (4096 * 3)
    (tmp_path / "proxeny.db").write_bytes(octets)
    assert any("damaged" in line or "malformed" in line for line in check(url))
    (tmp_path / "proxeny.db").write_bytes(b"not a database at all" * 400)
    assert [line.partition(";")[0] for line in check(url)] == [f"database {tmp_path}/proxeny.db is damaged: file is not a database"]


def test_an_unreachable_database_is_one_line_without_the_password() -> None:
    """A server that is not there is reported in a line that names it and hides the password."""
    with pytest.raises(StoreError) as told:
        schema.prepare("postgresql+psycopg://proxeny:hunter2@127.0.0.1:1/proxeny")
    assert "127.0.0.1" in str(told.value)
    assert "hunter2" not in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense", ""])
def test_other_databases_are_refused(url: str) -> None:
    """An address that is not served is refused with the two that are."""
    with pytest.raises(StoreError, match=r"sqlite.*postgresql"):
        engine(url)
