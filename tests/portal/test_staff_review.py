"""The review queue: what waits and until when; one version beside the one before; decided once, by somebody else, as it was looked at."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from portal.admin.review import NOT
from portal.cases.review import No
from store import versions
from store.models import Business, CampaignPlace, CampaignState, Creative, CreativeState, Event, Role, Staff, Webhook
from store.session import reading, transaction
from tests.portal import splash

if TYPE_CHECKING:
    from tests.portal.staffroom import Room


def put(room: Room, **fields: object) -> str:
    """A bakery whose owner handed an advert in; the version's id."""
    business = splash.shop(room)
    return splash.submitted(room, business, splash.owner(room), **fields)


def test_what_waits_stands_in_the_order_of_its_age_with_its_due_time(staffroom: Room) -> None:
    """The oldest first, adverts and pages alike; what is late says so."""
    business = splash.shop(staffroom)
    owner = splash.owner(staffroom)
    splash.page_submitted(staffroom, business, owner)
    staffroom.later(days=1)
    splash.submitted(staffroom, business, owner, "Second")
    staffroom.later(hours=25)
    shown = staffroom.page("/review")
    assert 0 < shown.index("Page of Miller’s Oven") < shown.index("Second")
    assert 1 == shown.count(">late<")
    assert "the city answers within 2\u00a0days" in shown


def test_an_empty_queue_says_so(staffroom: Room) -> None:
    """Nothing to decide is told in words."""
    assert "Nothing waits" in staffroom.page("/review")


def test_approving_lets_guests_see_it_as_it_is_planned(staffroom: Room) -> None:
    """The campaign runs by the version's plan and the city's weight; a mail, the log and an event tell so."""
    splash.mailing(staffroom)
    with transaction(staffroom.database) as session:
        hook = {"url": "https://board.example/", "secret": b"x", "created_at": staffroom.time, "created_by": "ops"}
        session.add(Webhook(name="board", events=["advert.approved"], **hook))
    name = put(staffroom)
    answer = staffroom.post(f"/review/advert/{name}/approve", edits="1", weight="3")
    assert (303, "/review?done=") == (answer.status_code, answer.location[:13])
    campaign = splash.campaign(staffroom, name)
    assert (CampaignState.LIVE, 3) == (campaign.state, campaign.weight)
    with reading(staffroom.database) as session:
        assert ["central-library"] == [row.name for row in session.query(CampaignPlace)]
        assert [("advert.approved", campaign.id, {"business": "millers-oven", "name": "Bread", "version": 1})] == [
            (row.kind, row.object, row.content) for row in session.query(Event)
        ]
    assert [(splash.OWNER, "Approved: Bread")] == [letter[:2] for letter in splash.letters(staffroom)]
    assert f"http://shops.city.example/shops/millers-oven/adverts/{campaign.id}" in splash.letters(staffroom)[0][2]
    assert "approved" in staffroom.page(f"/audit/of/advert/{campaign.id}")


def test_rejecting_says_why_in_the_owners_language(staffroom: Room) -> None:
    """A reason of ours is French for who reads French; what was typed stays as it is."""
    splash.mailing(staffroom)
    name = put(staffroom)
    with transaction(staffroom.database) as session:
        session.query(Staff).filter_by(name=splash.OWNER).one().language = "fr"
    staffroom.post(f"/review/advert/{name}/reject", edits="1", reason="claim", why="Whose best bread?")
    row = splash.version(staffroom, name)
    assert (CreativeState.REJECTED, True) == (row.state, row.reason.endswith(". Whose best bread?"))
    assert "promises something" not in row.reason
    assert "Whose best bread?" in " ".join(splash.letters(staffroom)[0][2].split())
    assert "Whose best bread?" in staffroom.page(f"/review/advert/{name}")


def test_a_rejection_has_a_reason(staffroom: Room) -> None:
    """Without one nothing is decided, and the page says what is missing."""
    name = put(staffroom)
    answer = staffroom.post(f"/review/advert/{name}/reject", edits="1", why="  ")
    assert (422, CreativeState.SUBMITTED) == (answer.status_code, splash.version(staffroom, name).state)
    page = answer.get_data(as_text=True)
    assert (True, True) == ('<a href="#reasons">Choose a reason or write one' in page, 'id="reasons-error">Choose a reason' in page)


