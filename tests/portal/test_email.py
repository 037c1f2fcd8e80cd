"""The e-mail way: minutes online to read the mail, the code, the link; who is slowed, refused and told nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from portal.words import date
from store import accounts, grants, outbox, usage
from store.models import Account, Grant, OrderKind, Way
from store.session import reading, transaction
from tests.portal.guests import forms, heading, links, plain
from tests.portal.mail import ADDRESS, LAPTOP, OTHER, PHONE, ask, by_code, grant, newest, online, other, sent, visit
from tests.portal.world import SHORT, VISITOR, coova, cwa

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.portal.world import World


@pytest.fixture(autouse=True)
def _offered(city: World) -> None:
    by_code(city)


def lasts(city: World, station: str = PHONE) -> int:
    """Seconds that the device may be online from now on."""
    found = grant(city, station)
    return int(found.ends_at.timestamp() - city.time) if found is not None else 0


def count(city: World, *where: object) -> int:
    with reading(city.database) as session:
        return session.scalar(select(func.count()).select_from(Grant).where(*where)) or 0  # type: ignore[arg-type]


def test_the_whole_way(city: World, guest: FlaskClient) -> None:
    """Address, ten minutes online, the code from the mail, and the plan's two hours; the same grant, of an account."""
    stay = online(guest)
    page = guest.get(stay)
    assert "You are online" == heading(page)
    assert "Enter the code from your e-mail to stay: 10 mins left." in plain(page)
    before = grant(city)
    assert before is not None
    assert (True, 600, None) == (before.provisional, lasts(city), before.account_id)
    assert (ADDRESS, "mail") == (newest(city).to, newest(city).kind)
    city.time += 60
    answer = guest.post(f"{stay}/code", data={"code": newest(city).code})
    assert (303, stay) == (answer.status_code, answer.headers["Location"])
    after = grant(city)
    assert after is not None
    assert (before.id, False, 7_200, Way.EMAIL) == (after.id, after.provisional, lasts(city), after.way)
    assert [True, False] == [words in plain(guest.get(stay)) for words in ("2 hrs", "Enter the code")]
    with reading(city.database) as session:
        account = session.scalars(select(Account)).one()
        assert (after.account_id, city.privacy.account(Way.EMAIL, ADDRESS)) == (account.id, account.identity_hash)
        assert ADDRESS.encode() == city.privacy.opened(account.contact, "account", account.id, "contact")


def test_a_confirmed_guest_is_told_to_the_gateway(city: World, guest: FlaskClient) -> None:
    """An order to limit the session anew, in the transaction that confirmed it."""
    stay = online(guest)
    guest.post(f"{stay}/code", data={"code": newest(city).code})
    found = grant(city)
    assert found is not None
    with reading(city.database) as session:
        order = outbox.latest(session, found.id, OrderKind.LIMIT)
        assert order is not None
        assert "library-coova" == order.client


def test_the_code_however_it_is_typed(city: World, guest: FlaskClient) -> None:
    """With a space as the mail has it, in another script's digits, with blanks around."""
    stay = online(guest)
    code = newest(city).code
    arabic = "".join(chr(0x0660 + int(digit)) for digit in code)
    assert 303 == guest.post(f"{stay}/code", data={"code": f" {arabic[:3]}\u00a0{arabic[3:]} "}).status_code
    found = grant(city)
    assert found is not None
    assert not found.provisional


def test_a_wrong_code(city: World, guest: FlaskClient) -> None:
    """The page says so beside the field, and the guest stays online as long as before."""
    stay = online(guest)
    answer = guest.post(f"{stay}/code", data={"code": other(newest(city).code)})
    assert 422 == answer.status_code
    assert "That is not the code that we sent last. Look at the newest message." in plain(answer)
    assert f"{stay}/code" in forms(answer)
    assert 600 == lasts(city)


def test_after_five_wrong_codes(city: World, guest: FlaskClient) -> None:
    """The right one is refused, too, and the page says what to do; a new one can be had."""
    stay = online(guest)
    code = newest(city).code
    for _ in range(5):
        guest.post(f"{stay}/code", data={"code": other(code)})
    answer = guest.post(f"{stay}/code", data={"code": code})
    assert 422 == answer.status_code
    assert "too many wrong codes" in plain(answer)
    assert 303 == guest.post(f"{stay}/email", data={"email": ADDRESS}).status_code
    assert 303 == guest.post(f"{stay}/code", data={"code": newest(city).code}).status_code
    assert 7_200 == lasts(city)


