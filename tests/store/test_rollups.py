"""Sums by site beside the ledger: whatever order, repetition, loss or death of the recorder, they equal the sessions that are there."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from store.consumption import Consumption
from store.dwell import step
from store.ledger import record_accounting
from store.models import Dwell, Session, SiteHour, UsageHour
from store.session import reading, transaction
from store.usage import periods
from tests.store.test_dwell import TORONTO
from tests.store.test_ledger import interim, privacy, start, stop
from tests.store.test_sums import MALL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from store.entries import Entry
    from store.privacy import Privacy

__all__ = ["privacy"]
FIGURES = ("sessions", "seconds", "input_octets", "output_octets")
PLACES: list[dict[str, Any]] = [{}, {}, MALL, {"site": "", "access_point": "", "bssid": ""}]
PEOPLE: list[dict[str, Any]] = [{}, {"user_name": b"02-00-00-00-00-02"}, {"class_": b"g.0123456789abcdef"}]


class KilledError(Exception):
    """The recorder died before it could commit."""


def stay(chance: random.Random, number: int) -> Iterator[Entry]:
    """One that begins anywhere in two days, moves, and may lack its Start, its Stop, or a length that was told."""
    who = {"acct_session_id": f"5F-{number}", "station": f"02-00-00-00-00-{number:02X}"} | chance.choice(PEOPLE)
    who |= chance.choice([{}, {"multi_session_id": f"M-{number}"}])
    at, seconds, down = chance.uniform(0, 170_000), 0, 0
    if chance.random() < 0.8:
        yield start(at, **who)
    for _ in range(chance.randrange(5)):
        passed = chance.choice((30, 300, 3_700, 40_000))
        at, seconds, down = at + passed, seconds + passed, down + chance.randrange(10**6)
        yield interim(at, chance.choice((seconds, seconds, None)), down=down, up=down // 3, **{**who, **chance.choice(PLACES)})
    if chance.random() < 0.7:
        yield stop(at + 100, seconds + 100, down=down + 5, up=down // 3 + 1, **who)


def sums(rows: Any) -> Counter[tuple[Any, ...]]:
    """(hour, site, figure) -> how much; the empty ones left out."""
    found: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        found.update({(row.hour, row.site, name): getattr(row, name) for name in FIGURES})
    return Counter({key: value for key, value in found.items() if value})


@pytest.mark.parametrize("seed", range(6))
def test_sums_by_site_equal_the_sessions(database: Engine, privacy: Privacy, seed: int) -> None:
    """Shuffled, told twice, in batches of any size of which some died: hours equal those of access points, lengths those of sessions."""
    chance = random.Random(seed)
    records = [record for number in range(5) for record in stay(chance, number)]
    records += chance.choices(records, k=len(records) // 3)
    chance.shuffle(records)
    while records:
        size = chance.randrange(1, 6)
        batch, records = records[:size], records[size:]
        for dies in (chance.random() < 0.3, False):
            with suppress(KilledError), transaction(database) as session:
                record_accounting(session, batch, privacy, Consumption(TORONTO))
                if dies:
                    raise KilledError
    with reading(database) as session:
        kept = session.scalars(select(Session)).all()
        by_site = sums(session.scalars(select(SiteHour)))
        assert sums(session.scalars(select(UsageHour))) == by_site
        told = {name: sum(value for (_hour, _site, each), value in by_site.items() if each == name) for name in FIGURES}
        assert {"sessions": len(kept)} | {name: sum(getattr(row, name) for row in kept) for name in FIGURES[1:]} == told
        lengths: Counter[tuple[Any, ...]] = Counter()
        for row in session.scalars(select(Dwell)):
            lengths[row.day, row.site, row.minutes] += row.sessions
        wanted = Counter((periods(row.started_at, TORONTO).day[0], row.site, step(row.seconds)) for row in kept if row.seconds > 0)
        assert wanted == Counter({key: value for key, value in lengths.items() if value})
