"""The calendar: which adverts guests may be shown at which site on which day, gaps, crowds, and the same as CSV."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from portal.admin.desk import counted
from portal.cases import calendar
from store import campaigns, versions
from store.models import Business, Creative, PlaceKind, Role, Site
from store.session import reading, transaction
from tests.portal import splash
from tests.portal.splash import LIBRARY

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

MONDAY = date(2026, 3, 9)
CITY = (PlaceKind.CITY, "")


def run(room: Room, business: str, name: str, **plan: Any) -> str:
    """A campaign that was approved; its id."""
    with transaction(room.database) as session:
        row = campaigns.begin(session, business, name, "somebody", room.time)
        said = campaigns.written(campaigns.Plan(**{"places": (LIBRARY,), **plan}))
        versions.save(row, {**splash.WORDS, "plan": said}, row.edits, "somebody")
        versions.submit(row, "somebody", room.time)
        return campaigns.approve(row, "another", 1, room.time).id


def rows(room: Room, first: date = MONDAY) -> list[list[list[str]]]:
    """Per site and day the names of what runs."""
    with reading(room.database) as session:
        found = calendar.week(calendar.runs(session, first), calendar.spots(session), first)
    return [[[each.name for each in cell.runs] for cell in row.cells] for row in found]


def test_an_advert_is_there_on_its_days(staffroom: Room) -> None:
    """From its first to its last, on its weekdays, in no other week."""
    business = splash.shop(staffroom)
    run(staffroom, business, "Bread", first_day=date(2026, 3, 10), last_day=date(2026, 3, 13), weekdays=0b1010111)
    assert [[[], ["Bread"], ["Bread"], [], ["Bread"], [], []]] == rows(staffroom)
    assert [[[]] * 7] == rows(staffroom, MONDAY + timedelta(days=7))


def test_an_advert_is_there_where_its_places_are(staffroom: Room) -> None:
    """The city, a district, a site, an access point: each is at every site that lies in it or has it."""
    with transaction(staffroom.database) as session:
        session.add_all([Site(id="square", name="Square", district="downtown"), Site(id="pool", name="Pool", district="north")])
    business = splash.shop(staffroom)
    for name, place in {
        "all": CITY,
        "down": (PlaceKind.DISTRICT, "downtown"),
        "pool": (PlaceKind.SITE, "pool"),
        "point": (PlaceKind.ACCESS_POINT, "lib-1"),
    }.items():
        run(staffroom, business, name, places=(place,))
    assert [["all", "point"], ["all", "pool"], ["all", "down"]] == [days[0] for days in rows(staffroom)]  # Central Library, Pool, Square
    shown = staffroom.page("/calendar")
    assert 7 == shown.count("only at lib-1")
    assert ["Pool"] == re.findall(r'scope="row"><a href="[^"]+">([^<]+)', staffroom.page("/calendar?district=north"))


def test_what_guests_are_not_shown_is_not_in_it(staffroom: Room) -> None:
    """Paused, over, never approved, of a suspended shop."""
    business = splash.shop(staffroom)
    for name, turn in {"paused": campaigns.pause, "over": lambda row: campaigns.end(row, staffroom.time)}.items():
        campaign = run(staffroom, business, name)
        with transaction(staffroom.database) as session:
            turn(session.get_one(campaigns.Campaign, campaign))
    splash.submitted(staffroom, business, "somebody")
    assert [[[]] * 7] == rows(staffroom)
    run(staffroom, business, "Bread")
    assert [[["Bread"]] * 7] == rows(staffroom)
    with transaction(staffroom.database) as session:
        session.get_one(Business, business).suspended_at = staffroom.time
    assert [[[]] * 7] == rows(staffroom)


def test_gaps_and_crowds_are_told(staffroom: Room) -> None:
    """The city's own fills no gap; more than six shops' adverts are a crowd, of which five are named."""
    with transaction(staffroom.database) as session:
        house = Business(slug="city", name="City", house=True, created_at=staffroom.time)
        session.add(house)
        session.flush()
        own = house.id
    run(staffroom, own, "Concert", places=(CITY,))
    assert "7 free days, all sites together" in staffroom.page("/calendar")
    assert 7 == staffroom.page("/calendar").count(">free<")
    business = splash.shop(staffroom)
    for number in range(7):
        run(staffroom, business, f"Bread {number}", weekdays=3 if number else 1)  # six on Tuesday are none
    shown = staffroom.page("/calendar")
    assert (1, 5) == (shown.count("crowded: 7"), shown.count(">free<"))
    assert "and 3 more" in shown  # two loaves and the concert
    assert "1 with more than 6 adverts" in shown


def test_another_week_and_a_week_that_is_none(staffroom: Room) -> None:
    """Any day stands for its week; what is no day is this week; long ago and far away end."""
    for asked, first in {"2026-03-18": "2026-03-16", "soon": "2026-03-09", "1950-01-01": "2020-01-06", "9999-12-31": "2099-12-28"}.items():
        assert f'value="{first}"' in staffroom.page(f"/calendar?week={asked}"), asked


def test_the_file_has_each_advert_site_and_day(staffroom: Room) -> None:
    """With a line for a day on which there is none; a name that a spreadsheet would execute is text; in the log."""
    business = splash.shop(staffroom, "formula", "=1+1")
    run(staffroom, business, "Bread", weekdays=1, from_minute=1320, until_minute=120)
    text = staffroom.get("/calendar?format=csv").get_data(as_text=True)
    lines = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert 7 == len(lines)
    assert ("'=1+1", "Bread", "22:00", "02:00", "no") == tuple(lines[0][key] for key in ("business", "advert", "from", "until", "house"))
    assert ("2026-03-10", "", "central-library") == (lines[1]["day"], lines[1]["advert"], lines[1]["site"])
    assert "exported" in staffroom.page("/audit")
    assert 403 == staffroom.get("/calendar?format=csv", Role.HELP_DESK).status_code


def test_the_file_has_every_site(staffroom: Room) -> None:
    """Also those beyond a page, each once."""
    with transaction(staffroom.database) as session:
        session.add_all([Site(id=f"s{number}", name="Same") for number in range(405)])
    text = staffroom.get("/calendar?format=csv").get_data(as_text=True)
    assert 406 * 7 + 1 == len(text.splitlines())
    first = staffroom.page("/calendar")
    onward = re.findall(r"after=([^\"]+)\"", first)[0]
    second = staffroom.page(f"/calendar?after={onward}")
    seen = [re.findall(r'href="/sites/([^"]+)"', each) for each in (first, second)]
    assert ([50, 50], 100) == ([len(each) for each in seen], len(set(seen[0] + seen[1])))
    assert 404 == staffroom.get("/calendar?after=nowhere").status_code


def test_a_week_costs_the_same_however_large_the_city_is(staffroom: Room) -> None:
    """No statement for each site or advert."""
    business = splash.shop(staffroom)

    def asked() -> int:
        with counted(staffroom.database) as seen:
            staffroom.page("/calendar")
        return len(seen)

    run(staffroom, business, "first")
    staffroom.page("/calendar")  # whose first page makes the app
    few = asked()
    for number in range(8):
        run(staffroom, business, str(number))
    with transaction(staffroom.database) as session:
        session.add_all([Site(id=f"s{number}", name=f"Site {number}") for number in range(30)])
    assert few == asked()
    with reading(staffroom.database) as session:
        assert 9 == session.query(Creative).count()
