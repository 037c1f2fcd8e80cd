"""Logins as visits: whose somebody is, and that remembering who was counted never counts otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from proxeny.network import KEYS, Network, Operator, Realm
from proxeny.visits import Visits
from store.models import Span, VisitorCount, VisitorMark
from store.privacy import Privacy, privacy
from store.session import reading, transaction
from store.trace import Login
from tests.proxeny.guests import Store, made

if TYPE_CHECKING:
    from pathlib import Path

REALMS = (
    Realm(match="uni-a.example", homes=("uni-a-1",), institution="University A", country="CA"),
    Realm(match="campus.uni-a.example", homes=("uni-a-1",), institution="University A", country="CA"),
    Realm(match="*", homes=("federation",)),
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return made(tmp_path)


@pytest.fixture
def marks(store: Store) -> Privacy:
    with transaction(store.engine) as session:
        return privacy(session, store.seal, datetime.now(UTC))


@pytest.fixture
def visits() -> Visits:
    rows = {section: {} for section in KEYS}
    rows["operator"] = {"": Operator(name="city", timezone="America/Toronto")}
    rows["realm"] = {realm.match: realm for realm in REALMS}
    ready = Visits()
    ready.adopt(Network(rows=rows))
    return ready


def login(station: str = "02-00-5E-00-00-01", rule: str = "uni-a.example", verdict: str = "accept", **more: object) -> Login:
    now = datetime.now(UTC)
    return Login("x", now, now, "nas", verdict, station=station, rule=rule, realm=str(more.pop("realm", rule)))._replace(**more)


def counted(store: Store, span: Span = Span.WEEK) -> dict[str, tuple[int, int]]:
    with reading(store.engine) as session:
        rows = session.scalars(select(VisitorCount).where(VisitorCount.span == span))
        return {f"{row.institution} {row.country}".strip(): (row.visitors, row.logins) for row in rows}


def count(visits: Visits, store: Store, marks: Privacy, *logins: Login) -> None:
    with transaction(store.engine) as session:
        visits.count(session, logins, marks)
    visits.settle()


def test_who_is_whose(visits: Visits, store: Store, marks: Privacy) -> None:
    """By institution, over its realms; by realm where there is none; guests of the portal by neither; who was not let in, not."""
    second = "02-00-5E-00-00-02"
    count(
        visits, store, marks,
        login(), login(rule="campus.uni-a.example"), login(second), login(second, verdict="reject"),
        login(rule="*", realm="far.example"), login(second, rule="(token)", realm="", grant="g"),
    )  # fmt: skip
    assert {"University A CA": (2, 3), "far.example": (1, 1), "": (1, 1)} == counted(store)


def test_a_person_is_known_by_the_homes_own_name(visits: Visits, store: Store, marks: Privacy) -> None:
    """One person with two devices is one visitor where the home names people (Chargeable-User-Identity), else two."""
    devices = [f"02-00-5E-00-00-0{number}" for number in (1, 2)]
    count(visits, store, marks, *(login(each, cui=b"person") for each in devices))
    count(visits, store, marks, *(login(each, rule="*", realm="far.example") for each in devices))
    assert {"University A CA": (1, 2), "far.example": (2, 2)} == counted(store)


def test_whoever_is_remembered_costs_no_mark_and_counts_the_same(visits: Visits, store: Store, marks: Privacy) -> None:
    """Again and again, also after a restart that has forgotten everybody: one visitor, three marks, each login."""
    for ready in (visits, visits, Visits(), Visits()):
        if ready is not visits:
            ready._whose, ready._zone = visits._whose, visits._zone
        count(ready, store, marks, login())
    with reading(store.engine) as session:
        assert 3 == session.scalar(select(func.count()).select_from(VisitorMark))
    assert [{"University A CA": (1, 4)}] * 3 == [counted(store, span) for span in Span]


def test_what_was_undone_is_not_remembered(visits: Visits, store: Store, marks: Privacy) -> None:
    """A transaction that failed has counted nobody: when it is tried again they are counted."""

    def undone() -> None:
        with transaction(store.engine) as session:
            visits.count(session, [login()], marks)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        undone()
    count(visits, store, marks, login("02-00-5E-00-00-02"))
    count(visits, store, marks, login())
    assert {"University A CA": (2, 2)} == counted(store)


def test_yesterdays_login_counts_into_yesterday(visits: Visits, store: Store, marks: Privacy) -> None:
    """Records that waited out midnight are counted on their day, though their visitor is remembered today."""
    yesterday = datetime.now(UTC) - timedelta(hours=26)  # where clocks are put back a day has twenty-five
    count(visits, store, marks, login())
    count(visits, store, marks, login(at=yesterday))
    with reading(store.engine) as session:
        days = session.scalars(select(VisitorCount.visitors).where(VisitorCount.span == Span.DAY)).all()
    assert [1, 1] == days
