"""/open-data/: what is published, and how it is given out."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from portal.cases.disclosure import Figures, Line
from portal.cases.open_files import Hotspot, figures, geojson, hotspots, usage_csv
from portal.doors import Terms
from store import publications
from store.models import Dataset, Publication
from store.session import transaction
from tests.portal.guests import heading, links, plain

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.portal.world import World

TERMS = Terms("CC-BY-4.0", "Attribution 4.0", "https://creativecommons.org/licenses/by/4.0/", "City of Example", "open-data@city.example")
MAY = datetime(2026, 6, 5, 14, tzinfo=UTC)
LIBRARY = Hotspot(
    "central-library", "Central Library", "1 Main Street", "downtown", 43.5885, -79.6441, "City Wi-Fi", "indoor", "Mo-Su 09:00-21:00"
)
FIGURES = Figures(1250, 430, 61_005, 480, 95, 35, 15)
FILES = ("hotspots.csv", "hotspots.geojson", "usage_monthly.csv", "datapackage.json", "catalog.jsonld")


@pytest.fixture
def reader(city: World) -> FlaskClient:
    """A browser that the pages of a city with terms are open to."""
    city.house = replace(city.house, open_data=TERMS)
    return city.client()


def publish(city: World, dataset: Dataset, period: str, octets: bytes, at: datetime = MAY) -> str:
    """Give it out; its id."""
    with transaction(city.database) as session:
        row = Publication(dataset=dataset, period=period, octets=octets, published_at=at, published_by="auditor@city.example", told=1)
        publications.publish(session, row, publications.earlier(session, dataset, period))
        return row.id


def opened(city: World) -> None:
    """The places, two months."""
    publish(city, Dataset.HOTSPOTS, "", geojson([LIBRARY, Hotspot("arena", "Arena")]))
    for month in ("2026-04", "2026-05"):
        publish(city, Dataset.USAGE, month, usage_csv(month, [Line("arena", None), Line("central-library", FIGURES)]))


def test_what_a_file_says_is_what_was_told() -> None:
    """A share of hundredths, a site whose name begins a formula, a place on the equator; positions to a metre, and nothing for nothing."""
    told = {"=library": FIGURES, "arena": None, "mall": replace(FIGURES, median=None, share=None)}
    assert told == figures(usage_csv("2026-05", [Line(*each) for each in told.items()]))
    places = [
        Hotspot("pier", "Pier", lat=0.0, lon=-9.1234567),
        Hotspot("arena", "Arena", lat=43.1234567, lon=-79.0),
        Hotspot("mall", "Mall"),
    ]
    found = json.loads(geojson(places))["features"]
    points = [each["geometry"] and each["geometry"]["coordinates"] for each in found]
    assert ([[-9.12346, 0.0], [-79.0, 43.12346], None], None) == (points, found[0]["properties"]["address"])
    assert [places[0]._replace(lon=-9.12346), places[1]._replace(lat=43.12346), places[2]] == hotspots(geojson(places))


def withdraw(city: World, name: str, why: str = "A gateway counted twice.") -> None:
    with transaction(city.database) as session:
        row = publications.find(session, name)
        assert row is not None
        publications.withdraw(row, "auditor@city.example", why, MAY)


def test_every_file_is_there_for_any_site(city: World, reader: FlaskClient) -> None:
    """With its type, an ETag, a quarter of an hour to be kept, and leave for pages of other sites; no cookie."""
    opened(city)
    seen = {name: reader.get(f"/open-data/{name}") for name in FILES}
    assert {
        "hotspots.csv": "text/csv; charset=utf-8",
        "hotspots.geojson": "application/geo+json",
        "usage_monthly.csv": "text/csv; charset=utf-8",
        "datapackage.json": "application/json",
        "catalog.jsonld": "application/ld+json",
    } == {name: answer.content_type for name, answer in seen.items()}
    for answer in seen.values():
        said = [
            answer.headers.get(name) for name in ("Cache-Control", "Access-Control-Allow-Origin", "Set-Cookie", "Vary", "Last-Modified")
        ]
        assert ["public, max-age=900", "*", None, None, "Fri, 05 Jun 2026 14:00:00 GMT"] == said


@pytest.mark.parametrize("name", FILES)
def test_what_one_has_is_not_sent_again(city: World, reader: FlaskClient, name: str) -> None:
    """Asked with its ETag a file is 304 and empty; HEAD tells its length alone."""
    opened(city)
    whole = reader.get(f"/open-data/{name}")
    again = reader.get(f"/open-data/{name}", headers={"If-None-Match": whole.headers["ETag"]})
    head = reader.head(f"/open-data/{name}")
    assert (304, b"", "*") == (again.status_code, again.data, again.headers["Access-Control-Allow-Origin"])
    assert (200, b"", len(whole.data)) == (head.status_code, head.data, int(head.headers["Content-Length"]))


def test_whoever_asks_by_the_time_alone_learns_of_a_withdrawal(city: World, reader: FlaskClient) -> None:
    """The file without the newest month is newer than the one with it."""
    opened(city)
    late = publish(city, Dataset.USAGE, "2026-06", usage_csv("2026-06", [Line("arena", None)]), MAY + timedelta(days=30))
    had = reader.get("/open-data/usage_monthly.csv").headers["Last-Modified"]
    assert 304 == reader.get("/open-data/usage_monthly.csv", headers={"If-Modified-Since": had}).status_code
    with transaction(city.database) as session:
        row = publications.find(session, late)
        assert row is not None
        publications.withdraw(row, "auditor@city.example", "A gateway counted twice.", MAY + timedelta(days=31))
    again = reader.get("/open-data/usage_monthly.csv", headers={"If-Modified-Since": had})
    assert (200, False) == (again.status_code, "2026-06" in again.text)


def test_a_page_of_another_site_may_ask_with_its_etag(city: World, reader: FlaskClient) -> None:
    """A browser asks first whether it may say If-None-Match."""
    opened(city)
    answer = reader.options(
        "/open-data/hotspots.csv", headers={"Origin": "https://maps.example.org", "Access-Control-Request-Method": "GET"}
    )
    assert (200, "*", True) == (
        answer.status_code,
        answer.headers["Access-Control-Allow-Origin"],
        "If-None-Match" in answer.headers["Access-Control-Allow-Headers"],
    )


def test_the_lines_of_the_files(city: World, reader: FlaskClient) -> None:
    """All months in one table; a line that is withheld has no figures; nobody's word stands where nobody said one."""
    opened(city)
    assert (
        "site_id,month,sessions,unique_accounts_rounded,minutes,gb_down,gb_up,median_session_min,roaming_share\r\n"
        "arena,2026-04,,,,,,,\r\n"
        "central-library,2026-04,1250,430,61005,480,95,35,0.15\r\n"
        "arena,2026-05,,,,,,,\r\n"
        "central-library,2026-05,1250,430,61005,480,95,35,0.15\r\n"
    ) == reader.get("/open-data/usage_monthly.csv").text
    assert (
        "site_id,name,address,ward,lat,lon,ssid,indoor_outdoor,opening_hours,activated_on,status,accessible_entrance\r\n"
        "central-library,Central Library,1 Main Street,downtown,43.5885,-79.6441,City Wi-Fi,indoor,Mo-Su 09:00-21:00,,active,\r\n"
        "arena,Arena,,,,,,,,,active,\r\n"
    ) == reader.get("/open-data/hotspots.csv").text
    features = json.loads(reader.get("/open-data/hotspots.geojson").data)["features"]
    assert [{"type": "Point", "coordinates": [-79.6441, 43.5885]}, None] == [each["geometry"] for each in features]


