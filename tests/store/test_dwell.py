"""Lengths of sessions in steps: each session stands once, in the step of its length, on the day and at the site it is of."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from store.consumption import Consumption
from store.dwell import STEPS, median, step
from store.ledger import record_accounting
from store.models import Dwell
from store.session import reading, transaction
from tests.store.test_ledger import interim, privacy, start, stop
from tests.store.test_sums import MALL, SIX

__all__ = ["privacy"]
TORONTO = ZoneInfo("America/Toronto")
MIDNIGHT = datetime(2026, 3, 8, 5, tzinfo=UTC)  # of the day that NOW lies in, in Toronto


def told(database, privacy, *entries):
    with transaction(database) as session:
        record_accounting(session, entries, privacy, Consumption(TORONTO))


def lengths(database):
    """(days after that midnight, site, roaming, minutes) -> sessions; the empty ones left out."""
    with reading(database) as session:
        rows = session.scalars(select(Dwell)).all()
    return {
        (round((row.day - MIDNIGHT) / timedelta(days=1)), row.site, row.roaming, row.minutes): row.sessions for row in rows if row.sessions
    }


def test_a_session_moves_from_step_to_step_as_it_lasts(database, privacy):
    """Told in three batches it stands in one step, that of its whole length; one without any seconds stands nowhere."""
    told(database, privacy, start())
    assert {} == lengths(database)
    told(database, privacy, interim(300, 300))
    assert {(0, "central-library", True, 5): 1} == lengths(database)
    told(database, privacy, stop(5400, 5400))
    assert {(0, "central-library", True, 90): 1} == lengths(database)


@pytest.mark.parametrize("seed", [0, 5, 9])
def test_any_order_comes_to_one_session_at_its_last_site(database, privacy, seed):
    """Records shuffled and told one by one: one session, as long as it was."""
    for record in next(itertools.islice(itertools.permutations(SIX), seed * 60 + 7, None)):
        told(database, privacy, record)
    assert {(0, "mall", True, 180): 1} == lengths(database)


def test_guests_and_days_are_told_apart(database, privacy):
    """A guest is no roaming visitor, though a realm is in the name; days turn at the operator's midnight."""
    guest = {"user_name": b"02-00-00-00-00-02", "acct_session_id": "5F-02"}
    told(database, privacy, start(), stop(60, 60), start(**guest), stop(60, 60, **guest))
    tagged = {"class_": b"g.0123456789abcdef", "acct_session_id": "5F-03"}
    late = 22 * 3600  # on the next day, in Toronto
    told(database, privacy, start(late, **tagged), stop(late + 60, 60, **tagged))
    assert {(0, "central-library", True, 1): 1, (0, "central-library", False, 1): 1, (1, "central-library", False, 1): 1} == lengths(
        database
    )


def test_where_it_was_last_counts(database, privacy):
    """A session that moved counts at the site it is at."""
    told(database, privacy, start(1), interim(61, 60))
    told(database, privacy, interim(121, 120, **MALL))
    assert {(0, "mall", True, 2): 1} == lengths(database)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [({}, None), ({0: 0}, None), ({10: 1}, 11.0), ({10: 2, 30: 2}, 12.0), ({10: 1, 30: 2}, 32.5), ({1440: 3}, 1440.0),
    ({5: -1, 10: 1}, 11.0)],
)  # fmt: skip
def test_the_median_lies_where_half_are_shorter(counts, expected):
    """Within its step in proportion; a count below nothing is none."""
    assert expected == median(counts)


@given(st.lists(st.integers(1, 86_399), min_size=1))
def test_the_median_is_within_the_step_of_the_true_one(seconds):
    """Whatever the lengths are."""
    counts = dict.fromkeys(STEPS, 0)
    for each in seconds:
        counts[step(each)] += 1
    true = sorted(seconds)[(len(seconds) - 1) // 2]
    assert step(true) <= median(counts) <= STEPS[STEPS.index(step(true)) + 1]


def test_steps_begin_at_their_minute():
    """A length to the second belongs to the step that begins with it."""
    assert [0, 0, 1, 1440, 1440] == [step(0), step(59), step(60), step(86_400), step(10**9)]
