"""The feed of grants, followed while several connections write: no change is ever missed."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from store import grants
from store.models import Device, Grant, GrantFeed
from store.session import reading, transaction
from tests.store.guests import admit, at_once

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

DEVICES = [bytes([number]) * 16 for number in range(6)]


class UndoneError(Exception):
    """A transaction is given up."""


def write(seed: int, changes: int, database: Engine) -> None:
    """Random changes in random transactions, some undone."""
    dice = random.Random(seed)
    for _ in range(changes):
        with contextlib.suppress(UndoneError), transaction(database) as session:
            _change(session, dice)
        time.sleep(dice.random() * 0.01)  # a page has other things to do; and SQLite gives its lock to whoever happens to ask


def _change(session: Session, dice: random.Random) -> None:
    if dice.random() < 0.5:
        admit(session, dice.choice(DEVICES), plan=dice.choice(["visitor", "resident"]))
    else:
        grants.touch(session, grants.changed_since(session, 0, dice.randint(1, 6)))
    time.sleep(dice.random() * 0.003)  # a transaction may take its time to be committed
    if dice.random() < 0.2:
        raise UndoneError


def follow(over: threading.Event, url_database: Engine) -> list[tuple[str, int]]:
    """Everything the feed tells, read in small pieces until the writers are done and once more."""
    seen, number = [], 0
    while True:
        last = over.is_set()
        while True:
            with reading(url_database) as session:
                page = grants.changed_since(session, number, 3)
                seen += [(grant.id, grant.changed) for grant in page]
            if not page:
                break
            number = page[-1].changed
        if last:
            return seen
        over.wait(0.001)  # as the porter, which does not ask without a pause: on SQLite it would keep the writers from writing


@pytest.mark.timeout(400)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seeds=st.lists(st.integers(0, 2**32), min_size=2, max_size=4))
def test_a_follower_misses_no_change(url: str, database: Engine, seeds: list[int]) -> None:
    """For each grant the follower's last word is the last that was committed, whoever wrote at the same time."""
    with transaction(database) as session:
        for table in (Grant, Device, GrantFeed):
            session.execute(delete(table))
    over = threading.Event()
    left = [len(seeds)]
    lock = threading.Lock()

    def writer(seed: int, connection: Engine) -> None:
        try:
            write(seed, 12, connection)
        finally:
            with lock:
                left[0] -= 1
                if not left[0]:
                    over.set()

    *_, seen = at_once(url, [*(partial(writer, seed) for seed in seeds), partial(follow, over)])
    with reading(database) as session:
        assert dict(seen) == {grant.id: grant.changed for grant in session.scalars(select(Grant))}
    numbers = [number for _, number in seen]
    assert numbers == sorted(set(numbers)), "numbers came out of order or twice"
