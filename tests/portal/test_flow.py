"""A guest's whole way: page one, the button, the gateway, the status page, more time, the end. Real app, real database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from portal.cases.remainders import time_zone
from portal.words import date
from radius.nas import uam
from store import grants, outbox, sign_in, usage
from store.models import Base, Device, Grant, OrderKind, Via
from store.session import reading, transaction
from tests.portal.guests import arrive, connect, forms, heading, links, plain, sent_to
from tests.portal.world import STATION, UAM, coova, cwa

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.portal.world import World


def rows(city: World, table: type[Base]) -> int:
    with reading(city.database) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def live(city: World) -> Grant | None:
    with reading(city.database) as session:
        return grants.live(session, city.privacy.device(STATION), date(city.time))


def test_page_one_says_what_is_offered(guest: FlaskClient) -> None:
    """The copy, with the numbers of the plan and of the settings."""
    page = guest.get(coova())
    assert "Free Wi-Fi at Central Library" == heading(page)
    assert "From the City of Example. 2 hours at a time, 1 GB a day. No account needed." in plain(page)
    assert "We record when, where and how much you use, never which sites you visit. It is deleted after 12 months." in page.text
    assert ">Connect</button>" in page.text


def test_page_one_in_french(guest: FlaskClient) -> None:
    """A welcome of two lines is the portal's own heading and sentence."""
    page = guest.get(coova(), headers={"Accept-Language": "fr-CA,fr;q=0.9,en;q=0.5"})
    assert "Wi-Fi gratuit à la Bibliothèque centrale" == heading(page)
    assert "Offert par la Ville d’Exemple. 2 heures à la fois, 1 Go par jour. Aucun compte nécessaire." in plain(page)
    assert ">Se connecter</button>" in page.text


def test_who_only_looks_leaves_no_row(city: World, guest: FlaskClient) -> None:
    """No row before the first POST."""
    for path in (coova(), coova(res="failed"), "/", "/privacy", "/generate_204"):
        guest.get(path)
    assert [0, 0] == [rows(city, Device), rows(city, Grant)]


def test_coova_is_given_one_time_credentials(city: World, guest: FlaskClient) -> None:
    """The browser goes to the registered login with a response over the challenge; the name is a token, never the guest's own."""
    _, answer = connect(guest)
    where, words = sent_to(answer)
    assert "http://10.1.0.1:3990/logon" == where
    with transaction(city.database) as session:
        redeemed = sign_in.redeem(
            session, city.privacy.seal, words["username"][0], "library-coova", city.privacy.device(STATION), date(city.time)
        )
        assert not isinstance(redeemed, sign_in.Bad)
        grant, secret = redeemed
        assert ("visitor", "library-coova", "central-library", "terms") == (grant.plan, grant.client, grant.site, grant.way.value)
    assert uam.chap(secret, uam.challenge("00112233445566778899aabbccddeeff", UAM)) == words["response"][0]


def test_the_way_back_from_the_gateway(guest: FlaskClient) -> None:
    """What the gateway is given is good for five minutes, and leads to a status page whose token it has not seen."""
    _, answer = connect(guest)
    back = sent_to(answer)[1]["userurl"][0]
    assert back.startswith("http://wifi.city.example/b/")
    fresh = guest.application.test_client()
    come = fresh.get(coova(res="success", userurl=back))
    assert (303, True) == (come.status_code, come.headers["Location"].startswith("/s/"))
    page = fresh.get(come.headers["Location"])
    assert "You are online" == heading(page)
    assert "http://news.example/today" in links(page)
    direct = fresh.get(back.removeprefix("http://wifi.city.example"))
    assert (303, "/s/") == (direct.status_code, direct.headers["Location"][:3])


def test_the_way_back_ends(city: World, guest: FlaskClient) -> None:
    """Five minutes later the same address is too old; the guest comes in by the gateway's word alone."""
    _, answer = connect(guest)
    back = sent_to(answer)[1]["userurl"][0]
    city.time += 301
    assert 410 == guest.get(back.removeprefix("http://wifi.city.example")).status_code
    assert 303 == guest.get(coova(res="success", userurl=back)).status_code


