"""Policy as pages: the built-in rules and their copies, a form for tables of attributes, the order, and a sample that is tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from portal.admin import policy_fields
from portal.admin.desk import counted
from radius.policy import builtins
from store.models import Direction, ManagedBy, Policy, Role
from store.session import reading, transaction

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

FORM = {"direction": "reply", "remove": "Tunnel-Type\nTunnel-Private-Group-Id", "clamp": "Session-Timeout = 60, 28800"}


def rule(room: Room, name: str) -> Policy:
    with reading(room.database) as session:
        return session.get_one(Policy, name)


def order(room: Room) -> list[str]:
    with reading(room.database) as session:
        return list(session.scalars(select(Policy.name).order_by(Policy.position, Policy.name)))


def test_a_rule_is_added_changed_and_removed(staffroom: Room) -> None:
    """Tables are typed line by line: several values for one name are several lines, bounds are two numbers."""
    form = {**FORM, "refuse": "Service-Type = Administrative-User\nService-Type = NAS-Prompt-User", "set": "Tunnel-Private-Group-Id = 120"}
    assert 303 == staffroom.post("/policy/new", name="guests into 120", **form).status_code
    kept = rule(staffroom, "guests into 120")
    assert {"Session-Timeout": [60, 28800]} == kept.clamp
    assert {"Service-Type": ["Administrative-User", "NAS-Prompt-User"]} == kept.refuse
    assert (["Tunnel-Type", "Tunnel-Private-Group-Id"], {"Tunnel-Private-Group-Id": 120}) == (kept.remove, kept.set)
    page = staffroom.page("/policy/guests%20into%20120")
    assert "Service-Type = Administrative-User\nService-Type = NAS-Prompt-User" in page
    assert 303 == staffroom.post("/policy/guests%20into%20120", **FORM).status_code
    assert ({}, {}) == (rule(staffroom, "guests into 120").refuse, rule(staffroom, "guests into 120").set)
    assert 303 == staffroom.post("/policy/guests%20into%20120/remove").status_code
    assert ["vlan"] == order(staffroom)


MISTAKES = [
    ({"remove": "Tunnel-Typ"}, "is it Tunnel-Type?"),
    ({"remove": "State"}, "keeps a conversation whole"),
    ({"clamp": "Session-Timeout = 60"}, "write [lowest, highest]"),
    ({"clamp": "Session-Timeout"}, "must be a table"),
    ({"clamp": "Session-Timeout = 9, 1"}, "write [lowest, highest]"),
    ({"set": "Service-Type = King"}, "is a number"),
    ({"codes": "Access-Request"}, "a reply is one of"),
    ({"direction": ""}, "is missing"),
    ({"site": "nowhere"}, "there is no site"),
    ({"client": "nowhere"}, "there is no client"),
    ({"realm": "a b"}, "selects no realm"),
    ({"name": "vlan"}, "is there already"),
]


def test_what_the_road_would_refuse_is_said_before_it_is_written(staffroom: Room) -> None:
    """In the road's own words, with what was typed still there."""
    for wrong, said in MISTAKES:
        answer = staffroom.post("/policy/new", **{"name": "mine", **FORM, "add": "Filter-Id = guests", **wrong})
        text = answer.get_data(as_text=True)
        assert (422, True, True) == (answer.status_code, said in text, "Filter-Id = guests" in text), wrong
    assert ["vlan"] == order(staffroom)


TABLES = [
    ({"Session-Timeout": [60, 28800]}, True),
    ({"Service-Type": ["Administrative-User", 7], "Filter-Id": "a = b"}, False),
    ({"Tunnel-Private-Group-Id": "120"}, False),
    ({"Tunnel-Private-Group-Id": 120, "Filter-Id": ["1", "2"]}, False),
]


@pytest.mark.parametrize(("table", "bounds"), TABLES)
def test_a_table_that_is_not_touched_stays_as_it_is(table: dict[str, Any], bounds: bool) -> None:
    """Shown, sent back and read it is the same, a number that was kept as text included."""
    key = "clamp" if bounds else "set"
    wanted = [field for field in policy_fields.fields(Empty()) if field.key == key]
    typed = policy_fields.text(table, bounds=bounds).replace("\n", "\r\n")
    assert {key: table} == policy_fields.read(wanted, {key: typed}, {key: table})


class Empty:
    """A database without sites."""

    def scalars(self, *_: object) -> list[Any]:
        return []


def test_saving_a_rule_as_it_is_changes_nothing(staffroom: Room) -> None:
    """The form of the stored rule, sent back, leaves row and version alone."""
    before = rule(staffroom, "vlan")
    form = {"direction": "reply", "remove": "Tunnel-Type", "clamp": "Session-Timeout = 60, 28800"}
    with counted(staffroom.database) as statements:
        assert 303 == staffroom.post("/policy/vlan", **form).status_code
    after = rule(staffroom, "vlan")
    assert (before.clamp, before.remove, []) == (after.clamp, after.remove, [each for each in statements if "INSERT INTO audit" in each])


