"""store.rotation: a new key for everything, at any moment killed and run again, while others write."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from store import rotation
from store.models import Session
from store.rotation import forget_retired, name_of, rotate, sealed_columns
from store.sealed import Seal, Where, key_id
from store.session import reading, transaction
from tests.store import rows

if TYPE_CHECKING:
    from sqlalchemy import Engine


def opened(database: Engine, seal: Seal) -> dict[Where, bytes]:
    """Every sealed value in the database, opened."""
    found = {}
    with reading(database) as session:
        for column in sealed_columns():
            (key,) = column.table.primary_key
            for row, value in session.execute(select(key, column).where(column.is_not(None))):
                where = Where(column.table.name, name_of(row), column.name)
                found[where] = seal.open(value, where)
    return found


def used(database: Engine) -> set[bytes]:
    with reading(database) as session:
        return {key_id(value) for column in sealed_columns() for value in session.scalars(select(column).where(column.is_not(None)))}


def test_everything_is_sealed_anew(database: Engine, seal: Seal) -> None:
    """After a rotation every value has the newest key and still says the same."""
    with transaction(database) as session:
        rows.keep(session, rows.everything(seal))
    before = opened(database, seal)
    (old,) = seal.keys
    assert rotate(database, seal.path) == len(before) == len(sealed_columns())
    assert used(database) == {seal.keys[0].id} != {old.id}
    assert opened(database, Seal(seal.path)) == before


def test_retired_keys_stay_until_they_are_forgotten(database: Engine, seal: Seal) -> None:
    """A backup made before still opens, until the operator says to forget; the key in use is never forgotten."""
    with transaction(database) as session:
        rows.keep(session, rows.everything(seal))
    for _ in range(2):
        rotate(database, seal.path)
    assert len(seal.keys) == 3
    assert forget_retired(database, seal.path) == 2
    assert used(database) == {key.id for key in seal.keys}
    assert forget_retired(database, seal.path) == 0


def test_a_rotation_killed_half_way_goes_on(database: Engine, seal: Seal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped between two batches, everything opens, no key in use can be forgotten, and a second run completes it."""
    with transaction(database) as session:
        rows.keep(session, rows.everything(seal))
        session.add_all(rows.session(seal, f"s{number:015d}") for number in range(20))
    before = opened(database, seal)
    monkeypatch.setattr(rotation, "BATCH", 3)
    heard: list[str] = []

    def stop(table: str, _values: int) -> None:
        heard.append(table)
        if heard.count("session") == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate(database, seal.path, stop)
    assert len(used(database)) == 2
    assert forget_retired(database, seal.path) == 0
    assert opened(database, seal) == before
    rotate(database, seal.path)
    assert used(database) == {seal.keys[0].id}
    assert opened(database, seal) == before


def test_others_may_write_meanwhile(database: Engine, seal: Seal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that a running controller seals during the rotation open afterwards, and none keeps the old key."""
    monkeypatch.setattr(rotation, "BATCH", 5)
    with transaction(database) as session:
        session.add_all(rows.session(seal, f"a{number:015d}") for number in range(40))
    (old,) = seal.keys
    theirs, done = Seal(seal.path), threading.Event()

    def write() -> None:
        number = 0
        while not done.is_set() and number < 200:
            with transaction(database) as session:
                session.add(rows.session(theirs, f"b{number:015d}"))
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        rotate(database, seal.path)
    finally:
        done.set()
        writer.join(30)
    rotate(database, seal.path)
    assert old.id not in used(database)
    with reading(database) as session:
        for row in session.scalars(select(Session)):
            where = Where("session", row.id, "station_sealed")
            assert row.station_sealed is not None
            assert seal.open(row.station_sealed, where) == rows.CANARIES[4].encode()
