"""Line by line of what is promised: a hold that outlived its advert, one person's night in the sums, two places of one name."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from flask import Flask, current_app
from flask_babel import Babel
from PIL import Image

from portal import open_shelf, sheets
from portal.cases import open_files, review
from portal.doors import Terms
from portal.messages.letter import line
from portal.open_shelf import Shelf
from store import campaigns, placements, versions
from store.models import Campaign, CampaignState, Dataset, District, Role
from store.models import Site as SiteRow
from store.publications import Brief
from store.session import transaction
from store.site_sums import add_hours
from store.site_usage import midnight
from store.stills import Cut, prepared
from tests.portal import splash
from tests.portal.shops import painted
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
        counts = {"sessions": 0, "seconds": 3_500, "input_octets": 5 * 10**8, "output_octets": 10**9}
        add_hours(session, [{"hour": begins, "site": "arena", "roaming": False, **counts}])
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


@pytest.mark.parametrize("cell", ["＝1+1", "＋1", "－1", "＠SUM(1)", " =1+1", "\u00a0=1", "a;＝1", "a\n ＠b", "\t1", "Miller’s – Oven"])
def test_no_spreadsheet_of_any_language_takes_words_for_a_formula(cell: str) -> None:
    """Not in the wide signs that Chinese and Japanese are typed with, nor behind spaces; read back it is what it was."""
    said = str(sheets.safe(cell))
    assert cell == sheets.bare(said)
    assert ("Miller’s – Oven" == cell) is (said == cell)
    assert not re.search(r"(?:^|[;\t\n\r])\s*[=+@＝＋－＠-]", said)


def test_terms_that_changed_are_the_terms_that_are_told() -> None:
    """Another publisher, contact or licence under the same address: no file goes on naming the former."""
    at = datetime(2026, 4, 4, tzinfo=UTC)
    brief = Brief("a", Dataset.HOTSPOTS, "", 1, at, "", "", 1, 0, None, "", "")
    octets, shelf, terms = open_files.geojson([]), Shelf(), _TERMS
    with Flask(__name__).app_context():
        Babel(current_app)
        for each in (terms, replace(terms, publisher="Region of Example"), replace(terms, contact="open@city.example")):
            files = shelf.files([brief], lambda: {"a": octets}, each, "https://wifi.city.example")
            publisher = json.loads(files["datapackage.json"].octets)["contributors"][0]
            assert (each.publisher, each.contact) == (publisher["title"], publisher.get("email", ""))


def test_a_dataset_was_issued_when_its_first_month_was() -> None:
    """Another month changes when it was modified."""
    first, second = datetime(2026, 4, 4, tzinfo=UTC), datetime(2026, 5, 4, tzinfo=UTC)
    briefs = [Brief(day.isoformat(), Dataset.USAGE, f"{day:2026-%m}", 1, day, "", "", 1, 0, None, "", "") for day in (first, second)]
    with Flask(__name__).app_context():
        Babel(current_app)
        made = open_shelf.made(briefs, {each.id: open_files.usage_csv(each.period, []) for each in briefs}, _TERMS, "https://w.example")
    told = json.loads(made["catalog.jsonld"].octets)
    for each in (told, told["dcat:dataset"][0]):
        assert ("2026-04-04T00:00:00Z", "2026-05-04T00:00:00Z") == (each["dct:issued"]["@value"], each["dct:modified"]["@value"])


_TERMS = Terms("CC-BY-4.0", "CC BY", "https://city.example/terms", "City of Example")


@pytest.mark.parametrize(
    "blank", ["\u3164", "\u2800", "\u115f\u1160", "\U000e0041\U000e007f", "\u034f", "\uffa0", "\ufff9\ufffb", "\ufffe"]
)
def test_words_that_nobody_sees_are_none(blank: str) -> None:
    """Letters that are blank in every font: neither a title nor a description is made of them."""
    assert ["", "Bread"] == [line(each) for each in (blank, f"{blank}Bread{blank}")]


def test_marks_are_not_piled_over_what_is_not_theirs() -> None:
    """The advert stands below the button: no sixty accents on its first letter. Words keep the marks that they have, of any script."""
    assert "B" + 3 * "\u0301" + "read" == line("B" + 58 * "\u0301" + "read")
    for word in ("Tiệm bánh mì", unicodedata.normalize("NFD", "Tiệm bánh mì"), "בְּרֵאשִׁ֖ית", "خُبْزٌ", "ขนมปังที่นี่", "☕️ Café"):
        assert word == line(word)


@pytest.mark.parametrize(
    ("size", "kind", "turned", "expected"),
    [
        ((160, 9_000), "PNG", 1, (160, 80)),
        ((9_000, 160), "PNG", 1, (320, 160)),
        ((1_080, 9_000), "JPEG", 1, (960, 480)),
        ((9_000, 1_080), "JPEG", 6, (960, 480)),
        ((4_000, 3_000), "JPEG", 8, (960, 480)),
    ],
)
def test_a_long_picture_keeps_its_middle_as_sharp_as_it_was(
    size: tuple[int, int], kind: str, turned: int, expected: tuple[int, int]
) -> None:
    """Whoever sends a whole page off a phone's screen is shown its middle, not three pixels of it; however the camera was held."""
    exif = Image.Exif()
    exif[0x0112] = turned
    found = prepared(painted(size, kind, exif=exif), cut=Cut.WIDE, least=160)
    assert expected == (found.width, found.height)