def test_nobody_approves_what_they_made_or_handed_in(staffroom: Room) -> None:
    """Not by the button, which is not there, and not by asking without it."""
    staffroom.client(Role.CITY_ADMIN)
    with reading(staffroom.database) as session:
        admin = session.query(Staff).filter_by(name="city-admin@city.example").one().id
    name = splash.submitted(staffroom, splash.shop(staffroom), admin)
    assert f"/review/advert/{name}/approve" not in staffroom.page(f"/review/advert/{name}")
    answer = staffroom.post(f"/review/advert/{name}/approve", edits="1", weight="1")
    assert (409, CreativeState.SUBMITTED) == (answer.status_code, splash.version(staffroom, name).state)
    assert "somebody else decides" in answer.get_data(as_text=True)


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_what_changed_meanwhile_is_not_decided(staffroom: Room, verb: str) -> None:
    """Withdrawn, saved and handed in again since the page was made: nothing is decided, and nothing is told."""
    splash.mailing(staffroom)
    name = put(staffroom)
    with transaction(staffroom.database) as session:
        row, owner = session.get_one(Creative, name), splash.owner(staffroom)
        versions.save(row, {"title": {"en": "Something else"}}, 1, owner)
        versions.submit(row, owner, staffroom.time)
    answer = staffroom.post(f"/review/advert/{name}/{verb}", edits="1", weight="1", why="no")
    assert (409, CreativeState.SUBMITTED) == (answer.status_code, splash.version(staffroom, name).state)
    assert "changed it after you opened" in answer.get_data(as_text=True)
    assert [] == splash.letters(staffroom)


def test_of_two_who_decide_the_second_is_told(staffroom: Room) -> None:
    """What the first said stands."""
    name = put(staffroom)
    staffroom.post(f"/review/advert/{name}/reject", edits="1", why="Too loud")
    answer = staffroom.post(f"/review/advert/{name}/approve", edits="1", weight="1")
    assert (409, CreativeState.REJECTED) == (answer.status_code, splash.version(staffroom, name).state)
    assert "decided on it meanwhile" in answer.get_data(as_text=True)


def test_nobody_is_shown_where_the_city_does_not_let_them(staffroom: Room) -> None:
    """A place that the shop lost after it handed the advert in keeps it from being approved, by name."""
    name = put(staffroom)
    with transaction(staffroom.database) as session:
        business = session.query(Business).one()
        splash.shop_places.let(session, business.id, [(splash.PlaceKind.ACCESS_POINT, "lib-1")])
    answer = staffroom.post(f"/review/advert/{name}/approve", edits="1", weight="1")
    assert (409, CreativeState.SUBMITTED) == (answer.status_code, splash.version(staffroom, name).state)
    assert "may not be shown: Central Library." in answer.get_data(as_text=True)


def test_a_plan_that_is_not_whole_is_not_approved(staffroom: Room) -> None:
    """Whatever put it there."""
    name = put(staffroom, plan={"weekdays": 0})
    assert 409 == staffroom.post(f"/review/advert/{name}/approve", edits="1", weight="1").status_code
    assert CreativeState.SUBMITTED is splash.version(staffroom, name).state


def test_a_page_becomes_its_shops(staffroom: Room) -> None:
    """What was approved is what the shop's row says, from which guests' pages are made."""
    business = splash.shop(staffroom)
    name = splash.page_submitted(staffroom, business, splash.owner(staffroom), address="1 New Street")
    staffroom.post(f"/review/page/{name}/approve", edits="1")
    with reading(staffroom.database) as session:
        assert "1 New Street" == session.get_one(Business, business).address


def test_a_page_stands_beside_the_one_before(staffroom: Room) -> None:
    """Its opening hours in words, day by day; as guests see it, in a frame."""
    business = splash.shop(staffroom)
    owner = splash.owner(staffroom)
    name = splash.page_submitted(staffroom, business, owner, hours={"week": [[[420, 1080]]] * 7})
    staffroom.post(f"/review/page/{name}/approve", edits="1")
    second = splash.page_submitted(staffroom, business, owner, hours={"week": [*[[[480, 1080]]] * 6, []], "en": "Ring the bell"})
    shown = staffroom.page(f"/review/page/{second}")
    shown = shown[shown.index("What differs") :]
    assert ["Opening hours", "Beside the hours<br>"] == re.findall(r'scope="row">([^<]+(?:<br>)?)', shown)[:2]
    assert "Monday" in shown
    assert "8:00" in shown
    seen = staffroom.get(f"/review/page/{second}/seen?show_language=en")
    assert (200, True) == (seen.status_code, "Ring the bell" in seen.get_data(as_text=True))


