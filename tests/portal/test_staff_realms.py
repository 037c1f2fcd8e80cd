"""Realms as pages, and "try a route": the order in which an identity meets them, two thousand of them, and who may change what."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from sqlalchemy import select

from portal.admin.desk import counted
from store.models import AuthEvent, LoginVerdict, ManagedBy, Policy, Realm, Role
from store.session import reading, transaction
from tests.portal.staffroom import NOW

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

FORM = {"action": "proxy", "strategy": "failover", "accounting": "local", "homes": "uni-a-1"}


def order(room: Room) -> list[str]:
    with reading(room.database) as session:
        return list(session.scalars(select(Realm.match).order_by(Realm.position, Realm.match)))


def add(room: Room, match: str, **more: str) -> int:
    return room.post("/realms/new", **{**FORM, "match": match, **more}).status_code


def entry(match: str) -> str:
    return f"/realms/entry?match={quote(match, safe='')}"


NAMES = ["uni-b.example", "*.uni-b.example", "*", r"~^(a|b)\.school\.example/?#%$", "UNI-C.example"]


def test_a_realm_is_added_changed_and_removed(staffroom: Room) -> None:
    """Whatever its name holds, its page is reached, changed, and gone at the end."""
    for match in NAMES:
        assert 303 == add(staffroom, match, institution="University B"), match
        kept = match if match.startswith("~") else match.lower()
        assert "University B" in staffroom.page(entry(kept)), match
        assert 303 == staffroom.post(entry(kept), **FORM, institution="University of B").status_code, match
        assert "University of B" in staffroom.page("/realms"), match
        assert 303 == staffroom.post(f"/realms/remove?match={quote(kept, safe='')}").status_code, match
        assert ["uni-a.example"] == order(staffroom), match


def test_identities_without_a_realm_have_an_entry_too(staffroom: Room) -> None:
    """It is made by its box, changed and removed like any other, and an empty name without the box is a mistake."""
    assert 422 == add(staffroom, "")
    assert 303 == add(staffroom, "", no_realm="on", action="local", homes="")
    assert ["", "uni-a.example"] == sorted(order(staffroom))
    assert 303 == staffroom.post(entry(""), **{**FORM, "action": "reject", "homes": "", "reason": "Add your realm"}).status_code
    assert "Add your realm" in staffroom.page(entry(""))
    told = staffroom.post("/routes", identity="bob").get_data(as_text=True)
    assert "The refusal says: “Add your realm”" in told
    assert 303 == staffroom.post("/realms/remove?match=").status_code
    assert ["uni-a.example"] == order(staffroom)


MISTAKES = [
    ({"homes": "uni-a-2"}, "there is no home"),
    ({"homes": ""}, "Name at least one home"),
    ({"action": "reject"}, "has no meaning with action"),
    ({"match": "uni b"}, "write a host name"),
    ({"match": "~("}, "missing"),
    ({"match": "uni-a.example"}, "is there already"),
    ({"country": "Canada"}, "is no country code"),
    ({"profile": "http://uni-b.example/"}, "https"),
]


def test_what_cannot_stand_is_said_in_the_words_of_apply(staffroom: Room) -> None:
    """The form comes back with what was typed, and nothing is written."""
    for wrong, said in MISTAKES:
        answer = staffroom.post("/realms/new", **{**FORM, "match": "uni-b.example", "institution": "University B", **wrong})
        text = answer.get_data(as_text=True)
        assert (422, True, True) == (answer.status_code, said in text, "University B" in text), wrong
    assert ["uni-a.example"] == order(staffroom)


def test_all_that_is_wrong_is_said_at_once(staffroom: Room) -> None:
    """What a field cannot be, and what it refers to that is not there, in one answer."""
    text = staffroom.post("/realms/new", **{**FORM, "match": "uni b", "country": "Canada", "homes": "uni-a-2"}).get_data(as_text=True)
    assert [True] * 3 == [words in text for words in ("write a host name", "is no country code", "there is no home")]


def test_only_expressions_have_an_order_and_move_among_themselves(staffroom: Room) -> None:
    """Up and down change places with the neighbouring expression, whatever lies between; the outermost stays."""
    for match in (r"~^a", "uni-b.example", r"~^b", "*", r"~^c"):
        assert 303 == add(staffroom, match)
    staffroom.post(f"/realms/move?match={quote('~^c')}", to="up")
    assert [r"~^a", r"~^c", r"~^b"] == [match for match in order(staffroom) if match.startswith("~")]
    staffroom.post(f"/realms/move?match={quote('~^a')}", to="down")
    assert [r"~^c", r"~^a", r"~^b"] == [match for match in order(staffroom) if match.startswith("~")]
    staffroom.post(f"/realms/move?match={quote('~^c')}", to="up")
    assert [r"~^c", r"~^a", r"~^b"] == [match for match in order(staffroom) if match.startswith("~")]
    assert 404 == staffroom.post("/realms/move?match=uni-b.example", to="up").status_code


def test_the_route_changes_with_the_order(staffroom: Room) -> None:
    """Of two expressions that fit, the first decides: the page of the route says which, before and after."""
    add(staffroom, r"~\.school\.example$")
    add(staffroom, r"~^a\.", action="reject", homes="")
    before = staffroom.post("/routes", identity="x@a.school.example").get_data(as_text=True)
    staffroom.post(f"/realms/move?match={quote('~^a.'.replace('.', chr(92) + '.'))}", to="up")
    after = staffroom.post("/routes", identity="x@a.school.example").get_data(as_text=True)
    assert ("sent to its homes" in before, "refused" in after) == (True, True)
    assert r">~^a\.</a>" in after


ROUTES = [
    ("anonymous@uni-a.example", "names the realm itself"),
    ("x@dept.uni-a.example", "No entry fits"),
    ("x@gmail.example.local", "hygiene"),
    ("bob", "The identity has no realm"),
    ("a b@uni-a.example", "no identity that a home could know"),
    ("", "no identity that a home could know"),
    ("x" * 5_000, "no identity that a home could know"),
]


def test_a_route_is_told_with_its_reason(staffroom: Room) -> None:
    """Every identity has an answer, and the answer says why; what was typed is in no line of the log."""
    for identity, said in ROUTES:
        answer = staffroom.post("/routes", identity=identity)
        assert (200, True) == (answer.status_code, said in answer.get_data(as_text=True)), identity
        assert not identity or identity not in str(staffroom.lines)


def test_a_gateway_that_is_none_is_said(staffroom: Room) -> None:
    """As `proxeny route --client` refuses it."""
    assert 422 == staffroom.post("/routes", identity="x@uni-a.example", client="nowhere").status_code
    assert 200 == staffroom.post("/routes", identity="x@uni-a.example", client="library-wlc").status_code


def test_logins_of_a_day_are_counted_by_the_entry_that_decided(staffroom: Room) -> None:
    """Those of two days ago are not in it."""
    with transaction(staffroom.database) as session:
        for hours, verdict in ((1, "accept"), (2, "reject"), (3, "accept"), (4, "accept"), (49, "reject")):
            at = NOW - timedelta(hours=hours)
            event = AuthEvent(began_at=at, at=at, client="c", verdict=LoginVerdict(verdict), rule="uni-a.example", realm="uni-a.example")
            session.add(event)
    page = staffroom.page("/realms")
    assert '<td class="num" data-title="Logins, 1 day">4</td>' in page
    assert '<td class="num" data-title="Accepted">75 %</td>' in page


def test_what_the_file_declares_is_read_only_until_it_is_taken_over(staffroom: Room) -> None:
    """No form and a refusal before, a form after."""
    with transaction(staffroom.database) as session:
        session.get_one(Realm, "uni-a.example").managed_by = ManagedBy.FILE
    assert 'name="homes"' not in staffroom.page(entry("uni-a.example"))
    assert 422 == staffroom.post(entry("uni-a.example"), **FORM).status_code
    assert 303 == staffroom.post("/realms/take-over?match=uni-a.example").status_code
    assert 'name="homes"' in staffroom.page(entry("uni-a.example"))


def test_a_removal_names_the_rules_about_it_and_goes_on(staffroom: Room) -> None:
    """A rule for a realm stands without it: it is named, and keeps nobody from removing."""
    with transaction(staffroom.database) as session:
        session.get_one(Policy, "vlan").realm = "uni-a.example"
    page = staffroom.page("/realms/remove?match=uni-a.example")
    assert (True, True) == ("/policy/vlan" in page, '<button class="danger">' in page)


def many(room: Room, number: int) -> None:
    with transaction(room.database) as session:
        session.add_all(
            Realm(
                match=f"uni-{each:04}.example", position=each + 10, homes=["uni-a-1"], institution=f"University {each:04}",
                managed_by=ManagedBy.APP,
            )
            for each in range(number)
        )  # fmt: skip


@pytest.mark.parametrize("number", [10, 1_000])
def test_the_list_asks_no_more_for_more_realms(staffroom: Room, number: int) -> None:
    """A page costs the same number of statements at ten and at a thousand realms."""
    many(staffroom, number)
    staffroom.page("/realms")
    with counted(staffroom.database) as statements:
        staffroom.page("/realms")
    assert 8 >= len(statements), statements


def test_two_thousand_realms_are_pages_and_are_found_by_how_they_begin(staffroom: Room) -> None:
    """Fifty a page, each once; by the beginning of realm or institution, in capitals or not; by home; and all as CSV."""
    many(staffroom, 2_000)
    assert 303 == add(staffroom, "*.uni-1999.example")
    page = staffroom.page("/realms")
    assert (51, True) == (page.count('<th scope="row">') + 1, "2,002 rows" in page or "2002 rows" in page)
    for query, number in (("q=uni-199", 11), ("q=UNIVERSITY+199", 10), ("q=niversity", 0), ("home=uni-a-1&q=uni-0001", 1), ("home=uni", 0)):
        assert number == staffroom.page(f"/realms?{query}").count('<th scope="row">'), query
    rows = list(csv.DictReader(io.StringIO(staffroom.page("/realms?format=csv").lstrip("\ufeff"))))
    assert (2_002, "University 0000") == (len(rows), rows[1]["institution"])
    assert 303 == staffroom.post(entry("uni-1000.example"), **FORM, institution="University M").status_code


def test_many_are_changed_at_once_or_none(staffroom: Room) -> None:
    """Those ticked, or all that the filter leaves; one that the file declares stops it, and is taken over by the same means."""
    many(staffroom, 60)
    add(staffroom, "", no_realm="on")
    with transaction(staffroom.database) as session:
        session.get_one(Realm, "uni-0003.example").managed_by = ManagedBy.FILE
    assert 303 == staffroom.post("/realms/bulk", do="remove", row=["uni-0001.example", "uni-0002.example", ""]).status_code
    assert 59 == len(order(staffroom))
    refused = staffroom.post("/realms/bulk?q=uni-000", do="homes", homes="uni-a-1", all="1")
    assert (409, True) == (refused.status_code, "uni-0003.example" in refused.get_data(as_text=True))
    assert 303 == staffroom.post("/realms/bulk", do="take-over", row="uni-0003.example").status_code
    assert 409 == staffroom.post("/realms/bulk?q=uni-000", do="homes", homes="nowhere", all="1").status_code
    done = staffroom.post("/realms/bulk?q=uni-000", do="remove", all="1")
    assert 51 == len(order(staffroom))
    assert 303 == staffroom.post("/undo", undo=parse_qs(urlsplit(done.location).query)["undo"][0]).status_code
    assert 59 == len(order(staffroom))
    assert [400, 303] == [staffroom.post("/realms/bulk", do=do).status_code for do in ("explode", "remove")]


def test_who_may_look_may_not_change(staffroom: Room) -> None:
    """An auditor tries routes, and sees no button that changes."""
    assert "/realms/new" not in staffroom.page("/realms", role=Role.AUDITOR)
    assert 200 == staffroom.post("/routes", role=Role.AUDITOR, identity="x@uni-a.example").status_code
    assert 403 == staffroom.post(entry("uni-a.example"), role=Role.AUDITOR, **FORM).status_code
