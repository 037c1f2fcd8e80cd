"""A sponsor's approval: asked, answered, taken up; whoever asks too often, for strangers, or twice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from portal.cases import sponsor as case
from portal.words import date
from store import messages, sponsors
from store.models import Account, Challenge, Grant, Message, MessageKind, Order, OrderKind, Settled, Way
from store.session import reading, transaction
from tests.portal.guests import forms, heading, plain, sent_to
from tests.portal.world import STATION, URL, coova, cwa

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.portal.world import World

SPONSORS = ("@city.example", "desk@library.example")
DESK = "desk@library.example"
NAME = "Guest Seventeen"


@pytest.fixture(autouse=True)
def offered(city: World) -> None:
    city.offer("terms", "sponsor", sponsors=SPONSORS)


def come(guest: FlaskClient, path: str = "", number: int = 7) -> str:
    """The page at which a sponsor is asked, of one device."""
    page = guest.get(path or coova(mac=f"02-00-5E-00-00-{number:02X}"))
    return forms(page)[0].rpartition("/")[0] + "/sponsor"


def asked(guest: FlaskClient, path: str, email: str = DESK, name: str = NAME) -> TestResponse:
    return guest.post(path, data={"name": name, "email": email})


def rows(city: World, kind: type) -> list[Any]:
    with reading(city.database) as session:
        return list(session.scalars(select(kind)))


def mails(city: World) -> list[tuple[str, str]]:
    """(to, text) of each that waits to be sent."""
    with transaction(city.database) as session:
        found = [messages.take(session, city.privacy, each.message, date(city.time)) for each in
                 messages.waiting(session, [MessageKind.MAIL], date(city.time))]  # fmt: skip
    return [(each.to, each.content.text) for each in found if each is not None]


def link(text: str) -> str:
    """The path that a mail leads to."""
    return re.findall(re.escape(URL) + r"(/sponsor/[\w-]+)", text)[0]


def question(city: World, guest: FlaskClient, path: str) -> str:
    """Ask, and read the sponsor's mail."""
    assert 303 == asked(guest, path).status_code
    [(to, text)] = mails(city)
    assert DESK == to
    return link(text)


def test_a_guest_asks_a_sponsor_says_yes_and_the_guest_is_in(city, guest) -> None:
    """The whole way: the mail names the guest, its page says who, where, when and what; "Check again" connects."""
    path, desk = come(guest), city.client()
    answer = asked(guest, path)
    assert (303, path) == (answer.status_code, answer.headers["Location"])
    waiting = guest.get(path)
    assert ("Waiting for an answer", True) == (heading(waiting), "We have sent an e-mail to de…@library.example." in plain(waiting))
    [(to, text)] = mails(city)
    assert (DESK, True) == (to, NAME in text)
    assert "There is no answer from de…@library.example yet." in plain(guest.post(f"{path}/check"))
    page = desk.get(link(text))
    assert "Let this guest in?" == heading(page)
    for said in (NAME, "Central Library", "2 hours at a time, 1 GB a day."):
        assert said in plain(page)
    assert "Thank you: your guest is let in" == heading(desk.post(link(text), data={"answer": "yes"}))
    assert "You can connect now" == heading(guest.get(path))
    assert "http://10.1.0.1:3990/logon" == sent_to(guest.post(f"{path}/check"))[0]
    [grant], [account], [row] = rows(city, Grant), rows(city, Account), rows(city, Challenge)
    assert (Way.SPONSOR, account.id, city.privacy.device(STATION), grant.id) == (
        grant.way,
        grant.account_id,
        grant.device_hash,
        row.grant_id,
    )


def test_looking_decides_nothing(city, guest) -> None:
    """Mail servers follow links: GET and HEAD change nothing, however often."""
    path = come(guest)
    where, desk = question(city, guest, path), city.client()
    assert [200] * 4 == [
        desk.get(where).status_code,
        desk.head(where).status_code,
        desk.get(where).status_code,
        guest.get(path).status_code,
    ]
    assert (None, []) == (rows(city, Challenge)[0].outcome, rows(city, Grant))
    assert 404 == desk.post(where).status_code


def test_a_sponsor_says_no(city, guest) -> None:
    """The guest is told so, is offered other ways, and is not in."""
    path = come(guest)
    assert "Your guest is not let in" == heading(city.client().post(question(city, guest, path), data={"answer": "no"}))
    for page in (guest.get(path), guest.post(f"{path}/check")):
        assert "Your sponsor said no" == heading(page)
    assert [] == rows(city, Grant)


def test_a_way_that_was_taken_away_meanwhile(city, guest) -> None:
    """Nobody is told that a guest is let in who is not: the sponsor hears that the question is over, and no answer is kept."""
    where, desk = question(city, guest, come(guest)), city.client()
    city.offer("terms")
    assert ["This question is too old"] * 2 == [heading(desk.get(where)), heading(desk.post(where, data={"answer": "yes"}))]
    assert (None, []) == (rows(city, Challenge)[0].outcome, rows(city, Grant))


