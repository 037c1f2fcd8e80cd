"""The network's resources: lists by key, entries by any name, changes of the version that was seen, many edits or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from sqlalchemy import select

from portal.admin.desk import counted
from store.models import AccessPoint, AuditEntry, Client, ManagedBy, Realm, Site, UnknownAccessPoint
from store.sealed import Where
from store.session import transaction
from tests.portal.api_room import Programs
from tests.portal.staffroom import room

if TYPE_CHECKING:
    from pathlib import Path

    from tests.portal.staffroom import Room

PATHS = ("sites", "access-points", "gateways", "homes", "realms", "policies", "districts", "ssids", "plans", "portals")
SECRET = "never-seen-again-17"


@pytest.fixture
def programs(staffroom: Room) -> Programs:
    return Programs(staffroom)


def points(where: Room, count: int) -> None:
    """So many access points more."""
    with transaction(where.database) as session:
        session.add_all(AccessPoint(name=f"ap-{number:05}", site="central-library", managed_by=ManagedBy.APP) for number in range(count))


@pytest.mark.parametrize("path", PATHS)
def test_each_section_is_listed_and_each_entry_read(programs: Programs, path: str) -> None:
    """What the list says of an entry is what the entry says, with how it is beside it; and no answer has a secret's key."""
    found, _ = programs.seen(f"/{path}")
    assert {"items", "next", "total", "total_capped"} == found.keys()
    assert (False, None) == (found["total_capped"], found["next"])
    assert len(found["items"]) == found["total"] > 0
    for each in found["items"]:
        name = each.get("match", each.get("id", each.get("name")))
        entry, _ = programs.seen(f"/{path}/{quote(name, safe='')}")
        assert entry == {key: value for key, value in each.items() if key != "state"}
        assert not {"secret", "coa_secret", "previous_secret"} & entry.keys()


def test_a_list_is_turned_by_its_keys(programs: Programs) -> None:
    """Each page leads to the next, in `next` and in the header Link; every row once; filters stay."""
    points(programs.room, 25)
    seen: list[str] = []
    path, pages = "/access-points?q=ap-&limit=10", 0
    while path:
        answer = programs.get(path)
        found = answer.get_json()
        seen += [each["name"] for each in found["items"]]
        path, pages = found["next"] or "", pages + 1
        assert (f'<{path}>; rel="next"' if path else None) == answer.headers.get("Link")
        assert 25 == found["total"]
    assert ([f"ap-{number:05}" for number in range(25)], 3) == (seen, pages)


def test_a_list_costs_as_many_statements_whatever_its_length(programs: Programs) -> None:
    """Ten rows or a hundred and fifty on a page: none is asked for by itself."""
    costs: dict[str, list[int]] = {path: [] for path in PATHS}
    for count in (10, 150):
        with transaction(programs.room.database) as session:
            for number in range(count):
                name = f"{count}-{number}.example"
                session.add(AccessPoint(name=name, managed_by=ManagedBy.APP))
                session.add(Realm(match=name, position=number, managed_by=ManagedBy.APP))
                session.add(Site(id=name, name=name, managed_by=ManagedBy.APP))
        for path, cost in costs.items():
            with counted(programs.room.database) as seen:
                assert 200 == programs.get(f"/{path}?limit=200").status_code
            cost.append(len(seen))
    for path, (few, many) in costs.items():
        assert many <= few, path
        assert many < 20, path


def test_a_list_is_304_while_it_is_the_same(programs: Programs) -> None:
    """And read anew once anything in it differs."""
    _, etag = programs.seen("/sites")
    assert 304 == programs.get("/sites", If_None_Match=etag).status_code
    programs.ask("POST", "/sites", {"id": "x", "name": "X"})
    assert 200 == programs.get("/sites", If_None_Match=etag).status_code


def test_an_entry_is_added_changed_and_removed(programs: Programs) -> None:
    """201 with where it is; keys over what is there, null takes one out; 204; each with an audit entry."""
    made = programs.ask("POST", "/sites", {"id": "x", "name": "X", "district": "downtown", "latitude": 43.5})
    assert (201, "/api/v1/sites/x") == (made.status_code, made.headers["Location"])
    assert {"id": "x", "name": "X", "district": "downtown", "latitude": 43.5, "managed_by": "app"} == made.get_json()
    entry, etag = programs.seen(made.headers["Location"])
    assert (entry, etag) == (made.get_json(), made.headers["ETag"])
    changed = programs.ask("PATCH", "/sites/x", {"name": "Y", "latitude": None}, If_Match=etag)
    assert (200, {"id": "x", "name": "Y", "district": "downtown", "managed_by": "app"}) == (changed.status_code, changed.get_json())
    gone = programs.ask("DELETE", "/sites/x", If_Match=changed.headers["ETag"])
    assert (204, b"") == (gone.status_code, gone.get_data())
    with programs.room.desk.reading() as session:
        said = session.execute(select(AuditEntry.action, AuditEntry.object).where(AuditEntry.kind == "site").order_by(AuditEntry.id)).all()
    assert [("add", "x"), ("change", "x"), ("remove", "x")] == [tuple(each) for each in said]


