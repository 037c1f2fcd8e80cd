"""Spools into the ledger: as much at once as fits the time, and no record pays for another."""

from __future__ import annotations

import pytest
import structlog

from proxeny import draining as module
from proxeny.draining import Draining
from radius.tables import Place
from store import ledger
from store.models import OddRecord, Session
from store.privacy import Privacy
from store.sealed import Seal, create_keys
from tests.proxeny.test_keeper import accounting, parts, quiet, rows, spooled

__all__ = ["parts", "quiet"]


@pytest.fixture
def marks(tmp_path) -> Privacy:
    create_keys(tmp_path / "test.key")
    return Privacy(Seal(tmp_path / "test.key"), b"t" * 32, b"d" * 32, b"a" * 32)


def place(*_) -> Place:
    return Place("lib-1", "02-00-5E-00-01-02", "eduroam", "central-library")


def records(count: int) -> list[tuple]:
    return [accounting(number % 250, 3, number, session=b"S-%d" % (number % 7)) for number in range(count)]


def test_a_batch_grows_with_what_waits_and_with_the_time(parts, marks, monkeypatch):
    """The first is small, each full one makes the next larger, as far as the time given lets and no further than the bound."""
    loaded, database = parts
    monkeypatch.setattr(module, "LEAST", 100)
    spooled(loaded, records(2_500))
    draining, sizes = Draining(loaded.spool_dir), []
    count = draining._count
    monkeypatch.setattr(draining, "_count", lambda batch, *more: (sizes.append(len(batch.rows)), count(batch, *more)))
    draining._most = 100
    while draining.turn(database, marks, place, 60.0):
        pass
    assert sizes == [100, 400, 1_600, 400]
    draining._suit(1_000, 2.0, 0.4)
    assert draining._most == 200
    draining._suit(30_000, 0.1, 60.0)
    assert draining._most == module.MOST_AT_ONCE
    assert sum(row.updates for row in rows(database, Session)) == 2_500


def test_a_record_that_cannot_be_counted_is_set_apart_alone(parts, marks, monkeypatch):
    """A batch that is refused is tried by halves: two of a thousand are kept as they came, the others are counted."""
    loaded, database = parts
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    spooled(loaded, records(1_000))
    tries = []

    def refusing(session, entries, *more):
        tries.append(len(entries))
        if any(entry.output_octets in (77, 912) and entry.kind != "other" for entry in entries):
            raise ValueError("no such number")
        return ledger.record_accounting(session, entries, *more)

    monkeypatch.setattr(module, "record_accounting", refusing)
    draining = Draining(loaded.spool_dir)
    while draining.turn(database, marks, place, 60.0):
        pass
    structlog.reset_defaults()
    assert (1_000, 2) == (draining.counts["accounting"], draining.counts["accounting_set_apart"])
    assert {"ValueError while it was counted"} == {row.why for row in rows(database, OddRecord)}
    assert sum(row.updates for row in rows(database, Session)) == 998
    assert len(tries) < 60
