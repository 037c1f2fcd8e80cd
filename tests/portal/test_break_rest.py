"""Tokens kept too long, forms with what no form has, addresses that are all one: what strangers try on the pages."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from portal.capabilities import Me, seal_account
from portal.cases import card
from portal.words import date
from store import accounts, messages
from store.erasure import erase
from store.messages import Content
from store.models import Account, Challenge, Grant, Message, MessageKind, Way
from store.refusal import Refusal
from store.session import reading, transaction
from tests.portal import mail
from tests.portal.accounts import me, sign_in
from tests.portal.test_prove import owned

if TYPE_CHECKING:
    from tests.portal.world import World

DAY = 86_400


def count(city: World, table: type[Challenge | Message | Grant]) -> int:
    with reading(city.database) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_stays_token_ends_a_day_after_its_grant(city: World) -> None:
    """What somebody finds in the history of a shared machine shows nothing, sends no mail and opens no form any more."""
    mail.by_code(city)
    guest, stay = owned(city, Way.EMAIL, mail.ADDRESS)
    with reading(city.database) as session:
        ends = session.scalars(select(Grant.ends_at)).one().timestamp()
    city.time = ends + DAY - 60
    assert 200 == guest.get(f"{stay}/kept").status_code
    assert 200 == guest.get(f"{stay}/me").status_code
    city.time = ends + DAY + 60
    assert {410} == {guest.get(f"{stay}{path}").status_code for path in ("", "/kept", "/me")}
    assert {410} == {guest.post(f"{stay}{path}", data={"code": "000000"}).status_code for path in ("/me", "/me/send", "/code", "/resend")}
    assert 0 == count(city, Challenge) + count(city, Message)


def test_an_address_is_changed_while_the_minutes_last(city: World) -> None:
    """A provisional grant that has ended is no reason to write to anybody."""
    mail.by_code(city)
    guest = city.client()
    stay = mail.online(guest)
    city.time += 2 * DAY
    assert 410 == guest.post(f"{stay}/email", data={"email": mail.OTHER}).status_code
    assert 1 == count(city, Message)


def test_a_sponsor_of_one_portal_is_none_of_anothers(city: World) -> None:
    """A yes is taken up where that sponsor may say it: not at the next portal, and not once the address is taken off the list."""
    guest, desk = city.client(), city.client()
    city.offer("sponsor", sponsors=("@city.example",))
    at = mail.visit(guest)
    assert 303 == guest.post(f"{at}/sponsor", data={"name": "Guest", "email": "desk@city.example"}).status_code
    found = re.search(r"(/sponsor/[\w-]+)", mail.newest(city).text)
    assert found is not None
    assert 200 == desk.post(found[1], data={"answer": "yes"}).status_code
    city.offer("sponsor", sponsors=("@elsewhere.example",))
    assert 422 == guest.post(f"{at}/sponsor/check").status_code
    assert 0 == count(city, Grant)
    city.offer("sponsor", sponsors=("@city.example",))
    assert 303 == guest.post(f"{at}/sponsor/check").status_code


def test_a_sponsor_who_was_taken_off_the_list(city: World) -> None:
    """Their link is as good as an old one."""
    guest, desk = city.client(), city.client()
    city.offer("sponsor", sponsors=("@city.example",))
    at = mail.visit(guest)
    guest.post(f"{at}/sponsor", data={"name": "Guest", "email": "desk@city.example"})
    found = re.search(r"(/sponsor/[\w-]+)", mail.newest(city).text)
    assert found is not None
    city.offer("sponsor", sponsors=("other@city.example",))
    assert 410 == desk.get(found[1]).status_code
    assert 410 == desk.post(found[1], data={"answer": "yes"}).status_code


def test_one_pin_for_many_cards_is_told(city: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another device and another card at each try: neither waits, and staff hear of it once an hour."""
    monkeypatch.setattr(card, "MANY", 4)
    city.offer("card")
    city.more["directory"] = lambda *_: Refusal.UNKNOWN_USER
    for each in range(6):
        guest = city.client()
        at = mail.visit(guest, f"02-00-5E-00-02-{each:02X}")
        assert 422 == guest.post(f"{at}/card", data={"name": f"200400001{each}", "password": "1234"}).status_code
    told = [(line["what"], line["whose"], line["tries"]) for line in city.lines if line["event"] == "guessing"]
    assert [("card", "all devices", 4)] == told


def test_erasing_is_no_way_to_a_plan_without_end(city: World) -> None:
    """What was used is erased with the account, and a new one has the whole day: twice, then tomorrow. Others are not kept waiting."""
    guest, statuses = city.client(), []
    for address in (mail.ADDRESS, mail.ADDRESS, mail.ADDRESS, mail.OTHER):
        with transaction(city.database) as session:
            account = accounts.known(session, city.privacy, Way.EMAIL, address, date(city.time)).id
        path = f"/me/{seal_account(city.tokens, Me(account), city.time)}"
        statuses.append(guest.post(f"{path}/erase").status_code)
    assert [200, 200, 429, 200] == statuses
    with transaction(city.database) as session:
        account = session.scalars(select(Account.id)).one()
    city.time += DAY + 60
    path = f"/me/{seal_account(city.tokens, Me(account), city.time)}"
    assert 200 == guest.post(f"{path}/erase").status_code


@pytest.mark.parametrize("name", ["%C3%A9", "%FF", "%00", "a" * 4_000])
def test_a_device_that_no_form_has_called_so(city: World, name: str) -> None:
    """Whatever stands in the place of its name: there is no such device."""
    guest, stay, _ = sign_in(city)
    path = me(guest, stay)
    assert 404 == guest.get(f"{path}/device/{name}").status_code
    assert 404 == guest.post(f"{path}/device/{name}/out").status_code


@pytest.mark.parametrize(
    "host", ["[", "[::1", "a]b", "wifi.city.example:x", "wifi.city.example@evil.example", "", "\u00e9.example", "a" * 9_000]
)
def test_a_host_that_is_none(city: World, host: str) -> None:
    """It is not ours: no fault of ours, and no line with a trace."""
    answer = city.app.test_client().get("/help", headers={"Host": host})
    assert answer.status_code in (400, 404, 421)


def test_guests_of_a_socket_for_both_families_are_not_one(city: World) -> None:
    """A server that listens on [::] sees 192.0.2.7 as ::ffff:192.0.2.7: one neighbour uses nobody else's share up."""
    city.house = replace(city.house, address_rate=3)
    app = city.app
    app.test_client()
    statuses = {}
    for address, times in (("::ffff:192.0.2.7", 5), ("::ffff:192.0.2.8", 1)):
        browser = app.test_client()
        said = [browser.get("/help", base_url=city.url, environ_base={"REMOTE_ADDR": address}).status_code for _ in range(times)]
        statuses[address] = said[-1]
    assert {"::ffff:192.0.2.7": 429, "::ffff:192.0.2.8": 200} == statuses


def test_messages_are_found_however_the_address_was_typed(city: World) -> None:
    """Guest@ and guest@ are one account: what was sent to either goes with it."""
    now = date(city.time)
    with transaction(city.database) as session:
        account = accounts.known(session, city.privacy, Way.EMAIL, "guest@example.org", now)
        queue = partial(messages.queue, session, city.privacy, MessageKind.MAIL, purpose="code", language="en")
        queue("Guest@example.org", Content("x"), expires_at=now, now=now)
        erase(session, account.id, now)
    assert 0 == count(city, Message)