@pytest.mark.parametrize(("first", "then", "said"), [("yes", "no", "This guest was let in already"), ("no", "yes", "You said no already")])
def test_one_answer_counts(city, guest, first, then, said) -> None:
    """Whoever comes second with the same link is told what was said, and changes nothing."""
    where, desk = question(city, guest, come(guest)), city.client()
    desk.post(where, data={"answer": first})
    again = desk.post(where, data={"answer": then})
    assert (410, said, said) == (again.status_code, heading(again), heading(desk.get(where)))
    assert {"yes": Settled.CONFIRMED, "no": Settled.DENIED}[first] is rows(city, Challenge)[0].outcome


def test_an_approval_lets_one_in_once(city, guest) -> None:
    """Pressed twice it is the same grant; when that has ended, the approval is used."""
    path = come(guest)
    city.client().post(question(city, guest, path), data={"answer": "yes"})
    assert [303, 303] == [guest.post(f"{path}/check").status_code for _ in range(2)]
    assert 1 == len(rows(city, Grant))
    city.time += 7_300
    path = come(guest)
    answer = guest.post(f"{path}/check")
    assert (422, "Ask a sponsor", 1) == (answer.status_code, heading(answer), len(rows(city, Grant)))


def test_half_an_hour_for_an_answer(city, guest) -> None:
    """Then the link is too old, and the guest may ask once more."""
    path = come(guest)
    where = question(city, guest, path)
    city.time += sponsors.LASTS.total_seconds()
    late = city.client().post(where, data={"answer": "yes"})
    assert (410, "This question is too old") == (late.status_code, heading(late))
    path = come(guest)
    assert "Your request is over. Ask once more." in plain(guest.post(f"{path}/check"))


def test_a_guest_who_closed_the_page_comes_back(city, guest) -> None:
    """The approval waits twelve hours for its device: the next arrival finds it."""
    city.client().post(question(city, guest, come(guest)), data={"answer": "yes"})
    city.time += sponsors.TAKEN.total_seconds() - 60
    other = city.client(cookies=False)
    path = come(other)
    assert "You can connect now" == heading(other.get(path))
    assert 303 == other.post(f"{path}/check").status_code


def test_nobody_else_takes_an_approval_up(city, guest) -> None:
    """It is the device's that asked: another's "Check again" finds nothing."""
    city.client().post(question(city, guest, come(guest)), data={"answer": "yes"})
    other = city.client()
    answer = other.post(f"{come(other, number=8)}/check")
    assert (422, []) == (answer.status_code, rows(city, Grant))


def test_where_we_tell_the_gateway_approval_is_enough(city, guest) -> None:
    """A controller that takes our orders lets the guest in at once, whose page may be closed."""
    path = come(guest, cwa(city))
    where = question(city, guest, path)
    done = city.client().post(where, data={"answer": "yes"})
    assert f"{NAME} is going online now." in plain(done)
    [grant], [order] = rows(city, Grant), rows(city, Order)
    assert (OrderKind.GRANT, grant.id, "library-cisco-cwa") == (order.kind, order.grant_id, order.client)
    answer = guest.post(f"{path}/check")
    assert (303, 1, 1) == (answer.status_code, len(rows(city, Grant)), len(rows(city, Order)))


def test_what_the_gateway_cannot_be_told_waits_for_the_guest(city, guest) -> None:
    """Where the family finds no way without the browser, the yes stands, and no half of a grant is left."""
    path = come(guest, cwa(city))
    where = question(city, guest, path)
    with transaction(city.database) as session:
        for row in session.scalars(select(Challenge)):
            row.target = None
    done = city.client().post(where, data={"answer": "yes"})
    assert ("Thank you: your guest is let in", []) == (heading(done), rows(city, Grant))
    assert 303 == guest.post(f"{path}/check").status_code


@pytest.mark.parametrize(
    "email", ["", "desk", "desk@", "@city.example", "clerk@elsewhere.example", "clerk@city.example.elsewhere.example",
              "clerk@sub.city.example", "other@library.example", "desk@library.example\r\nBcc: all@city.example", "a@b@city.example"],
)  # fmt: skip
def test_only_the_portals_sponsors_are_asked(city, guest, email) -> None:
    """No address but those that the network file names, however it is written."""
    answer = asked(guest, come(guest), email)
    assert (422, [], []) == (answer.status_code, rows(city, Challenge), rows(city, Message))


@pytest.mark.parametrize("email", ["clerk@city.example", " Clerk@City.Example ", "DESK@library.example"])
def test_every_sponsor_is(city, guest, email) -> None:
    """Everybody of a named domain, and a named address; in capitals too."""
    assert (303, 1) == (asked(guest, come(guest), email).status_code, len(mails(city)))


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "…", "\u202e\u200b", "12"])
def test_a_guest_has_a_name(city, guest, name) -> None:
    """Eighty characters at most, with a letter in it, and nothing unseen."""
    assert (422, []) == (asked(guest, come(guest), name=name).status_code, rows(city, Message))


