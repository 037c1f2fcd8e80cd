"""store.staff_sessions: a cookie's digest alone, another cookie for each step, ends that hold; on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from store import staff, staff_sessions
from store.models import Role, Staff, StaffSession, Step
from store.schema import upgrade
from store.session import engine, reading, transaction
from store.staff_sessions import MOST, SHORT, Limits
from tests.store.rows import NOW

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from tests.peers.postgres import Cluster

LIMITS = Limits(idle=timedelta(minutes=30), absolute=timedelta(hours=12))
SECOND = timedelta(seconds=1)


@pytest.fixture
def own(database: Engine) -> str:
    with transaction(database) as session:
        return staff.invite(session, "ops", Role.CITY_ADMIN, NOW)[0].id


def begin(database: Engine, own: str, step: Step = Step.WHOLE, now: datetime = NOW) -> str:
    with transaction(database) as session:
        return staff_sessions.begin(session, session.get_one(Staff, own), step, "Firefox · Linux", LIMITS, now)


def found(database: Engine, cookie: str, now: datetime = NOW) -> bool:
    with reading(database) as session:
        return staff_sessions.find(session, cookie, LIMITS, now) is not None


def touch(database: Engine, cookie: str, now: datetime) -> None:
    with transaction(database) as session:
        seen = staff_sessions.find(session, cookie, LIMITS, now)
        assert seen is not None
        staff_sessions.touch(session, seen[0], now)


def test_a_copy_of_the_database_signs_nobody_in(database: Engine, own: str) -> None:
    """It has the cookies' digests alone."""
    cookie = begin(database, own)
    with reading(database) as session:
        kept = session.scalars(select(StaffSession.digest)).all()
    assert [staff_sessions.digest(cookie)] == [bytes(each) for each in kept]
    assert (True, False) == (found(database, cookie), found(database, kept[0].hex()))


def test_whoever_is_idle_is_signed_out(database: Engine, own: str) -> None:
    """After half an hour without a page; with one, the half hour begins anew."""
    cookie = begin(database, own)
    touch(database, cookie, NOW + timedelta(minutes=29))
    assert found(database, cookie, NOW + timedelta(minutes=58))
    assert not found(database, cookie, NOW + timedelta(minutes=59))


def test_nobody_stays_for_ever(database: Engine, own: str) -> None:
    """Twelve hours, whatever they do; ten minutes on the way in."""
    whole, second, now = begin(database, own), begin(database, own, Step.SECOND), NOW
    while now < NOW + LIMITS.absolute - SECOND:
        now = min(now + timedelta(minutes=29), NOW + LIMITS.absolute - SECOND)
        touch(database, whole, now)
    assert (True, False) == (found(database, whole, now), found(database, whole, now + SECOND))
    assert (True, False) == (found(database, second, NOW + SHORT - SECOND), found(database, second, NOW + SHORT))


def test_the_next_step_has_another_cookie(database: Engine, own: str) -> None:
    """And the one before is worth nothing (ASVS 7.2.4)."""
    before = begin(database, own, Step.SECOND)
    with transaction(database) as session:
        row, _ = staff_sessions.find(session, before, LIMITS, NOW) or pytest.fail("signed out")
        after = staff_sessions.advance(session, row, Step.WHOLE, LIMITS, NOW)
    assert (False, True) == (found(database, before), found(database, after))


def test_a_fresh_proof_is_the_same_session_under_another_cookie(database: Engine, own: str) -> None:
    """It ends when it would have ended, and whoever has the old cookie has nothing."""
    before, later = begin(database, own), NOW + timedelta(minutes=20)
    with transaction(database) as session:
        row, _ = staff_sessions.find(session, before, LIMITS, later) or pytest.fail("signed out")
        name, ends = row.id, row.ends_at
        after = staff_sessions.proven(session, row, later)
    assert (False, True) == (found(database, before, later), found(database, after, later))
    with reading(database) as session:
        row = session.get_one(StaffSession, staff_sessions.digest(after))
        assert (name, ends, later) == (row.id, row.ends_at, row.proven_at)


def test_a_password_alone_signs_nobody_out(database: Engine, own: str) -> None:
    """Of each step the newest twenty are kept: a hundred half sign-ins push out no browser of the owner's."""
    whole = begin(database, own)
    half = [begin(database, own, Step.SECOND, NOW + number * SECOND) for number in range(MOST + 5)]
    now = NOW + (MOST + 5) * SECOND
    assert found(database, whole, now)
    assert [False] * 5 + [True] * MOST == [found(database, each, now) for each in half]


def test_those_that_are_over_are_cleared_away(database: Engine, own: str) -> None:
    """When somebody signs in: the table is as large as those who are in."""
    begin(database, own)
    begin(database, own, Step.SECOND)
    begin(database, own, now=NOW + LIMITS.absolute)
    with reading(database) as session:
        assert 1 == session.scalar(select(func.count()).select_from(StaffSession))


def test_signing_out_here_there_and_everywhere(database: Engine, own: str) -> None:
    """One by its name, if it is theirs; all but this one; all."""
    with transaction(database) as session:
        other = staff.invite(session, "desk", Role.HELP_DESK, NOW)[0].id
    cookies = [begin(database, own) for _ in range(4)]
    theirs = begin(database, other)
    with transaction(database) as session:
        names = {each: session.get_one(StaffSession, staff_sessions.digest(each)).id for each in (*cookies, theirs)}
        staff_sessions.end(session, own, names[theirs])
        staff_sessions.end(session, own, names[cookies[0]])
    assert [False, True, True, True, True] == [found(database, each) for each in (*cookies, theirs)]
    with transaction(database) as session:
        staff_sessions.end_all(session, own, staff_sessions.digest(cookies[1]))
    assert [False, True, False, False, True] == [found(database, each) for each in (*cookies, theirs)]
    with transaction(database) as session:
        staff_sessions.end_all(session, own)
    assert [False, True] == [found(database, each) for each in (cookies[1], theirs)]


@pytest.mark.parametrize("cookie", ["", "x", "A" * 43, "A" * 1_000, "é" * 43, "\0" * 43])
def test_what_is_no_cookie(database: Engine, own: str, cookie: str) -> None:
    """Whatever a browser sends."""
    begin(database, own)
    assert not found(database, cookie)


@pytest.mark.peer("postgresql")
def test_two_who_sign_in_at_once_do_not_wait_for_each_other(cluster: Cluster) -> None:
    """Both find yesterday's sessions over; whoever comes second leaves them to the first, who may be waiting for what the second has."""
    with cluster.database(upgrade) as url:
        database = engine(url, patience=1)
        with transaction(database) as session:
            first, second = (staff.invite(session, name, Role.CITY_ADMIN, NOW)[0].id for name in ("ops", "desk"))
        begin(database, first)
        later = NOW + timedelta(days=2)
        with transaction(database) as one, transaction(database) as another:
            for session, whose in ((one, first), (another, second)):
                staff_sessions.begin(session, session.get_one(Staff, whose), Step.WHOLE, "Firefox · Linux", LIMITS, later)
        with reading(database) as session:
            assert {first, second} == set(session.scalars(select(StaffSession.staff_id)))
            assert 2 == session.scalar(select(func.count()).select_from(StaffSession))
        database.dispose()