def test_the_status_page(city: World, guest: FlaskClient) -> None:
    """Until when, how much is left, where the guest wanted to go, a number for the staff."""
    stay, _ = connect(guest)
    grant = live(city)
    assert grant is not None
    with transaction(city.database) as session:
        usage.spend(session, [(grants.subject(grant), date(city.time), 600, 262_000_000)], time_zone("America/Toronto"))
    city.time += 600
    page = guest.get(stay)
    assert "You are online" == heading(page)
    for words in ("Until 4:59 a.m.", "1 hr 50 mins", "738 MB", "Continue to news.example", grant.support):
        assert words in plain(page)
    assert ["/more", "/out"] == [action.removeprefix(stay) for action in forms(page)]


def test_a_grant_is_used_again(city: World, guest: FlaskClient) -> None:
    """Who presses the button twice has one grant, with its old end."""
    connect(guest)
    first = live(city)
    city.time += 600
    connect(guest)
    second = live(city)
    assert first is not None
    assert second is not None
    assert (first.id, first.ends_at, 1) == (second.id, second.ends_at, rows(city, Grant))


def test_more_time(city: World, guest: FlaskClient) -> None:
    """Twice, as the plan says, and not a third time."""
    stay, _ = connect(guest)
    city.time += 7_000
    page = guest.get(stay)
    assert "Your time is nearly up" == heading(page)
    assert "Stay 30 minutes more" in plain(page)
    ends = []
    for _ in range(3):
        assert (303, stay) == ((answer := guest.post(f"{stay}/more")).status_code, answer.headers["Location"])
        grant = live(city)
        assert grant is not None
        ends.append((grant.ends_at - grant.starts_at).total_seconds())
    assert [9_000, 10_800, 10_800] == ends
    assert "Stay 30 minutes more" not in plain(guest.get(stay))


def test_sign_out(city: World, guest: FlaskClient) -> None:
    """The grant ends, the gateway is told by RADIUS whom to put out, the cookie goes, the page says so."""
    stay, _ = connect(guest)
    grant = live(city)
    assert grant is not None
    assert stay == guest.post(f"{stay}/out").headers["Location"]
    assert live(city) is None
    with reading(city.database) as session:
        order = outbox.latest(session, grant.id, OrderKind.REVOKE)
        assert order is not None
        assert (Via.RADIUS, "library-coova") == (order.via, order.client)
        assert order.target is not None
        assert STATION.encode() not in order.target
    assert "You are signed out" == heading(guest.get(stay))
    assert "Join “City Wi-Fi” first" == heading(guest.get("/"))


def test_nothing_is_ended_twice(city: World, guest: FlaskClient) -> None:
    """A second press changes nothing, and neither does more time after the end."""
    stay, _ = connect(guest)
    for _ in range(2):
        guest.post(f"{stay}/out")
    guest.post(f"{stay}/more")
    with reading(city.database) as session:
        grant = session.scalars(select(Grant)).one()
        assert (0, "signed out") == (grant.extensions, grant.why)
        assert 1 == len(outbox.unsettled(session, "library-coova", Via.RADIUS))


def test_the_end_of_time(city: World, guest: FlaskClient) -> None:
    """The page says that the time is up; a day later it says nothing any more."""
    stay, _ = connect(guest)
    city.time += 7_201
    assert "Your time is up" == heading(guest.get(stay))
    city.time += 86_400
    assert 410 == guest.get(stay).status_code


def test_what_is_used_up(city: World, guest: FlaskClient) -> None:
    """The status page says when there is more, and so does the button; no grant is given."""
    stay, _ = connect(guest)
    grant = live(city)
    assert grant is not None
    with transaction(city.database) as session:
        usage.spend(session, [(grants.subject(grant), date(city.time), 60, 1_000_000_000)], time_zone("America/Toronto"))
    page = guest.get(stay)
    assert "Today’s data is used up" == heading(page)
    assert "You can connect again from Mon, Mar 9, 12:00 a.m." in plain(page)
    guest.post(f"{stay}/out")
    refused = guest.post(arrive(guest))
    assert "Today’s data is used up" == heading(refused)
    assert grant.support in refused.text
    assert 1 == rows(city, Grant)


