"""Analytics: every panel adds up, its chart and its file say what its table says, and nothing in them stands for fewer than five."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from html import unescape
from typing import TYPE_CHECKING

import pytest

from portal import press
from portal.admin.desk import counted
from portal.cases.usage import kept_back_within
from store.models import District, Role, SiteVisitors, Span, VisitorCount
from store.models import Site as SiteRow
from store.session import transaction
from store.site_sums import add_hours, add_lengths
from store.site_usage import midnight
from tests.portal.staffroom import NOW
from tests.portal.test_press import _plain
from tests.portal.test_staff_visitors import TORONTO, rows, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.portal.staffroom import Room

FEBRUARY = "from=2026-02-01&to=2026-02-28"
HOUR = timedelta(hours=1)


def used(room: Room, day: str, site: str, sessions: int, *, hour: int = 10, roaming: bool = True, stay: int = 20) -> None:
    """So many sessions of so many minutes began then."""
    begins = midnight(date.fromisoformat(day), TORONTO)
    with transaction(room.database) as session:
        counts = {
            "sessions": sessions,
            "seconds": sessions * stay * 60,
            "input_octets": sessions * 10**6,
            "output_octets": sessions * 10**7,
        }
        add_hours(session, [{"hour": begins + hour * HOUR, "site": site, "roaming": roaming, **counts}])
        add_lengths(session, [{"day": begins, "site": site, "roaming": roaming, "minutes": stay, "sessions": sessions}])


def came(room: Room, month: str, counts: Mapping[str, tuple[int, int]]) -> None:
    begins = midnight(date.fromisoformat(f"{month}-01"), TORONTO)
    with transaction(room.database) as session:
        session.add_all(SiteVisitors(begins_at=begins, site=site, visitors=of, came_again=again) for site, (of, again) in counts.items())


@pytest.fixture
def city(staffroom: Room) -> Room:
    """Three sites, two of them in a district, in February."""
    with transaction(staffroom.database) as session:
        session.add(District(name="lakeshore"))
        session.add_all(SiteRow(id=name, name=name.capitalize(), district="lakeshore") for name in ("arena", "marina"))
    for day, site, sessions, roaming in (
        ("2026-02-03", "central-library", 40, True), ("2026-02-03", "central-library", 20, False), ("2026-02-04", "arena", 30, True),
        ("2026-02-04", "marina", 2, True), ("2026-02-05", "arena", 6, False),
    ):  # fmt: skip
        used(staffroom, day, site, sessions, roaming=roaming)
    return staffroom


def file(room: Room, where: str, table: str) -> list[dict[str, str]]:
    answer = room.get(f"{where}&format=csv&table={table}")
    assert (200, "text/csv") == (answer.status_code, answer.mimetype)
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))


def figures(page: str) -> list[str]:
    return [text(each).strip() for each in re.findall(r'<p class="figure">(.*?)</p>', page)]


def test_the_whole_is_exact_and_so_are_its_days(city: Room) -> None:
    """Sessions, hours, data, the roaming share and the median; each day's, also those of nobody."""
    page = city.page(f"/analytics?{FEBRUARY}")
    assert ["98", "32.7", "1 GB", "73%"] == figures(page)[:4]
    told = {row["day"]: row["sessions"] for row in file(city, f"/analytics?{FEBRUARY}", "days")}
    assert (28, "60", "32", "6", "0") == (len(told), *(told[f"2026-02-0{day}"] for day in (3, 4, 5, 6)))
    assert "Tue, Feb 3, 2026" in [row[0] for row in rows(page, "days")]
    hours = {row[0]: row[1] for row in rows(page, "hours")}
    assert ("98", "0") == (hours["10:00"], hours["09:00"])


def test_a_small_cell_is_not_told_nor_what_would_tell_it(city: Room) -> None:
    """Two sessions at one site: its line is withheld, and with it another, as the total is known; in the table, the file and the chart."""
    told = {row[0]: row[1] for row in rows(city.page(f"/analytics/places?{FEBRUARY}"), "sites")}
    assert "–" == told["Marina"]
    assert 2 == list(told.values()).count("–")
    assert 2 == [each["sessions"] for each in file(city, f"/analytics/places?{FEBRUARY}", "sites")].count("")
    svg = city.get(f"/charts/analytics/sites.svg?{FEBRUARY}").get_data(as_text=True)
    assert ("Marina" in svg, "<script" in svg) == (False, False)