@pytest.mark.parametrize("name", ["", "-", "a/b", "a b", "é", "~^(a|b)/c$", "*", "a%2Fb", "?q", "#"])
def test_any_name_can_be_told(programs: Programs, name: str) -> None:
    """In the path where it fits, in the query else; Location says which."""
    where, key = ("/realms", "match") if name in ("", "~^(a|b)/c$", "*") else ("/ssids", "name")
    said = {key: name, "action": "reject", "reason": "x"} if key == "match" else {key: name}
    made = programs.ask("POST", where, said)
    assert 201 == made.status_code, made.get_data(as_text=True)
    path = made.headers["Location"]
    assert name == programs.seen(path)[0][key]
    assert name == programs.seen(f"{where}/-?name={quote(name, safe='')}")[0][key]
    assert 204 == programs.ask("DELETE", path, If_Match="*").status_code


@pytest.mark.parametrize("name", ["..", "new", "a//b", "a/remove"])
def test_no_name_is_a_page_of_its_own(programs: Programs, name: str) -> None:
    """What the pages refuse is refused to programs: an entry that no page could show."""
    assert ["#/name"] == [each["pointer"] for each in programs.ask("POST", "/ssids", {"name": name}).get_json()["errors"]]
    edits = {"edits": [{"section": "ssid", "fields": {"name": name}}]}
    assert ["#/edits/0/fields/name"] == [each["pointer"] for each in programs.ask("POST", "/network/edits", edits).get_json()["errors"]]


def test_a_change_names_the_version_it_is_of(programs: Programs) -> None:
    """428 without, 412 where somebody was faster, and nothing is written; a weak or made-up tag is none."""
    _, etag = programs.seen("/sites/central-library")
    for method, said in (("PATCH", {"name": "Z"}), ("DELETE", None)):
        assert 428 == programs.ask(method, "/sites/central-library", said).status_code
        for tag in ('"made-up"', f"W/{etag}", "", "nonsense"):
            assert 412 == programs.ask(method, "/sites/central-library", said, If_Match=tag).status_code
    assert 200 == programs.ask("PATCH", "/sites/central-library", {"name": "Z"}, If_Match=f'"x", {etag}').status_code
    assert 412 == programs.ask("PATCH", "/sites/central-library", {"name": "W"}, If_Match=etag).status_code
    assert "Z" == programs.seen("/sites/central-library")[0]["name"]


def test_what_would_change_is_said_and_not_done(programs: Programs) -> None:
    """`dry_run=true`: the lines that apply prints; the entry is as it was."""
    before = programs.seen("/sites/central-library")
    answer = programs.ask("PATCH", "/sites/central-library?dry_run=true", {"name": "Z"}, If_Match=before[1])
    assert (200, "application/vnd.proxeny.changes+json") == (answer.status_code, answer.mimetype)
    assert ['~ site "central-library": name "Central Library" -> "Z"'] == answer.get_json()["changes"]
    assert 200 == programs.ask("POST", "/sites?dry_run=true", {"id": "x", "name": "X"}).status_code
    assert 404 == programs.get("/sites/x").status_code
    assert before == programs.seen("/sites/central-library")


def test_a_secret_goes_in_and_never_out(programs: Programs) -> None:
    """Set, it is sealed; no answer, list, log line or audit entry has it."""
    room = programs.room
    made = programs.ask("POST", "/gateways", {"name": "g", "address": "192.0.2.9", "secret": SECRET, "options": {"uam_secret": SECRET}})
    assert 201 == made.status_code, made.get_data(as_text=True)
    with room.desk.reading() as session:
        row = session.get_one(Client, "g")
        assert SECRET.encode() == room.privacy.seal.open(row.secret, Where("client", "g", "secret"))
        assert SECRET not in str([entry.fields for entry in session.scalars(select(AuditEntry))])
    said = [made.get_data(as_text=True), *(programs.get(path).get_data(as_text=True) for path in ("/gateways", "/gateways/g"))]
    assert SECRET not in "".join(said) + str(room.lines)


