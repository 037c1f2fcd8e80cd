"""store.challenges: one that counts for each device, few tries, few messages, settled once; on both databases."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from store import challenges, grants
from store.challenges import DAY, LASTS, Asked, Bad, Cap, Refusal, Wanted
from store.models import Grant, Purpose, Settled, Way
from store.privacy import privacy
from store.session import reading, transaction
from tests.store.guests import LAPTOP, PHONE, admit, at_once
from tests.store.rows import NOW

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from store.models import Challenge
    from store.privacy import Privacy
    from store.sealed import Seal

ADDRESS, OTHER = "guest-017@example.org", "guest-018@example.org"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def marks(database: Engine, seal: Seal) -> Privacy:
    with transaction(database) as session:
        return privacy(session, seal, NOW)


def wanted(marks: Privacy, address: str = ADDRESS, device: bytes = PHONE, **more: Any) -> Wanted:
    return Wanted(more.pop("way", Way.EMAIL), marks.account(Way.EMAIL, address), address, device, **more)


def ask(database: Engine, marks: Privacy, now: datetime = NOW, **more: Any) -> Asked:
    with transaction(database) as session:
        asked = challenges.ask(session, marks, os.urandom, wanted(marks, **more), now)
        assert isinstance(asked, Asked), asked
        return asked


def refused(database: Engine, marks: Privacy, now: datetime = NOW, **more: Any) -> Refusal:
    with transaction(database) as session:
        asked = challenges.ask(session, marks, os.urandom, wanted(marks, **more), now)
        assert isinstance(asked, Refusal), asked
        return asked


def attempt(
    database: Engine, marks: Privacy, code: str, now: datetime = NOW, device: bytes = PHONE, way: Way = Way.EMAIL
) -> Challenge | Refusal:
    with transaction(database) as session:
        return challenges.try_code(session, marks, device, way, Purpose.SIGN_IN, code, now)


def again(database: Engine, marks: Privacy, now: datetime) -> Asked | Refusal:
    with transaction(database) as session:
        last = challenges.latest(session, PHONE, Way.EMAIL, Purpose.SIGN_IN)
        assert last is not None
        return challenges.send_again(session, marks, os.urandom, last, now)


def wrong(code: str, by: int = 1) -> str:
    return f"{(int(code) + by) % 1_000_000:06}"


def test_the_code_settles_it(database: Engine, marks: Privacy) -> None:
    """Six digits, hashed in the row; typed on the device that asked they confirm it, and name whose address it is."""
    asked = ask(database, marks)
    assert len(asked.code) == 6
    assert asked.code.isdecimal()
    settled = attempt(database, marks, asked.code)
    assert not isinstance(settled, Refusal)
    assert (settled.outcome, settled.settled_at, settled.tries) == (Settled.CONFIRMED, NOW, 0)
    assert challenges.contact(marks, settled) == ADDRESS
    assert asked.code.encode() not in settled.code_hash
    assert ADDRESS.encode() not in settled.contact + settled.identity_hash


def test_a_code_is_bound_to_the_device_that_asked(database: Engine, marks: Privacy) -> None:
    """Typed on another device it is wrong, and says nothing else; so is one of another way."""
    asked = ask(database, marks)
    assert Refusal(Bad.WRONG) == attempt(database, marks, asked.code, device=LAPTOP)
    theirs = ask(database, marks, device=LAPTOP, address=OTHER)
    assert Refusal(Bad.WRONG) == attempt(database, marks, asked.code, device=LAPTOP)
    assert Refusal(Bad.WRONG) == attempt(database, marks, asked.code, way=Way.SMS)
    assert Refusal(Bad.WRONG) == attempt(database, marks, theirs.code)
    assert not isinstance(attempt(database, marks, asked.code), Refusal)


def test_five_wrong_codes_kill_it(database: Engine, marks: Privacy) -> None:
    """The fifth wrong one is the last: then the right one is refused, too."""
    code = ask(database, marks).code
    said = [attempt(database, marks, wrong(code, each)) for each in range(1, 6)]
    assert [Refusal(Bad.WRONG)] * 4 + [Refusal(Bad.DEAD)] == said
    assert Refusal(Bad.DEAD) == attempt(database, marks, code)
    with reading(database) as session:
        assert Refusal(Bad.DEAD) == challenges.stands(session, PHONE, Way.EMAIL, Purpose.SIGN_IN, NOW)


def test_a_dead_one_is_followed_by_a_new_one(database: Engine, marks: Privacy) -> None:
    """Whoever asks for the same address again gets another challenge, with tries of its own."""
    first = ask(database, marks)
    for each in range(1, 6):
        attempt(database, marks, wrong(first.code, each))
    second = ask(database, marks, NOW + MINUTE)
    assert first.challenge.id != second.challenge.id
    assert not isinstance(attempt(database, marks, second.code, NOW + MINUTE), Refusal)


def test_a_guessing_device_waits(database: Engine, marks: Privacy) -> None:
    """After ten tries in an hour each makes the next wait, whatever it has asked for meanwhile."""
    for _ in range(10):
        attempt(database, marks, "-")
    last = attempt(database, marks, "-")
    assert Refusal(Bad.WRONG) == last
    assert Bad.WAIT is attempt(database, marks, "-").why


@pytest.mark.parametrize("way", [Way.EMAIL, Way.SMS])
def test_its_time_ends(database: Engine, marks: Privacy, way: Way) -> None:
    """Fifteen minutes for a mail, ten for a text message; a second later it is too old."""
    code = ask(database, marks, way=way).code
    at = NOW + LASTS[way]
    assert {Way.EMAIL: 15 * MINUTE, Way.SMS: 10 * MINUTE}[way] == LASTS[way]
    late = attempt(database, marks, code, at, way=way)
    assert Refusal(Bad.EXPIRED, at) == late
    assert not isinstance(attempt(database, marks, code, at - timedelta(seconds=1), way=way), Refusal)


def test_another_address_replaces_it(database: Engine, marks: Privacy) -> None:
    """The older one is over: its code is wrong, its link is too old; the newer one counts."""
    first = ask(database, marks)
    second = ask(database, marks, address=OTHER)
    assert Refusal(Bad.WRONG) == attempt(database, marks, first.code)
    with transaction(database) as session:
        assert Refusal(Bad.EXPIRED, NOW) == challenges.by_link(session, first.challenge.id, Settled.CONFIRMED, NOW)
    assert not isinstance(attempt(database, marks, second.code), Refusal)


def test_the_button_pressed_twice_sends_once(database: Engine, marks: Privacy) -> None:
    """Asked for again within half a minute, the same challenge goes on and nothing is sent."""
    first = ask(database, marks)
    second = ask(database, marks, NOW + timedelta(seconds=29))
    assert (first.challenge.id, "") == (second.challenge.id, second.code)
    assert "" != ask(database, marks, NOW + timedelta(seconds=30)).code


def test_sending_again(database: Engine, marks: Privacy) -> None:
    """Half a minute apart, three in all; the newest code alone counts, for as long as the first did."""
    codes = [ask(database, marks).code]
    assert Refusal(Bad.WAIT, NOW + timedelta(seconds=30)) == again(database, marks, NOW + timedelta(seconds=29))
    for minutes in (1, 2):
        sent = again(database, marks, NOW + minutes * MINUTE)
        assert isinstance(sent, Asked)
        codes.append(sent.code)
    assert Refusal(Bad.ENOUGH) == again(database, marks, NOW + 3 * MINUTE)
    assert 3 == len(set(codes))
    assert Refusal(Bad.WRONG) == attempt(database, marks, codes[0], NOW + 3 * MINUTE)
    assert not isinstance(attempt(database, marks, codes[-1], NOW + 16 * MINUTE), Refusal)


def test_a_device_asks_five_times_a_day(database: Engine, marks: Privacy) -> None:
    """Whomever it asks for; the sixth is told when there is more."""
    for each in range(5):
        assert "" != ask(database, marks, address=f"guest-{each}@example.org").code
    assert Refusal(Bad.ENOUGH, NOW + DAY) == refused(database, marks, NOW + MINUTE, address=OTHER)
    assert "" != ask(database, marks, NOW + DAY, address=OTHER).code


def test_an_address_is_written_to_five_times_a_day(database: Engine, marks: Privacy) -> None:
    """By whatever devices; the sixth is told nothing, and no code there is fits its challenge."""
    for each in range(5):
        assert "" != ask(database, marks, device=bytes([each]) * 16).code
    sixth = ask(database, marks)
    assert "" == sixth.code
    assert b"" == sixth.challenge.code_hash
    assert Refusal(Bad.WRONG) == attempt(database, marks, "-")


def test_caps_of_the_caller_count_too(database: Engine, marks: Privacy) -> None:
    """One that is full is told as little."""
    cap = Cap("sms day", b"", 1, DAY)
    sent = [
        ask(database, marks, caps=(cap,), address=f"guest-{each}@example.org", device=bytes([each + 1]) * 16).code != ""
        for each in range(2)
    ]
    assert [True, False] == sent


def test_used_once(database: Engine, marks: Privacy) -> None:
    """The same button pressed twice gives the same; a minute later the code was used, and so was the link."""
    asked = ask(database, marks)
    first = attempt(database, marks, asked.code)
    second = attempt(database, marks, asked.code, NOW + MINUTE)
    assert not isinstance(first, Refusal)
    assert not isinstance(second, Refusal)
    assert (first.id, NOW) == (second.id, second.settled_at)
    assert Refusal(Bad.USED, NOW) == attempt(database, marks, asked.code, NOW + 2 * MINUTE)
    assert Refusal(Bad.WRONG) == attempt(database, marks, wrong(asked.code), NOW + 2 * MINUTE)
    with transaction(database) as session:
        assert Refusal(Bad.USED, NOW) == challenges.by_link(session, asked.challenge.id, Settled.CONFIRMED, NOW + 2 * MINUTE)


def test_the_link_says_yes_or_no(database: Engine, marks: Privacy) -> None:
    """Once, and the device that asked sees which."""
    for device, outcome, bad in ((PHONE, Settled.CONFIRMED, None), (LAPTOP, Settled.DENIED, Bad.DENIED)):
        name = ask(database, marks, device=device).challenge.id
        with transaction(database) as session:
            settled = challenges.by_link(session, name, outcome, NOW)
            assert not isinstance(settled, Refusal)
        with reading(database) as session:
            stands = challenges.stands(session, device, Way.EMAIL, Purpose.SIGN_IN, NOW)
            assert (stands.why if isinstance(stands, Refusal) else None) is bad
    with transaction(database) as session:
        assert Refusal(Bad.EXPIRED) == challenges.by_link(session, "nobody", Settled.CONFIRMED, NOW)


def test_two_at_once_confirm_it_once(database: Engine, marks: Privacy, url: str) -> None:
    """The link's yes and its no at once: one of them is told that it was the other."""
    name = ask(database, marks).challenge.id

    def settle(outcome: Settled, engine: Engine) -> bool:
        with transaction(engine) as session:
            return not isinstance(challenges.by_link(session, name, outcome, NOW), Refusal)

    found = at_once(url, [partial(settle, outcome) for outcome in (Settled.CONFIRMED, Settled.DENIED, Settled.CONFIRMED)])
    assert 1 == sum(found)