def test_a_draft_is_its_shops_alone(staffroom: Room) -> None:
    """Before it is handed in the city has no page of it; nor of what there is not."""
    name = put(staffroom)
    with transaction(staffroom.database) as session:
        versions.withdraw(session.get_one(Creative, name))
    for path in (f"/review/advert/{name}", f"/review/advert/{name}/seen", f"/review/page/{name}", "/review/advert/none", "/review/x/y"):
        assert 404 == staffroom.get(path).status_code, path


def test_versions_stand_side_by_side(staffroom: Room) -> None:
    """Beside what guests see: the words that came and went, days and places in words; `against` chooses another."""
    name = put(staffroom)
    staffroom.post(f"/review/advert/{name}/approve", edits="1", weight="1")
    with transaction(staffroom.database) as session:
        owner, campaign = splash.owner(staffroom), splash.campaign(staffroom, name)
        row = versions.draft(session, Creative, campaign.id, owner, staffroom.time)
        plan = splash.PLAN | {"weekdays": 0b0000011, "from_minute": 480, "until_minute": 1080}
        versions.save(row, {"title": {"en": "Rolls from this morning"}, "plan": plan}, row.edits, owner)
        versions.submit(row, owner, staffroom.time)
        second = row.id
    shown = staffroom.page(f"/review/advert/{second}")
    assert "<del>Bread</del> from this morning" in shown
    assert "<ins>Rolls</ins> from this morning" in shown
    assert "Mon, Tue" in shown
    assert "Picture" not in shown[shown.index("What differs") :]  # neither has one
    assert "8:00\u202fa.m. to 6:00\u202fp.m." in shown
    assert f'src="/review/advert/{name}/seen?show_language=en"' in shown
    assert f'src="/review/advert/{second}/seen?show_language=en"' in shown


def test_a_version_is_seen_as_guests_see_it(staffroom: Room) -> None:
    """The guests' own page with this advert alone, in the language that was asked for, in a frame of ours."""
    name = put(staffroom)
    answer = staffroom.get(f"/review/advert/{name}/seen?show_language=fr")
    assert (200, "SAMEORIGIN") == (answer.status_code, answer.headers["X-Frame-Options"])
    assert "Du pain de ce matin" in answer.get_data(as_text=True)


def test_every_no_has_words() -> None:
    """Whatever keeps a decision from being made is told in words of its own."""
    assert set(No) == set(NOT)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.HELP_DESK])
def test_who_only_looks_decides_nothing(staffroom: Room, role: Role) -> None:
    """They see the queue and the version, no button, and are refused where they ask without it."""
    name = put(staffroom)
    assert "Bread" in staffroom.page("/review", role)
    assert "/approve" not in staffroom.page(f"/review/advert/{name}", role)
    for verb in ("approve", "reject"):
        assert 403 == staffroom.post(f"/review/advert/{name}/{verb}", role, edits="1", weight="1", why="no").status_code


def test_the_city_weighs_pauses_and_ends_at_once(staffroom: Room) -> None:
    """Each in the log; a weight that is none is refused; a step twice changes nothing."""
    name = put(staffroom)
    staffroom.post(f"/review/advert/{name}/approve", edits="1", weight="1")
    where = f"/adverts/{splash.campaign(staffroom, name).id}"
    assert f"/review/advert/{name}" == staffroom.get(where).location
    assert 400 == staffroom.post(f"{where}/weight", weight="0").status_code
    staffroom.post(f"{where}/weight", weight="7")
    states = []
    for verb in ("pause", "pause", "resume", "end", "resume"):
        staffroom.post(f"{where}/{verb}")
        states.append(splash.campaign(staffroom, name).state.value)
    assert (7, ["paused", "paused", "live", "ended", "ended"]) == (splash.campaign(staffroom, name).weight, states)
    assert 404 == staffroom.post("/adverts/none/pause").status_code


def test_a_suspended_shop_is_not_forgotten(staffroom: Room) -> None:
    """What it handed in before can be decided, and says that it is not shown meanwhile."""
    name = put(staffroom)
    with transaction(staffroom.database) as session:
        session.query(Business).one().suspended_at = staffroom.time - timedelta(days=1)
    assert "This shop is suspended" in staffroom.page(f"/review/advert/{name}")


def test_the_overview_says_how_many_wait(staffroom: Room) -> None:
    """For whoever sees them; nobody else reads of it."""
    put(staffroom)
    assert '>1</p><a href="/review">' in staffroom.page("/")
    assert "/review" not in staffroom.page("/", Role.NETWORK_OPS)
