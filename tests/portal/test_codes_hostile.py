"""Codes and mails under attack: bad input, enumeration, many at once, and what is left of them in logs, URLs and pages."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from portal.capabilities import Visit, seal_visit
from portal.words import date
from radius.nas.family import Arrival
from store import accounts, grants
from store.models import Account, Challenge, Grant, Message, Way
from store.session import reading, transaction
from tests.portal.mail import ADDRESS, LAPTOP, NUMBER, OTHER, PHONE, ask, by_code, newest, online, other, sent, visit
from tests.portal.world import COOVA_KEY

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.portal.world import World

BAD = (
    "a\0b@example.org", "a@example.org\r\nBcc: b@example.org", "a@b@c", '"quo ted"@example.org', "a@[::1]", "\u202ea@example.org",
    "<script>@x.org", "a" * 60_000, "%00", "../../etc/passwd", "a@example.org,b@example.org", "a@example.org b@example.org",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _offered(city: World) -> None:
    by_code(city)


def rows(city: World) -> int:
    with reading(city.database) as session:
        return sum(session.scalar(select(func.count()).select_from(table)) or 0 for table in (Challenge, Message, Account, Grant))


@pytest.mark.parametrize("typed", BAD)
def test_bad_addresses_leave_nothing(city: World, guest: FlaskClient, typed: str) -> None:
    """A page that says so, with nothing of it unescaped; no row, no message, no header."""
    at = visit(guest)
    for path, field in ((f"{at}/email", "email"), ("/", "email"), (f"{at}/sms", "phone")):
        answer = guest.post(path, data={field: typed})
        assert 422 == answer.status_code
        assert "<script>@" not in answer.text
        assert "\0" not in answer.text
        assert not any("Bcc" in value for value in answer.headers.values())
    assert 0 == rows(city)


@pytest.mark.parametrize("typed", ["", " ", "\0", "12345", "1234567", "-1", "abc", "1" * 60_000, "%s%s", "123456\r\n", "\u0661" * 6])
def test_bad_codes_are_wrong(city: World, guest: FlaskClient, typed: str) -> None:
    """Never a fault, never a way in."""
    stay = online(guest)
    answer = guest.post(f"{stay}/code", data={"code": typed})
    assert 422 == answer.status_code
    with reading(city.database) as session:
        assert session.scalars(select(Grant)).one().provisional


def test_too_much_is_refused(city: World, guest: FlaskClient) -> None:
    """64 KiB and a form of a thousand fields."""
    at = visit(guest)
    assert 413 == guest.post(f"{at}/email", data={"email": "a" * 65_536}).status_code
    assert 413 == guest.post(f"{at}/email", data={f"f{each}": "x" * 100 for each in range(1_000)}).status_code
    many = guest.post(f"{at}/email", data="email=a%40example.org&email=b%40example.org", content_type="application/x-www-form-urlencoded")
    assert 303 == many.status_code
    assert ["a@example.org"] == [letter.to for letter in sent(city)]
    assert 422 == guest.post(f"{at}/email", data=b"\xff\xfe=\xff", content_type="application/x-www-form-urlencoded").status_code


def test_nobody_learns_who_has_an_account(city: World) -> None:
    """Who signed in before and who never did: the same status, headers and page but for tokens and numbers."""
    with transaction(city.database) as session:
        accounts.known(session, city.privacy, Way.EMAIL, ADDRESS, date(city.time))
        accounts.known(session, city.privacy, Way.SMS, NUMBER, date(city.time))
    seen = []
    for station, address, number in ((PHONE, ADDRESS, "416 555 0123"), (LAPTOP, "gu-018@example.org", "416 556 0123")):
        guest = city.client()
        at, answer = ask(guest, address, station)
        page = guest.get(guest.get("/").headers["Location"])
        text = guest.post(f"{at}/sms", data={"phone": number})
        step = guest.get(f"{at}/sms/code")
        seen.append((answer.status_code, sorted(answer.headers.keys()), text.status_code, page.text.count("<"), step.text.count("<")))
    assert seen[0] == seen[1]


def test_nothing_private_in_logs_and_urls(city: World) -> None:
    """No address, number, code or token in any line or Location, whatever is done."""
    guest, reader = city.client(), city.client()
    at, answer = ask(guest)
    letter = newest(city)
    urls = [answer.headers["Location"]]
    stay = guest.get("/").headers["Location"]
    for path, fields in (
        (f"{stay}/code", {"code": other(letter.code)}), (f"{stay}/email", {"email": OTHER}), (f"{stay}/resend", {}),
        (f"{at}/sms", {"phone": "416 555 0123"}), (f"{at}/sms/code", {"code": "000000"}), ("/", {"email": ADDRESS}), ("/", {"email": "no"}),
    ):  # fmt: skip
        urls.append(guest.post(path, data=fields).headers.get("Location", ""))
    codes = [each.code for each in sent(city) if "code" in each.text]
    mails = [each for each in sent(city) if each.kind == "mail"]
    reader.get(mails[-1].link)
    reader.post(mails[-1].link, data={"answer": "yes"})
    words = (ADDRESS, OTHER, NUMBER, "416 555", "example.org", letter.link.partition("?")[0], at, *codes, letter.code)
    said = [str(line) for line in city.lines] + urls[1:]
    assert [] == [(word, line) for word in words for line in said if word in line and not (word == at and line.startswith("/v/"))]
    assert {"/m/<token>", "/s/<token>/code", "/v/<token>/email"} <= {line["route"] for line in city.lines}


def test_no_page_leaks_the_address(city: World) -> None:
    """The step and the status page show a mask; a visit that the gateway has not signed, not even that."""
    guest = city.client()
    stay = online(guest)
    assert ADDRESS not in guest.get(stay).text
    assert "gu…@example.org" in guest.get(stay).text
    guest.post(f"{stay}/out")
    at, _ = ask(guest)
    page = guest.get(f"{at}/email/code")
    assert [False, True] == [ADDRESS in page.text, "gu…@example.org" in page.text]
    assert "no-referrer" == page.headers["Referrer-Policy"]
    unsigned = seal_visit(city.tokens, Visit(COOVA_KEY, Arrival(PHONE), "K7Q-42M"), city.time)
    forged = guest.get(f"/v/{unsigned}/email/code")
    assert [200, False, True] == [forged.status_code, "gu…" in forged.text, "We sent you a code." in forged.text]


def test_two_at_once_confirm_one_grant(city: World) -> None:
    """The code and the link in the same moment, several times over: one account, one grant, for the plan's time."""
    guest = city.client()
    stay = online(guest)
    letter = newest(city)
    said: list[int] = []
    gate = threading.Barrier(4)

    def post(path: str, fields: dict[str, str]) -> None:
        browser = city.client()
        gate.wait(30)
        said.append(browser.post(path, data=fields).status_code)

    work = [(f"{stay}/code", {"code": letter.code})] * 2 + [(letter.link, {"answer": "yes"})] * 2
    threads = [threading.Thread(target=post, args=each) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert 4 == len(said)
    assert set(said) <= {200, 303, 410}
    with reading(city.database) as session:
        grant = session.scalars(select(Grant)).one()
        assert (False, 7_200.0) == (grant.provisional, (grant.ends_at - grant.starts_at).total_seconds())
        assert 1 == session.scalar(select(func.count()).select_from(Account))


def test_guessing_wins_nothing(city: World) -> None:
    """A device that guesses meets a dead challenge, then a wait; whose address it is can still sign in elsewhere."""
    robber = city.client()
    stay = online(robber)
    code = newest(city).code
    said = {robber.post(f"{stay}/code", data={"code": f"{each:06}"}).status_code for each in range(40) if f"{each:06}" != code}
    assert {422, 429} == said
    assert 429 == robber.post(f"{stay}/code", data={"code": code}).status_code
    robber.post(f"{stay}/out")
    owner = city.client()
    at, _ = ask(owner, station=LAPTOP)
    assert 303 == owner.post(f"{at}/email/code", data={"code": newest(city).code}).status_code
    with reading(city.database) as session:
        assert grants.live(session, city.privacy.device(LAPTOP), date(city.time)) is not None


def test_forms_without_their_token(city: World, guest: FlaskClient) -> None:
    """A page of strangers cannot send them: what is not ours is 410, and a cookie alone lets nobody in."""
    online(guest)
    for path in ("/v/x/email", "/v/x/email/code", "/v/x/email/resend", "/s/x/code", "/s/x/resend", "/s/x/email", "/m/x", "/v/x/sms"):
        assert 410 == guest.post(path, data={"email": ADDRESS, "code": newest(city).code, "answer": "yes"}).status_code
    with reading(city.database) as session:
        assert session.scalars(select(Grant)).one().provisional
