"""store.backup: one file while others write, and the way back; no secret in it without its key."""

from __future__ import annotations

import os
import sqlite3
import stat
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import make_url, select, text

from store.backup import backup, restore
from store.check import check
from store.faults import StoreError
from store.models import AuthEvent, Business, Home
from store.schema import downgrade, head, prepare, revision, upgrade
from store.session import engine, reading, transaction
from tests.store import rows

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from store.sealed import Seal
    from tests.peers.postgres import Cluster


@pytest.fixture
def filled(database: Engine, seal: Seal) -> Engine:
    with transaction(database) as session:
        rows.keep(session, rows.everything(seal))
    return database


def test_a_backup_brings_everything_back(filled: Engine, url: str, tmp_path: Path) -> None:
    """What was there at the backup is there again after the restore, and what came later is not."""
    backup(url, tmp_path / "monday.backup")
    with transaction(filled) as session:
        session.execute(text("DELETE FROM auth_event"))
        session.add(Home(name="later", address="192.0.2.1"))
    filled.dispose()
    restore(url, tmp_path / "monday.backup")
    assert check(url) == []
    database = engine(url)
    with reading(database) as session:
        assert len(session.scalars(select(AuthEvent)).all()) == 1
        assert [home.name for home in session.scalars(select(Home))] == ["uni-a-1"]
    database.dispose()


def test_no_secret_is_in_the_backup_or_the_database(filled: Engine, url: str, tmp_path: Path) -> None:
    """None of the planted secrets, stations and names stands in a dump, nor in the database's own files."""
    backup(url, tmp_path / "monday.backup")
    filled.dispose()
    files = [path for path in tmp_path.iterdir() if path.is_file() and path.name != "seal.key"]
    assert files
    for path in files:
        octets = path.read_bytes()
        assert [canary for canary in rows.CANARIES if canary.encode() in octets or canary.encode().hex().encode() in octets] == []


def test_a_backup_is_ours_alone_and_overwrites_nothing(filled: Engine, url: str, tmp_path: Path) -> None:
    """0600; a file that is there already is left as it is; no half-written file stays."""
    target = tmp_path / "b" / "monday.backup"
    target.parent.mkdir()
    backup(url, target)
    before = target.read_bytes()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with pytest.raises(StoreError, match="exists already"):
        backup(url, target)
    assert target.read_bytes() == before
    assert [path.name for path in target.parent.iterdir()] == ["monday.backup"]
    with pytest.raises(StoreError, match="No such file or directory; choose a folder"):
        backup(url, tmp_path / "nowhere" / "monday.backup")


def test_a_backup_while_others_write_is_one_moment(tmp_path: Path) -> None:
    """Pages copied between two writes still make one state of the database."""
    url = f"sqlite:///{tmp_path}/proxeny.db"
    database = prepare(url)
    with transaction(database) as session:
        session.execute(text("CREATE TABLE pair (a INTEGER, b INTEGER, filler TEXT)"))
        session.execute(text("INSERT INTO pair VALUES (0, 0, '')"))
        for _ in range(3000):
            session.execute(text("INSERT INTO pair VALUES (-1, -1, :filler)"), {"filler": "x" * 3000})
    heard = []

    def meanwhile(done: int, total: int) -> None:
        heard.append((done, total))
        assert done == 1000 * len(heard) or done == total  # never begun anew: beside who writes without end, it would not end either
        if len(heard) <= 30:
            with transaction(database) as session:
                session.execute(text("UPDATE pair SET a = a + 1, b = b + 1 WHERE a >= 0"))

    backup(url, tmp_path / "monday.backup", meanwhile)
    database.dispose()
    assert len(heard) > 2
    with sqlite3.connect(tmp_path / "monday.backup") as copy:
        ((a, b),) = copy.execute("SELECT a, b FROM pair WHERE a >= 0").fetchall()
        assert a == b
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy.close()


def test_a_backup_knows_how_many_rows_it_has(filled: Engine, url: str, tmp_path: Path) -> None:
    """Counted in the state that is copied; PostgreSQL's own program does not say."""
    rows_of = backup(url, tmp_path / "monday.backup", count=True)
    assert (1, 1) == (rows_of["auth_event"], rows_of["site"]) if url.startswith("sqlite") else {} == rows_of


def test_a_backup_of_an_older_shape_takes_the_place_of_a_newer(filled: Engine, url: str, tmp_path: Path) -> None:
    """Whoever takes an upgrade back has tables that the backup knows nothing of, and that refer to its own: they go with the rest."""
    filled.dispose()
    downgrade(url, "0007")
    backup(url, tmp_path / "before-the-upgrade.backup")
    upgrade(url)
    restore(url, tmp_path / "before-the-upgrade.backup")
    database = engine(url)
    assert "0007" == revision(database)
    upgrade(url)
    assert [] == check(url)
    with reading(database) as session:
        assert ["Corner Books"] == session.scalars(select(Business.name)).all()
    database.dispose()