def test_a_phone_is_shown_a_picture_as_wide_as_itself(city: Room) -> None:
    """Of each chart there is one that is drawn for it: a wide one made small has words of two pixels. The wide one stays for a desk."""
    offered = re.findall(
        r'srcset="([^"]*)"><img class="chart" src="([^"]*)"',
        city.page(f"/analytics?{FEBRUARY}") + city.page(f"/analytics/places?{FEBRUARY}") + city.page(f"/analytics/compare?{FEBRUARY}"),
    )
    drawn = [[city.get(unescape(each)).get_data(as_text=True) for each in pair] for pair in offered]
    widths = [[re.search(r'<svg[^>]* width="(\d+)"', each)[1] for each in pair] for pair in drawn]
    assert [["360", "960"]] * 5 == widths


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ({"": {"central": 60}, "lake": {"arena": 2, "marina": 36}}, (set(), {"arena", "marina"})),
        ({"": {"central": 60}, "hill": {"fort": 50}, "lake": {"arena": 2}}, ({"lake", ""}, {"arena", "central"})),
        ({"hill": {"fort": 50}, "lake": {"arena": 0, "marina": 7}}, (set(), set())),
        ({"lake": {"arena": 2}}, ({"lake"}, {"arena"})),
    ],
)
def test_two_tables_do_not_give_each_other_away(groups: dict[str, dict[str, int]], expected: tuple[set[str], set[str]]) -> None:
    """A district's total beside its sites: what is withheld beside a small one lies in the same district, or both are withheld."""
    assert expected == kept_back_within(groups)


def test_places_can_be_chosen(city: Room) -> None:
    """One site, or a district's; one that is not there is said, and is the whole city."""
    assert [["60"], ["38"], ["98"]] == [
        figures(city.page(f"/analytics?{FEBRUARY}&where={where}"))[:1]
        for where in ("site:central-library", "district:lakeshore", "site:gone")
    ]
    assert "There is no such place" in text(city.page(f"/analytics?{FEBRUARY}&where=site:gone"))
    districts = {row[0]: row[1] for row in rows(city.page(f"/analytics/places?{FEBRUARY}"), "districts")}
    assert {"lakeshore": "38", "No district": "60"} == districts


def test_days_are_the_operators_and_have_their_own_lengths(staffroom: Room) -> None:
    """On the day clocks change, an hour before its midnight and one after its last are not its own."""
    day = midnight(date(2026, 3, 8), TORONTO)
    with transaction(staffroom.database) as session:
        for at in (day - HOUR, day, day + 22 * HOUR, day + 23 * HOUR):
            counts = {"sessions": 5, "seconds": 1, "input_octets": 0, "output_octets": 0}
            add_hours(session, [{"hour": at, "site": "central-library", "roaming": True, **counts}])
    page = staffroom.page("/analytics?from=2026-03-08&to=2026-03-08")
    assert ["10"] == figures(page)[:1]
    assert {"00:00": "5", "23:00": "5"} == {row[0]: row[1] for row in rows(page, "hours") if row[1] != "0"}


def test_stays_have_their_shares(city: Room) -> None:
    """Twenty minutes each: all between fifteen and thirty."""
    assert ["15 to 30 minutes", "98", "100%"] in rows(city.page(f"/analytics/stays?{FEBRUARY}"), "stays")


