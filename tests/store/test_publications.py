"""Publications in the store, in both databases: the newest of a period alone counts, and none is ever changed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import IntegrityError

from store import publications
from store.models import Dataset, Publication, SiteHour
from store.session import reading, transaction
from tests.store.rows import NOW

if TYPE_CHECKING:
    from sqlalchemy import Engine

HOTSPOTS, USAGE = Dataset.HOTSPOTS, Dataset.USAGE


def publish(database: Engine, dataset: Dataset, period: str, octets: bytes, after: int = 0) -> str:
    with transaction(database) as session:
        made = Publication(dataset=dataset, period=period, octets=octets, published_at=NOW + timedelta(hours=after))
        publications.publish(session, made, publications.earlier(session, dataset, period))
        return made.id


def test_the_newest_of_each_period_counts(database: Engine) -> None:
    """Hotspots first, then the months by time; a withdrawn one keeps its place, and brings no older one back."""
    for number in range(11):
        publish(database, HOTSPOTS, "", b"%d" % number, number)
    publish(database, USAGE, "2026-02", b"february")
    publish(database, USAGE, "2025-12", b"december")
    last = publish(database, USAGE, "2025-12", b"mended", 1)
    with transaction(database) as session:
        row = publications.find(session, last)
        assert row is not None
        publications.withdraw(row, "city-admin@city.example", "It was wrong.", NOW)
    with reading(database) as session:
        newest = publications.newest(session)
        told = publications.octets(session, [each.id for each in newest])
        past = publications.history(session)
    assert [(HOTSPOTS, "", 11, None), (USAGE, "2025-12", 2, NOW), (USAGE, "2026-02", 1, None)] == [
        (each.dataset, each.period, each.number, each.withdrawn_at) for each in newest
    ]
    assert [b"10", b"mended", b"february"] == [told[each.id] for each in newest]
    assert (14, 11) == (len(past), past[0].number)


def test_what_was_out_is_known_whoever_publishes_again(database: Engine) -> None:
    """Of a month every publication, the newest first; of hotspots the last, since nothing hangs on those before."""
    for number in range(3):
        publish(database, USAGE, "2026-02", b"%d" % number, number)
        publish(database, HOTSPOTS, "", b"%d" % number, number)
    with reading(database) as session:
        months, places = (publications.earlier(session, *of) for of in ((USAGE, "2026-02"), (HOTSPOTS, "")))
    assert ([3, 2, 1], [3]) == ([each.number for each in months], [each.number for each in places])
    assert [publications.digest(b"2")] == [each.digest for each in places]


def test_two_at_once_are_one(database: Engine) -> None:
    """Both looked before the other published: the database refuses the second, and nothing of it stays."""
    publish(database, USAGE, "2026-02", b"first")

    def second() -> None:
        with transaction(database) as session:
            made = Publication(dataset=USAGE, period="2026-02", octets=b"second", published_at=NOW)
            publications.publish(session, made, ())

    with pytest.raises(IntegrityError):
        second()
    with reading(database) as session:
        assert [1] == [each.number for each in publications.newest(session)]


def test_since_when_there_are_months(database: Engine) -> None:
    """The first hour of any site; nothing where nothing was counted."""
    with transaction(database) as session:
        assert publications.first_hour(session) is None
        session.add(SiteHour(hour=NOW, site="pool", roaming=False, sessions=1))
        session.add(SiteHour(hour=NOW - timedelta(days=3), site="arena", roaming=True, sessions=1))
    with reading(database) as session:
        assert NOW - timedelta(days=3) == publications.first_hour(session)