def test_a_code_of_another_device(city: World) -> None:
    """Whoever reads a code over somebody's shoulder signs in nobody with it."""
    mine, theirs = city.client(), city.client()
    online(mine)
    code = newest(city).code
    stay = online(theirs, OTHER, LAPTOP)
    answer = theirs.post(f"{stay}/code", data={"code": code})
    assert 422 == answer.status_code
    assert "That is not the code" in plain(answer)
    at = visit(theirs, "02-00-5E-00-00-09")
    assert 422 == theirs.post(f"{at}/email/code", data={"code": code}).status_code
    assert [600, 600, 0] == [lasts(city, station) for station in (PHONE, LAPTOP, "02-00-5E-00-00-09")]


def test_a_code_that_is_too_old(city: World, guest: FlaskClient) -> None:
    """After fifteen minutes; and what its link leads to, says so too."""
    at, _ = ask(guest)
    letter = newest(city)
    city.time += 901
    answer = guest.post(f"{at}/email/code", data={"code": letter.code})
    assert 422 == answer.status_code
    assert "too old" in plain(answer)
    assert f"{at}/email" in links(answer)
    assert (410, "This link is too old") == ((page := guest.get(letter.link)).status_code, heading(page))
    assert 410 == guest.post(letter.link, data={"answer": "yes"}).status_code
    assert 0 == lasts(city)


def test_a_code_that_was_used(city: World, guest: FlaskClient) -> None:
    """By the same device, later: the page says when; the button pressed twice at once does no harm."""
    stay = online(guest)
    code = newest(city).code
    for _ in range(2):
        assert 303 == guest.post(f"{stay}/code", data={"code": code}).status_code
    guest.post(f"{stay}/out")
    city.time += 120
    at = visit(guest)
    answer = guest.post(f"{at}/email/code", data={"code": code})
    assert 422 == answer.status_code
    assert "This code was used at 1:59 a.m." in plain(answer)
    assert 0 == lasts(city)


def test_the_minutes_end(city: World, guest: FlaskClient) -> None:
    """Then the status page waits for the code, and so does the page that the gateway sends the guest to; the code still counts."""
    stay = online(guest)
    city.time += 601
    page = guest.get(stay)
    assert "Enter your code" == heading(page)
    assert "The minutes for reading your e-mail are over." in plain(page)
    step = guest.get(coova(mac=PHONE))
    assert (303, "/email/code") == (step.status_code, step.headers["Location"][-11:])
    assert "Enter your code" == heading(guest.get(step.headers["Location"]))
    answer = guest.post(step.headers["Location"], data={"code": newest(city).code})
    assert (303, "http://10.1.0.1:3990/logon") == (answer.status_code, answer.headers["Location"].partition("?")[0])
    assert 7_200 == lasts(city)


def test_the_status_page_lets_in_anew(city: World) -> None:
    """Where the gateway is told by us, the code on the status page signs the guest in after the minutes have ended."""
    guest = city.client()
    at = visit_by_controller(city, guest)
    guest.post(f"{at}/email", data={"email": ADDRESS})
    stay = guest.get("/").headers["Location"]
    city.time += 601
    answer = guest.post(f"{stay}/code", data={"code": newest(city).code})
    assert (303, "/s/") == (answer.status_code, answer.headers["Location"][:3])
    assert 7_200 == lasts(city)


def visit_by_controller(city: World, guest: FlaskClient) -> str:
    page = guest.get(cwa(city))
    return next(action.rpartition("/go")[0] for action in forms(page) if action.endswith("/go"))


def test_no_second_minutes(city: World, guest: FlaskClient) -> None:
    """A device waits offline for its second mail of the day; the next day it has minutes again."""
    stay = online(guest)
    guest.post(f"{stay}/out")
    at, answer = ask(guest, OTHER)
    assert (303, f"{at}/email/code") == (answer.status_code, answer.headers["Location"])
    assert 0 == lasts(city)
    page = guest.get(answer.headers["Location"])
    assert "Read the e-mail with your mobile data, or on another device." in plain(page)
    assert 303 == guest.post(f"{at}/email/code", data={"code": newest(city).code}).status_code
    assert 7_200 == lasts(city)
    city.time += 86_401
    online(guest, OTHER)
    assert 600 == lasts(city)


def test_the_minutes_are_not_made_longer(city: World, guest: FlaskClient) -> None:
    """Not by another address, not by the button once more, not by another portal's plan, not by "stay longer"."""
    stay = online(guest)
    city.time += 300
    assert 303 == guest.post(f"{stay}/email", data={"email": OTHER}).status_code
    guest.post(f"{visit(guest)}/email", data={"email": "guest-019@example.org"})
    assert 300 == lasts(city)
    by_code(city, "email", plan=SHORT)
    guest.post(f"{visit(guest)}/email", data={"email": "guest-020@example.org"})
    assert 300 == lasts(city)
    guest.post(f"{stay}/more")
    assert 300 == lasts(city)


