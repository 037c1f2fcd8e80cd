"""Backups on the clock and on demand: tried out, thinned, and what failed said in a line."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from proxeny import opening
from proxeny.backing import Backing
from proxeny.settings import load
from store import backup as copies
from store import backups
from store.models import BackupRun, BackupState
from store.session import reading, transaction

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

GOOD, FAILED, QUEUED = BackupState.GOOD, BackupState.FAILED, BackupState.QUEUED


class Play:
    """The thread's work, look after look, without its pauses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "backups"
        self.folder.mkdir()
        self.file = folder / "proxeny.toml"
        self.backing = Backing(self.settings())
        self.database: Engine = opening.store(self.backing.settings)[0]

    def settings(self, more: str = "keep = 2"):
        self.file.write_text(f'[backup]\nfolder = "backups"\n{more}\n')
        return load(self.file, {})

    def rows(self) -> list[BackupRun]:
        with reading(self.database) as session:
            return list(session.scalars(select(BackupRun).order_by(BackupRun.id)))

    def states(self) -> list[BackupState]:
        return [row.state for row in self.rows()]

    def ask(self) -> None:
        """As the page does; each a second after the other, as names are."""
        with transaction(self.database) as session:
            assert backups.ask(session, "ops@city.example", datetime.now(UTC)) is not None

    def age(self, **by: float) -> None:
        with transaction(self.database) as session:
            for row in session.scalars(select(BackupRun)):
                row.at -= timedelta(**by)

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
def play(opened: Path, tmp_path: Path) -> Iterator[Play]:
    shutil.copytree(opened, tmp_path / "var")
    made = Play(tmp_path)
    yield made
    made.database.dispose()
    if made.backing._database is not None:
        made.backing._database.dispose()


