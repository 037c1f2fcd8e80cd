"""/m/<token> and `/`: a mail's link confirms or denies by a button alone, and opens its owner's own page; the same to everybody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from portal.capabilities import Me, open_account, seal_mail
from portal.words import date
from store import accounts, grants, outbox
from store.models import Account, Challenge, Grant, Message, OrderKind, Way
from store.session import reading, transaction
from tests.portal.guests import forms, heading, links, plain
from tests.portal.mail import ADDRESS, LAPTOP, OTHER, PHONE, ask, by_code, grant, newest, online, sent, visit
from tests.portal.world import VISITOR

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.portal.world import World


@pytest.fixture(autouse=True)
def _offered(city: World) -> None:
    by_code(city)


def order(city: World, kind: OrderKind) -> outbox.Order | None:
    with reading(city.database) as session:
        found = session.scalars(select(Grant)).one()
        return outbox.latest(session, found.id, kind)


def rows(city: World, table: type[Challenge | Message | Account]) -> int:
    with reading(city.database) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_who_looks_at_the_link_changes_nothing(city: World, guest: FlaskClient) -> None:
    """A mail server that follows links, however often: who, where and when are told, and two buttons shown."""
    online(guest)
    link = newest(city).link
    scanner = city.client()
    for method in (scanner.get, scanner.head, scanner.get):
        assert 200 == method(link).status_code
    page = scanner.get(link)
    assert "Was that you?" == heading(page)
    for words in ("gu…@example.org", "Central Library", "1:59 a.m."):
        assert words in plain(page)
    assert "http-equiv" not in page.text
    assert ADDRESS not in page.text
    assert 2 == len(forms(page))
    found = grant(city)
    assert found is not None
    assert found.provisional


def test_yes(city: World, guest: FlaskClient) -> None:
    """The device that asked goes on for the plan's time, and the gateway is told; the one that opened the link is not signed in."""
    stay = online(guest)
    reader = city.client()
    page = reader.post(newest(city).link, data={"answer": "yes"})
    assert (200, "Thank you: you stay online") == (page.status_code, heading(page))
    assert "Set-Cookie" not in page.headers
    assert "Location" not in reader.get("/").headers
    found = grant(city)
    assert found is not None
    assert (False, 7_200.0) == (found.provisional, found.ends_at.timestamp() - city.time)
    assert "You are online" == heading(guest.get(stay))
    assert "Enter the code" not in guest.get(stay).text
    told = order(city, OrderKind.LIMIT)
    assert told is not None
    assert told.target is not None  # no session is known yet: the order says which device is meant


def test_yes_while_the_device_is_offline(city: World, guest: FlaskClient) -> None:
    """Then the device's own page has a button that connects, once; the link's reader has none."""
    guest.post(f"{online(guest)}/out")
    at, _ = ask(guest)
    assert "The button in the e-mail was not pressed yet." in plain(guest.post(f"{at}/email/code"))
    page = city.client().post(newest(city).link, data={"answer": "yes"})
    assert "Thank you: your address is confirmed" == heading(page)
    assert None is grant(city)
    assert "Your address is confirmed" == heading(guest.get(f"{at}/email/code"))
    assert 303 == guest.post(f"{at}/email/code").status_code
    found = grant(city)
    assert found is not None
    assert not found.provisional
    guest.post(f"{guest.get('/').headers['Location']}/out")
    assert 422 == guest.post(f"{at}/email/code").status_code
    assert None is grant(city)


def test_a_confirmed_link_is_no_other_devices(city: World, guest: FlaskClient) -> None:
    """Another device that has no code to type finds nothing confirmed."""
    guest.post(f"{online(guest)}/out")
    ask(guest)
    city.client().post(newest(city).link, data={"answer": "yes"})
    stranger = city.client()
    at = visit(stranger, LAPTOP)
    assert 422 == stranger.post(f"{at}/email/code").status_code
    assert None is grant(city, LAPTOP)


def test_no(city: World, guest: FlaskClient) -> None:
    """The minutes end, the gateway is told to put the device out, its page says why, and the code counts no more."""
    stay = online(guest)
    letter = newest(city)
    page = city.client().post(letter.link, data={"answer": "no"})
    assert "Thank you for saying so" == heading(page)
    assert None is grant(city)
    told = order(city, OrderKind.REVOKE)
    assert told is not None
    assert told.target is not None
    assert "We could not confirm your address" == heading(guest.get(stay))
    at = visit(guest)
    answer = guest.post(f"{at}/email/code", data={"code": letter.code})
    assert 422 == answer.status_code
    assert 303 != guest.post(f"{stay}/code", data={"code": letter.code}).status_code
    assert None is grant(city)


def test_an_answer_counts_once(city: World) -> None:
    """After yes a no is too late, and after no a yes; the page says that it was used."""
    reader = city.client()
    turns = ((PHONE, "yes", "no", "This link was used"), (LAPTOP, "no", "yes", "Thank you for saying so"))
    for station, first, second, said in turns:
        online(city.client(), f"{station.lower()}@example.org", station)
        link = newest(city).link
        reader.post(link, data={"answer": first})
        page = reader.post(link, data={"answer": second})
        assert (410, said) == (page.status_code, heading(page))
        assert (410, said) == ((look := reader.get(link)).status_code, heading(look))


