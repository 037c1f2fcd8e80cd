"""A library card at the page: a real slapd, real rows; guesses, injections, and a directory that is away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from portal.cases import card
from portal.guest.card import EARLIEST
from store.directory import Directory, Person
from store.models import Account, Grant, Guess, Way
from store.refusal import Refusal
from store.session import reading
from tests.peers import slapd
from tests.portal.guests import arrive, forms, heading, plain
from tests.portal.world import coova

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.portal.world import World

CARD, PIN = slapd.CARDS["ada"], slapd.PASSWORD
AS_ADA = 'BIND dn="cn=Ada,ou=people,dc=city,dc=example" method=128'  # in slapd's own log
WRONG = "That number or name and that PIN or password do not belong together."


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[slapd.Slapd]:
    """One slapd for all of them."""
    with slapd.running(tmp_path_factory.mktemp("library") / "city") as running:
        yield running


class Asked:
    """A directory that keeps what it was asked."""

    def __init__(self, answer: Person | Refusal) -> None:
        self.answer = answer
        self.calls: list[tuple[bytes, bytes]] = []

    def __call__(self, name: bytes, password: bytes, _may: object) -> Person | Refusal:
        self.calls.append((name, password))
        return self.answer


def asks(city: World, answer: Person | Refusal = Refusal.WRONG_PASSWORD) -> Asked:
    """The city with a stand-in for its directory: where only what is asked, or not, matters."""
    city.offer("card")
    city.more["directory"] = asked = Asked(answer)
    return asked


def real(city: World, library: slapd.Slapd) -> None:
    city.offer("card")
    city.more["directory"] = Directory(library.reach()).guest


def come(guest: FlaskClient, number: int = 7) -> str:
    """Page one's way to the card's own page, for one device."""
    page = guest.get(coova(mac=f"02-00-5E-00-{number // 256:02X}-{number % 256:02X}"))
    return re.findall(r"/v/[\w-]+", page.text)[0] + "/card"


def typed(guest: FlaskClient, path: str, name: str = CARD, password: str = PIN) -> TestResponse:
    return guest.post(path, data={"name": name, "password": password})


def rows(city: World, kind: type) -> list:
    with reading(city.database) as session:
        return list(session.scalars(select(kind)))


@pytest.mark.peer("slapd")
def test_a_card_and_its_pin_let_in(city, library) -> None:
    """The number and the PIN: a grant by card, for an account that the directory's own key names."""
    real(city, library)
    guest = city.client(cookies=False)
    path = come(guest)
    page = guest.get(path)
    assert ("Use my library card", [path]) == (heading(page), forms(page))
    answer = typed(guest, path)
    assert (303, "10.1.0.1:3990") == (answer.status_code, urlsplit(answer.headers["Location"]).netloc)
    [account], [grant] = rows(city, Account), rows(city, Grant)
    assert (Way.CARD, account.id) == (grant.way, grant.account_id)
    assert b"guest-017@example.org" == city.privacy.opened(account.contact, "account", account.id, "contact")
    assert [] == rows(city, Guess)


@pytest.mark.peer("slapd")
def test_the_card_and_the_name_are_one_account(city, library) -> None:
    """Whoever has a card may type their name as well, in capitals too: on two devices they are one guest."""
    real(city, library)
    guest = city.client()
    assert [303] * 3 == [typed(guest, come(guest, number), name).status_code for number, name in enumerate([CARD, "ada", " ADA "])]
    assert 1 == len(rows(city, Account))


@pytest.mark.peer("slapd")
@pytest.mark.parametrize(
    "name", ["*", "*)(uid=*", "ada)(|(uid=*", "ada\\00", "\\2a", "cn=Ada,ou=people,dc=city,dc=example", "", " ", "\x00ada"]
)
def test_no_name_is_a_filter(city, library, name) -> None:
    """Whatever stands where a name belongs is looked for as it is, and is nobody's."""
    real(city, library)
    guest = city.client()
    answer = typed(guest, come(guest), name)
    assert (422, []) == (answer.status_code, rows(city, Grant))