def test_one_address_at_a_time(city: World) -> None:
    """While one device has not answered, another of the same address waits offline."""
    online(city.client())
    _, answer = ask(city.client(), station=LAPTOP)
    assert "/email/code" == answer.headers["Location"][-11:]
    assert 0 == lasts(city, LAPTOP)


def test_whoever_is_online_already_waits_for_nothing(city: World, guest: FlaskClient) -> None:
    """By the terms, say: the address is asked and confirmed beside that, and takes nothing away."""
    at = visit(guest)
    guest.post(f"{at}/go")
    before = grant(city)
    answer = guest.post(f"{at}/email", data={"email": ADDRESS})
    assert "/email/code" == answer.headers["Location"][-11:]
    assert before is not None
    assert 7_200 == lasts(city)
    guest.post(f"{at}/email/code", data={"code": newest(city).code})
    after = grant(city)
    assert after is not None
    assert (before.id, before.ends_at, True) == (after.id, after.ends_at, after.account_id is not None)


def test_nothing_left_means_no_minutes(city: World, guest: FlaskClient) -> None:
    """A device that has used its day up waits for the mail offline; its account may have a day of its own."""
    guest.post(f"{visit(guest)}/go")
    with transaction(city.database) as session:
        device = city.privacy.device(PHONE)
        usage.spend(session, [(f"d{device.hex()}", date(city.time), 60, 1_000_000_000)], city.zone)
        held = grants.live(session, device, date(city.time))
        assert held is not None
        grants.revoke(session, held, "signed out", date(city.time))
    _, answer = ask(guest)
    assert "/email/code" == answer.headers["Location"][-11:]
    assert 0 == lasts(city)


def test_a_portal_may_give_no_minutes(city: World, guest: FlaskClient) -> None:
    """provisional = 0: everybody waits offline."""
    words = {key: replace(door, words=replace(door.words, provisional=0)) for key, door in city.doors.by_key.items()}
    city.doors = replace(city.doors, by_key=words)
    _, answer = ask(guest)
    assert "/email/code" == answer.headers["Location"][-11:]
    assert 0 == count(city)


def crowd(city: World) -> str:
    """An account whose plan lets one device in, which is online; the account's id."""
    by_code(city, "email", plan=replace(VISITOR, devices=1))
    with transaction(city.database) as session:
        account = accounts.known(session, city.privacy, Way.EMAIL, ADDRESS, date(city.time)).id
        grants.admit(
            session, device=city.privacy.device(LAPTOP), plan="visitor", seconds=7_200, portal="library", way=Way.EMAIL, terms="",
            language="en", client="library-coova", access_point="", ssid="", site="", account=account, provisional=False,
            now=date(city.time),
        )  # fmt: skip
    return account


def test_too_many_devices(city: World, guest: FlaskClient) -> None:
    """The right code leads to the page that says so, with the way to sign another out; afterwards a button connects."""
    account = crowd(city)
    stay = online(guest)
    page = guest.post(f"{stay}/code", data={"code": newest(city).code})
    assert "Too many devices" == heading(page)
    assert any(link.startswith("/me/") for link in links(page))
    assert "Your address is confirmed" == heading(guest.get(stay))
    with transaction(city.database) as session:
        for held in grants.devices(session, account, date(city.time)):
            grants.revoke(session, held, "signed out", date(city.time))
    assert 303 == guest.post(f"{stay}/code").status_code
    assert 7_200 == lasts(city)


def test_an_account_that_has_nothing_left(city: World, guest: FlaskClient) -> None:
    """The right code leads to the page that says when there is more."""
    with transaction(city.database) as session:
        account = accounts.known(session, city.privacy, Way.EMAIL, ADDRESS, date(city.time)).id
        usage.spend(session, [(account, date(city.time), 60, 1_000_000_000)], city.zone)
    stay = online(guest)
    assert "Today’s data is used up" == heading(guest.post(f"{stay}/code", data={"code": newest(city).code}))
    assert 600 == lasts(city)


def test_another_code(city: World, guest: FlaskClient) -> None:
    """Half a minute apart and three in all: the page counts the seconds, and says which code counts."""
    stay = online(guest)
    early = guest.post(f"{stay}/resend")
    assert 429 == early.status_code
    assert "Wait 30 seconds, then try again." in plain(early)
    for _ in range(2):
        city.time += 31
        answer = guest.post(f"{stay}/resend")
        assert 303 == answer.status_code
        assert "Another code is on its way. Only the newest one counts." in plain(guest.get(answer.headers["Location"]))
    city.time += 31
    last = guest.post(f"{stay}/resend")
    assert (429, True) == (last.status_code, "As many codes were sent as may be." in plain(last))
    codes = [letter.code for letter in sent(city)]
    assert 1 == len(codes)  # those before it had not left, and are not worth sending
    assert 303 == guest.post(f"{stay}/code", data={"code": codes[0]}).status_code