@pytest.mark.peer("postgresql")
def test_a_bad_archive_leaves_postgresql_alone(cluster: Cluster, tmp_path: Path) -> None:
    """The same five of PostgreSQL: nothing is gone that the archive, read to its end, does not replace."""
    bad = {what: tmp_path / f"{what}.backup" for what in ("absent", "junk", "other", "newer", "cut-off")}
    with cluster.database(upgrade) as url, cluster.database() as foreign:
        cluster.sql("CREATE TABLE t (x int)", make_url(foreign).database or "")
        backup(foreign, bad["other"])
        backup(url, bad["cut-off"])
        bad["cut-off"].write_bytes(bad["cut-off"].read_bytes()[:-20])  # its contents are all named, its last rows are not there
        bad["junk"].write_bytes(b"junk" * 5000)
        name = make_url(url).database or ""
        cluster.sql("UPDATE alembic_version SET version_num = '9999'", name)
        backup(url, bad["newer"])
        cluster.sql(f"UPDATE alembic_version SET version_num = '{head()}'", name)
        cluster.sql("INSERT INTO grant_feed (id, number) VALUES (1, 41)", name)
        for file in bad.values():
            with pytest.raises(StoreError, match=rf"^backup .*{file.name}: \S.*"):
                restore(url, file)
            assert ("41", head()) == (cluster.sql("SELECT number FROM grant_feed", name).strip(), revision(engine(url)))


def test_a_restore_keeps_what_was_there(tmp_path: Path) -> None:
    """The database that a restore replaces is kept beside it under a free name."""
    url = f"sqlite:///{tmp_path}/proxeny.db"
    prepare(url).dispose()
    backup(url, tmp_path / "monday.backup")
    assert [restore(url, tmp_path / "monday.backup") for _ in range(2)] == [tmp_path / f"proxeny.db.before-restore-{n}" for n in (1, 2)]
    assert check(f"sqlite:///{tmp_path}/proxeny.db.before-restore-1") == []
    (tmp_path / "proxeny.db").unlink()
    assert restore(url, tmp_path / "monday.backup") is None
    assert check(url) == []


@pytest.mark.parametrize("what", ["absent", "junk", "other", "newer", "damaged"])
def test_a_bad_backup_leaves_the_database_alone(tmp_path: Path, what: str) -> None:
    """No file, no database, somebody else's, a newer version's, a damaged one: said in a line, nothing changed."""
    url, file = f"sqlite:///{tmp_path}/proxeny.db", tmp_path / "bad.backup"
    prepare(url).dispose()
    before = (tmp_path / "proxeny.db").read_bytes()
    if what == "junk":
        file.write_bytes(b"junk" * 5000)
    elif what == "other":
        with sqlite3.connect(file) as other:
            other.execute("CREATE TABLE t (x)")
        other.close()
    elif what in ("newer", "damaged"):
        backup(url, file)
        with sqlite3.connect(file) as copy:
            copy.execute("UPDATE alembic_version SET version_num = '9999'" if what == "newer" else "SELECT 1")
        copy.close()
        if what == "damaged":
            octets = file.read_bytes()
            file.write_bytes(octets[:-8192] + b"\xff" * 8192)
    with pytest.raises(StoreError, match=r"^backup .*bad\.backup: \S.*"):
        restore(url, file)
    assert (tmp_path / "proxeny.db").read_bytes() == before
    assert check(url) == []


def test_without_pg_dump_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's own program missing: the message names it, its package, and no password."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StoreError, match=r"pg_dump is not installed.*postgresql-client"):
        backup("postgresql+psycopg://proxeny:hunter2@127.0.0.1:1/proxeny", tmp_path / "b")
    assert list(tmp_path.iterdir()) == []


def test_a_restore_that_finds_no_server_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where psql ended before it was handed anything, what it said is told, and no broken pipe of ours."""
    os.mkfifo(tmp_path / "ended")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    for name, deed in {
        "psql": f"exec 0<&-; echo 'connection refused' >&2; : > {tmp_path}/ended; exit 2",
        "pg_restore": f"case $* in *alembic*) printf 'COPY t\\n{head()}\\n';; *) cat {tmp_path}/ended; head -c 200000 /dev/zero;; esac",
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{deed}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "monday.backup").write_bytes(b"archive")
    with pytest.raises(StoreError, match=r"^psql: connection refused; the database is as it was"):
        restore("postgresql+psycopg://127.0.0.1:1/proxeny", tmp_path / "monday.backup")