def test_the_page_tells_people(city: World, reader: FlaskClient) -> None:
    """What there is, under which licence, whom to ask; in both languages."""
    opened(city)
    answer = reader.get("/open-data/")
    text = plain(answer)
    assert "Open data" == heading(answer)
    assert [True] * 5 == [
        word in text for word in ("April 2026, May 2026", "Attribution 4.0", "City of Example", "open-data@city.example", "rounded to 5")
    ]
    assert {f"/open-data/{name}" for name in FILES} <= set(links(answer))
    french = reader.get("/open-data/?lang=fr")
    assert ("Données ouvertes", True) == (heading(french), "avril 2026" in plain(french))
    bare = reader.get("/open-data")
    assert (308, True) == (bare.status_code, bare.headers["Location"].endswith("/open-data/"))


def test_what_is_withdrawn_is_gone_and_says_why(city: World, reader: FlaskClient) -> None:
    """Its lines at once, and no older ones in their place; the page has the reason for everybody, as text."""
    opened(city)
    older = publish(city, Dataset.USAGE, "2026-03", usage_csv("2026-03", [Line("central-library", FIGURES)]))
    newer = publish(city, Dataset.USAGE, "2026-03", usage_csv("2026-03", [Line("central-library", replace(FIGURES, sessions=900))]))
    assert "2026-03,900" in reader.get("/open-data/usage_monthly.csv").text
    withdraw(city, newer, "A <b>gateway</b> counted twice.")
    assert older != newer
    assert "2026-03" not in reader.get("/open-data/usage_monthly.csv").text
    page = reader.get("/open-data/")
    said = "March 2026, withdrawn June 5, 2026: A <b>gateway</b> counted twice."
    assert (True, False) == (said in plain(page), "<b>gateway" in page.text)