def test_a_name_is_text(city, guest) -> None:
    """Markup and line breaks in a name are shown as they are, on one line, on the page and in the mail."""
    path = come(guest)
    asked(guest, path, name="<b>Eve</b>\r\nSubject: free\t{{7*7}} http://evil.example/")
    [(_to, text)] = mails(city)
    page = city.client().get(link(text))
    assert (False, True) == ("<b>Eve" in page.text, "<b>Eve</b> Subject: free {{7*7}}" in plain(page))
    assert (False, False) == ("http://evil.example" in text, "\nSubject" in text)


def test_the_same_answer_whether_a_mailbox_exists(city) -> None:
    """Within a domain nobody learns who works there: every address gets the same page."""
    pages = set()
    for number, email in enumerate(["clerk@city.example", "nobody.at.all@city.example"]):
        guest = city.client()
        answer = asked(guest, come(guest, number=20 + number), email)
        pages.add((answer.status_code, re.sub(r"/v/[\w-]+", "", answer.headers["Location"])))
    assert 1 == len(pages)


def test_a_device_asks_three_times_an_hour(city, guest) -> None:
    """The fourth is told when; an hour later there is room. Pressing twice asks once."""
    path = come(guest)
    names = ["First", "First", "Second", "Third", "Fourth"]
    answers = [asked(guest, path, name=name) for name in names]
    assert [303, 303, 303, 303, 429] == [each.status_code for each in answers]
    assert "You have asked three times. You can ask again at" in plain(answers[-1])
    assert 3 == len(mails(city))
    city.time += 3_600
    assert 303 == asked(guest, come(guest), name="Fourth").status_code


def test_a_sponsor_gets_twenty_mails_a_day(city) -> None:
    """Thirty devices ask for one address: each sees the same page, twenty mails are sent."""
    codes = set()
    for number in range(30):
        guest = city.client()
        codes.add(asked(guest, come(guest, number=number), DESK.upper() if number % 2 else DESK).status_code)
    assert ({303}, sponsors.MAILS) == (codes, len(mails(city)))


def test_a_newer_question_takes_the_older_ones_place(city, guest) -> None:
    """Who asks somebody else is let in by them alone: the first link is worth nothing."""
    path = come(guest)
    first = question(city, guest, path)
    asked(guest, path, "clerk@city.example")
    [(_to, text)] = mails(city)
    desk = city.client()
    assert 410 == desk.post(first, data={"answer": "yes"}).status_code
    assert 200 == desk.post(link(text), data={"answer": "yes"}).status_code
    assert 303 == guest.post(f"{path}/check").status_code


def test_asking_again_is_no_new_account(city, guest) -> None:
    """The same name, sponsor and device keep what was used of the day; another name has to be approved anew, and is another."""
    for name, accounts in ((NAME, 1), (NAME.upper(), 1), ("Somebody Else", 2)):
        path = come(guest)
        asked(guest, path, name=name)
        [(_to, text)] = mails(city)
        city.client().post(link(text), data={"answer": "yes"})
        guest.post(f"{path}/check")
        assert accounts == len(rows(city, Account))
        city.time += 3_700 + 7_200


def test_forged_and_foreign_links_are_nothing(city, guest) -> None:
    """A mail's, a visit's or a made-up token opens no question."""
    path = come(guest)
    token = question(city, guest, path).rpartition("/")[2]
    desk = city.client()
    for where in ("/sponsor/x", f"/sponsor/{path.split('/')[2]}", f"/m/{token}", f"/v/{token}/sponsor", f"/sponsor/{token[:-2]}AA"):
        assert desk.get(where).status_code in (404, 410)
        assert desk.post(where, data={"answer": "yes"}).status_code in (404, 405, 410)
    assert None is rows(city, Challenge)[0].outcome


def test_nothing_of_it_is_in_clear(city, guest) -> None:
    """Name and address are sealed in every row, and in no line of the log."""
    asked(guest, come(guest))
    dump = b"\n".join(str(list(row)).encode() for row in _whole(city))
    assert (False, False) == (NAME.encode() in dump, DESK.encode() in dump)
    assert (False, False) == (NAME in str(city.lines), DESK in str(city.lines))


def _whole(city: World) -> list[Any]:
    with city.database.connect() as connection:
        return [
            row for table in ("challenge", "message", "account", "guess") for row in connection.exec_driver_sql(f"SELECT * FROM {table}")
        ]


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("a@city.example", True),
        ("A@CITY.example", True),
        ("desk@library.example", True),
        ("x@library.example", False),
        ("city.example", False),
    ],
)
def test_who_may_be_asked(address, allowed) -> None:
    """An address is compared whole, a domain behind its @."""
    assert allowed is case.may(address, SPONSORS)
