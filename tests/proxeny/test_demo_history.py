"""proxeny.demo_history: a past that looks like one, and agrees with itself."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from proxeny.demo_history import Amounts, write
from store.models import AuthEvent, Dwell, LoginVerdict, Session, SessionStatus, SiteHour, SiteVisitors, UsageHour, VisitorCount
from store.privacy import privacy
from store.schema import prepare
from store.sealed import Seal, create_keys
from store.session import reading, transaction
from tests.store.rows import NOW, keep, network

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Engine]:
    """Two weeks of it."""
    create_keys(tmp_path / "seal.key")
    seal = Seal(tmp_path / "seal.key")
    database = prepare(f"sqlite:///{tmp_path}/past.db")
    with transaction(database) as session:
        keep(session, network(seal))
        write(session, privacy(session, seal, NOW), Amounts(logins=500, days=14, online=3), NOW)
    yield database
    database.dispose()


def test_a_past_agrees_with_itself(past: Engine) -> None:
    """Each accepted login has its session and no other has; hours sum to the sessions; nothing is later than now."""
    with reading(past) as session:
        accepted = session.scalar(select(func.count()).where(AuthEvent.verdict == LoginVerdict.ACCEPT))
        assert (500, accepted) == (session.scalar(select(func.count(AuthEvent.id))), session.scalar(select(func.count(Session.id))))
        assert accepted == session.scalar(select(func.sum(UsageHour.sessions)))
        assert accepted == session.scalar(select(func.sum(SiteHour.sessions))) == session.scalar(select(func.sum(Dwell.sessions)))
        assert all(0 <= each.came_again <= each.visitors > 0 for each in session.scalars(select(SiteVisitors)))
        assert 3 == session.scalar(select(func.count()).where(Session.status == SessionStatus.OPEN))
        assert NOW >= session.scalars(select(func.max(AuthEvent.at))).one() >= NOW - timedelta(minutes=1)
        weeks = session.scalars(select(VisitorCount)).all()
        assert all(0 < each.visitors <= each.logins for each in weeks)
        assert {"University A"} == {each.institution for each in weeks}