def test_the_first_is_made_at_once_and_the_next_when_it_is_time(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a day; each is tried out before it is called good."""
    _hurry(play, monkeypatch)
    play.backing.look()
    play.backing.look()
    (row,) = play.rows()
    assert (GOOD, "", "") == (row.state, row.by, row.fault)
    assert row.rehearsed_at is not None
    assert row.rows > 5
    assert [row.octets] == [path.stat().st_size for path in play.folder.iterdir()]
    assert 0o600 == next(play.folder.iterdir()).stat().st_mode & 0o777
    play.age(hours=23, minutes=59)
    play.backing.look()
    assert [GOOD] == play.states()
    play.age(minutes=2)
    play.backing.look()
    assert [GOOD, GOOD] == play.states()
    play.backing.look()
    assert play.backing.good_at == play.rows()[-1].at.timestamp()


def test_what_somebody_asks_for_is_made_at_once(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asked is in its row; more than a few wait for nobody."""
    play.backing.look()
    play.ask()
    assert [GOOD, QUEUED] == play.states()
    _hurry(play, monkeypatch)
    play.backing.look()
    assert [("", GOOD), ("ops@city.example", GOOD)] == [(row.by, row.state) for row in play.rows()]
    for _ in range(backups.WAITING):
        play.ask()
    with transaction(play.database) as session:
        assert backups.ask(session, "ops@city.example", datetime.now(UTC)) is None


def _hurry(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are of the second: let each backup have another's."""
    count = iter(range(10, 60))
    monkeypatch.setattr("proxeny.backing._named", lambda folder, _url, _now: folder / f"proxeny-20260101T0000{next(count)}Z.db")


def test_older_ones_go_and_nothing_else(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two are kept; the files of the others are removed, their rows say when; what we did not make stays."""
    _hurry(play, monkeypatch)
    theirs = [play.folder / "proxeny.db", play.folder / "monday.dump"]
    for path in theirs:
        path.touch()
    for _ in range(4):
        play.ask()
        play.backing.look()
    assert ["monday.dump", "proxeny-20260101T000012Z.db", "proxeny-20260101T000013Z.db", "proxeny.db"] == play.files()
    assert [True, True, False, False] == [row.removed_at is not None for row in play.rows()]


def test_a_row_that_names_another_file_removes_none(play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever can write to the database cannot have us delete what they like."""
    _hurry(play, monkeypatch)
    precious = tmp_path / "precious.db"
    precious.touch()
    with transaction(play.database) as session:
        session.add(BackupRun(at=datetime.now(UTC), state=GOOD, file=str(precious)))
    for _ in range(2):
        play.ask()
        play.backing.look()
    assert precious.exists()
    assert play.rows()[0].removed_at is not None


@pytest.mark.parametrize("fault", ["gone", "full", "torn"])
def test_one_that_failed_says_why_leaves_nothing_and_is_tried_again(play: Play, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    """A folder that is not there, a disk without room, a copy that cannot be restored: after an hour, the next."""
    if fault == "gone":
        play.folder.rmdir()
    elif fault == "full":
        monkeypatch.setattr("shutil.disk_usage", lambda _path: os.statvfs_result((0,) * 10) and type("Usage", (), {"free": 0})())
    else:
        whole = copies.backup

        def torn(url: str, file: Path, **more: bool) -> dict[str, int]:
            rows = whole(url, file, **more)
            file.write_bytes(file.read_bytes()[:5000])
            return rows

        monkeypatch.setattr(copies, "backup", torn)
    play.backing.look()
    play.backing.look()
    (row,) = play.rows()
    expected = {"gone": "No such file or directory", "full": "0 MiB are free", "torn": "not a Proxeny database"}[fault]
    assert (FAILED, "", None) == (row.state, row.file, row.rehearsed_at)
    assert expected in row.fault
    monkeypatch.undo()
    play.folder.mkdir(exist_ok=True)
    assert [] == play.files()
    play.age(minutes=61)
    play.backing.look()
    assert [FAILED, GOOD] == play.states()


def test_what_a_killed_process_left_is_cleared_and_said(play: Play) -> None:
    """A run under way when its process ended has failed; its half of a file goes with the next."""
    with transaction(play.database) as session:
        session.add(BackupRun(at=datetime.now(UTC) - timedelta(hours=2), state=BackupState.RUNNING))
    for name in (".proxeny-20260101T000000Z.db.4711", ".proxeny-20260101T000000Z.db.rehearsal-wal", ".monday.db.4711"):
        (play.folder / name).touch()
    play.backing.look()
    assert [FAILED, GOOD] == play.states()
    assert "it was cut short: the process ended, or the database did not answer" == play.rows()[0].fault
    assert [".monday.db.4711"] == [name for name in play.files() if name.startswith(".")]


def test_without_backup_in_the_settings_none_is_made(play: Play) -> None:
    """Nothing is looked at, and nothing is written."""
    play.backing.adopt(play.backing.settings.model_copy(update={"backup": None}))
    play.backing.look()
    assert ([], []) == (play.rows(), play.files())


def test_a_clock_that_was_ahead_keeps_no_backup_from_being_made(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made by a clock that was a year ahead and set right since: the next is made now, not in a year, and is the last good one."""
    _hurry(play, monkeypatch)
    play.backing.look()
    play.age(days=-365)
    play.backing.look()
    assert [GOOD, GOOD] == play.states()
    play.backing.look()
    assert [GOOD, GOOD] == play.states()
    assert play.backing.good_at == play.rows()[-1].at.timestamp()


def test_a_database_that_fails_meanwhile_leaves_none_under_way(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong is a failed backup with its reason; where even that cannot be written, the next look writes it."""
    locked = OperationalError("SELECT", {}, Exception("disk I/O error"))
    with monkeypatch.context() as broken:
        broken.setattr("proxeny.backing._counts", Mock(side_effect=locked))
        play.backing.look()
    (row,) = play.rows()
    assert (FAILED, "disk I/O error") == (row.state, row.fault)
    play.ask()
    with monkeypatch.context() as broken:
        broken.setattr(Backing, "_make", Mock(side_effect=locked))
        with pytest.raises(OperationalError):
            play.backing.look()
    play.backing.look()
    assert [FAILED, FAILED] == play.states()
