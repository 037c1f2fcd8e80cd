"""Batches that staff ordered, made by the real jobs process: killed half-way, and gone on with by the next."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from proxeny import lines, opening, settings, voucher_jobs
from proxeny.jobbing import Jobbing
from proxeny.network import Network
from store import minting
from store.models import Voucher, VoucherBatch
from store.session import reading, transaction
from tests.peers.program import Program, until

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from tests.proxeny.installation import Installation

COUNT = 8 * minting.SLICE


@pytest.fixture
def database(installed: Installation) -> Engine:
    return opening.store(settings.load(installed.settings, {}))[0]


def ordered(database: Engine, count: int = COUNT) -> str:
    now = datetime.now(UTC)
    with transaction(database) as session:
        return minting.order(session, minting.Wanted("Fair", "visitor", count, now + timedelta(days=9)), now).id


def made(database: Engine) -> int:
    with reading(database) as session:
        return session.scalar(select(func.count()).select_from(Voucher))


def whole(database: Engine, batch: str) -> bool:
    with reading(database) as session:
        return session.get_one(VoucherBatch, batch).whole_at is not None


def test_a_batch_survives_the_process_that_made_it(installed: Installation, database: Engine, tmp_path: Path) -> None:
    """kill -9 in the middle, once some are there: the next process makes what is missing, and not one more."""
    batch = ordered(database, minting.MOST)
    argv = [sys.executable, "-m", "proxeny", "jobs", "--config", str(installed.settings)]
    first = Program(argv, tmp_path / "first.log")
    until(lambda: made(database), "the first slice")
    first.kill()
    assert 0 < made(database) < minting.MOST
    assert not whole(database, batch)
    with transaction(database) as session:
        session.get_one(VoucherBatch, batch).leased_until = None  # as half a minute later
    second = Program(argv, tmp_path / "second.log")
    try:
        until(lambda: whole(database, batch), "the last slice", 60)
        assert minting.MOST == made(database)
    finally:
        assert 0 == second.stop()


def test_a_turn_ends_before_it_is_thought_lost() -> None:
    """The queue puts a row again that was not heard of for a while; a lease outlives a slice."""
    assert voucher_jobs.TURN.total_seconds() < lines.FORGOTTEN
    assert voucher_jobs.TURN < minting.LEASE


def test_whoever_has_staff_has_the_process(tmp_path: Path) -> None:
    """[staff] alone is reason enough to begin it."""
    (tmp_path / "proxeny.toml").write_text("[staff]\n")
    jobbing = Jobbing(settings.load(tmp_path / "proxeny.toml", {}))
    begun: list[bool] = []
    jobbing.begin = lambda: begun.append(True)  # type: ignore[method-assign]
    jobbing.serve(Network())
    assert [True] == begun
    assert 0 == jobbing.counts["batches_made"]