def test_a_built_in_rule_is_shown_and_replaced_by_its_copy(staffroom: Room) -> None:
    """The copy says what the built-in one says, comes first, and is named as its replacement; removed, the built-in one is back."""
    assert [rule.name in staffroom.page("/policy") for rule in builtins()] == [True] * len(builtins())
    assert 303 == staffroom.post("/policy/replace", name="foreign-vlans").status_code
    copied = rule(staffroom, "foreign-vlans")
    built_in = next(rule for rule in builtins() if rule.name == "foreign-vlans")
    assert (list(built_in.remove), list(built_in.codes), True) == (copied.remove, copied.codes, copied.foreign)
    assert ["foreign-vlans", "vlan"] == order(staffroom)
    assert "Replaced by yours" in staffroom.page("/policy")
    assert "is back then" in staffroom.page("/policy/foreign-vlans/remove")
    assert 409 == staffroom.post("/policy/replace", name="foreign-vlans").status_code
    assert 404 == staffroom.post("/policy/replace", name="vlan").status_code


def test_rules_move_up_and_down(staffroom: Room) -> None:
    """By one place each time; the first stays where it is."""
    staffroom.post("/policy/vlan/remove")
    for name in ("first", "second", "third"):
        staffroom.post("/policy/new", name=name, **FORM)
    staffroom.post("/policy/third/move", to="up")
    assert ["first", "third", "second"] == order(staffroom)
    staffroom.post("/policy/first/move", to="down")
    assert ["third", "first", "second"] == order(staffroom)
    staffroom.post("/policy/third/move", to="up")
    assert ["third", "first", "second"] == order(staffroom)


def test_a_sample_is_tried_with_the_rule_as_it_is_typed(staffroom: Room) -> None:
    """What goes and what comes is told rule by rule, the built-in ones too; nothing is written."""
    sample = {"try": "1", "try-code": "Access-Accept", "try-home": "uni-a-1", "try-realm": "uni-a.example"}
    sample["try-attributes"] = "Session-Timeout = 90000\nTunnel-Private-Group-Id = 12\nReply-Message = Welcome"
    page = staffroom.post("/policy/vlan", **FORM, **sample, set="Filter-Id = guests").get_data(as_text=True)
    told = page.partition('role="status"')[2].partition("</form>")[0]
    assert 0 < told.index("foreign-vlans") < told.index("Tunnel-Private-Group-Id = 12") < told.index("Session-Timeout = 28800")
    assert (True, True) == (">put in</span> <code>Filter-Id = guests</code>" in told, "Reply-Message = Welcome" in told)
    assert {} == rule(staffroom, "vlan").set


def test_a_rule_is_tried_before_it_is_added(staffroom: Room) -> None:
    """Also without a name yet: it comes last, and nothing is written."""
    sample = {"try": "1", "try-code": "Access-Accept", "try-attributes": "Session-Timeout = 90000"}
    page = staffroom.post("/policy/new", **FORM, name="", set="Filter-Id = guests", **sample).get_data(as_text=True)
    told = page.partition('role="status"')[2].partition("</form>")[0]
    assert 0 < told.index("<h3>vlan</h3>") < told.index("<h3>(this one)</h3>") < told.index("Filter-Id = guests")
    assert (["vlan"], True) == (order(staffroom), "Session-Timeout = 60, 28800" in page)


SAMPLES = [
    ({"try-attributes": "Sesion-Timeout = 1"}, "is it Session-Timeout?"),
    ({"try-attributes": "Service-Type = 6", "try-home": "uni-a-1"}, "Refuses the packet"),
    ({"try-attributes": "", "try-code": "Accounting-Response"}, "No rule is for such a packet"),
    ({"try-attributes": "Filter-Id = x\n" * 100}, "It takes 64"),
    ({"remove": "Sate"}, "It cannot be tried yet"),
    ({"codes": "Access-Request"}, "It cannot be tried yet"),
]


def test_a_sample_that_cannot_be_tried_says_why(staffroom: Room) -> None:
    """A wrong attribute, a refusal, a packet that no rule is for, and a rule that does not stand yet."""
    for sample, said in SAMPLES:
        answer = staffroom.post("/policy/vlan", **{**FORM, "try": "1", **sample})
        assert (200, True) == (answer.status_code, said in answer.get_data(as_text=True)), sample


def test_what_the_file_declares_is_read_only_until_it_is_taken_over(staffroom: Room) -> None:
    """No form, no arrows; after "Take over" both."""
    with transaction(staffroom.database) as session:
        session.get_one(Policy, "vlan").managed_by = ManagedBy.FILE
    page = staffroom.page("/policy/vlan")
    assert (True, False, False) == ("Declared in the network file" in page, 'name="remove"' in page, "/policy/vlan/move" in page)
    assert 303 == staffroom.post("/policy/vlan/take-over").status_code
    assert 'name="remove"' in staffroom.page("/policy/vlan")


@pytest.mark.parametrize("number", [10, 1_000])
def test_the_list_asks_no_more_for_more_rules(staffroom: Room, number: int) -> None:
    """A page costs the same number of statements at ten and at a thousand rules."""
    with transaction(staffroom.database) as session:
        session.add_all(
            Policy(name=f"r-{each}", position=each, direction=Direction.REPLY, remove=["Filter-Id"], managed_by=ManagedBy.APP)
            for each in range(number)
        )
    staffroom.page("/policy")
    with counted(staffroom.database) as statements:
        staffroom.page("/policy", role=Role.CITY_ADMIN)
    assert 9 >= len(statements), statements