@pytest.mark.peer("slapd")
def test_people_with_odd_names_come_in(city, library) -> None:
    """A star, brackets or a backslash in a name are a person's, who signs in by it."""
    real(city, library)
    guest = city.client()
    answers = [typed(guest, come(guest, number), name).status_code for number, name in enumerate(slapd.PEOPLE)]
    assert [303] * len(slapd.PEOPLE) == answers
    assert len(slapd.PEOPLE) == len(rows(city, Account))


@pytest.mark.peer("slapd")
def test_nobody_learns_whether_it_was_the_name_or_the_password(city, library) -> None:
    """Unknown name, wrong password, locked entry, no password kept, two of a name: the same page at the same time."""
    real(city, library)
    guest = city.client()
    pages, times = set(), set()
    for number, name in enumerate(["nobody", "ada", slapd.LOCKED, slapd.NO_PASSWORD, slapd.TWINS]):
        path, began = come(guest, number), city.time
        answer = typed(guest, path, name, "wrong")
        token, shown = path.split("/")[2], plain(answer)
        assert WRONG in shown
        pages.add((answer.status_code, re.sub(r"\b\w{3}-\w{3}\b", "", shown.replace(token, "").replace(name, ""))))  # the support number
        times.add(round(city.time - began, 3))
    assert (1, {EARLIEST}) == (len(pages), times)


@pytest.mark.parametrize(("name", "password"), [(CARD, ""), ("", PIN), ("", ""), (CARD, "x" * 257)])
def test_the_directory_is_not_asked_without_both(city, name, password) -> None:
    """An empty password binds to anybody (RFC 4513, 5.1.2): it does not come as far as the directory."""
    asked = asks(city, Person("cn=Ada", "ada"))
    guest = city.client()
    answer = typed(guest, come(guest), name, password)
    assert (422, [], []) == (answer.status_code, asked.calls, rows(city, Grant))


def test_a_name_is_tried_four_times_whoever_tries(city) -> None:
    """A hundred devices that try one name, however it is spelt, reach the directory four times in any quarter of an hour."""
    asked = asks(city)
    guest, reached = city.client(), []
    for number in range(100):
        before = len(asked.calls)
        typed(guest, come(guest, number), ["ada", "ADA", " ada", "a\u00adda", "ádá", "a.d-a"][number % 6], "wrong")
        if len(asked.calls) > before:
            reached.append(city.time)
        city.time += 30
    most = max(sum(begin <= each < begin + card.WINDOW.total_seconds() for each in reached) for begin in reached)
    assert (card.TRIES, True) == (most, len(reached) >= 2 * card.TRIES)


def test_four_in_any_span(city) -> None:
    """Three tries at the end of one span leave one in the next: never more than four within a quarter of an hour."""
    asked = asks(city)
    guest = city.client()
    window = card.WINDOW.total_seconds()
    city.time += window - city.time % window - 10
    for number in range(3):
        typed(guest, come(guest, number), "ada", "wrong")
    city.time += 20
    answers = [typed(guest, come(guest, 10 + number), "ada", "wrong") for number in range(3)]
    assert ([422, 429, 429], 4) == ([each.status_code for each in answers], len(asked.calls))
    assert "There were several wrong tries. The next is taken at" in plain(answers[-1])
    assert 422 == typed(guest, come(guest, 20), "grace", "wrong").status_code


@pytest.mark.peer("slapd")
def test_a_person_with_two_names_has_four_tries(city, library) -> None:
    """By card and by name together four binds in a quarter of an hour; nobody learns that both are one person's."""
    real(city, library)
    guest, before = city.client(), library.searches.count(AS_ADA)
    for number in range(8):
        answer = typed(guest, come(guest, number), [CARD, "ada"][number % 2], "wrong")
        assert (422, True) == (answer.status_code, WRONG in plain(answer))
    assert card.TRIES == library.searches.count(AS_ADA) - before
    city.time += card.WINDOW.total_seconds() * 2
    assert 303 == typed(guest, come(guest, 9), "ada").status_code