def test_guesses_at_once_are_counted_one_by_one(database: Engine, marks: Privacy, url: str) -> None:
    """Of eight wrong codes at once five are looked at, and the right one comes too late."""
    code = ask(database, marks).code

    def guess(by: int, engine: Engine) -> Bad:
        said = attempt(engine, marks, wrong(code, by))
        assert isinstance(said, Refusal)
        return said.why

    said = at_once(url, [partial(guess, by) for by in range(1, 9)])
    assert 4 == said.count(Bad.WRONG)
    assert 4 == said.count(Bad.DEAD)
    assert isinstance(attempt(database, marks, code), Refusal)


def provisional(database: Engine, marks: Privacy, device: bytes, address: str = ADDRESS, now: datetime = NOW) -> Grant | None:
    """As the e-mail way does it."""
    with transaction(database) as session:
        asked = challenges.ask(session, marks, os.urandom, wanted(marks, address, device), now)
        assert isinstance(asked, Asked)
        if not challenges.provisional(session, marks, device, marks.account(Way.EMAIL, address), now):
            return None
        grant = admit(session, device, now, seconds=600, way=Way.EMAIL, provisional=True)
        asked.challenge.grant_id = grant.id
        return grant


def end(database: Engine, grant: Grant | None, now: datetime) -> None:
    assert grant is not None
    with transaction(database) as session:
        found = grants.of(session, grant.id)
        assert found is not None
        grants.revoke(session, found, "test", now)