def test_one_number_from_the_first_page_on(city: World, guest: FlaskClient) -> None:
    """What the log has of a guest's first page and of each try is what `trace` finds once they are in."""
    connect(guest)
    grant = live(city)
    assert grant is not None
    assert {grant.support} == {line["number"] for line in city.lines if line.get("route", "").startswith(("/in/", "/v/"))}


def test_the_number_of_a_failure_is_the_grants(city: World, guest: FlaskClient) -> None:
    """What the guest reads to the staff finds the sign-in that the gateway did not take."""
    connect(guest)
    grant = live(city)
    assert grant is not None
    assert grant.support in guest.get(coova(res="failed")).text


@pytest.mark.parametrize(
    ("res", "said", "button"), [("failed", "That did not work", "Try again"), ("logoff", "You are signed out", "Connect again")]
)
def test_what_the_gateway_says(guest: FlaskClient, res: str, said: str, button: str) -> None:
    """A failure and an end have a page of their own, with a button that connects."""
    page = guest.get(coova(res=res))
    assert said == heading(page)
    assert f">{button}</button>" in page.text
    assert 303 == guest.post(forms(page)[0]).status_code


def test_success_without_a_grant_of_ours(guest: FlaskClient) -> None:
    """Let in by somebody else: page one."""
    assert "Free Wi-Fi at Central Library" == heading(guest.get(coova(res="success")))


def test_central_web_authentication(city: World, guest: FlaskClient) -> None:
    """The road's token is the arrival; the controller is told by CoA, and the page says that this is under way, done, or failed."""
    stay, answer = connect(guest, cwa(city))
    assert stay.startswith("/s/") and answer.headers["Location"].startswith("/s/")  # noqa: PT018
    page = guest.get(stay)
    assert ("Connecting you…", True) == (heading(page), stay in links(page))
    with transaction(city.database) as session:
        order = session.scalars(select(outbox.Order)).one()
        assert (OrderKind.GRANT, Via.RADIUS) == (order.kind, order.via)
        outbox.settle(session, order.id, done=True, outcome="ACK", now=date(city.time))
    assert "You are online" == heading(guest.get(stay))


def test_an_order_that_failed(city: World, guest: FlaskClient) -> None:
    """The page says so with the number, and its button tries again."""
    stay, _ = connect(guest, cwa(city))
    city.time += 41  # nobody has carried it out
    page = guest.get(stay)
    grant = live(city)
    assert grant is not None
    assert "That did not work" == heading(page)
    assert grant.support in page.text
    assert [f"{stay}/again"] == forms(page)
    assert 303 == guest.post(f"{stay}/again").status_code
    assert "Connecting you…" == heading(guest.get(stay))


def test_waiting_ends(city: World, guest: FlaskClient) -> None:
    """The button waits for a moment, by the clock that it was given, and no longer."""
    from dataclasses import replace

    city.house = replace(city.house, patience=2.5)
    began = city.time
    connect(city.client(), cwa(city))
    assert 2.5 <= city.time - began < 3


def test_cookies_lost(city: World) -> None:
    """Everything works in a browser that keeps no cookie: the address holds all that is needed."""
    guest = city.client(cookies=False)
    answer = guest.post(arrive(guest, cwa(city)))
    stay = answer.headers["Location"]
    assert "Connecting you…" == heading(guest.get(stay))
    assert 303 == guest.post(f"{stay}/out").status_code
    assert "You are signed out" == heading(guest.get(stay))
    assert "Join “City Wi-Fi” first" == heading(guest.get("/"))


def test_a_door_without_a_plan(city: World) -> None:
    """Nobody is let in, and the page says whom to ask."""
    from dataclasses import replace

    city.doors = replace(city.doors, by_key={key: replace(door, ways={}) for key, door in city.doors.by_key.items()})
    page = city.client().get(coova())
    assert (503, "Sign-in is not open here yet") == (page.status_code, heading(page))
