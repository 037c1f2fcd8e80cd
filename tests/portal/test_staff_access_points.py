"""portal.admin.access_points: the list, one's page, many at once, those to adopt, and a change taken back."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from portal.admin.desk import counted
from store import models as m
from store.session import reading, transaction
from tests.portal.staffroom import NOW

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

HERE = "/access-points"


def points(room: Room) -> dict[str, m.AccessPoint]:
    with reading(room.database) as session:
        return {row.name: row for row in session.scalars(select(m.AccessPoint))}


def fill(room: Room, count: int, managed: m.ManagedBy = m.ManagedBy.APP) -> None:
    """So many more, half of them heard."""
    with transaction(room.database) as session:
        for number in range(count):
            name = f"ap-{number:04}"
            session.add(
                m.AccessPoint(
                    name=name, mac=f"02-00-00-00-{number // 256:02X}-{number % 256:02X}", client="library-wlc", managed_by=managed
                )
            )
            if number % 2:
                at = NOW - timedelta(minutes=5)
                session.add(m.AuthEvent(began_at=at, at=at, client="library-wlc", access_point=name, verdict=m.LoginVerdict.ACCEPT))


def unknown(room: Room, *bssids: str, nas_identifier: str = "") -> list[str]:
    """Access points that spoke undeclared; their ids as forms have them."""
    with transaction(room.database) as session:
        rows = [
            m.UnknownAccessPoint(
                client="library-wlc", bssid=each, nas_identifier=nas_identifier, ssid="City", first_seen=NOW, last_seen=NOW, sightings=3
            )
            for each in bssids
        ]
        session.add_all(rows)
        session.flush()
        return [str(row.id) for row in rows]


def undo_of(location: str) -> str:
    found = re.search(r"undo=([\d-]+)", location)
    assert found is not None, location
    return found[1]


def test_a_list_costs_the_same_however_long_it_is(staffroom: Room) -> None:
    """At ten rows and at a thousand the page asks the database equally often."""
    fill(staffroom, 10)
    staffroom.page(HERE)
    seen = []
    for more in (0, 1_000):
        with transaction(staffroom.database) as session:
            session.add_all([m.AccessPoint(name=f"more-{number}") for number in range(more)])
        with counted(staffroom.database) as statements:
            staffroom.page(HERE)
        seen.append(len(statements))
    assert seen[0] == seen[1]
    assert seen[0] < 16


def test_the_list_tells_the_state_of_each(staffroom: Room) -> None:
    """Heard, silent and never heard are told in words, and a filter leaves those of one state."""
    fill(staffroom, 4)
    at = NOW - timedelta(hours=2)
    with transaction(staffroom.database) as session:
        session.add(m.AuthEvent(began_at=at, at=at, client="library-wlc", access_point="ap-0002", verdict=m.LoginVerdict.REJECT))
    assert {"ap-0001", "ap-0003"} == shown(staffroom, "state=ok")
    assert {"ap-0002"} == shown(staffroom, "state=silent")
    assert {"ap-0000", "lib-1"} == shown(staffroom, "state=never")
    assert ["good", "warn", "quiet"] == re.findall(
        r"badge (\w+)", "".join(staffroom.page(f"{HERE}?q=ap-000{number}") for number in (1, 2, 0))
    )


def shown(room: Room, query: str) -> set[str]:
    return set(re.findall(r'name="row" value="([^"]+)"', room.page(f"{HERE}?{query}")))


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=ap-000", {"ap-0000", "ap-0001"}),
        ("q=LIB", {"lib-1"}),
        ("q=02:00:00:00:00:01", {"ap-0001"}),
        ("q=%25", set()),
        ("site=central-library", {"ap-0000", "ap-0001", "lib-1"}),
        ("district=downtown", {"ap-0000", "ap-0001", "lib-1"}),
        ("client=library-wlc&q=lib", {"lib-1"}),
        ("kept=file", set()),
    ],
)
def test_filters_leave_what_they_say(staffroom: Room, query: str, names: set[str]) -> None:
    """By the beginning of the name, the MAC in any spelling, the site (the gateway's counts too), the district, the gateway."""
    fill(staffroom, 2)
    with transaction(staffroom.database) as session:
        session.get_one(m.Site, "central-library").district = "downtown"
    assert names == shown(staffroom, query)


def test_an_export_can_be_read_and_executes_nothing(staffroom: Room) -> None:
    """The CSV has the import's columns first, and a name that looks like a formula is text."""
    with transaction(staffroom.database) as session:
        session.add(m.AccessPoint(name="=1+1", longitude=-79.5, latitude=43.5))
    rows = list(csv.DictReader(io.StringIO(staffroom.page(f"{HERE}?format=csv").lstrip("\ufeff"))))
    assert {"'=1+1", "lib-1"} == {row["name"] for row in rows}
    assert ["name", "mac", "site", "gateway", "latitude", "longitude"] == list(rows[0])[:6]
    assert "-79.5" == next(row["longitude"] for row in rows if row["name"] == "'=1+1")


def test_one_is_added_changed_and_removed(staffroom: Room) -> None:
    """Each is written as `proxeny apply` would, is in the audit log, and what is wrong comes back to its field."""
    wrong = staffroom.post(f"{HERE}/new", name="new one", mac="nonsense")
    assert (422, True) == (wrong.status_code, "is not a MAC address" in wrong.get_data(as_text=True))
    assert 303 == staffroom.post(f"{HERE}/new", name="new/one", mac="02:00:00:00:00:01", site="central-library").status_code
    assert "02-00-00-00-00-01" == points(staffroom)["new/one"].mac
    assert "new/one" in staffroom.page(f"{HERE}/new%2Fone")
    saved = staffroom.post(f"{HERE}/new%2Fone", do="save", mac="02:00:00:00:00:02", latitude="43.5", longitude="-79.5")
    assert (303, "02-00-00-00-00-02", None) == (saved.status_code, points(staffroom)["new/one"].mac, points(staffroom)["new/one"].site)
    assert 422 == staffroom.post(f"{HERE}/new%2Fone", do="save", latitude="north").status_code
    assert 303 == staffroom.post(f"{HERE}/new%2Fone", do="remove").status_code
    assert {"lib-1"} == set(points(staffroom))
    with reading(staffroom.database) as session:
        told = session.execute(select(m.AuditEntry.action, m.AuditEntry.object).where(m.AuditEntry.kind == "access_point")).all()
    assert [("add", "new/one"), ("change", "new/one"), ("remove", "new/one")] == [tuple(each) for each in told]
    assert 404 == staffroom.get(f"{HERE}/new%2Fone").status_code


@pytest.mark.parametrize("name", ["map", "new", "import", "..", "a//b", "hall/test", "50% & more? #1", "é", "<b>x</b>", '"quoted"'])
def test_whatever_it_is_called_its_page_is_found(staffroom: Room, name: str) -> None:
    """The list leads to it, it can be changed and removed there, and its name is text."""
    assert 303 == staffroom.post(f"{HERE}/new", name=name).status_code
    page = staffroom.page(HERE)
    assert "<b>x" not in page
    (path,) = (html.unescape(each) for each in re.findall(r'<th scope="row"><a href="([^"]+)"', page) if "lib-1" not in each)
    assert 303 == staffroom.post(path, do="save", mac="02:00:00:00:00:02").status_code
    assert "02-00-00-00-00-02" in staffroom.page(path)
    assert 303 == staffroom.post(path, do="remove").status_code
    assert {"lib-1"} == set(points(staffroom))


def test_what_the_file_declares_is_read_only_until_it_is_taken_over(staffroom: Room) -> None:
    """Its page has no form and says why; a change is refused, one by one and in bulk; taken over, it can be changed."""
    fill(staffroom, 1, m.ManagedBy.FILE)
    page = staffroom.page(f"{HERE}/ap-0000")
    assert "Declared in the network file" in page
    assert 'name="mac"' not in page
    assert 422 == staffroom.post(f"{HERE}/ap-0000", do="save", mac="").status_code
    refused = staffroom.post(f"{HERE}/bulk", do="remove", row=["lib-1", "ap-0000"])
    assert (409, True) == (refused.status_code, "declared in the network file: ap-0000" in refused.get_data(as_text=True))
    assert {"lib-1", "ap-0000"} == set(points(staffroom))
    assert 303 == staffroom.post(f"{HERE}/ap-0000", do="take-over").status_code
    assert m.ManagedBy.APP == points(staffroom)["ap-0000"].managed_by
    assert 303 == staffroom.post(f"{HERE}/ap-0000", do="save", mac="").status_code


def test_many_are_changed_at_once_and_as_they_were_again(staffroom: Room) -> None:
    """Site, gateway, removal: of those chosen or of all that a filter leaves; the notice's button takes it back."""
    fill(staffroom, 60)
    before = {name: (row.mac, row.site, row.client) for name, row in points(staffroom).items()}
    for query, form in (
        ("", {"do": "site", "site": "central-library", "row": ["ap-0001", "ap-0002"]}),
        ("", {"do": "client", "client": "", "row": ["ap-0001", "ap-0002"]}),
        ("?q=ap-", {"do": "remove", "all": "1"}),
    ):
        changed = staffroom.post(f"{HERE}/bulk{query}", **form)
        assert 303 == changed.status_code
        now = {name: (row.mac, row.site, row.client) for name, row in points(staffroom).items()}
        assert now != before
        assert "Undo" in staffroom.page(changed.location)
        assert 303 == staffroom.post(f"{HERE}/undo", undo=undo_of(changed.location)).status_code
        assert before == {name: (row.mac, row.site, row.client) for name, row in points(staffroom).items()}


def test_what_was_changed_since_is_not_taken_back(staffroom: Room) -> None:
    """Neither after a later change, nor somebody else's, nor numbers that nobody was given."""
    fill(staffroom, 3)
    first = undo_of(staffroom.post(f"{HERE}/bulk", do="site", site="central-library", row=["ap-0001", "ap-0002"]).location)
    assert 409 == staffroom.post(f"{HERE}/undo", m.Role.NETWORK_OPS, undo=first).status_code
    staffroom.post(f"{HERE}/ap-0001", do="save", mac="")
    for said in (first, "", "1", "1-0", "0-99999999999", "9" * 40, "1-" + "9" * 17, "a-b"):
        assert 409 == staffroom.post(f"{HERE}/undo", undo=said).status_code, said
    assert "central-library" == points(staffroom)["ap-0002"].site


def test_bulk_without_a_choice_says_so(staffroom: Room) -> None:
    """Nothing chosen, nothing known of that name, and an act that there is not."""
    for form in ({}, {"row": "no such"}):
        answer = staffroom.post(f"{HERE}/bulk", do="remove", **form)
        assert (303, True) == (answer.status_code, "chosen" in answer.location)
    assert 400 == staffroom.post(f"{HERE}/bulk", do="explode", row="lib-1").status_code
    refused = staffroom.post(f"{HERE}/bulk", do="site", site="nowhere", row="lib-1")
    assert (409, True) == (refused.status_code, "there is no site" in refused.get_data(as_text=True))


def test_unknown_ones_are_adopted_into_a_site(staffroom: Room) -> None:
    """One with its own name, another with the one proposed; they leave the list, and have MAC, site and gateway."""
    one, two = unknown(staffroom, "02-00-00-00-00-01", "02-00-00-00-00-22")
    assert "ap-000001" in staffroom.page(f"{HERE}/unknown")
    assert "2 to adopt" in staffroom.page(HERE)
    answer = staffroom.post(f"{HERE}/unknown", do="adopt", row=[one, two], site="central-library", **{f"name-{one}": "hall"})
    assert 303 == answer.status_code
    found = points(staffroom)
    assert {"hall", "ap-000022", "lib-1"} == set(found)
    assert ("02-00-00-00-00-01", "central-library", "library-wlc") == (found["hall"].mac, found["hall"].site, found["hall"].client)
    assert "None waits" in staffroom.page(f"{HERE}/unknown")


def test_a_radio_of_several_addresses_is_one_access_point(staffroom: Room) -> None:
    """Two BSSIDs of one block, adopted with their block, are one row; both leave the list."""
    ids = unknown(staffroom, "02-00-00-00-00-01", "02-00-00-00-00-02", nas_identifier="hall")
    assert "1 more beside it" in staffroom.page(f"{HERE}/unknown")
    assert 303 == staffroom.post(f"{HERE}/unknown", do="adopt", covers="block", row=ids).status_code
    assert {"hall": "02-00-00-00-00-00/44", "lib-1": "AA-BB-CC-DD-EE-F0/44"} == {name: row.mac for name, row in points(staffroom).items()}
    assert "None waits" in staffroom.page(f"{HERE}/unknown")


def test_a_name_that_is_taken_adopts_none(staffroom: Room) -> None:
    """All of those chosen or none, and the reason names which."""
    ids = unknown(staffroom, "02-00-00-00-00-01", "02-00-00-00-00-22")
    refused = staffroom.post(f"{HERE}/unknown", do="adopt", row=ids, **{f"name-{ids[0]}": "lib-1"})
    assert (409, True) == (refused.status_code, "lib-1" in refused.get_data(as_text=True))
    assert {"lib-1"} == set(points(staffroom))
    for row in ("x", "9" * 30, "-1", "424242"):
        assert 303 == staffroom.post(f"{HERE}/unknown", do="adopt", row=row).status_code
    assert 303 == staffroom.post(f"{HERE}/unknown", do="forget", row=ids).status_code
    assert "None waits" in staffroom.page(f"{HERE}/unknown")


def test_unknown_ones_cost_the_same_however_many_they_are(staffroom: Room) -> None:
    """At ten and at a thousand."""
    seen = []
    for first, last in ((0, 10), (10, 1_000)):
        unknown(staffroom, *(f"02-00-00-00-{number // 256:02X}-{number % 256:02X}" for number in range(first, last)))
        staffroom.page(f"{HERE}/unknown")
        with counted(staffroom.database) as statements:
            staffroom.page(f"{HERE}/unknown")
        seen.append(len(statements))
    assert seen[0] == seen[1]


def test_who_may_not_change_the_network_is_shown_no_button(staffroom: Room) -> None:
    """An auditor sees the lists and pages, without boxes, forms or buttons that would be refused."""
    unknown(staffroom, "02-00-00-00-00-01")
    for path in (HERE, f"{HERE}/lib-1", f"{HERE}/unknown"):
        page = staffroom.page(path, m.Role.AUDITOR)
        assert "checkbox" not in page
        assert 'name="do"' not in page
