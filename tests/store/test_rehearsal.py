"""store.rehearsal: a backup is good when it was restored, opened, unsealed and counted; nothing of that stays."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from store import keys
from store.backup import backup
from store.faults import StoreError
from store.rehearsal import rehearse
from store.sealed import create_keys
from store.session import transaction
from tests.store import rows

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from store.sealed import Seal


@pytest.fixture
def file(database: Engine, seal: Seal, url: str, tmp_path: Path) -> Path:
    """A backup of one row of everything; the database is put away."""
    with transaction(database) as session:
        rows.keep(session, rows.network(seal))
        keys.named(session, seal, keys.TRACE, rows.NOW)
    (tmp_path / "backups").mkdir()
    backup(url, tmp_path / "backups" / "monday.db")
    return tmp_path / "backups" / "monday.db"


def test_a_good_backup_is_counted_and_leaves_nothing(file: Path, url: str, tmp_path: Path) -> None:
    """Every row of every table, the same as was expected; only the backup lies there afterwards."""
    counted = rehearse(url, file, tmp_path / "keys" / "seal.key", {"site": 1, "client": 1, "named_key": 1, "alert": 0})
    assert 14 == counted  # twelve of the network, the trace key and the revision
    assert [file] == list(file.parent.iterdir())


def test_a_backup_that_lacks_rows_is_refused(file: Path, url: str, tmp_path: Path) -> None:
    """By the table, in a line."""
    with pytest.raises(StoreError, match="site has 1 rows, not 2"):
        rehearse(url, file, tmp_path / "keys" / "seal.key", {"site": 2})
    assert [file] == list(file.parent.iterdir())


def test_a_torn_backup_is_refused(file: Path, url: str, tmp_path: Path) -> None:
    """Half of the file is no backup."""
    octets = file.read_bytes()
    file.write_bytes(octets[: len(octets) // 2])
    with pytest.raises(StoreError, match="backup "):
        rehearse(url, file, tmp_path / "keys" / "seal.key", {})
    assert [file] == list(file.parent.iterdir())


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_backup_whose_key_is_another_is_refused(file: Path, url: str, tmp_path: Path) -> None:
    """What it seals could never be opened again: better said now than on the day it is needed."""
    create_keys(tmp_path / "other" / "seal.key")
    with pytest.raises(StoreError):
        rehearse(url, file, tmp_path / "other" / "seal.key", {})
    with pytest.raises(StoreError, match="missing"):
        rehearse(url, file, tmp_path / "none" / "seal.key", {})


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_backup_of_another_shape_is_refused(file: Path, url: str, tmp_path: Path) -> None:
    """Whole, but not as the models are."""
    with closing(sqlite3.connect(file)) as copy:
        copy.execute("DROP TABLE silence")
        copy.commit()
    with pytest.raises(StoreError, match="add table: silence"):
        rehearse(url, file, tmp_path / "keys" / "seal.key", {})
