"""portal/business/adverts.py: the list, one advert, and the steps that its owner takes at once."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from portal.admin.desk import counted
from portal.business.views import HANDED_IN
from portal.cases import advert_state
from store import adverts, versions
from store.models import AuditEntry, Business, Campaign, CampaignState, Creative, CreativeState, Role
from store.session import reading, transaction
from tests.portal.adverts import AT, form, made, new, save
from tests.portal.shoproom import A, B, Person

if TYPE_CHECKING:
    from tests.portal.shoproom import ShopRoom
    from tests.portal.staffroom import Room


def state(room: ShopRoom, name: str) -> str:
    with reading(room.database) as session:
        return session.get(Campaign, name).state.value


def test_the_list_says_how_each_stands(shoproom: ShopRoom) -> None:
    """What needs somebody first; in as many statements for many as for one."""
    shown = {
        "Running": shoproom.advert(title={"en": "a"}),
        "Paused": shoproom.advert(state=CampaignState.PAUSED),
        "Over": shoproom.advert(state=CampaignState.ENDED),
        "Draft": shoproom.advert(state=CampaignState.DRAFT, version=CreativeState.DRAFT),
        "With the city": shoproom.advert(state=CampaignState.DRAFT, version=CreativeState.SUBMITTED),
        "Please mend": shoproom.advert(state=CampaignState.DRAFT, version=CreativeState.REJECTED),
    }
    shoproom.advert(B)
    text = shoproom.page(AT)
    found = re.findall(r'<h2><a href="/shops/millers-oven/adverts/(\w+)">.*?<span class="badge[^>]*>([^<]*)<', text, re.DOTALL)
    order = ["Please mend", "Draft", "Running", "Paused", "With the city", "Over"]
    assert [(shown[each], each) for each in order] == found
    with counted(shoproom.database) as many:
        shoproom.page(AT)
    with transaction(shoproom.database) as session:
        session.query(Campaign).filter(Campaign.id != shown["Running"]).delete()
    with counted(shoproom.database) as one:
        shoproom.page(AT)
    assert len(one) == len(many)


@pytest.mark.parametrize(
    ("first", "last", "stand"), [(None, None, "shown"), (1, None, "coming"), (None, 0, "shown"), (None, -1, "over"), (0, 0, "shown")]
)
def test_days_decide_how_an_approved_one_stands(shoproom: ShopRoom, first: int | None, last: int | None, stand: str) -> None:
    """From its first day to its last, both with it."""
    name = shoproom.advert()
    today = shoproom.time.date()
    with transaction(shoproom.database) as session:
        row = session.get(Campaign, name)
        row.first_day = today + timedelta(first) if first is not None else None
        row.last_day = today + timedelta(last) if last is not None else None
    assert f'">{advert_state.WORDS[advert_state.Stand(stand)]}</span>' in shoproom.page(f"{AT}/{name}")


@pytest.mark.parametrize(
    ("before", "verb", "after", "action"),
    [
        ("live", "pause", "paused", "pause"),
        ("paused", "resume", "live", "resume"),
        ("live", "end", "ended", "end"),
        ("paused", "end", "ended", "end"),
        ("paused", "pause", "paused", ""),
        ("ended", "resume", "ended", ""),
        ("ended", "end", "ended", ""),
        ("live", "withdraw", "live", ""),
        ("live", "submit", "live", ""),
        ("live", "discard", "live", ""),
        ("live", "remove", "live", ""),
    ],
)
def test_a_step_is_taken_where_it_begins(shoproom: ShopRoom, before: str, verb: str, after: str, action: str) -> None:
    """Once, with its entry; elsewhere nothing changes, and that is said."""
    name = shoproom.advert(state=CampaignState(before), plan={"places": [["site", "central-library"]]})
    answer = shoproom.post(f"{AT}/{name}/{verb}")
    with reading(shoproom.database) as session:
        found = [row.action for row in session.query(AuditEntry).filter(AuditEntry.object == name)]
    assert (303, after, [action] if action else []) == (answer.status_code, state(shoproom, name), found)
    assert "done=" in answer.location


def test_a_draft_is_handed_in_from_its_page_and_taken_back(shoproom: ShopRoom) -> None:
    """One with faults leads to the form that names them."""
    name = made(new(shoproom, place=[]))
    assert f"{AT}/{name}/edit?mend=1" == shoproom.post(f"{AT}/{name}/submit").location
    save(shoproom, name)
    shoproom.post(f"{AT}/{name}/submit")
    with reading(shoproom.database) as session:
        assert CreativeState.SUBMITTED is versions.newest(session, Creative, name).state
    shoproom.post(f"{AT}/{name}/withdraw")
    with reading(shoproom.database) as session:
        assert CreativeState.DRAFT is versions.newest(session, Creative, name).state


def test_nobody_fills_the_citys_mailbox(shoproom: ShopRoom) -> None:
    """Handing in has a bound for a day, and room again later; what is kept meanwhile is a draft."""
    name = made(new(shoproom))
    told = []
    for _ in range(HANDED_IN + 1):
        told.append("So+much" in shoproom.post(f"{AT}/{name}/submit").location)
        shoproom.post(f"{AT}/{name}/withdraw")
    assert [False] * HANDED_IN + [True] == told
    for _ in range(3):  # nobody is signed out meanwhile
        shoproom.later(minutes=18)
        shoproom.page(AT)
    assert "Handed+in" in shoproom.post(f"{AT}/{name}/submit").location


def test_why_the_city_said_no_is_read_where_it_is_mended(shoproom: ShopRoom) -> None:
    """On the advert's page and above the form."""
    name = shoproom.advert(state=CampaignState.DRAFT, version=CreativeState.REJECTED, reason="The price is missing.")
    assert [True, True] == ["The price is missing." in shoproom.page(f"{AT}/{name}{more}") for more in ("", "/edit")]


