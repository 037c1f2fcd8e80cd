"""The alerts' pages: what is wrong, in words; taken notice of, silenced, closed; and each deed in the audit log."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from markupsafe import escape
from sqlalchemy import select

from portal import alert_rules
from portal.admin.desk import counted
from portal.alert_rules import RULES, Rule
from store import alerts
from store.alerts import Change, Finding, Key
from store.models import Alert, AuditEntry, Role, Silence
from store.session import reading, transaction
from tests.portal.staffroom import NOW

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

DETAILS: dict[str, Any] = {
    "realms": "uni-a.example", "heard": NOW.isoformat(), "site": "central-library", "ends": NOW.isoformat(), "last": NOW.isoformat(),
    "days": 7, "file": "wifi.pem", "count": 12, "source": "192.0.2.1", "every": "24 h", "fault": "no room", "due": NOW.isoformat(),
}  # fmt: skip
DEAD = Finding(Key(Rule.HOME_DEAD, "uni-a-1"), DETAILS)
SILENT = Finding(Key(Rule.ACCESS_POINT_SILENT, "lib-1"), DETAILS)


def opened(room: Room, *found: Finding) -> list[str]:
    """Their ids."""
    with transaction(room.database) as session:
        alerts.settle(session, Change(opens=found), room.time)
        have = alerts.opened(session)
        return [have[each.key].id for each in found]


def deeds(room: Room) -> list[tuple[str, str, str, str]]:
    with reading(room.database) as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.kind == "alert").order_by(AuditEntry.id))
        return [(row.actor, row.action, row.object, row.reason) for row in rows]


def row(room: Room, name: str) -> Alert:
    with reading(room.database) as session:
        return session.get_one(Alert, name)


def text(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_rule_says_what_why_and_what_to_do(staffroom: Room, language: str) -> None:
    """In both languages, with nothing left unfilled; it leads to where it can be mended."""
    for rule, name in zip(Rule, opened(staffroom, *(Finding(Key(rule, "uni-a-1"), DETAILS) for rule in Rule)), strict=True):
        main = staffroom.page(f"/alerts/{name}", language=language).partition("<main")[2]
        assert [] == re.findall(r"%\(|\?\.|{{", text(main))
        entry = RULES[rule]
        for words in (entry.why, entry.remedy):
            plain = [str(escape(part.strip())) for part in re.split(r"%\(\w+\)s", words) if len(part) > 12]
            assert (language == "en" or not plain) == all(part in main for part in plain), words
        assert f'href="{alert_rules.place(rule, "uni-a-1")}"' in main


def test_only_open_ones_are_listed_first(staffroom: Room) -> None:
    """Closed ones where the filter asks for them; none at all is said, with what is looked at."""
    assert "Nothing is wrong" in staffroom.page("/alerts")
    dead, _silent = opened(staffroom, DEAD, SILENT)
    with transaction(staffroom.database) as session:
        alerts.close(session, dead, staffroom.time)
    for query, expected in (
        ("", [SILENT]),
        ("?state=new", [SILENT]),
        ("?state=taken", []),
        ("?state=closed", [DEAD]),
        ("?state=all", [DEAD, SILENT]),
        ("?rule=home-dead", []),
        ("?rule=home-dead&state=all", [DEAD]),
        ("?object=lib-1", [SILENT]),
        ("?object=lib", []),
    ):
        page = staffroom.page(f"/alerts{query}")
        titles = ["Home server uni-a-1 does not answer", "Access point lib-1 is silent"]
        found = [each for each, title in zip((DEAD, SILENT), titles, strict=True) if title in page]
        assert expected == found, query
    assert "No alert fits this filter" in staffroom.page("/alerts?object=lib")


def test_who_takes_notice_stands_there(staffroom: Room) -> None:
    """Once: the second hears that somebody did; in the audit log it is once, too."""
    (name,) = opened(staffroom, DEAD)
    answer = staffroom.post("/alerts/acknowledge", Role.NETWORK_OPS, id=name, **{"from": name})
    assert (303, True) == (answer.status_code, answer.location.startswith(f"/alerts/{name}?done=You"))
    assert "done=Somebody" in staffroom.post("/alerts/acknowledge", id=name).location
    assert ("network-ops@city.example", staffroom.time) == (row(staffroom, name).acknowledged_by, row(staffroom, name).acknowledged_at)
    assert [("network-ops@city.example", "acknowledge", name, "")] == deeds(staffroom)
    assert "noticed by network-ops@city.example" in staffroom.page("/alerts")
    assert "acknowledged" in staffroom.page(f"/alerts/{name}").partition('id="history"')[2]


def test_many_are_taken_notice_of_at_once(staffroom: Room) -> None:
    """Of those on the page; what is unknown or over is left out."""
    names = opened(staffroom, DEAD, SILENT)
    assert "Take notice of these 2" in staffroom.page("/alerts")
    assert "done=You%20took%20notice%20of%202." in staffroom.post("/alerts/acknowledge", id=[*names, "no-such"]).location
    assert "Take notice of these" not in staffroom.page("/alerts")


@pytest.mark.parametrize(("scope", "on"), [("object", "uni-a-1"), ("rule", "")])
def test_a_silence_has_an_end_a_reason_and_somebody(staffroom: Room, scope: str, on: str) -> None:
    """Of one object, or of all of its rule; anybody who acts may end it."""
    (name,) = opened(staffroom, DEAD)
    answer = staffroom.post(f"/alerts/{name}/silence", scope=scope, why="they move  house", **{"for": "8h"})
    assert f"/alerts/{name}?done=Silenced" in answer.location
    with reading(staffroom.database) as session:
        kept = session.scalars(select(Silence)).one()
    expected = (Rule.HOME_DEAD, on, staffroom.time + timedelta(hours=8), "city-admin@city.example", "they move house")
    assert expected == (kept.rule, kept.object, kept.until, kept.by, kept.why)
    assert "Silenced by city-admin@city.example until" in text(staffroom.page(f"/alerts/{name}"))
    assert "they move house" in staffroom.page("/alerts")
    assert "done=No%20longer" in staffroom.post("/alerts/silences/end", Role.NETWORK_OPS, rule=Rule.HOME_DEAD, object=on).location
    assert "done=It%20was%20not" in staffroom.post("/alerts/silences/end", rule=Rule.HOME_DEAD, object=on).location
    assert ["silence", "unsilence"] == [action for _, action, _, _ in deeds(staffroom)]
    assert "Silences" not in staffroom.page("/alerts")


@pytest.mark.parametrize("form", [{"for": ""}, {"for": "100y"}, {"for": "1h", "why": "x" * 201}])
def test_a_silence_without_an_end_is_refused(staffroom: Room, form: dict[str, str]) -> None:
    """Nor one with a reason of any length."""
    (name,) = opened(staffroom, DEAD)
    assert 400 == staffroom.post(f"/alerts/{name}/silence", **form).status_code
    assert 404 == staffroom.post("/alerts/0000000000000000/silence", **{"for": "1h"}).status_code


def test_an_alert_is_closed_by_hand(staffroom: Room) -> None:
    """Once; what came before it is listed with the next."""
    (name,) = opened(staffroom, DEAD)
    assert "done=Closed." in staffroom.post(f"/alerts/{name}/close").location
    assert "done=It%20was%20closed%20before." in staffroom.post(f"/alerts/{name}/close").location
    assert 404 == staffroom.post("/alerts/0000000000000000/close").status_code
    assert staffroom.time == row(staffroom, name).closed_at
    (again,) = opened(staffroom, DEAD)
    assert f'href="/alerts/{name}"' in staffroom.page(f"/alerts/{again}")


def test_who_may_only_look_sees_no_button(staffroom: Room) -> None:
    """The help desk sees alerts and is offered nothing that it may not do, nor a page that is not theirs."""
    (name,) = opened(staffroom, DEAD)
    for path in ("/alerts", f"/alerts/{name}"):
        page = staffroom.page(path, Role.HELP_DESK).partition("<main")[2]
        assert "<button" not in page.replace("<button>Filter</button>", "")
        assert 'href="/homes/uni-a-1"' not in page
    assert 'href="/homes/uni-a-1"' in staffroom.page(f"/alerts/{name}", Role.AUDITOR)
    assert 404 == staffroom.get("/alerts/no-such-alert").status_code


def test_the_csv_has_what_the_list_has(staffroom: Room) -> None:
    """The same filter, each alert in words."""
    opened(staffroom, DEAD, Finding(Key(Rule.SECRET, "=cmd"), DETAILS))
    lines = list(csv.DictReader(io.StringIO(staffroom.get("/alerts?format=csv").get_data(as_text=True).lstrip("\ufeff"))))
    assert {"home-dead", "wrong-secret"} == {line["rule"] for line in lines}
    assert {"uni-a-1", "'=cmd"} == {line["object"] for line in lines}
    assert "Home server uni-a-1 does not answer" in {line["alert"] for line in lines}


def test_no_statement_for_each_alert(staffroom: Room) -> None:
    """Ten alerts or a thousand: the same number of statements."""
    counts = []
    for size in (10, 1_000):
        opened(staffroom, *(Finding(Key(Rule.HOME_DEAD, f"home-{n}"), DETAILS) for n in range(size)))
        staffroom.page("/alerts")
        with counted(staffroom.database) as seen:
            staffroom.page("/alerts")
        counts.append(len([each for each in seen if each.startswith("SELECT")]))
    assert counts[0] == counts[1]
