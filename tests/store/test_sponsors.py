"""store.sponsors: one question a device, one answer a question, one grant an answer; on both databases."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from store import sponsors
from store.challenges import Bad, Refusal
from store.models import Challenge, Settled, Way
from store.privacy import privacy
from store.session import reading, transaction
from store.sponsors import ASKS, HOUR, LASTS, MAILS, TAKEN, Asked, Question
from tests.store.guests import LAPTOP, PHONE, at_once
from tests.store.rows import NOW

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from store.privacy import Privacy
    from store.sealed import Seal

DESK = "desk@library.example"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def marks(database: Engine, seal: Seal) -> Privacy:
    with transaction(database) as session:
        return privacy(session, seal, NOW)


def question(**changed: Any) -> Question:
    return Question(**{"name": "Guest Seventeen", "sponsor": DESK, "device": PHONE, "target": b"{}", "plan": "visitor", **changed})


def ask(database: Engine, marks: Privacy, now: datetime = NOW, **changed: Any) -> Asked | Refusal:
    with transaction(database) as session:
        return sponsors.ask(session, marks, question(**changed), now)


def asked(database: Engine, marks: Privacy, now: datetime = NOW, **changed: Any) -> Challenge:
    found = ask(database, marks, now, **changed)
    assert isinstance(found, Asked)
    return found.challenge


def answer(database: Engine, name: str, outcome: Settled, now: datetime = NOW) -> Challenge | Refusal:
    with transaction(database) as session:
        return sponsors.answer(session, name, outcome, now)


def stands(database: Engine, now: datetime = NOW, device: bytes = PHONE) -> Challenge | Refusal:
    with transaction(database) as session:
        return sponsors.stands(session, device, now)


def test_a_question_says_what_was_asked_to_whoever_has_the_seal(database: Engine, marks: Privacy) -> None:
    """Name and sponsor come back; in the row they are sealed, and its end is in half an hour."""
    made = asked(database, marks)
    assert ("Guest Seventeen", DESK) == tuple(sponsors.said(marks, made))
    assert (Way.SPONSOR, NOW + LASTS) == (made.way, made.expires_at)
    assert not any(b"Seventeen" in octets or b"desk" in octets for octets in (made.asked, made.sponsor, made.contact) if octets)


def test_what_stands_is_not_asked_twice(database: Engine, marks: Privacy) -> None:
    """The same question is the same row, and no second mail; another one takes its place."""
    first = ask(database, marks)
    again = ask(database, marks, NOW + MINUTE, name=" guest  SEVENTEEN", sponsor=DESK.upper())
    other = ask(database, marks, NOW + MINUTE, sponsor="clerk@city.example")
    assert isinstance(first, Asked)
    assert isinstance(again, Asked)
    assert isinstance(other, Asked)
    assert (True, False, True) == (first.mail, again.mail, other.mail)
    assert first.challenge.id == again.challenge.id != other.challenge.id
    assert Refusal(Bad.EXPIRED, NOW + MINUTE) == answer(database, first.challenge.id, Settled.CONFIRMED, NOW + 2 * MINUTE)


def test_a_device_asks_so_often(database: Engine, marks: Privacy) -> None:
    """Then it is told when it may again; another device is not."""
    for number in range(ASKS):
        asked(database, marks, NOW + number * MINUTE, name=f"Guest {'x' * number}")
    assert Refusal(Bad.ENOUGH, NOW + HOUR) == ask(database, marks, NOW + 5 * MINUTE, name="Another")
    assert isinstance(ask(database, marks, NOW + 5 * MINUTE, device=LAPTOP), Asked)
    assert isinstance(ask(database, marks, NOW + HOUR, name="Another"), Asked)


def test_a_sponsor_gets_so_many_mails(database: Engine, marks: Privacy) -> None:
    """Beyond them a question stands as any other, and no mail is sent for it."""
    told = [ask(database, marks, device=bytes([number]) * 16) for number in range(MAILS + 2)]
    assert [True] * MAILS + [False] * 2 == [each.mail for each in told if isinstance(each, Asked)]


def test_one_of_two_answers_at_once_counts(url: str, database: Engine, marks: Privacy) -> None:
    """Yes and no pressed in two windows: one of them is the answer, the other is told so."""
    name = asked(database, marks).id
    told = at_once(url, [partial(answer, name=name, outcome=outcome) for outcome in (Settled.CONFIRMED, Settled.DENIED) * 3])
    assert 1 == sum(isinstance(each, Challenge) for each in told)


def test_a_yes_waits_for_its_guest(database: Engine, marks: Privacy) -> None:
    """Twelve hours, for the device that asked and no other."""
    name = asked(database, marks).id
    assert Refusal(Bad.NOT_YET) == stands(database)
    answer(database, name, Settled.CONFIRMED, NOW + MINUTE)
    found = stands(database, NOW + MINUTE + TAKEN - MINUTE)
    assert isinstance(found, Challenge)
    assert name == found.id
    assert [Bad.EXPIRED] * 2 == [each.why for each in (stands(database, NOW + MINUTE + TAKEN), stands(database, NOW, LAPTOP))]


def test_a_no_is_a_no(database: Engine, marks: Privacy) -> None:
    """Nothing comes of it, and it is not taken back by the same link."""
    name = asked(database, marks).id
    answer(database, name, Settled.DENIED, NOW + MINUTE)
    assert Refusal(Bad.DENIED, NOW + MINUTE) == stands(database, NOW + 2 * MINUTE)
    assert Refusal(Bad.DENIED, NOW + MINUTE) == answer(database, name, Settled.CONFIRMED, NOW + 2 * MINUTE)


def test_an_account_is_a_sponsors_a_names_and_a_devices(database: Engine, marks: Privacy) -> None:
    """The same three are the same account; each of them makes another."""

    def account(minutes: int, **changed: Any) -> str:
        now = NOW + minutes * HOUR
        made = asked(database, marks, now, **changed)
        with transaction(database) as session:
            return sponsors.account(session, marks, made, now).id

    same = {account(0), account(1, name="GUEST seventeen"), account(2, sponsor=DESK.upper())}
    others = {account(3, name="Guest Eighteen"), account(4, sponsor="clerk@city.example"), account(5, device=LAPTOP)}
    assert (1, 3, set()) == (len(same), len(others), same & others)
    with reading(database) as session:
        assert sponsors.latest(session, b"\0" * 16) is None
