"""proxeny.survey_backup: a folder that is not there, not ours, full or on the same disk is told before the day it matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxeny import survey_backup
from proxeny.settings import load

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from proxeny.settings import Settings


def settings(folder: Path, text: str = '[backup]\nfolder = "backups"\n') -> Settings:
    path = folder / "proxeny.toml"
    path.write_text(text)
    return load(path, {})


def told(found: Settings) -> list[str]:
    return [f"{each.key}: {each.what}" for each in survey_backup.warnings(found, "")]


def test_without_the_section_nobody_makes_any(tmp_path: Path) -> None:
    """A note, and nothing is doubtful."""
    found = settings(tmp_path, "")
    assert ([], 1) == (told(found), len(list(survey_backup.notes(found))))
    assert [] == list(survey_backup.notes(settings(tmp_path)))


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """By its whole path: relative ones start at the settings file's folder."""
    assert [f"backup.folder: there is no folder {tmp_path}/backups"] == told(settings(tmp_path))
    (tmp_path / "backups").mkdir()
    assert [] == told(settings(tmp_path))


def test_no_room_and_the_same_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy and its rehearsal need twice the database; a copy beside it dies with it."""
    (tmp_path / "backups").mkdir()
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "proxeny.db").write_bytes(b"x" * (2 << 20))
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: type("Usage", (), {"free": 4 << 20})())
    full, same = told(settings(tmp_path))
    assert f"backup.folder: 4 MiB are free in {tmp_path}/backups, and 4 are needed" == full
    assert "same disk" in same


def test_postgresql_needs_its_own_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both of them."""
    (tmp_path / "backups").mkdir()
    monkeypatch.setattr("shutil.which", lambda _name: None)
    text = '[backup]\nfolder = "backups"\n[database]\nurl = "postgresql+psycopg://proxeny@db.city.example/proxeny"\n'
    assert ["backup: pg_dump and pg_restore are not installed here"] == told(settings(tmp_path, text))


def test_a_folder_of_somebody_elses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said with the command that mends it."""
    (tmp_path / "backups").mkdir()
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("os.access", lambda _path, _mode: False)
    assert [f"backup.folder: {tmp_path}/backups is not ours to write"] == told(settings(tmp_path))
