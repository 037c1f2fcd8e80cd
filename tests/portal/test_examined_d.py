"""Line by line of what is promised: a hold that outlived its advert, one person's night in the sums, two places of one name."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from store import campaigns, versions
from store.models import Campaign, CampaignState, District, SiteHour
from store.models import Site as SiteRow
from store.session import transaction
from store.site_usage import midnight
from tests.portal import splash
from tests.portal.test_staff_analytics import FEBRUARY, HOUR, came, file, used
from tests.portal.test_staff_visitors import TORONTO, rows

if TYPE_CHECKING:
    from tests.portal.staffroom import Room


def _begun_anew(room: Room) -> str:
    """An advert that the city held, whose days went by meanwhile, and which the city approved anew; its version."""
    shop = splash.shop(room)
    by = splash.owner(room)
    name = splash.submitted(room, shop, by)
    with transaction(room.database) as session:
        row = session.get_one(versions.Creative, name)
        campaign = campaigns.approve(row, "city", 1, room.time)
        campaigns.hold(campaign)
        campaigns.end(campaign, room.time)
        again = campaigns.draft(session, campaign, by, room.time)
        versions.submit(again, by, room.time)
        campaigns.approve(again, "city", 1, room.time)
        return again.id


def test_what_begins_anew_can_be_paused_anew(staffroom: Room) -> None:
    """By its owner, who then resumes it, and by the city, whose pause is one."""
    name = splash.campaign(staffroom, _begun_anew(staffroom)).id
    with transaction(staffroom.database) as session:
        row = session.get_one(Campaign, name)
        assert (CampaignState.LIVE, False) == (row.state, row.held)
        assert (True, True) == (campaigns.pause(row), campaigns.resume(row))
        assert (True, CampaignState.PAUSED) == (campaigns.hold(row), row.state)


def test_an_hour_in_which_nobody_began_is_told_like_the_person_in_it(staffroom: Room) -> None:
    """Who stays beyond an hour is online in the next, where no session begins: how long, and with how much data, is theirs alone."""
    used(staffroom, "2026-02-03", "central-library", 60)
    used(staffroom, "2026-02-04", "central-library", 40, hour=9)
    with transaction(staffroom.database) as session:
        begins = midnight(date(2026, 2, 5), TORONTO) + 3 * HOUR
        session.add(
            SiteHour(hour=begins, site="arena", roaming=False, sessions=0, seconds=3_500, input_octets=5 * 10**8, output_octets=10**9)
        )
    told = {name: file(staffroom, f"{where}?{FEBRUARY}", name) for where, name in _TABLES}
    assert ["", ""] == [told["days"][4][name] for name in ("hours", "octets")]
    assert ["", ""] == [told["hours"][3][name] for name in ("hours", "octets")]
    assert {""} == {row["octets"] for row in told["sites"]}
    assert [2, 2] == [sum(row["octets"] == "" for row in told[name]) for name in ("days", "hours")]  # beside it what would tell it


_TABLES = (("/analytics", "days"), ("/analytics", "hours"), ("/analytics/places", "sites"))


def test_two_places_of_one_name_are_two_lines(staffroom: Room) -> None:
    """A city has a community centre in each district: neither takes the other's line, and each says which it is."""
    with transaction(staffroom.database) as session:
        session.add_all(District(name=name) for name in ("north", "south"))
        session.add_all(SiteRow(id=f"centre-{name}", name="Community Centre", district=name) for name in ("north", "south"))
    used(staffroom, "2026-02-03", "centre-north", 60)
    used(staffroom, "2026-02-03", "centre-south", 40)
    came(staffroom, "2026-02", {"centre-north": (20, 9), "centre-south": (10, 5)})
    named = ["Community Centre (centre-north)", "Community Centre (centre-south)"]
    assert [*zip(named, ("60", "40"), strict=True)] == [
        (row["site"], row["sessions"]) for row in file(staffroom, f"/analytics/places?{FEBRUARY}", "sites")
    ]
    came_to = file(staffroom, f"/analytics/visitors?{FEBRUARY}", "site-visitors")
    assert [*zip(named, ("20", "10"), strict=True)] == [(row["site"], row["visitors"]) for row in came_to]
    assert set(named) == {row[0] for row in rows(staffroom.page(f"/analytics/compare?{FEBRUARY}"), "sites")}