def test_no_share_is_left_out_alone(staffroom: Room) -> None:
    """Two who roam among many who do not: their share is not told, nor are the others', from which it could be reckoned."""
    with transaction(staffroom.database) as session:
        session.add(District(name="north"))
        session.add_all(SiteRow(id=name, name=name.capitalize(), district="north") for name in ("arena", "marina"))
    for day, site, roams, stays in (("03", "central-library", 40, 20), ("04", "arena", 30, 15), ("05", "marina", 2, 36)):
        used(staffroom, f"2026-02-{day}", site, roams)
        used(staffroom, f"2026-02-{day}", site, stays, roaming=False)
    told = {name: file(staffroom, f"{where}?{FEBRUARY}", name) for where, name in _TABLES}
    assert {"2026-02-05", "2026-02-03"} == {row["day"] for row in told["days"] if int(row["sessions"]) and not row["roaming_percent"]}
    assert {"Arena", "Marina"} == {row["site"] for row in told["sites"] if not row["roaming_percent"]}
    assert {"38", "45", "60"} == {row["sessions"] for row in told["sites"]}  # how many they were is told


def test_an_advert_is_called_by_the_title_that_guests_see(staffroom: Room) -> None:
    """In lists, mails, figures and the calendar: once a change of it is approved, not before."""
    shop = splash.shop(staffroom)
    by, city = splash.owner(staffroom), staffroom.staff(Role.CITY_ADMIN, "boss@city.example")
    name = splash.submitted(staffroom, shop, by, "Easter bread", title={"en": "Easter bread"})
    with transaction(staffroom.database) as session:
        found = review.find(session, "advert", name)
        assert found is not None
        review.approve(session, found, city, found.version.edits, 1, staffroom.time)
        row = campaigns.draft(session, found.campaign, by, staffroom.time)
        versions.save(row, {"title": {"en": "Summer bread"}}, row.edits, by)
        versions.submit(row, by, staffroom.time)
        assert "Easter bread" == found.campaign.name
        review.approve(session, found._replace(version=row), city, row.edits, 1, staffroom.time)
        assert "Summer bread" == found.campaign.name


def test_a_shop_reads_which_of_two_places_of_one_name_it_was(staffroom: Room) -> None:
    """Its figures have a line for each."""
    with transaction(staffroom.database) as session:
        session.add_all(SiteRow(id=f"centre-{name}", name="Community Centre") for name in ("north", "south"))
        session.flush()
        called = placements.places(session, ["centre-north", "centre-south", "central-library"])
    assert {"centre-north": "Community Centre (centre-north)", "central-library": "Central Library"}.items() <= called.items()