def test_visitors_say_where_they_come_from_and_whether_they_come_back(city: Room) -> None:
    """Visits by country and institution, small ones withheld; months, of the city or of a site; shares of too few are not told."""
    begins = midnight(date(2026, 2, 3), TORONTO)
    with transaction(city.database) as session:
        for institution, country, visitors in (("A", "CA", 50), ("B", "DE", 30), ("C", "FR", 2), ("", "", 9)):
            session.add(VisitorCount(span=Span.DAY, begins_at=begins, institution=institution, country=country, visitors=visitors))
    came(city, "2026-02", {"": (80, 20), "arena": (12, 3), "marina": (3, 1)})
    page = city.page(f"/analytics/visitors?{FEBRUARY}")
    countries = {row[0]: row[1] for row in rows(page, "countries")}
    assert {"Canada": "50", "Germany": "30", "France": "–"} == countries
    assert {"A": "50", "B": "30", "C": "–", "Guests of the portal": "–"} == {row[0]: row[2] for row in rows(page, "institutions")}
    assert [["February 2026", "80", "20", "25%"]] == rows(page, "months")
    assert [["Arena", "12", "–", "–"], ["Marina", "–", "–", "–"]] == rows(page, "site-visitors")
    assert [["February 2026", "12", "–", "–"]] == rows(city.page(f"/analytics/visitors?{FEBRUARY}&where=site:arena"), "months")
    assert "Visitors of a district are not counted" in text(city.page(f"/analytics/visitors?{FEBRUARY}&where=district:lakeshore"))


