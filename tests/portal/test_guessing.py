"""Guessing vouchers: a hundred thousand tries win nothing, keep nobody else waiting, and leave a table of the same size."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from portal.cases.proof import Denied, No, Proof
from portal.cases.voucher import MANY, by_code
from portal.doors import House
from portal.words import date
from store import crockford, guesses
from store.models import Guess
from store.session import reading, transaction
from tests.portal.vouchers import codes, form, say, station, take
from tests.portal.world import URL, VISITOR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from tests.portal.world import World

GUESSES = 100_000
GUESTS = 50  # who come with a good code meanwhile
TOGETHER = 1000  # tries in one transaction: each page has its own, and a disk that is waited for


@pytest.mark.timeout(600)
def test_a_hundred_thousand_guesses(city: World) -> None:
    """From one device and from tens of thousands: none wins; every guest with a good code comes in at once, all the while."""
    good = [crockford.normal(code) for code in codes(city, GUESTS)]
    dice, alerts, whys, came = random.Random(4), [], {No.WRONG: 0, No.WAIT: 0}, 0
    for begun in range(0, GUESSES, TOGETHER):
        with transaction(city.database) as session:
            for number in range(begun, begun + TOGETHER):
                guesser = 0 if number % 2 else number  # half of all tries are one device's, the others each another's
                now = date(city.time + number / 20)
                found = _try(city, session, guesser, "".join(dice.choices(crockford.ALPHABET, k=12)), now, alerts)
                assert isinstance(found, Denied)
                whys[found.why] += 1
            if begun // TOGETHER % 2:
                guest = GUESSES + came
                assert isinstance(_try(city, session, guest, good[came], now, alerts), Proof)
                came += 1
    assert GUESTS == came
    # 5,000 seconds at one try in thirty, after the first few; and one of each other device.
    assert GUESSES // 2 + 150 < whys[No.WRONG] < GUESSES // 2 + 200
    assert GUESSES == sum(whys.values())
    assert [("device", 11), ("all devices", MANY), ("all devices", MANY)] == sorted(alerts, key=lambda each: -len(each[0]))[::-1]
    with reading(city.database) as session:
        assert guesses.MOST + 20 * guesses.SWEEP > session.scalar(select(func.count()).select_from(Guess))


def _try(city: World, session: Session, device: int, code: str, now: datetime, alerts: list[tuple[str, int]]) -> Proof | Denied:
    """One device's code, as the page hands it to the case."""
    octets = device.to_bytes(16, "big")
    return by_code(city.privacy, {"visitor": VISITOR}, octets, octets, code, lambda whose, times: alerts.append((whose, times)))(
        session, now
    )


@pytest.fixture
def street(city: World) -> World:
    """With the rates that a city has."""
    take(city)
    city.house = replace(House(URL), patience=0.0)
    return city


@pytest.mark.parametrize("devices", [1, 100])
def test_five_hundred_guesses_over_http(street: World, devices: int) -> None:
    """From one device or a hundred behind one address: who guesses is slowed, who has a code comes in at the first try."""
    good, dice, found = codes(street, 10), random.Random(5), []
    browser = street.client()
    paths = [form(browser, number) for number in _slowly(street, devices)]
    for number in range(500):
        street.pass_time(0.1)
        guess = crockford.readable("".join(dice.choices(crockford.ALPHABET, k=12)))
        found.append(say(browser, paths[number % devices], guess).status_code)
        if number % 50 == 49:
            guest = street.client()
            path = form(guest, 1000 + number)
            assert 303 == say(guest, path, good.pop()).status_code
    assert set(found) <= {422, 429}
    wrong = found.count(422)
    assert wrong < 20 if devices == 1 else wrong == 500


def _slowly(city: World, count: int) -> Iterator[int]:
    """So many, ten a second."""
    for number in range(count):
        city.pass_time(0.1)
        yield number


def test_who_floods_uses_up_no_neighbours_room(street: World) -> None:
    """One device that sends codes as fast as its address may ask takes what a device may, and the sign-ins of others go on."""
    (code,) = codes(street)
    street.house = replace(street.house, sign_in_rate=60)
    browser, guest = street.client(), street.client()
    path, own = form(browser, 1), form(guest, 2)
    street.pass_time(2)
    for number in range(300):
        street.pass_time(0 if number % 40 else 1)
        say(browser, path, "0000-0000-0000")
    street.pass_time(1)
    assert 303 == say(guest, own, code).status_code


def test_a_neighbour_elsewhere_makes_nobody_wait(street: World) -> None:
    """Who says at an unsigned gateway to be another's device, from another address, does not make that device wait."""
    (code,) = codes(street)
    thief, guest = street.client(), street.client()
    path, own = form(thief, 1), form(guest, 1)
    for _ in range(12):
        thief.post(path, data={"code": "0000-0000-0000"}, environ_base={"REMOTE_ADDR": "203.0.113.9"})
        street.pass_time(5)
    assert 429 == thief.post(path, data={"code": code}, environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code
    assert 303 == say(guest, own, code).status_code


def test_two_devices_race_over_http(city: World) -> None:
    """Of two pages that send the same single-use code in the same moment one is let in, and the other reads that it was used."""
    take(city)
    for code in codes(city, 8):
        browsers = [city.client() for _ in range(3)]
        work = [(browser, form(browser, number)) for number, browser in enumerate(browsers)]
        gate, found = threading.Barrier(len(work)), []

        def send(browser: object, path: str, code: str = code, gate: threading.Barrier = gate, found: list[int] = found) -> None:
            gate.wait(30)
            found.append(say(browser, path, code).status_code)

        threads = [threading.Thread(target=send, args=each) for each in work]
        _all(threads, threading.Thread.start)
        _all(threads, threading.Thread.join)
        assert [303, 422, 422] == sorted(found)
        city.pass_time(1800 - 1)


def _all(threads: list[threading.Thread], do: Callable[[threading.Thread], None]) -> None:
    for thread in threads:
        do(thread)


def test_what_is_counted_is_gone_after_a_day(city: World) -> None:
    """Of who guessed nothing is kept but a keyed hash, and that for an hour and a day."""
    take(city)
    browser = city.client()
    path = form(browser)
    for _ in range(6):
        say(browser, path, "0000-0000-0000")
    with reading(city.database) as session:
        rows = session.scalars(select(Guess)).all()
    assert {"voucher device", "voucher all"} == {row.name.rpartition(" ")[0] for row in rows}
    assert not any(station(7).replace("-", "").lower() in row.name for row in rows)
    assert {date(city.time) + timedelta(hours=1)} == {row.until for row in rows}