def test_nothing_published_is_said_and_no_file_is_there(city: World, reader: FlaskClient) -> None:
    """Neither before the first publication, nor after the last was withdrawn, nor without terms."""
    assert {404} == {reader.get(f"/open-data/{name}").status_code for name in FILES}
    name = publish(city, Dataset.HOTSPOTS, "", geojson([LIBRARY]))
    assert [200, 404] == [reader.get(f"/open-data/{each}").status_code for each in ("hotspots.csv", "usage_monthly.csv")]
    withdraw(city, name)
    assert {404} == {reader.get(f"/open-data/{each}").status_code for each in FILES}
    assert "Nothing is published just now." in plain(reader.get("/open-data/"))


def test_without_terms_nothing_is_open(city: World) -> None:
    """What the settings no longer say under which licence is given out no longer."""
    opened(city)
    city.house = replace(city.house, open_data=None)
    bare = city.client()
    assert {404} == {bare.get(f"/open-data/{name}").status_code for name in FILES}
    assert 200 == bare.get("/open-data/").status_code


@pytest.mark.parametrize("name", ["passwords.csv", "%00", "..%2fproxeny.db", "a" * 300, "hotspots.CSV", "usage_monthly.csv/"])
def test_other_names_are_nothing(city: World, reader: FlaskClient, name: str) -> None:
    """A plain 404."""
    opened(city)
    assert 404 == reader.get(f"/open-data/{name}").status_code


def test_formulas_stay_text_in_the_tables(city: World, reader: FlaskClient) -> None:
    """A place that is called like a formula: no spreadsheet executes it; numbers below nought stay numbers; JSON needs no apostrophe."""
    odd = Hotspot("-1+1", '=HYPERLINK("https://evil.example")', "@SUM(1)", "+1", -43.5, -79.6)
    publish(city, Dataset.HOTSPOTS, "", geojson([odd]))
    publish(city, Dataset.USAGE, "2026-05", usage_csv("2026-05", [Line("-1+1", FIGURES)]))
    row = reader.get("/open-data/hotspots.csv").text.splitlines()[1]
    assert row.startswith("""'-1+1,"'=HYPERLINK(""https://evil.example"")",'@SUM(1),'+1,-43.5,-79.6,""")
    assert reader.get("/open-data/usage_monthly.csv").text.splitlines()[1].startswith("'-1+1,2026-05,1250")
    assert (
        '=HYPERLINK("https://evil.example")'
        == json.loads(reader.get("/open-data/hotspots.geojson").data)["features"][0]["properties"]["name"]
    )