def test_another_code_while_offline(city: World, guest: FlaskClient) -> None:
    """The step that waits has the same button."""
    guest.post(f"{online(guest)}/out")
    at, _ = ask(guest, OTHER)
    assert 429 == guest.post(f"{at}/email/resend").status_code
    city.time += 31
    answer = guest.post(f"{at}/email/resend")
    assert (303, f"{at}/email/code?sent=1") == (answer.status_code, answer.headers["Location"])
    assert "Another code is on its way" in plain(guest.get(answer.headers["Location"]))
    assert 303 == guest.post(f"{at}/email/code", data={"code": newest(city).code}).status_code


def test_another_code_of_nothing(city: World, guest: FlaskClient) -> None:
    """Who asked for none is told that it is too old."""
    answer = guest.post(f"{visit(guest)}/email/resend")
    assert (422, True) == (answer.status_code, "too old" in plain(answer))


def test_five_mails_a_day(city: World, guest: FlaskClient) -> None:
    """A device is told when it may ask again; whoever else wrote to an address is told to nobody."""
    for each in range(5):
        ask(guest, f"guest-{each}@example.org")
    _, answer = ask(guest, OTHER)
    assert (429, True) == (answer.status_code, "The next can be sent from" in plain(answer))
    assert OTHER in answer.text


def test_the_address_that_was_mistyped(city: World, guest: FlaskClient) -> None:
    """The status page leads to a form for another, which replaces the first; the first one's code counts no more."""
    stay = online(guest)
    first = newest(city)
    assert f"{stay}/email" in links(guest.get(stay))
    assert [f"{stay}/email"] == forms(guest.get(f"{stay}/email"))
    assert 422 == guest.post(f"{stay}/email", data={"email": "nobody"}).status_code
    assert 303 == guest.post(f"{stay}/email", data={"email": OTHER}).status_code
    assert 422 == guest.post(f"{stay}/code", data={"code": first.code}).status_code
    assert 303 == guest.post(f"{stay}/code", data={"code": newest(city).code}).status_code
    with reading(city.database) as session:
        assert city.privacy.account(Way.EMAIL, OTHER) == session.scalars(select(Account)).one().identity_hash
    assert 404 == guest.get(f"{stay}/email").status_code


def test_whom_no_code_was_sent(city: World, guest: FlaskClient) -> None:
    """The step without an address before it leads to the address; a terms guest's status page has no code."""
    at = visit(guest)
    page = guest.get(f"{at}/email/code")
    assert f"{at}/email" in links(page)
    guest.post(f"{at}/go")
    stay = guest.get("/").headers["Location"]
    assert 404 == guest.post(f"{stay}/code", data={"code": "123456"}).status_code
    assert 404 == guest.post(f"{stay}/resend").status_code
    assert 404 == guest.get(f"{stay}/email").status_code


def test_a_door_without_it(city: World, guest: FlaskClient) -> None:
    """Where e-mail is no way in, none of its pages is there."""
    by_code(city, "terms")
    at = visit(guest)
    for path in ("email", "email/code", "sms", "sms/code"):
        assert 404 == guest.get(f"{at}/{path}").status_code
        assert 404 == guest.post(f"{at}/{path}", data={"email": ADDRESS, "code": "123456"}).status_code
    assert [] == sent(city)


def test_a_device_that_its_gateway_forgot(city: World, guest: FlaskClient) -> None:
    """Whoever was let in for an account comes back by one button, without another mail; nobody else does, nor after the end."""
    by_code(city, "email", "terms")
    stay = online(guest)
    assert "/again" not in guest.get(visit(guest)).text
    guest.post(f"{stay}/code", data={"code": newest(city).code})
    city.time += 1_800
    page = guest.get(visit(guest))
    paths = forms(page)
    assert ["again", "go"] == [path.rpartition("/")[2] for path in paths]
    assert "Connect again" in page.text
    answer = guest.post(paths[0])
    assert (303, "http://10.1.0.1:3990/logon") == (answer.status_code, answer.headers["Location"].partition("?")[0])
    assert (1, 5_400) == (count(city), lasts(city))
    stranger = visit(city.client(), LAPTOP)
    assert 410 == guest.post(f"{stranger}/again").status_code
    city.time += 5_401
    assert "/again" not in guest.get(visit(guest)).text
    assert 410 == guest.post(f"{visit(guest)}/again").status_code


def test_a_swarm_of_devices_of_one_address(city: World) -> None:
    """Who invents stations writes to so many strangers and to no more, for one address of the network; the limit is a conference's."""
    city.house = replace(city.house, sending_rate=1)
    guest = city.client()  # rates are an app's own
    said = [ask(guest, f"guest-{each}@example.org", f"02-00-5E-00-01-0{each}")[1].status_code for each in range(6)]
    assert [303, 303, 303, 303, 303, 429] == said
