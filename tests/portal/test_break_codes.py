"""Codes and links against who guesses what was never sent, has another press yes, or spells one mailbox in a hundred ways."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, select

from portal.capabilities import Visit, seal_visit
from portal.words import date
from radius.nas.family import Arrival
from store import accounts
from store.challenges import DAILY
from store.models import Challenge, Way
from store.privacy import Privacy
from store.session import reading, transaction
from tests.portal.guests import heading
from tests.portal.mail import ADDRESS, LAPTOP, OTHER, PHONE, ask, by_code, grant, newest, online, sent
from tests.portal.world import COOVA_KEY

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.portal.world import World


@pytest.fixture(autouse=True)
def _offered(city: World) -> None:
    by_code(city, "email", "terms", "sponsor")


def stations(count: int) -> list[str]:
    return [f"02-00-5E-00-01-{each:02X}" for each in range(count)]


def test_a_code_that_was_not_sent_opens_nothing(city: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address has had its five codes: whoever asks from further devices may type what they like, even what would have been the code."""
    made: list[str] = []
    whole = city.privacy.code
    for station in stations(DAILY):
        ask(city.client(), station=station)

    def heard(_self: Privacy, challenge: str, code: str) -> bytes:
        made.append(code)
        return whole(challenge, code)

    monkeypatch.setattr(Privacy, "code", heard)
    robber = city.client()
    at, _ = ask(robber, station=LAPTOP)
    assert DAILY == len(sent(city))
    assert 422 == robber.post(f"{at}/email/code", data={"code": made[-1]}).status_code
    held = grant(city, LAPTOP)
    assert held is None or held.provisional


def test_a_yes_elsewhere_opens_no_account_here(city: World) -> None:
    """Who types another's address, and whose owner presses yes, is online by it; what is kept of that owner stays shut."""
    owner, stranger = city.client(), city.client()
    at, _ = ask(owner, station=LAPTOP)
    owner.post(f"{at}/email/code", data={"code": newest(city).code})
    city.time += 3_600
    stranger.post(f"{online(stranger)}/out")
    at, _ = ask(stranger)
    city.client().post(newest(city).link, data={"answer": "yes"})
    assert 303 == stranger.post(f"{at}/email/code").status_code
    assert grant(city, PHONE) is not None
    stay = stranger.get("/").headers["Location"]
    page = stranger.get(f"{stay}/me")
    assert (200, "Is it you?") == (page.status_code, heading(page))


def test_a_link_for_nobody_is_as_much_work(city: World, guest: FlaskClient) -> None:
    """Whoever has a clock learns as little as whoever reads the page: as many statements, whether there is an account or not."""
    done: list[str] = []
    with transaction(city.database) as session:
        accounts.known(session, city.privacy, Way.EMAIL, ADDRESS, date(city.time))
    event.listen(city.database, "before_cursor_execute", lambda *words: done.append(words[2].split()[0]))
    said = []
    for address in (ADDRESS, OTHER):
        done.clear()
        guest.post("/", data={"email": address})
        said.append(sorted(done))
    assert said[0] == said[1]
    assert [ADDRESS] == [letter.to for letter in sent(city)]


def test_one_mailbox_is_one_however_it_is_written(city: World) -> None:
    """victim+1, victim+2, …: no more than a day's five arrive there."""
    for each, station in enumerate(stations(3 * DAILY)):
        ask(city.client(), ADDRESS.replace("@", f"+{each}@"), station)
    assert DAILY == len(sent(city))


def test_a_sponsors_mailbox_is_one_too(city: World) -> None:
    """As many a day as one sponsor may get, whatever stands behind a +."""
    city.offer("sponsor", sponsors=("@city.example",))
    for each, station in enumerate(stations(25)):
        token = seal_visit(city.tokens, Visit(COOVA_KEY, Arrival(station, proven=True), "K7Q-42M"), city.time)
        fields = {"name": "Guest", "email": f"desk+{each}@city.example"}
        assert 303 == city.client().post(f"/v/{token}/sponsor", data=fields).status_code
    assert 20 == len(sent(city))


def test_questions_to_sponsors_are_mails_of_an_address(city: World) -> None:
    """One address of the network has so many mails sent, whichever page asks for them, however many devices it claims to be."""
    city.offer("sponsor", sponsors=("@city.example",))
    city.house = replace(city.house, sending_rate=1)
    guest: FlaskClient = city.client()
    statuses = []
    for each, station in enumerate(stations(7)):
        token = seal_visit(city.tokens, Visit(COOVA_KEY, Arrival(station, proven=True), "K7Q-42M"), city.time)
        statuses.append(guest.post(f"/v/{token}/sponsor", data={"name": "Guest", "email": f"a{each}@city.example"}).status_code)
    assert [303] * 5 + [429] * 2 == statuses
    with reading(city.database) as session:
        assert 5 == len(session.scalars(select(Challenge.id)).all())
