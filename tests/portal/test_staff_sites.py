"""Sites, districts and SSIDs as pages: what is listed, what a form may change, what the network file keeps, who refers to what."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from portal.admin.desk import counted
from store.models import AccessPoint, AuditEntry, District, ManagedBy, Role, Site, Ssid
from store.models import Session as Stay
from store.session import reading, transaction
from tests.portal.staffroom import NOW

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.portal.staffroom import Room

FORM = {"name": "Market Hall", "timezone": "America/Toronto", "latitude": "43.59", "longitude": "-79.64"}


def test_a_site_is_added_changed_and_removed(staffroom: Room) -> None:
    """Each of the three is on the page that it leads to, and in the audit log with who did it."""
    added = staffroom.post("/sites/new", id="market-hall", district="downtown", **FORM)
    assert (303, "/sites/market-hall") == (added.status_code, added.location.partition("?")[0])
    assert "Market Hall" in staffroom.page("/sites")
    changed = staffroom.post("/sites/market-hall", **{**FORM, "name": "Market Hall, east wing"})
    assert 303 == changed.status_code
    assert "Market Hall, east wing" in staffroom.page("/sites/market-hall")
    assert "Nothing else refers to it" in staffroom.page("/sites/market-hall/remove")
    removed = staffroom.post("/sites/market-hall/remove")
    assert (303, "/sites") == (removed.status_code, removed.location.partition("?")[0])
    assert 404 == staffroom.get("/sites/market-hall").status_code
    with reading(staffroom.database) as session:
        told = session.execute(select(AuditEntry.action, AuditEntry.actor).where(AuditEntry.object == "market-hall")).all()
    assert [(word, "city-admin@city.example") for word in ("add", "change", "remove")] == [tuple(row) for row in told]


def test_a_change_is_undone_by_whoever_made_it(staffroom: Room) -> None:
    """Changed, then as it was; removed, then there again; but not once somebody else has changed it, nor by somebody else."""
    staffroom.post("/sites/new", id="market-hall", **FORM)
    changed = staffroom.post("/sites/market-hall", **{**FORM, "name": "Market Hall, east wing"})
    assert 303 == staffroom.post("/undo", undo=link(changed)).status_code
    assert "east wing" not in staffroom.page("/sites/market-hall").partition('id="history"')[0]
    removed = staffroom.post("/sites/market-hall/remove")
    assert "Undo" in staffroom.page(removed.location)
    assert 409 == staffroom.post("/undo", role=Role.NETWORK_OPS, undo=link(removed)).status_code
    assert 303 == staffroom.post("/undo", undo=link(removed)).status_code
    with reading(staffroom.database) as session:
        site = session.get_one(Site, "market-hall")
    assert ("Market Hall", 43.59, "America/Toronto", "app") == (site.name, site.latitude, site.timezone, site.managed_by)
    mine = staffroom.post("/sites/market-hall", **{**FORM, "name": "Hall"})
    staffroom.post("/sites/market-hall", role=Role.NETWORK_OPS, **{**FORM, "name": "The Hall"})
    assert 409 == staffroom.post("/undo", undo=link(mine)).status_code
    assert [409, 404] == [staffroom.post("/undo", undo=said).status_code for said in ("site 0-99999999999", "client 1-2")]


def link(answer: TestResponse) -> str:
    """What the notice of a change has to undo it with."""
    return parse_qs(urlsplit(answer.location).query)["undo"][0]


def test_a_field_left_empty_takes_its_key_out(staffroom: Room) -> None:
    """An address that is deleted in the form is gone; what the form has no field for stays as it was."""
    staffroom.post("/sites/new", id="market-hall", address="1 Market Square", **FORM)
    staffroom.post("/sites/market-hall", **FORM)
    with reading(staffroom.database) as session:
        site = session.get_one(Site, "market-hall")
    assert ("", 43.59, None) == (site.address, site.latitude, site.portal)


MISTAKES = [
    ({"timezone": "Mars/Olympus"}, "no time zone"),
    ({"latitude": "north"}, "must be a number"),
    ({"latitude": "91"}, "It goes from -90 to 90"),
    ({"portal": "nowhere"}, "there is no portal"),
    ({"name": ""}, "is missing"),
]


def test_what_cannot_stand_comes_back_to_its_field(staffroom: Room) -> None:
    """The page says it in the words of `proxeny apply`, keeps what was typed, and writes nothing."""
    for wrong, said in MISTAKES:
        answer = staffroom.post("/sites/new", **{"id": "market-hall", **FORM, "address": "1 Market Square", **wrong})
        text = answer.get_data(as_text=True)
        assert (422, True, True) == (answer.status_code, said in text, "1 Market Square" in text), wrong
    assert 404 == staffroom.get("/sites/market-hall").status_code


def test_the_same_id_twice_is_refused(staffroom: Room) -> None:
    """A site that is there is not written over by a new one."""
    answer = staffroom.post("/sites/new", id="central-library", **FORM)
    assert (422, True) == (answer.status_code, "is there already" in answer.get_data(as_text=True))
    assert "Central Library" in staffroom.page("/sites/central-library")


def test_a_site_that_others_need_says_who_they_are(staffroom: Room) -> None:
    """Access points and gateways are named, with links; a removal sent all the same is refused by the network's own check."""
    page = staffroom.page("/sites/central-library/remove")
    assert [True] * 3 == [word in page for word in ("/access-points/lib-1", "/gateways/library-wlc", "Change that first")]
    assert '<button class="danger">' not in page
    answer = staffroom.post("/sites/central-library/remove")
    assert (409, True) == (answer.status_code, "there is no site" in answer.get_data(as_text=True))
    assert 200 == staffroom.get("/sites/central-library").status_code