def test_what_the_network_file_declares_is_its_own(tmp_path: Path, shaped: Path) -> None:
    """409 and the way to take it over; taken over it is the app's."""
    made = room(tmp_path, shaped, managed=ManagedBy.FILE)
    programs = Programs(made)
    answer = programs.ask("PATCH", "/sites/central-library", {"name": "Z"}, If_Match="*")
    assert (409, True) == (answer.status_code, answer.get_json()["type"].endswith("#problem-declared"))
    answer = programs.ask("PATCH", "/sites/central-library?take_over=true", {"name": "Z"}, If_Match="*")
    assert (200, "app") == (answer.status_code, answer.get_json()["managed_by"])
    assert 409 == programs.ask("PATCH", "/hygiene", {"refuse": ["b.example"]}, If_Match="*").status_code
    assert "app" == programs.ask("PATCH", "/hygiene?take_over=true", {"allow": None}, If_Match="*").get_json()["managed_by"]
    edits = {"edits": [{"section": "access_point", "name": "lib-1", "fields": {"latitude": 43.0}}]}
    assert 409 == programs.ask("POST", "/network/edits", edits).status_code
    edits["edits"][0]["take_over"] = True
    assert 200 == programs.ask("POST", "/network/edits", edits).status_code
    made.close()


def test_what_others_need_stays(programs: Programs) -> None:
    """A site that a gateway is at is not removed, and who needs it is said."""
    answer = programs.ask("DELETE", "/sites/central-library", If_Match="*")
    assert 422 == answer.status_code
    assert "library-wlc" in answer.get_data(as_text=True)


def test_many_edits_are_all_or_nothing(programs: Programs) -> None:
    """One that cannot stand, and none is written; each wrong is told at its edit."""
    good = {"section": "site", "fields": {"id": "east", "name": "East"}}
    bad = {"section": "access_point", "name": "lib-1", "fields": {"site": "nowhere"}}
    answer = programs.ask("POST", "/network/edits", {"edits": [good, bad]})
    assert (422, ["#/edits/1/fields/site"]) == (answer.status_code, [each["pointer"] for each in answer.get_json()["errors"]])
    assert 404 == programs.get("/sites/east").status_code
    bad["fields"] = {"site": "east"}
    answer = programs.ask("POST", "/network/edits", {"edits": [good, bad, {"section": "ssid", "name": "City Wi-Fi", "fields": None}]})
    assert (200, 3) == (answer.status_code, len(answer.get_json()["changes"]))
    version = programs.seen("/network")[0]["version"]
    late = {"edits": [{"section": "site", "name": "east", "fields": {"name": "E"}}], "version": version - 1}
    assert 412 == programs.ask("POST", "/network/edits", late).status_code
    assert 200 == programs.ask("POST", "/network/edits", {**late, "version": version}).status_code


def test_edits_have_an_end(programs: Programs) -> None:
    """None, or more than a thousand, are refused as a whole."""
    for edits in ([], [{"section": "ssid", "fields": {"name": "x"}}] * 1_001):
        assert ["#/edits"] == [each["pointer"] for each in programs.ask("POST", "/network/edits", {"edits": edits}).get_json()["errors"]]


def test_junk_realms_are_lists_that_are_whole(programs: Programs) -> None:
    """What a list does not have any more goes; the other stays; the built-in ones are shown."""
    before, etag = programs.seen("/hygiene")
    assert before["built_in"]
    assert 200 == programs.ask("PATCH", "/hygiene", {"refuse": ["Junk.example", "b.example"]}, If_Match=etag).status_code
    found = programs.ask("PATCH", "/hygiene", {"refuse": ["b.example"]}, If_Match="*").get_json()
    assert (before["allow"], ["b.example"]) == (found["allow"], found["refuse"])
    assert 422 == programs.ask("PATCH", "/hygiene", {"allow": ["b.example"]}, If_Match="*").status_code


def test_a_realm_beside_the_one_without_a_name_is_its_own(programs: Programs) -> None:
    """A new entry takes no key of the realm "", whatever that says; and its place is the one that was asked for."""
    programs.ask("POST", "/realms", {"match": "", "action": "reject", "reason": "none"})
    made = programs.ask("POST", "/realms", {"match": "uni-b.example", "homes": ["uni-a-1"], "position": 0})
    assert {"match": "uni-b.example", "homes": ["uni-a-1"], "managed_by": "app"} == made.get_json()
    assert "uni-b.example" == programs.seen("/realms")[0]["items"][0]["match"]