def test_a_device_is_provisional_once_a_day(database: Engine, marks: Privacy) -> None:
    """Whatever the address; a day after the first it may be again."""
    end(database, provisional(database, marks, PHONE), NOW)
    assert None is provisional(database, marks, PHONE, OTHER, NOW + DAY - timedelta(seconds=1))
    assert None is not provisional(database, marks, PHONE, OTHER, NOW + DAY)


def test_three_devices_a_day_are_provisional_for_an_address(database: Engine, marks: Privacy) -> None:
    """The fourth waits for its mail offline, and has not lost its chance with another address."""
    for each in range(3):
        end(database, provisional(database, marks, bytes([each]) * 16), NOW)
    assert None is provisional(database, marks, PHONE)
    assert None is not provisional(database, marks, PHONE, OTHER)


def test_one_at_a_time_is_provisional_for_an_address(database: Engine, marks: Privacy) -> None:
    """While one has not answered, another waits; once it has, or its minutes are over, another may."""
    first = provisional(database, marks, PHONE)
    assert None is provisional(database, marks, LAPTOP)
    end(database, first, NOW)
    assert None is not provisional(database, marks, LAPTOP)


def test_of_many_at_once_one_is_provisional_for_an_address(database: Engine, marks: Privacy, url: str) -> None:
    """Three devices of one stranger, one address, all at once: one of them is online."""

    def work(each: int, engine: Engine) -> bool:
        return provisional(engine, marks, bytes([each + 1]) * 16) is not None

    assert [False, False, True] == sorted(at_once(url, [partial(work, each) for each in range(3)]))


def test_what_was_confirmed_is_spent(database: Engine, marks: Privacy) -> None:
    """A confirmed link waits for its device until the device has a grant that is not provisional."""
    asked = ask(database, marks)

    def stands(session: Session) -> Challenge | Refusal:
        return challenges.stands(session, PHONE, Way.EMAIL, Purpose.SIGN_IN, NOW)

    with transaction(database) as session:
        found = challenges.by_link(session, asked.challenge.id, Settled.CONFIRMED, NOW)
        assert not isinstance(found, Refusal)
        assert not isinstance(stands(session), Refusal)
        found.grant_id = admit(session, PHONE, way=Way.EMAIL, provisional=True).id
        session.flush()
        assert not isinstance(stands(session), Refusal)
        found.grant_id = admit(session, PHONE, way=Way.EMAIL).id
        session.flush()
        assert Refusal(Bad.USED, NOW) == stands(session)