def test_before_and_after_an_event(city: Room) -> None:
    """A day beside the same day of the week before, or any that is chosen: how much it grew, in all and by site."""
    used(city, "2026-01-27", "central-library", 30)
    page = city.page("/analytics/compare?from=2026-02-03&to=2026-02-03")
    assert "Sessions 60 30 +100% Hours online 20 10 +100%" in text(page)
    assert ["Central Library", "60", "30", "+100%"] in rows(page, "sites")
    assert "Tue, Jan 27, 2026" in text(page)
    chosen = city.page("/analytics/compare?from=2026-02-03&to=2026-02-03&with=2026-02-04")
    assert "Wed, Feb 4, 2026" in text(chosen)
    assert "<script" not in city.get("/charts/analytics-compare.svg?from=2026-02-03&to=2026-02-04").get_data(as_text=True)
    assert ["10:00", "60", "30"] == list(file(city, "/analytics/compare?from=2026-02-03&to=2026-02-03", "steps")[10].values())


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("from=x&to=2026-02-28", "up to today"), ("from=2026-02-30", "up to today"), ("from=1999-01-01", "up to today"),
        ("to=2999-01-01", "up to today"), ("from=9999-12-31", "up to today"), ("from=2025-01-01&to=2026-03-01", "184 days"),
        ("where=x", "no such place"), ("where=site:", "no such place"), ("with=x", "up to today"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said(query: str, expected: str, city: Room) -> None:
    """And the page is there all the same."""
    answer = city.get(f"/analytics/compare?{query}")
    assert (200, True) == (answer.status_code, expected in text(answer.get_data(as_text=True)))


def test_days_may_be_told_the_wrong_way_round(city: Room) -> None:
    """And one alone is one day."""
    assert figures(city.page("/analytics?from=2026-02-28&to=2026-02-01")) == figures(city.page(f"/analytics?{FEBRUARY}"))
    assert ["60"] == figures(city.page("/analytics?from=2026-02-03"))[:1]


def test_where_nobody_was_online_the_page_teaches(staffroom: Room) -> None:
    """No figure, no division by nothing, and a chart all the same."""
    assert "Nobody was online in these days" in text(staffroom.page("/analytics"))
    for path in ("/analytics/places", "/analytics/stays", "/analytics/visitors", "/analytics/compare", "/analytics/report"):
        assert 200 == staffroom.get(path).status_code
    for chart in ("days", "hours", "sites", "stays", "countries", "months", "site-visitors"):
        assert 200 == staffroom.get(f"/charts/analytics/{chart}.svg").status_code
    assert [404, 404] == [staffroom.get(f"/charts/analytics/{name}.svg").status_code for name in ("institutions", "x")]
    assert 404 == staffroom.get("/analytics?format=csv&table=sites").status_code


def test_a_file_is_for_whoever_may_export_and_is_in_the_audit_log(city: Room) -> None:
    """Freshly proven; a site's name is no formula."""
    with transaction(city.database) as session:
        session.get_one(SiteRow, "arena").name = "=cmd()"
    assert "'=cmd()" in [row["site"] for row in file(city, f"/analytics/places?{FEBRUARY}", "sites")]
    assert "export" in text(city.page("/audit"))
    assert 403 == city.get("/analytics?format=csv", role=Role.HELP_DESK).status_code
    city.time = NOW + timedelta(minutes=11)
    answer = city.get(f"/analytics?{FEBRUARY}&format=csv")
    assert (303, True) == (answer.status_code, answer.location.startswith("/prove?next="))


def test_a_page_costs_the_same_for_any_number_of_sites(city: Room) -> None:
    """No statement per row."""
    for path in ("/analytics", "/analytics/places", "/analytics/visitors", "/analytics/compare", "/analytics/report"):
        used(city, "2026-02-20", "arena", 20)
        city.page(path)
        with counted(city.database) as few:
            city.page(path)
        for number in range(7):
            used(city, "2026-02-20", f"site-{path[-3:]}-{number}", 20)
        with counted(city.database) as many:
            city.page(path)
        assert len(few) == len(many), path


def test_the_report_tells_a_month_in_either_language(city: Room) -> None:
    """Sentences first; numbers as that language writes them, whoever reads the pages in another."""
    came(city, "2026-02", {"": (80, 20)})
    used(city, "2026-01-10", "arena", 49)
    said = text(city.page("/analytics/report"))
    assert "80 visitors used the city’s Wi-Fi, 98 times in all." in said
    assert "That is 100% more sessions than in January 2026." in said
    assert "25% of the visitors came on more than one day." in said
    assert "The busiest day was Tuesday, February 3; the busiest hour of the day begins at 10:00 a.m." in said
    french = city.get("/analytics/report/print?month=2026-02&language=fr")
    assert 'lang="fr"' in french.get_data(as_text=True)
    assert "février 2026" in text(french.get_data(as_text=True))
    assert "Hardly anybody" in text(city.page("/analytics/report?month=2025-10"))


@pytest.mark.peer("pango")
def test_the_report_is_one_sheet_of_paper(city: Room) -> None:
    """Of the longest month, with as many sites, countries and sentences as it ever has; and its charts are in it."""
    begins = midnight(date(2026, 1, 1), TORONTO)
    came(city, "2026-01", {"": (900, 300)})
    with transaction(city.database) as session:
        session.add_all(SiteRow(id=f"s{number}", name=f"Bibliothèque de la Grande-Rivière-du-Nord {number}") for number in range(12))
        for number, code in enumerate(("CA", "DE", "GB", "US", "FR", "NL", "VC")):
            session.add(VisitorCount(span=Span.MONTH, begins_at=begins, institution=f"U{number}", country=code, visitors=30 + number))
    used(city, "2025-12-07", "s1", 40)
    for number in range(12):
        used(city, f"2026-01-{number + 1:02}", f"s{number}", 40 + number, roaming=number % 2 == 0, hour=number)
    answer = city.get("/analytics/report.pdf?month=2026-01&language=fr")
    assert (200, "application/pdf") == (answer.status_code, answer.mimetype)
    assert 'filename="wi-fi-2026-01-fr.pdf"' in answer.headers["Content-Disposition"]
    assert 1 == len(re.findall(rb"/Type /Page\b", _plain(answer.get_data())))


def test_where_no_pdf_can_be_made_the_page_says_so(city: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """It leads back to the page that the browser prints; a press that is busy, or jams, is told in words."""
    monkeypatch.setattr(press, "missing", lambda: "")

    def busy(_page: str) -> bytes:
        raise press.BusyError

    def jammed(_page: str) -> bytes:
        raise press.JammedError("why")

    for fault, status in ((busy, 503), (jammed, 500)):
        monkeypatch.setattr(press, "pdf", fault)
        assert status == city.get("/analytics/report.pdf").status_code
    monkeypatch.setattr(press, "missing", lambda: "libpango-1.0.so.0")
    assert 303 == city.get("/analytics/report.pdf").status_code
    assert "libpango" in text(city.page("/analytics/report"))


def test_whoever_sees_reports_sees_these(city: Room) -> None:
    """Also who may not publish; the help desk does not."""
    assert [200, 200, 403] == [city.get("/analytics", role=role).status_code for role in (Role.NETWORK_OPS, Role.AUDITOR, Role.HELP_DESK)]
