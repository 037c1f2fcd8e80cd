"""What staff take out of a large city: a hundred thousand rows leave as they are read, in the memory of one slice."""

from __future__ import annotations

import gc
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert

from store.models import Account, Role, Way
from store.session import transaction
from tests.portal.staffroom import NOW, URL, Room, room

if TYPE_CHECKING:
    from collections.abc import Iterator

MANY = 100_000
MOST = 48 << 20  # octets: all of them at once, as the rows they are, take five times as much
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
_NOW = re.compile(r"VmRSS:\s+(\d+) kB")


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory, shaped: Path) -> Iterator[Room]:
    """A city with a hundred thousand accounts."""
    made = room(tmp_path_factory.mktemp("crowded"), shaped)
    with transaction(made.database) as session:
        for begin in range(0, MANY, 10_000):
            rows = [
                {
                    "id": f"{number:016}",
                    "way": Way.EMAIL,
                    "identity_hash": number.to_bytes(16, "big"),
                    "contact": b"x" * 60,  # sealed for nobody: what cannot be opened is not shown
                    "language": "en",
                    "created_at": NOW - timedelta(days=40),
                    "last_seen": NOW - timedelta(seconds=number),
                }
                for number in range(begin, begin + 10_000)
            ]
            session.connection().execute(insert(Account), rows)
    yield made
    made.close()


def _grown(before: int) -> int:
    """Octets by which we were larger at the worst than then."""
    return int(_PEAK.findall(Path("/proc/self/status").read_text())[0]) * 1024 - before


def _begun() -> int:
    """Octets that we take now; the peak is forgotten (proc(5), clear_refs)."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    return int(_NOW.findall(Path("/proc/self/status").read_text())[0]) * 1024


def test_an_export_of_a_hundred_thousand_rows_takes_the_memory_of_a_slice(crowded: Room) -> None:
    """Every row is in the file, which is nowhere whole but where it is saved."""
    client = crowded.client(Role.CITY_ADMIN)
    lines = octets = 0
    before = _begun()
    with client.get("/accounts?format=csv", base_url=URL, buffered=False) as answer:
        assert (200, "text/csv") == (answer.status_code, answer.mimetype)
        for some in answer.iter_encoded():
            lines, octets = lines + some.count(b"\r\n"), octets + len(some)
    assert (MANY + 1, True) == (lines, octets > 5 << 20)
    assert _grown(before) < MOST


def test_a_page_of_a_hundred_thousand_rows_says_that_there_are_more(crowded: Room) -> None:
    """It reads what it shows, and counts to ten thousand."""
    before = _begun()
    page = crowded.page("/accounts")
    assert ("10,000+ rows" in page, True) == (True, "after=" in page)
    assert _grown(before) < MOST