def test_what_is_no_answer(city: World, guest: FlaskClient) -> None:
    """Neither yes nor no changes anything; nor does a link that is nobody's or another purpose's."""
    stay = online(guest)
    link = newest(city).link
    for said in ({}, {"answer": "maybe"}, {"answer": "YES"}):
        assert 404 == guest.post(link, data=said).status_code
    found = grant(city)
    assert found is not None
    assert found.provisional
    token = link.removeprefix("/m/").partition("?")[0]
    forged = seal_mail(city.tokens, "nobody", city.time)
    for path in (f"/m/{forged}", f"/m/{stay.removeprefix('/s/')}", "/m/x", f"/s/{token}", f"/v/{token}/email/code", f"/me/{token}"):
        assert guest.get(path).status_code in (404, 410)
    assert 410 == guest.post(f"/m/{forged}", data={"answer": "yes"}).status_code


def test_the_link_speaks_the_guests_language(city: World) -> None:
    """The mail was French, so its page is, whatever the reader's browser prefers."""
    guest = city.client()
    at = visit(guest)
    guest.post(f"{at}/email?lang=fr", data={"email": ADDRESS})
    assert "Votre code est" in newest(city).text
    page = city.client().get(newest(city).link, headers={"Accept-Language": "en"})
    assert '<html lang="fr' in page.text


def test_the_link_where_the_account_has_no_place_left(city: World, guest: FlaskClient) -> None:
    """Confirmed all the same: the device's page leads on once there is a place."""
    by_code(city, "email", plan=replace(VISITOR, devices=1))
    with transaction(city.database) as session:
        account = accounts.known(session, city.privacy, Way.EMAIL, ADDRESS, date(city.time)).id
        grants.admit(
            session, device=city.privacy.device(LAPTOP), plan="visitor", seconds=7_200, portal="library", way=Way.EMAIL, terms="",
            language="en", client="library-coova", access_point="", ssid="", site="", account=account, provisional=False,
            now=date(city.time),
        )  # fmt: skip
    stay = online(guest)
    page = city.client().post(newest(city).link, data={"answer": "yes"})
    assert "Thank you: your address is confirmed" == heading(page)
    assert "Too many devices" == heading(guest.post(f"{stay}/code"))


def known(city: World, address: str = ADDRESS) -> str:
    with transaction(city.database) as session:
        return accounts.known(session, city.privacy, Way.EMAIL, address, date(city.time)).id


def test_a_link_to_ones_own_page(city: World, guest: FlaskClient) -> None:
    """From `/` without a gateway: a mail, a button, and a token of the account; once."""
    account = known(city)
    assert ["/"] == forms(guest.get("/"))
    guest.post("/", data={"email": ADDRESS.upper().replace("EXAMPLE.ORG", "Example.ORG")})
    letter = newest(city)
    assert ADDRESS == letter.to.lower()
    page = guest.get(letter.link)
    assert "Open your page?" == heading(page)
    answer = guest.post(letter.link, data={"answer": "yes"})
    assert (303, "/me/") == (answer.status_code, answer.headers["Location"][:4])
    token = answer.headers["Location"].removeprefix("/me/").partition("?")[0]
    assert Me(account) == open_account(city.tokens, token, city.time)
    assert 410 == guest.post(letter.link, data={"answer": "yes"}).status_code
    assert None is grant(city)


def test_nobody_learns_who_is_known(city: World, guest: FlaskClient) -> None:
    """Known or not: the same status, the same page, the same rows; only that a message to nobody is withdrawn as it is made."""
    known(city)
    pages = [guest.post("/", data={"email": address}) for address in (ADDRESS, OTHER)]
    assert [(200, "Look at your e-mail")] * 2 == [(page.status_code, heading(page)) for page in pages]
    assert pages[0].text == pages[1].text
    assert [ADDRESS] == [letter.to for letter in sent(city)]
    assert (2, 2, 1) == (rows(city, Challenge), rows(city, Message), rows(city, Account))


def test_five_links_a_day(city: World, guest: FlaskClient) -> None:
    """To one address, whoever asks; the answer stays the same. Codes to sign in are counted apart."""
    known(city)
    pages = {guest.post("/", data={"email": ADDRESS}).text for _ in range(7)}
    assert (1, 5) == (len(pages), len(sent(city)))
    online(guest)
    assert 6 == len(sent(city))


def test_one_address_asks_for_so_many(city: World, guest: FlaskClient) -> None:
    """An address of the network is slowed after its share, whomever it writes to."""
    city.house = replace(city.house, sending_rate=3)
    guest = city.client()
    said = [guest.post("/", data={"email": f"guest-{each}@example.org"}).status_code for each in range(5)]
    assert [200, 200, 200, 429, 429] == said


def test_no_link_where_nobody_signs_in_by_mail(city: World, guest: FlaskClient) -> None:
    """The front page offers nothing, and takes nothing."""
    by_code(city, "terms", "sms")
    assert [] == forms(guest.get("/"))
    assert 405 == guest.post("/", data={"email": ADDRESS}).status_code


def test_a_link_of_an_account_that_was_erased(city: World, guest: FlaskClient) -> None:
    """It makes no account anew."""
    account = known(city)
    guest.post("/", data={"email": ADDRESS})
    with transaction(city.database) as session:
        session.delete(session.get(Account, account))
    page = guest.post(newest(city).link, data={"answer": "yes"})
    assert (410, 0) == (page.status_code, rows(city, Account))


def test_a_bad_address_at_the_front(guest: FlaskClient) -> None:
    """It is told to be none, and shown again; the links of the page still work."""
    page = guest.post("/", data={"email": '"><script>@example.org'})
    assert 422 == page.status_code
    assert "That is no e-mail address." in plain(page)
    assert "<script>" not in page.text
    assert "/privacy" in links(page)
