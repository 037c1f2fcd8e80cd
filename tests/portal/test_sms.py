"""The SMS way: a code to a mobile, no minutes before it is typed, and no more messages than anybody should be made to pay for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from portal.cases.sms import PER_RANGE
from store.models import Account, Way
from store.session import reading
from tests.portal.guests import forms, heading, links, plain
from tests.portal.mail import LAPTOP, NUMBER, PHONE, by_code, grant, newest, other, sent, visit

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.portal.world import World


@pytest.fixture(autouse=True)
def _offered(city: World) -> None:
    by_code(city)


def ask(guest: FlaskClient, number: str = "416 555 0123", station: str = PHONE) -> tuple[str, TestResponse]:
    at = visit(guest, station)
    return at, guest.post(f"{at}/sms", data={"phone": number})


def test_the_whole_way(city: World, guest: FlaskClient) -> None:
    """Number, code, online; no minute before it, for the message arrives without Wi-Fi."""
    at, answer = ask(guest)
    assert (303, f"{at}/sms/code") == (answer.status_code, answer.headers["Location"])
    assert None is grant(city)
    assert ("sms", NUMBER) == (newest(city).kind, newest(city).to)
    page = guest.get(f"{at}/sms/code")
    for words in ("We sent a code to", "…123", 'inputmode="numeric"', 'autocomplete="one-time-code"'):
        assert words in plain(page)
    assert NUMBER not in page.text
    answer = guest.post(f"{at}/sms/code", data={"code": newest(city).code})
    assert (303, "http://10.1.0.1:3990/logon") == (answer.status_code, answer.headers["Location"].partition("?")[0])
    found = grant(city)
    assert found is not None
    assert (Way.SMS, False) == (found.way, found.provisional)
    with reading(city.database) as session:
        account = session.scalars(select(Account)).one()
        assert (found.account_id, city.privacy.account(Way.SMS, NUMBER)) == (account.id, account.identity_hash)


def test_one_account_however_the_number_is_written(city: World) -> None:
    """The same guest on two devices."""
    for station, number in ((PHONE, "416-555-0123"), (LAPTOP, "+1 (416) 555 0123")):
        guest = city.client()
        at, _ = ask(guest, number, station)
        guest.post(f"{at}/sms/code", data={"code": newest(city).code})
    accounts = {found.account_id for station in (PHONE, LAPTOP) if (found := grant(city, station)) is not None}
    assert 1 == len(accounts)


@pytest.mark.parametrize("number", ["", "416", "+1 900 555 1234", "+33 6 12 34 56 78", "guest", "\0", "1" * 40_000])
def test_a_number_that_is_not_written_to(city: World, guest: FlaskClient, number: str) -> None:
    """The page says so, and nothing is sent or counted."""
    at, answer = ask(guest, number)
    assert 422 == answer.status_code
    assert "That is no mobile number that we can write to." in plain(answer)
    assert [f"{at}/sms"] == [action for action in forms(answer) if "/sms" in action]
    assert [] == sent(city)
    assert 303 == ask(guest)[1].status_code


def test_a_wrong_code_and_an_old_one(city: World, guest: FlaskClient) -> None:
    """Told apart; ten minutes are all there are."""
    at, _ = ask(guest)
    code = newest(city).code
    wrong = guest.post(f"{at}/sms/code", data={"code": other(code)})
    assert (422, True) == (wrong.status_code, "That is not the code" in plain(wrong))
    city.time += 601
    old = guest.post(f"{at}/sms/code", data={"code": code})
    assert (422, True) == (old.status_code, "too old" in plain(old))
    assert f"{at}/sms" in links(old)
    assert None is grant(city)


def test_codes_of_two_ways_are_two(city: World, guest: FlaskClient) -> None:
    """What was sent by mail is not taken for what was sent by SMS."""
    at, _ = ask(guest)
    guest.post(f"{at}/email", data={"email": "guest-017@example.org"})
    assert 422 == guest.post(f"{at}/sms/code", data={"code": newest(city).code}).status_code


def test_another_code(city: World, guest: FlaskClient) -> None:
    """Half a minute apart, three in all."""
    at, _ = ask(guest)
    said = []
    for _ in range(3):
        said.append(guest.post(f"{at}/sms/resend").status_code)
        city.time += 31
        said.append(guest.post(f"{at}/sms/resend").status_code)
    assert [429, 303, 429, 303, 429, 429] == said


def test_five_messages_a_day_to_one_number(city: World) -> None:
    """From whatever devices; the sixth answer is the same as the first, and nothing is sent."""
    answers = [ask(city.client(), station=f"02-00-5E-00-01-0{each}") for each in range(6)]
    assert {(303, "/sms/code")} == {(answer.status_code, answer.headers["Location"][-9:]) for _, answer in answers}
    assert 5 == len(sent(city))


def test_a_range_of_numbers_is_written_to_so_often(city: World) -> None:
    """Numbers that differ in their last three digits are rented together: ten messages an hour reach them in all."""
    for each in range(PER_RANGE + 3):
        _, answer = ask(city.client(), f"416 555 0{each:03}", f"02-00-5E-00-01-{each:02}")
        assert 303 == answer.status_code
    assert PER_RANGE == len(sent(city))
    ask(city.client(), "416 556 0123", "02-00-5E-00-02-01")
    assert PER_RANGE + 1 == len(sent(city))
    city.time += 3_601
    ask(city.client(), "416 555 0123", "02-00-5E-00-02-02")
    assert "+14165550123" == newest(city).to


def test_so_many_messages_a_day_in_all(city: World) -> None:
    """Beyond [sms] per_day nothing is sent, and nobody is told; the next day it is."""
    city.house = replace(city.house, sms_per_day=2)
    for each in range(4):
        _, answer = ask(city.client(), f"416 55{each} 0123", f"02-00-5E-00-01-0{each}")
        assert 303 == answer.status_code
    assert 2 == len(sent(city))
    city.time += 86_401
    ask(city.client(), "416 559 0123", LAPTOP)
    assert "+14165590123" == newest(city).to


def test_one_address_asks_for_so_many(city: World) -> None:
    """Beyond the share of an address of the network it is slowed, whatever devices it invents."""
    city.house = replace(city.house, sending_rate=3)
    guest = city.client()
    said = [ask(guest, f"416 55{each} 0123", f"02-00-5E-00-01-0{each}")[1].status_code for each in range(5)]
    assert [303, 303, 303, 429, 429] == said


def test_a_device_that_waits_comes_back_to_its_step(city: World, guest: FlaskClient) -> None:
    """The gateway sends it to us again: the code's page, from which the number and the other ways are a link away."""
    ask(guest)
    at = visit(guest)
    page = guest.get(f"{at}/sms/code")
    assert "Enter your code" == heading(page)
    assert {at, f"{at}/sms"} <= set(links(page))
    assert 200 == guest.get(at).status_code
