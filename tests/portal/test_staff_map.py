"""portal.admin.access_points_map: the map's positions, the table that says the same, and where pictures may come from."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from portal.admin.desk import Office, counted
from store import models as m
from store.session import transaction
from tests.portal.staffroom import NOW, URL

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

MAP = "/access-points/map"


def positions(room: Room) -> dict[str, Any]:
    answer = room.get(f"{MAP}.json")
    assert (200, "application/json") == (answer.status_code, answer.mimetype)
    found: dict[str, Any] = answer.get_json()
    return found


def add(room: Room, *points: m.AccessPoint, heard: tuple[str, ...] = ()) -> None:
    with transaction(room.database) as session:
        session.add_all(points)
        at = NOW - timedelta(minutes=5)
        session.add_all(
            [m.AuthEvent(began_at=at, at=at, client="library-wlc", access_point=name, verdict=m.LoginVerdict.ACCEPT) for name in heard]
        )


def test_an_access_point_is_where_it_says_else_where_its_site_is(staffroom: Room) -> None:
    """Its own position, its site's, its gateway's site's; those in one place are one mark, with the count of each state."""
    own = m.AccessPoint(name="own", site="central-library", latitude=43.6, longitude=-79.6)
    add(staffroom, own, m.AccessPoint(name="gateway's", client="library-wlc"), m.AccessPoint(name="nowhere"), heard=("lib-1", "own"))
    spots = {tuple(spot["at"]): spot for spot in positions(staffroom)["spots"]}
    assert {(43.6, -79.6), (43.5885, -79.6441)} == spots.keys()
    here = spots[43.5885, -79.6441]
    assert (["gateway's", "lib-1"], 1, 0, 1, "Central Library") == (here["names"], here["ok"], here["silent"], here["never"], here["title"])
    assert [{"id": "central-library", "title": "Central Library", "at": [43.5885, -79.6441]}] == positions(staffroom)["sites"]


def test_the_table_says_what_the_map_says(staffroom: Room) -> None:
    """Each site with how many are heard, silent and never heard; those without a position are told to be in the table only."""
    add(staffroom, m.AccessPoint(name="nowhere"), m.AccessPoint(name="two", site="central-library"), heard=("lib-1",))
    page = staffroom.page(MAP)
    rows = {
        re.sub(r"<[^>]+>", "", name).strip(): [
            int(re.sub(r"<[^>]+>", "", cell)) for cell in re.findall(r"<td[^>]*>(.*?)</td>", cells, re.DOTALL)
        ]
        for name, cells in re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', page, re.DOTALL)
    }
    assert {"Central Library": [1, 0, 1, 0], "No site": [0, 0, 1, 0]} == rows
    assert "1 access point has no position" in page


def test_a_city_without_positions_is_told_what_to_do(staffroom: Room) -> None:
    """No map of nothing: the page says where positions are given."""
    with transaction(staffroom.database) as session:
        site = session.get_one(m.Site, "central-library")
        site.latitude = site.longitude = None
    assert "Give a site its latitude and longitude" in staffroom.page(MAP)
    assert [] == positions(staffroom)["spots"]


def test_pictures_come_from_the_named_server_on_this_page_alone(staffroom: Room) -> None:
    """[map] tiles opens its origin for the map's page; every other page, and the map without tiles, loads none but ours."""
    staffroom.office = Office(URL, tiles="https://tiles.city.example:8443/{z}/{x}/{y}.png", attribution="© <b>City</b>")
    policies = {path: staffroom.get(path).headers["Content-Security-Policy"] for path in (MAP, "/access-points", f"{MAP}.json")}
    assert "img-src 'self' data: https://tiles.city.example:8443;" in policies[MAP]
    assert "tiles.city.example" not in policies["/access-points"] + policies[f"{MAP}.json"]
    assert "script-src 'self';" in policies[MAP]
    assert "style-src 'self';" in policies[MAP]
    page = staffroom.page(MAP)
    assert "&lt;b&gt;City" in page
    assert "<style" not in page
    assert ' style="' not in page


def test_without_a_server_none_is_asked(staffroom: Room) -> None:
    """The policy has nobody else's origin, and the page no template."""
    answer = staffroom.get(MAP)
    assert "img-src 'self' data:;" in answer.headers["Content-Security-Policy"]
    assert 'data-tiles=""' in answer.get_data(as_text=True)


def test_a_thousand_cost_as_many_statements_as_ten(staffroom: Room) -> None:
    """Page and positions ask the database equally often, however many access points there are."""
    seen: dict[str, list[int]] = {MAP: [], f"{MAP}.json": []}
    for first, last in ((0, 10), (10, 1_000)):
        add(staffroom, *(m.AccessPoint(name=f"ap-{number}", latitude=43 + number / 1000, longitude=-79.0) for number in range(first, last)))
        for path, counts in seen.items():
            staffroom.get(path)
            with counted(staffroom.database) as statements:
                assert 200 == staffroom.get(path).status_code
            counts.append(len(statements))
    assert all(ten == thousand for ten, thousand in seen.values()), seen
    assert 1_001 == len(positions(staffroom)["spots"])
