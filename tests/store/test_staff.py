"""store.staff: names, links that are good once and for a day, and what disabling does at once; on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from store import staff, staff_sessions
from store.models import LinkPurpose, Role, Staff, StaffLink, Step
from store.session import reading, transaction
from store.staff_sessions import Limits
from tests.store.rows import NOW

if TYPE_CHECKING:
    from sqlalchemy import Engine

LATER = NOW + timedelta(hours=1)


def invited(database: Engine, name: str = "ops") -> tuple[Staff, str]:
    with transaction(database) as session:
        return staff.invite(session, name, Role.CITY_ADMIN, NOW, email="ops@city.example")


def test_the_database_has_the_links_digest_alone(database: Engine) -> None:
    """A copy of the database lets nobody set up anybody's sign-in."""
    _, secret = invited(database)
    with reading(database) as session:
        rows = session.execute(select(StaffLink)).scalars().all()
    assert [staff_sessions.digest(secret)] == [row.digest for row in rows]
    assert not any(secret.encode() in bytes(row.digest) for row in rows)
    assert 43 == len(secret)


@pytest.mark.parametrize(("after", "good"), [(timedelta(), True), (timedelta(hours=23, minutes=59), True), (timedelta(hours=24), False)])
def test_a_link_lasts_a_day(database: Engine, after: timedelta, good: bool) -> None:
    """Who finds it later finds nothing."""
    own, secret = invited(database)
    with reading(database) as session:
        found = staff.invited(session, secret, NOW + after)
    assert (own.id if good else None) == (found.id if found is not None else None)


def test_a_link_is_used_up(database: Engine) -> None:
    """Once its owner can sign in by themselves, it opens nothing."""
    own, secret = invited(database)
    with transaction(database) as session:
        staff.settled(session, session.get_one(Staff, own.id), LATER)
    with reading(database) as session:
        assert None is staff.invited(session, secret, LATER)


def test_a_newer_link_voids_the_older(database: Engine) -> None:
    """One person has one link at most."""
    own, first = invited(database)
    with transaction(database) as session:
        second = staff.link(session, session.get_one(Staff, own.id), LATER)
    with reading(database) as session:
        assert [False, True] == [staff.invited(session, each, LATER) is not None for each in (first, second)]


def test_a_newer_link_ends_what_was_begun_with_the_older(database: Engine) -> None:
    """Whoever found it first, and has a password chosen by now, gets no further; whoever is signed in stays."""
    own, _ = invited(database)
    with transaction(database) as session:
        row = session.get_one(Staff, own.id)
        cookies = [staff_sessions.begin(session, row, step, "", Limits(), NOW) for step in (Step.SETUP, Step.WHOLE)]
        staff.link(session, row, NOW)
    with reading(database) as session:
        assert [False, True] == [staff_sessions.find(session, each, Limits(), NOW) is not None for each in cookies]


@pytest.mark.parametrize("secret", ["", "x", "A" * 43, "A" * 1_000, "\0" * 43, "é" * 43])
def test_what_is_no_link_opens_nothing(database: Engine, secret: str) -> None:
    """Whatever stands in the address."""
    invited(database)
    with reading(database) as session:
        assert None is staff.invited(session, secret, NOW)


@pytest.mark.parametrize("name", ["", " ", "a", "-ops", "o ps", "ops\n2", "ops/..", "a" * 65, "oрs", "ops'--"])
def test_no_name(database: Engine, name: str) -> None:
    """What cannot be typed again, or looks like another's, is no name."""
    with pytest.raises(staff.UnfitNameError), transaction(database) as session:
        staff.invite(session, name, Role.AUDITOR, NOW)


@pytest.mark.parametrize("name", ["ops", "OPS", " Ops "])
def test_a_name_is_one_persons_whatever_its_case(database: Engine, name: str) -> None:
    """Nobody can be invited under a name that somebody has."""
    invited(database)
    with pytest.raises(staff.UnfitNameError, match="ops is somebody's name already"), transaction(database) as session:
        staff.invite(session, name, Role.AUDITOR, NOW)


def test_disabling_acts_at_once(database: Engine) -> None:
    """Signed out everywhere, and no link of theirs opens anything; enabled again, they sign in anew."""
    own, secret = invited(database)
    with transaction(database) as session:
        row = session.get_one(Staff, own.id)
        cookie = staff_sessions.begin(session, row, Step.WHOLE, "Firefox", Limits(), NOW)
        staff.disable(session, row, NOW)
    with transaction(database) as session:
        assert (None, None) == (staff_sessions.find(session, cookie, Limits(), NOW), staff.invited(session, secret, NOW))
        staff.enable(session.get_one(Staff, own.id))
    with reading(database) as session:
        assert (None, None) == (staff_sessions.find(session, cookie, Limits(), NOW), staff.invited(session, secret, NOW))
        assert [None] == [each.disabled_at for each in staff.everyone(session)]


def test_a_sign_in_link_is_good_once_and_for_a_quarter_of_an_hour(database: Engine) -> None:
    """Of two mails that crossed either opens; whichever is used, the other opens nothing any more."""
    own, _ = invited(database)
    with transaction(database) as session:
        one, other = (staff.sign_in_link(session, session.get_one(Staff, own.id), NOW) for _ in range(2))
    with reading(database) as session:
        good = [staff.invited(session, each, NOW, LinkPurpose.SIGN_IN) for each in (one, other)]
        late = staff.invited(session, one, NOW + timedelta(minutes=15), LinkPurpose.SIGN_IN)
    assert ([own.id, own.id], None) == ([each.id for each in good if each], late)
    with transaction(database) as session:
        used = staff.by_link(session, other, NOW)
    with transaction(database) as session:
        assert (own.id, None, None) == (used and used.id, staff.by_link(session, other, NOW), staff.by_link(session, one, NOW))


def test_of_two_who_use_one_sign_in_link_at_once_one_is_in(database: Engine) -> None:
    """In two processes, too: the database says who was first."""
    own, _ = invited(database)
    with transaction(database) as session:
        secret = staff.sign_in_link(session, session.get_one(Staff, own.id), NOW)
    ready = Barrier(2)

    def use(_number: int) -> bool:
        ready.wait()
        with transaction(database) as session:
            return staff.by_link(session, secret, NOW) is not None

    with ThreadPoolExecutor(2) as pool:
        assert [False, True] == sorted(pool.map(use, range(2)))


def test_each_link_is_good_for_what_it_was_made_for(database: Engine) -> None:
    """One that signs in sets nothing up, and the other way round; a new invitation voids both."""
    own, setup = invited(database)
    with transaction(database) as session:
        person = session.get_one(Staff, own.id)
        sign_in = staff.sign_in_link(session, person, NOW)
        assert [None, None] == [staff.invited(session, sign_in, NOW), staff.by_link(session, setup, NOW)]
        staff.link(session, person, NOW)
        assert [None, None] == [staff.invited(session, setup, NOW), staff.by_link(session, sign_in, NOW)]


def test_what_is_over_does_not_stay(database: Engine) -> None:
    """Somebody who signs in by mail for years has no more rows than one day's."""
    own, _ = invited(database)
    for number in range(5):
        with transaction(database) as session:
            staff.sign_in_link(session, session.get_one(Staff, own.id), NOW + timedelta(hours=number))
    with reading(database) as session:
        mine = select(StaffLink).where(StaffLink.purpose == LinkPurpose.SIGN_IN)
        assert 1 == len(session.scalars(mine).all())