def test_how_an_entry_is_stands_beside_it(programs: Programs) -> None:
    """The same as in its list; its version is not moved by it."""
    for path, name in (("sites", "central-library"), ("access-points", "lib-1"), ("gateways", "library-wlc"), ("homes", "uni-a-1")):
        items = {each.get("id", each["name"]): each for each in programs.seen(f"/{path}")[0]["items"]}
        assert items[name]["state"] == programs.seen(f"/{path}/{name}/state")[0]
    assert 404 == programs.get("/sites/nobodys/state").status_code


def unknown(where: Room, count: int) -> list[int]:
    """So many that nobody declared."""
    with transaction(where.database) as session:
        made = [
            UnknownAccessPoint(
                client="library-wlc", bssid=f"02-00-00-00-{number:02X}-01", first_seen=where.time, last_seen=where.time, sightings=1
            )
            for number in range(count)
        ]
        session.add_all(made)
        session.flush()
        return [each.id for each in made]


def test_unknown_access_points_are_adopted_or_forgotten(programs: Programs) -> None:
    """All that were named, under the name that was proposed or another; one that is not there stops all."""
    first, second, third = unknown(programs.room, 3)
    found = {each["id"]: each for each in programs.seen("/unknown-access-points")[0]["items"]}
    assert {first, second, third} <= found.keys()
    gone = programs.ask("POST", "/unknown-access-points/adopt", {"ids": [first, 10**9]})
    assert (422, ["#/ids"]) == (gone.status_code, [each["pointer"] for each in gone.get_json()["errors"]])
    said = {"ids": [first, second], "site": "central-library", "names": {str(first): "adopted-1"}}
    assert 2 == len(programs.ask("POST", "/unknown-access-points/adopt?dry_run=true", said).get_json()["changes"])
    assert 404 == programs.get("/access-points/adopted-1").status_code
    assert 200 == programs.ask("POST", "/unknown-access-points/adopt", said).status_code
    assert "central-library" == programs.seen("/access-points/adopted-1")[0]["site"]
    assert 200 == programs.get(f"/access-points/{found[second]['name']}").status_code
    assert 204 == programs.ask("POST", "/unknown-access-points/forget", {"ids": [third]}).status_code
    assert third not in {each["id"] for each in programs.seen("/unknown-access-points")[0]["items"]}


def test_what_would_happen_is_tried_and_nothing_is_sent(programs: Programs) -> None:
    """Where an identity goes; what the rules, one that is not written yet among them, do to a packet."""
    found = programs.ask("POST", "/network/route", {"identity": "guest-017@uni-a.example"}).get_json()
    assert ("uni-a.example", "proxy", ["uni-a-1"]) == (found["rule"], found["action"], found["homes"])
    assert 422 == programs.ask("POST", "/network/route", {"identity": "x@y", "client": "nobodys"}).status_code
    rule = {"name": "new", "direction": "reply", "set": {"Session-Timeout": 120}}
    sample = {"attributes": [{"name": "Session-Timeout", "value": "5"}], "policy": rule}
    found = programs.ask("POST", "/network/rehearsal", sample).get_json()
    assert (["vlan", "new"], ["Session-Timeout = 120"]) == ([each["rule"] for each in found["stages"]], found["after"])
    bad = programs.ask("POST", "/network/rehearsal", {**sample, "attributes": [{"name": "Sesion", "value": "5"}]}).get_json()
    assert ["#/attributes"] == [each["pointer"] for each in bad["errors"]]
    assert 404 == programs.get("/policies/new").status_code


def test_a_home_is_tried_by_the_running_controller(programs: Programs) -> None:
    """Its answer is told; another home's identity is not sent; no password is kept, and each try is in the audit log."""
    asked: list[Any] = []
    answer = {"verdict": "reject", "home": "uni-a-1", "attempts": ["uni-a-1"], "milliseconds": 4.5, "reason": "", "said": "no"}

    def ask(*said: Any, **more: Any) -> dict[str, Any]:
        asked.append((said, more))
        return {**answer, "realm": "uni-a.example", "rule": "uni-a.example"}

    programs.room.tools["ask"] = ask
    programs.room.app.extensions["staff"] = programs.room.desk
    said = {"identity": "guest-017@uni-a.example", "password": SECRET}
    found = programs.ask("POST", "/homes/uni-a-1/test", said).get_json()
    assert ("reject", "no") == (found["verdict"], found["said"])
    assert 422 == programs.ask("POST", "/homes/uni-a-1/test", {**said, "identity": "guest-017@uni-b.example"}).status_code
    assert [(("guest-017@uni-a.example", SECRET, ""), {"chap": False})] == asked
    with programs.room.desk.reading() as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "test"))
        assert SECRET not in str(entry.fields) + str(programs.room.lines)