def test_a_copy_is_a_draft_of_its_own(shoproom: ShopRoom) -> None:
    """With the words and places, without days."""
    name = shoproom.advert()
    copied = made(shoproom.post(f"{AT}/{name}/copy"))
    assert (True, "draft", "live") == (copied != name, state(shoproom, copied), state(shoproom, name))
    assert "Bread from this morning" in shoproom.page(f"{AT}/{copied}/edit")


def test_a_change_is_thrown_away_and_what_runs_stays(shoproom: ShopRoom) -> None:
    """An advert that guests never saw goes whole."""
    name = shoproom.advert()
    save(shoproom, name, title__en="Cake")
    shoproom.post(f"{AT}/{name}/discard")
    with reading(shoproom.database) as session:
        assert "Bread from this morning" == versions.newest(session, Creative, name).title["en"]
    other = made(new(shoproom))
    shoproom.post(f"{AT}/{other}/remove")
    assert 404 == shoproom.get(f"{AT}/{other}").status_code


def test_why_it_is_not_shown_is_told(shoproom: ShopRoom) -> None:
    """Of caps from the store's own counts, of another shop's share in hundredths and never by name."""
    name = shoproom.advert()
    shoproom.advert(B, title={"en": "Zanzibar"})
    text = shoproom.page(f"{AT}/{name}")
    assert ("Guests see it now" in text, "about 50%" in text, "Green" in text) == (True, True, False)
    hour = shoproom.time.replace(minute=0)
    with transaction(shoproom.database) as session:
        row = session.get(Campaign, name)
        row.day_cap = 5
        creative = versions.live(session, Creative, name)
        adverts.count(session, [adverts.Figure(creative.id, name, hour, "x", "en", 5)])
    text = shoproom.page(f"{AT}/{name}")
    assert ("Why isn’t it showing?" in text, "limit for one day" in text) == (True, True)


@pytest.mark.parametrize(("zone", "midnight"), [("Asia/Tokyo", 15), ("Asia/Kolkata", 18), ("America/Toronto", 5)])
def test_a_limit_for_one_day_is_of_the_operators_day(shoproom: ShopRoom, zone: str, midnight: int) -> None:
    """Wherever the operator is: what was shown in the hour before its midnight is yesterday's, from then on it is today's."""
    name, at = shoproom.advert(), ZoneInfo(zone)
    begins = (shoproom.time - timedelta(days=1)).replace(hour=midnight, minute=0, second=0, microsecond=0)
    shoproom.time = begins + timedelta(hours=2)
    shoproom.app.extensions["staff"] = replace(shoproom.desk, zone=lambda: zone)
    with transaction(shoproom.database) as session:
        session.get(Campaign, name).day_cap = 5
        creative = versions.live(session, Creative, name).id
        adverts.count(session, [adverts.Figure(creative, name, begins - timedelta(hours=1), "x", "en", 5)], at)
        adverts.count(session, [adverts.Figure(creative, name, begins, "x", "en", 4)], at)
    assert "limit for one day" not in shoproom.page(f"{AT}/{name}")
    with transaction(shoproom.database) as session:
        adverts.count(session, [adverts.Figure(creative, name, begins, "x", "en", 1)], at)
    assert "limit for one day" in shoproom.page(f"{AT}/{name}")


def test_a_suspended_shop_sees_and_does_not_act(shoproom: ShopRoom) -> None:
    """Its adverts say so; no form and no step."""
    name = shoproom.advert()
    shoproom.suspend()
    text = shoproom.page(f"{AT}/{name}")
    assert ("The city has suspended this shop" in text, "Pause" in text) == (True, False)
    assert [403, 403] == [shoproom.get(f"{AT}/new").status_code, shoproom.post(f"{AT}/{name}/pause").status_code]


def test_no_such_step_and_no_such_advert(shoproom: ShopRoom) -> None:
    """And another shop's is none."""
    name, theirs = shoproom.advert(), shoproom.advert(B)
    paths = [f"{AT}/{name}/explode", f"{AT}/{theirs}/pause", f"{AT}/nothing/pause"]
    assert [404] * 3 == [shoproom.post(path).status_code for path in paths]
    assert [404] * 3 == [shoproom.get(f"{AT}/{theirs}{more}").status_code for more in ("", "/edit", "/preview")]
    assert "live" == state(shoproom, theirs)


def test_an_empty_list_says_how_to_begin(shoproom: ShopRoom) -> None:
    """To whom may; venue staff are told what is missing alone."""
    owner, staff = shoproom.page(AT), shoproom.page(AT, Person.VENUE_A)
    assert (True, True, False) == ("Make the first one" in owner, "No adverts yet" in staff, "Make the first one" in staff)
    assert f"/shops/{A}/adverts/new" in owner


def test_the_citys_own_are_written_on_the_same_pages(staffroom: Room) -> None:
    """By whoever decides on adverts; others of the city look, or do not; shops fill the place first."""
    with transaction(staffroom.database) as session:
        session.add(Business(slug="city", name="City of Example", house=True, created_at=staffroom.time))
    answer = staffroom.post("/shops/city/adverts/new", do="submit", **form(place=["city:"]))
    path = answer.location.partition("?")[0]
    assert (303, True) == (answer.status_code, "Take back" in staffroom.page(path))
    assert "From the city" in staffroom.page(f"{path}/preview")
    roles = (Role.AUDITOR, Role.HELP_DESK, Role.NETWORK_OPS)
    assert [(200, 403), (200, 403), (403, 403)] == [
        tuple(staffroom.get(f"{path}{more}", role).status_code for more in ("", "/edit")) for role in roles
    ]