def test_a_device_waits_longer_each_time(city) -> None:
    """Who tries many names from one device is slowed, to a try in half a minute."""
    asked = asks(city)
    guest = city.client()
    path = come(guest)
    until = city.time + 300
    while city.time < until:
        typed(guest, path, f"person-{city.time}", "wrong")
        city.time += 0.5
    assert len(asked.calls) <= 5 + 5 + 300 // 30 + 1
    assert [("card", "device")] == [(line["what"], line["whose"]) for line in city.lines if line["event"] == "guessing"]


def test_a_right_password_takes_the_try_back(city) -> None:
    """Whoever signs in again and again is never asked to wait."""
    asks(city, Person("cn=Ada", "ada"))
    guest = city.client()
    assert {303} == {typed(guest, come(guest, number)).status_code for number in range(12)}
    assert [] == rows(city, Guess)


@pytest.mark.parametrize("refusal", [refusal for refusal in Refusal if refusal.ours] + [Refusal.BUSY])
def test_a_directory_that_is_away_is_nobodys_fault(city, refusal) -> None:
    """The page says so, and the try does not count."""
    asks(city, refusal)
    guest = city.client()
    path = come(guest)
    answers = [typed(guest, path) for _ in range(8)]
    assert {(503, "Not at this moment")} == {(each.status_code, heading(each)) for each in answers}
    assert "It is not your fault" in plain(answers[0])
    assert ([], []) == (rows(city, Guess), rows(city, Grant))


@pytest.mark.peer("slapd")
def test_a_directory_that_dies_is_told_within_three_seconds(city, tmp_path) -> None:
    """slapd gone: the page says that it is away, and one who comes later, when it is back, gets in."""
    with slapd.running(tmp_path / "slapd") as library:
        real(city, library)
        guest = city.client()
        library.program.stop()
        assert 503 == typed(guest, come(guest)).status_code
        library.start()
        city.more["directory"] = Directory(library.reach()).guest
        assert 303 == typed(city.client(), come(guest)).status_code


def test_no_more_ask_than_may(city) -> None:
    """Where every place is taken the guest is told that the directory is away, at once, and the directory is left alone."""
    asked = asks(city, Person("cn=Ada", "ada"))
    guest = city.client()
    asking = guest.application.extensions["guest"].asking
    path = come(guest)
    while asking.acquire(blocking=False):
        pass
    assert (503, []) == (typed(guest, path).status_code, asked.calls)


def test_no_transaction_is_open_while_the_directory_is_asked(city) -> None:
    """Another page writes meanwhile: SQLite has one writer, and the directory may take seconds."""
    asks(city)
    guest, other = city.client(), []

    def slow(name: bytes, _password: bytes, _may: object) -> Refusal:
        with city.database.begin() as connection:
            connection.exec_driver_sql("DELETE FROM guess WHERE name = 'nobody'")
        other.append(name)
        return Refusal.WRONG_PASSWORD

    city.more["directory"] = slow
    assert (422, [CARD.encode()]) == (typed(city.client(), come(guest)).status_code, other)


def test_what_is_typed_is_nowhere(city) -> None:
    """Neither name nor password is in a log line, in the answer's address, or in a row."""
    asks(city)
    guest = city.client()
    answer = typed(guest, come(guest), "ada-lovelace", "enchantress-1815")
    assert "enchantress-1815" not in answer.text
    said = str(city.lines) + str([(row.name, row.count) for row in rows(city, Guess)])
    assert (False, False) == ("lovelace" in said, "enchantress" in said)


def test_where_no_card_is_asked_for_there_is_no_page(city) -> None:
    """A door that does not offer the way has none."""
    guest = city.client()
    path = arrive(guest).replace("/go", "/card")
    assert (404, 404) == (guest.get(path).status_code, typed(guest, path).status_code)


def test_the_counted_names_fold_what_directories_fold() -> None:
    """Case, width, accents, invisible characters and punctuation make no other name; letters do."""
    assert {"ada"} == {card.canonical(each) for each in ("ada", "ADA", "a\u200bda", "\uff41da", "Adá", " a d a ")}
    assert ("ж", "***") == (card.canonical("Ж"), card.canonical("***"))
