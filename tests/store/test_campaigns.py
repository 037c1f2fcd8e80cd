"""store.campaigns: what an approved version plans is what runs, and a shop changes its own alone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from portal.admin.desk import counted
from store import adverts, campaigns, versions
from store.campaigns import FullError, Plan
from store.models import Business, Campaign, CampaignState, Creative, CreativeState, PlaceKind
from store.session import reading, transaction
from tests.store.rows import NOW

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

TODAY = NOW.date()
PLAN = Plan(TODAY, TODAY + timedelta(days=9), 0b0011111, 1320, 120, 50, 500, ((PlaceKind.SITE, "library"), (PlaceKind.DISTRICT, "mill")))


@pytest.fixture
def shops(database: Engine) -> dict[str, str]:
    """Two shops: slug -> id."""
    with transaction(database) as session:
        rows = [Business(slug=slug, name=slug.title(), created_at=NOW) for slug in ("bakery", "cafe")]
        session.add_all(rows)
        session.flush()
        return {row.slug: row.id for row in rows}


def submitted(session: Session, shop: str, plan: Plan = PLAN, campaign: str = "", **fields: Any) -> Creative:
    """A version that waits for the city."""
    if campaign:
        row = campaigns.draft(session, campaigns.find(session, shop, campaign), "owner", NOW)
    else:
        row = campaigns.begin(session, shop, "bread", "owner", NOW)
    versions.save(row, {"title": {"en": "Bread"}, "plan": campaigns.written(plan), **fields}, row.edits, "owner")
    versions.submit(row, "owner", NOW)
    return row


def test_what_was_planned_is_what_runs(database: Engine, shops: dict[str, str]) -> None:
    """Days, hours, caps, places and the city's weight; and the next version's once it is approved, not before."""
    with transaction(database) as session:
        campaign = campaigns.approve(submitted(session, shops["bakery"]), "city", 3, NOW)
        assert (PLAN, CampaignState.LIVE, 3) == (campaigns.plan_of(session, campaign)._replace(places=PLAN.places), campaign.state, 3)
        assert set(PLAN.places) == set(campaigns.plan_of(session, campaign).places)
        anywhere = Plan(places=((PlaceKind.CITY, ""),))
        row = submitted(session, shops["bakery"], anywhere, campaign.id)
        assert set(PLAN.places) == set(campaigns.plan_of(session, campaign).places)
        campaigns.approve(row, "city", 1_000, NOW)
        assert (anywhere, 100) == (campaigns.plan_of(session, campaign), campaign.weight)
        assert ["Bread"] == [run.advert.title["en"] for run in adverts.running(session, NOW)]


def test_approving_begins_what_is_not_paused(database: Engine, shops: dict[str, str]) -> None:
    """What was over begins anew; its owner alone ends a pause."""
    found = {}
    for state in CampaignState:
        with transaction(database) as session:
            row = submitted(session, shops["bakery"])
            campaign = session.get(Campaign, row.campaign_id)
            campaign.state, campaign.began_at = state, NOW
            campaigns.approve(row, "city", 1, NOW)
            found[state.value] = (campaign.state.value, campaign.began_at is not None)
    assert {"draft": ("live", True), "live": ("live", True), "paused": ("paused", True), "ended": ("live", False)} == found


WRONG: list[dict[str, Any]] = [
    {"places": []},
    {"places": [["moon", ""]]},
    {"places": "all"},
    {"places": [["site", "a"], [1]]},
    {"places": 7},
    {"places": [["site", str(each)] for each in range(101)]},
    {"weekdays": 0},
    {"weekdays": "1"},
    {"weekdays": True},
    {"from_minute": 600, "until_minute": 600},
    {"from_minute": -1},
    {"until_minute": 1441},
    {"first_day": "soon"},
    {"first_day": 5},
    {"first_day": "2026-05-02", "last_day": "2026-05-01"},
    {"day_cap": 0},
    {"day_cap": "x"},
    {"total_cap": 10**9},
]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_plan_that_is_not_whole_is_none(wrong: dict[str, Any]) -> None:
    """Whatever wrote it."""
    with pytest.raises(ValueError):  # noqa: PT011  whatever words it has
        campaigns.read({"places": [["site", "a"]]} | wrong)


def test_a_plan_is_read_as_it_was_written() -> None:
    """And what says nothing but a place is always."""
    today = PLAN._replace(last_day=TODAY)
    assert (PLAN, today, Plan(places=((PlaceKind.CITY, ""),))) == (
        campaigns.read(campaigns.written(PLAN)),
        campaigns.read(campaigns.written(today)),
        campaigns.read({"places": [["city", ""]]}),
    )


def test_what_is_not_whole_is_not_approved(database: Engine, shops: dict[str, str]) -> None:
    """It waits as before."""
    with transaction(database) as session:
        row = submitted(session, shops["bakery"], plan=PLAN._replace(places=()))
        with pytest.raises(ValueError, match="places"):
            campaigns.approve(row, "city", 1, NOW)
        assert ("submitted", CampaignState.DRAFT) == (row.state.value, session.get(Campaign, row.campaign_id).state)


def test_a_shop_finds_its_own_alone(database: Engine, shops: dict[str, str]) -> None:
    """Another's id is nobody's; a list has its own, in as many statements for many as for one."""
    with transaction(database) as session:
        first = campaigns.approve(submitted(session, shops["bakery"]), "city", 1, NOW).id
        other = campaigns.approve(submitted(session, shops["cafe"]), "city", 1, NOW).id
        submitted(session, shops["bakery"], campaign=first)
        assert (first, None) == (campaigns.find(session, shops["bakery"], first).id, campaigns.find(session, shops["bakery"], other))
        with counted(database) as one:
            lines = campaigns.of(session, shops["bakery"])
        assert [(first, 2, 1)] == [(line.campaign.id, line.newest.version, line.live.version) for line in lines]
        for _ in range(4):
            submitted(session, shops["bakery"])
        session.expire_all()
        with counted(database) as five:
            assert 5 == len(campaigns.of(session, shops["bakery"]))
        assert len(one) == len(five)


def test_what_the_city_paused_the_city_resumes(database: Engine, shops: dict[str, str]) -> None:
    """Its owner cannot, also where they had paused it before; and once it was released, they may again."""
    with transaction(database) as session:
        campaign = campaigns.approve(submitted(session, shops["bakery"]), "city", 1, NOW)
        assert [True, True, False, False] == [
            campaigns.pause(campaign), campaigns.hold(campaign), campaigns.hold(campaign), campaigns.resume(campaign),
        ]  # fmt: skip
        assert (CampaignState.PAUSED, True) == (campaign.state, campaign.held)
        assert (True, CampaignState.LIVE, False) == (campaigns.release(campaign), campaign.state, campaign.held)
        assert [True, True] == [campaigns.pause(campaign), campaigns.resume(campaign)]


def test_its_owner_pauses_resumes_and_ends_it(database: Engine, shops: dict[str, str]) -> None:
    """At once, each where it makes sense; a draft has nothing to pause."""
    with transaction(database) as session:
        row = submitted(session, shops["bakery"])
        campaign = session.get(Campaign, row.campaign_id)
        assert [False] * 3 == [campaigns.pause(campaign), campaigns.resume(campaign), campaigns.end(campaign, NOW)]
        campaigns.approve(row, "city", 1, NOW)
        assert [True, False, True, True, True, False] == [
            campaigns.pause(campaign), campaigns.pause(campaign), campaigns.resume(campaign), campaigns.pause(campaign),
            campaigns.end(campaign, NOW), campaigns.resume(campaign),
        ]  # fmt: skip
        assert (CampaignState.ENDED, NOW) == (campaign.state, campaign.ended_at)


def test_what_was_ended_is_not_begun_by_what_waited(database: Engine, shops: dict[str, str]) -> None:
    """Ended by somebody, its waiting version is a draft again; ended by its days or its cap, that goes on waiting."""
    with transaction(database) as session:
        for over, stands in ((campaigns.stop, CreativeState.DRAFT), (campaigns.end, CreativeState.SUBMITTED)):
            campaign = campaigns.approve(submitted(session, shops["bakery"]), "city", 1, NOW)
            waiting = submitted(session, shops["bakery"], campaign=campaign.id)
            assert [True, False] == [over(campaign, NOW), over(campaign, NOW)]
            assert (CampaignState.ENDED, stands) == (campaign.state, waiting.state)


def test_a_copy_begins_without_days(database: Engine, shops: dict[str, str]) -> None:
    """With the words, hours and places; a draft of its own."""
    with transaction(database) as session:
        campaign = campaigns.approve(submitted(session, shops["bakery"], link="https://a.example/"), "city", 1, NOW)
        made = campaigns.copy(session, campaign, "bread again", "owner", NOW)
        plan = campaigns.read(made.plan)
        assert ("https://a.example/", "draft", PLAN._replace(first_day=None, last_day=None)) == (made.link, made.state.value, plan)
        assert campaign.id != made.campaign_id


def test_what_guests_saw_is_not_removed(database: Engine, shops: dict[str, str]) -> None:
    """A draft is, with its versions; what ran keeps its figures."""
    with transaction(database) as session:
        row = submitted(session, shops["bakery"])
        campaign = session.get(Campaign, row.campaign_id)
        shown = campaigns.approve(submitted(session, shops["bakery"]), "city", 1, NOW)
        assert (True, False) == (campaigns.remove(campaign), campaigns.remove(shown))
    with reading(database) as session:
        assert 1 == len(campaigns.of(session, shops["bakery"]))
        assert 1 == session.query(Creative).count()


def test_a_draft_of_what_was_never_planned_says_what_runs(database: Engine, shops: dict[str, str]) -> None:
    """A campaign of a time before versions had plans opens with its own days and places."""
    with transaction(database) as session:
        campaign = campaigns.approve(submitted(session, shops["bakery"]), "city", 1, NOW)
        versions.live(session, Creative, campaign.id).plan = {}
        row = campaigns.draft(session, campaign, "owner", NOW)
        assert (PLAN.first_day, set(PLAN.places)) == ((plan := campaigns.read(row.plan)).first_day, set(plan.places))


def test_a_shop_has_a_number_of_campaigns(database: Engine, shops: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """And then no more; another shop has its own."""
    monkeypatch.setattr(campaigns, "MOST", 1)
    with transaction(database) as session:
        campaigns.begin(session, shops["bakery"], "one", "owner", NOW)
        with pytest.raises(FullError):
            campaigns.begin(session, shops["bakery"], "two", "owner", NOW)
        campaigns.begin(session, shops["cafe"], "one", "owner", NOW)
