"""Views and clicks of one visit, whatever happens meanwhile: each campaign's figures move by one each, or not at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from portal.cases import figures
from portal.words import date
from store.models import Campaign, CampaignState, Creative, CreativeState
from store.placements import Count
from store.session import reading, transaction
from tests.portal.guests import connect, links
from tests.portal.shops import BREAD, opened, read, written
from tests.portal.world import coova

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.portal.world import World

HERE = "central-library"
EARLY = [
    {"Sec-Purpose": "prefetch"},
    {"Sec-Purpose": "prefetch;prerender"},
    {"Purpose": "prefetch"},
    {"X-Purpose": "preview"},
    {"X-Moz": "prefetch"},
]


def titles(page: TestResponse) -> list[str]:
    return re.findall(r'<h2 id="advert">(.*?)</h2>', page.text)


def clicks(page: TestResponse) -> list[str]:
    return [address for address in links(page) if address.startswith("/a/")]


def replaced(city: World, old: str) -> str:
    """Another version of the same campaign is approved; its id."""
    with transaction(city.database) as session:
        before = session.get_one(Creative, old)
        before.state = CreativeState.REPLACED
        more = {"version": 2, "state": CreativeState.APPROVED, "picture": before.picture, "created_at": date(city.time)}
        made = Creative(campaign_id=before.campaign_id, **(BREAD | {"title": {"en": "Rolls", "fr": "Petits pains"}} | more))
        session.add(made)
        session.flush()
        name = made.id
    read(city)
    return name


@pytest.mark.parametrize("header", EARLY)
def test_what_is_fetched_ahead_counts_nothing(city: World, guest: FlaskClient, header: dict[str, str]) -> None:
    """Neither a view nor a click, whichever way the browser says so; when it is opened then, it counts."""
    opened(city)
    page = guest.get(coova(), headers=header)
    assert (200, 303) == (page.status_code, guest.get(clicks(page)[0], headers=header).status_code)
    assert [] == written(city)
    guest.get(clicks(guest.get(coova()))[0])
    assert [(HERE, "en", 1, 1)] == written(city)


def test_an_advert_that_is_replaced_meanwhile(city: World, guest: FlaskClient) -> None:
    """The visit sees the new version and counts once: a view of what it saw, a click of what it clicked first; old links still lead."""
    first = opened(city)
    old = guest.get(coova())
    second = replaced(city, first)
    new = guest.get(coova(), headers={"Accept-Language": "fr"})
    assert (["Bread from this morning"], ["Petits pains"]) == (titles(old), titles(new))
    assert [303] * 3 == [guest.get(clicks(page)[0]).status_code for page in (old, new, old)]
    assert [(HERE, "en", 1, 1)] == written(city)
    guest.get(coova(mac="02-00-5E-00-00-08"))
    with transaction(city.database) as session:
        assert {first, second} == set(session.scalars(select(Creative.id)))
    assert [(HERE, "en", 1, 0), (HERE, "en", 1, 1)] == sorted(written(city))


def test_the_view_that_reaches_a_cap(city: World, guest: FlaskClient) -> None:
    """Is its visit's as long as it lasts: a reload and the status page show the same; the next visit sees another."""
    opened(city, total_cap=1, weight=1_000_000)
    opened(city, shop={"slug": "plants"}, creative={"title": {"en": "Plants"}})
    pages = [guest.get(coova()), guest.get(coova()), guest.get(connect(guest)[0])]
    assert [["Bread from this morning"]] * 3 == [titles(page) for page in pages]
    assert ["Plants"] == titles(guest.get(coova(mac="02-00-5E-00-00-08")))
    assert [1, 1] == [row[2] for row in written(city)]


def test_an_advert_that_ends_meanwhile(city: World, guest: FlaskClient) -> None:
    """The next look shows another, which is a view of that one; a click on the one that is gone counts for it, once."""
    first = opened(city)
    page = guest.get(coova())
    opened(city, shop={"slug": "plants"}, creative={"title": {"en": "Plants"}})
    with transaction(city.database) as session:
        session.get_one(Campaign, session.get_one(Creative, first).campaign_id).state = CampaignState.ENDED
    read(city)
    assert ["Plants"] == titles(guest.get(coova()))
    guest.get(coova())
    for _ in range(2):
        guest.get(clicks(page)[0])
    assert [(HERE, "en", 1, 0), (HERE, "en", 1, 1)] == sorted(written(city))


def test_a_campaign_that_is_gone_counts_nothing(city: World, guest: FlaskClient) -> None:
    """What was counted of it goes with it, and keeps nothing else from being written."""
    first = opened(city)
    guest.get(coova())
    opened(city, shop={"slug": "plants"})
    with transaction(city.database) as session:
        session.delete(session.get_one(Campaign, session.get_one(Creative, first).campaign_id))
    read(city)
    guest.get(coova(mac="02-00-5E-00-00-08"))
    assert [(HERE, "en", 1, 0)] == written(city)


def test_the_shops_figures_move_by_one(city: World, guest: FlaskClient) -> None:
    """A view, then a click, as its owner reads them: of the week, of the four weeks, and of the advert."""
    creative = opened(city)
    told = []
    for look in (lambda: None, lambda: guest.get(coova()), lambda: guest.get(clicks(guest.get(coova()))[0])):
        look()
        written(city)
        with reading(city.database) as session:
            campaign = session.get_one(Campaign, session.get_one(Creative, creative).campaign_id)
            now, zone = date(city.time), ZoneInfo("America/Toronto")
            today = now.astimezone(zone).date()
            report = figures.report(session, campaign.business_id, figures.spanned(today, today), today)
            told.append((figures.week(session, campaign.business_id, now, zone).counted, report.counted, report.adverts[0][1]))
    assert [(Count(0, 0),) * 3, (Count(1, 0),) * 3, (Count(1, 1),) * 3] == told