def test_what_the_file_declares_is_read_only_until_it_is_taken_over(staffroom: Room) -> None:
    """No form, a refusal for one that is sent all the same, and after "Take over" the form is there."""
    with transaction(staffroom.database) as session:
        session.get_one(Site, "central-library").managed_by = ManagedBy.FILE
    page = staffroom.page("/sites/central-library")
    assert (True, False) == ("Declared in the network file" in page, 'name="timezone"' in page)
    refused = staffroom.post("/sites/central-library", **FORM)
    assert (422, True) == (refused.status_code, "Declared in the network file" in refused.get_data(as_text=True))
    assert 303 == staffroom.post("/sites/central-library/take-over").status_code
    assert 'name="timezone"' in staffroom.page("/sites/central-library")


@pytest.mark.parametrize("number", [10, 1_000])
def test_the_list_asks_no_more_for_more_sites(staffroom: Room, number: int) -> None:
    """A page costs the same number of statements at ten and at a thousand sites."""
    with transaction(staffroom.database) as session:
        session.add_all(
            Site(id=f"s-{each:04}", name=f"Site {each:04}", district="downtown", managed_by=ManagedBy.APP) for each in range(number)
        )
        session.flush()
        session.add_all(AccessPoint(name=f"ap-{each}", site=f"s-{each:04}", managed_by=ManagedBy.APP) for each in range(number))
    staffroom.page("/sites")
    with counted(staffroom.database) as statements:
        staffroom.page("/sites")
    assert 12 >= len(statements), statements


def test_who_is_online_is_counted_by_site(staffroom: Room) -> None:
    """Open sessions alone; the filter takes the beginning of a name, in small letters or capitals."""
    with transaction(staffroom.database) as session:
        for number in range(3):
            stay = Stay(client="library-wlc", source="127.0.0.1", acct_session_id=f"n-{number}", site="central-library", ssid="City Wi-Fi")
            stay.started_at = stay.updated_at = NOW
            session.add(stay)
    page = staffroom.page("/sites?q=CENTRAL")
    assert '<td class="num" data-title="Online">3</td>' in page
    assert "No site fits this filter" in staffroom.page("/sites?q=library")
    assert "/sites/central-library" in staffroom.page("/sites?q=central-l")


def test_a_district_goes_only_when_no_site_is_in_it(staffroom: Room) -> None:
    """Added, refused while a site names it, and removed when none does."""
    assert 303 == staffroom.post("/districts", name="Harbour").status_code
    staffroom.post("/sites/new", id="pier", **{**FORM, "district": "Harbour"})
    answer = staffroom.post("/districts/Harbour/remove").get_data(as_text=True)
    assert (True, True) == ("/sites/pier" in answer, "Change that first" in answer)
    staffroom.post("/sites/pier", **{**FORM, "district": ""})
    assert 303 == staffroom.post("/districts/Harbour/remove").status_code
    with reading(staffroom.database) as session:
        assert ["downtown"] == list(session.scalars(select(District.name)))


def test_an_ssid_is_declared_changed_and_removed(staffroom: Room) -> None:
    """One that only sessions know is listed as not declared; what no access point could send is refused."""
    with transaction(staffroom.database) as session:
        stay = Stay(client="library-wlc", source="127.0.0.1", acct_session_id="1", ssid="eduroam", started_at=NOW, updated_at=NOW)
        session.add(stay)
    assert "not declared" in staffroom.page("/ssids")
    assert 303 == staffroom.post("/ssids", name="eduroam", profile="portal").status_code
    assert 303 == staffroom.post("/ssids/eduroam", profile="eduroam").status_code
    with reading(staffroom.database) as session:
        assert "eduroam" == session.get_one(Ssid, "eduroam").profile
    refused = staffroom.post("/ssids", name="n" * 33, profile="portal")
    assert (422, True) == (refused.status_code, "longer than 32 octets" in refused.get_data(as_text=True))
    assert 303 == staffroom.post("/ssids/eduroam/remove").status_code
    assert "not declared" in staffroom.page("/ssids")
