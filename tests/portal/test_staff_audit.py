"""The audit log's pages: what they show to whom, what they leave out, and that they say when the chain does not hold."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from portal.admin import deeds
from portal.admin.desk import counted
from portal.permissions import OF_STAFF, Permission, may
from store import audit, audit_chain
from store.audit import Act
from store.models import Role
from store.session import transaction

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

OPS = "ops@city.example"
CANARY = "guest-017@example.org"


def did(room: Room, *acts: Act) -> None:
    """These happened now."""
    with transaction(room.database) as session:
        audit.record_all(session, room.privacy, acts, room.time)


def attack(room: Room, deed: str) -> None:
    with transaction(room.database) as session:
        for each in ("update", "delete"):
            session.execute(text(f"DROP TRIGGER IF EXISTS audit_entry_{each}"))
        session.execute(text(deed))


def numbers(page: str) -> list[int]:
    """The entries that a list shows."""
    return [int(each) for each in re.findall(r'<a href="/audit/(\d+)">', page)]


@pytest.fixture
def past(staffroom: Room) -> Room:
    """A site was renamed, a session ended, somebody looked at it; two days later a home was removed."""
    did(
        staffroom,
        Act(OPS, "change", "site", "central-library", {"name": ("Old Library", "Central Library"), "secret": audit.SET}),
        Act("desk@city.example", "disconnect", "session", "s1", reason="asked by phone"),
        Act("desk@city.example", "reveal", "session", "s1", reason="a reason", subject="a1", personal={"contact": CANARY}),
    )
    staffroom.later(days=2)
    did(staffroom, Act(OPS, "remove", "home", "uni/b 1", {"address": ("192.0.2.9", None)}))
    return staffroom


def test_the_list_has_everything_and_the_newest_first(past: Room) -> None:
    """Each entry is a link; an empty log says so."""
    assert [4, 3, 2, 1] == numbers(past.page("/audit"))


def test_an_empty_log_says_what_will_be_there(staffroom: Room) -> None:
    """Before anything was done."""
    assert "Nothing was done yet" in staffroom.page("/audit")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"actor={OPS}", [4, 1]), ("action=disconnect", [2]), ("kind=session", [3, 2]), ("object=uni/b 1", [4]),
        ("since=2026-03-10", [4]), ("until=2026-03-10", [3, 2, 1]), ("since=2026-03-09&until=2026-03-09&kind=site", [1]),
        ("actor=ops", []), ("since=yesterday", []),
    ],
)  # fmt: skip
def test_filters_leave_what_they_say(past: Room, query: str, found: list[int]) -> None:
    """By who, what, kind, object and days; a fragment of a name and what is no day fit nothing."""
    assert found == numbers(past.page(f"/audit?{query}"))


def test_days_turn_where_the_city_is(past: Room) -> None:
    """23:00 in Toronto is the next day in UTC: the filter means the city's day."""
    past.time = past.time.replace(day=20, hour=3)
    did(past, Act(OPS, "add", "district", "north"))
    assert [5] == numbers(past.page("/audit?since=2026-03-19&until=2026-03-19"))
    assert [] == numbers(past.page("/audit?since=2026-03-20"))


def test_a_file_of_the_log_has_no_formula_and_no_persons_values(past: Room) -> None:
    """CSV, one line an entry; what a spreadsheet would execute is text."""
    did(past, Act("=cmd()", "change", "site", "@x", {"name": ("+1", "-1")}))
    answer = past.get("/audit?format=csv")
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert ["6", "5", "4", "3", "2", "1"] == [row["id"] for row in rows]  # 6: that it was exported
    assert ("'=cmd()", "'@x", "name: +1 → -1") == tuple(rows[1][key] for key in ("actor", "object", "changes"))
    assert CANARY not in answer.get_data(as_text=True)


def test_an_entry_is_told_key_by_key(past: Room) -> None:
    """Before and after; that a secret was set; the entries beside it about the same thing."""
    page = past.page("/audit/1")
    assert ("Old Library" in page, "Central Library" in page, '<td data-title="After">set</td>' in page) == (True, True, True)
    assert 'rel="next" href="/audit/3"' in past.page("/audit/2")
    assert 'rel="prev" href="/audit/2"' in past.page("/audit/3")
    assert 404 == past.get("/audit/99").status_code
    assert 404 == past.get(f"/audit/{10**30}").status_code


def test_a_persons_values_are_never_on_a_page(past: Room) -> None:
    """An entry says that there is something, and when it is gone for good."""
    before = past.page("/audit/3")
    with transaction(past.database) as session:
        audit.forget(session, "a1")
    after = past.page("/audit/3")
    assert (False, True) == (CANARY in before, "which is sealed" in before)
    assert (False, True) == (CANARY in after, "their key was destroyed" in after)


@pytest.mark.parametrize("role", sorted(OF_STAFF), ids=str)
def test_an_objects_history_is_for_whoever_may_see_the_object(past: Room, role: Role) -> None:
    """Sites for those who see the network, sessions for those who see sessions; else there is no such page."""
    for path, permission in (
        ("site/central-library", Permission.NETWORK),
        ("session/s1", Permission.SESSIONS),
        ("odd/x", Permission.AUDIT),
    ):
        wanted = 200 if may(role, permission) or may(role, Permission.AUDIT) else 404
        assert wanted == past.get(f"/audit/of/{path}", role).status_code, path


def test_who_looked_at_an_object_and_why_is_the_logs_alone(past: Room) -> None:
    """The help desk sees that a session was ended, and by whom; not that it was revealed, and no reason."""
    whole, part = past.page("/audit/of/session/s1"), past.page("/audit/of/session/s1", Role.HELP_DESK)
    assert [3, 2] == numbers(whole)
    assert (True, True) == ("disconnected" in part, "desk@city.example" in part)
    assert [] == [word for word in ("revealed", "a reason", "asked by phone", 'href="/audit') if word in part.split("<main")[1]]


def test_what_is_shown_has_words() -> None:
    """Every deed of an object's history, and every kind of object that has one."""
    assert (set(), set()) == (set(deeds.CHANGES) - set(deeds.ACTIONS), set(deeds.SEEN_BY) - set(deeds.KINDS))


def test_a_time_in_the_log_is_told_as_every_other_on_a_page(staffroom: Room) -> None:
    """In the city's zone; in the file it stays as the log has it."""
    did(staffroom, Act(OPS, "extend", "session", "s9", {"ends_at": ("2026-03-09T14:00:00+00:00", "2026-03-09T15:00:00.5+00:00")}))
    assert "ends_at: 10:00 a.m. → 11:00 a.m." in staffroom.page("/audit").replace("\u202f", " ")
    assert "2026-03-09T15:00:00.5+00:00" in staffroom.page("/audit?format=csv")


def test_a_name_with_a_slash_has_its_history(past: Room) -> None:
    """Names are the operator's: whatever they hold, the link leads there."""
    found = re.search(r'href="(/audit/of/home/[^"]+)"', past.page("/audit?kind=home"))
    assert found is not None
    assert [4] == numbers(past.page(found[1]))


def test_a_list_asks_no_more_for_more_rows(past: Room) -> None:
    """Twice the rows cost the same number of statements."""
    past.page("/audit")
    with counted(past.database) as few:
        past.page("/audit")
    did(past, *[Act(OPS, "change", "site", f"s{number}", {"name": ("a", "b")}) for number in range(40)])
    with counted(past.database) as many:
        past.page("/audit")
    assert len(few) == len(many)


def test_a_log_that_holds_is_said_to_hold(past: Room) -> None:
    """How many entries; that without a checkpoint the end is not vouched for, and with one it is."""
    with transaction(past.database) as session:
        kept = audit_chain.checkpoint(session, past.privacy, past.time)
    plain = past.post("/audit/verify").get_data(as_text=True)
    held = past.post("/audit/verify", checkpoints=f'{{"checkpoint": "{kept}"}}').get_data(as_text=True)
    assert ("It holds" in plain, "4 entries are as they were written" in plain, "No checkpoint was given" in plain) == (True, True, True)
    assert (True, False) == ("It agrees with 1 checkpoint" in held, "No checkpoint was given" in held)
    assert "No checkpoint was found in what you gave" in past.post("/audit/verify", checkpoints="nonsense").get_data(as_text=True)


def test_a_log_that_was_altered_or_cut_is_said_not_to_hold(past: Room) -> None:
    """The first entry that does not hold is named, with what happened to it."""
    with transaction(past.database) as session:
        kept = audit_chain.checkpoint(session, past.privacy, past.time)
    attack(past, "DELETE FROM audit_entry WHERE id > 2")
    assert "It holds" in past.post("/audit/verify").get_data(as_text=True)
    cut = past.post("/audit/verify", checkpoints=str(kept)).get_data(as_text=True)
    assert (True, True) == ("Entry 3 does not hold" in cut, "were cut off" in cut)
    attack(past, "UPDATE audit_entry SET actor = 'nobody' WHERE id = 2")
    assert "Entry 2 does not hold" in past.post("/audit/verify").get_data(as_text=True)


def test_a_long_log_is_verified_from_its_newest_entries(past: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page verifies so many, and says from where on and how to verify all."""
    monkeypatch.setattr("portal.admin.audit.AT_ONCE", 2)
    attack(past, "UPDATE audit_entry SET actor = 'nobody' WHERE id = 1")
    page = past.post("/audit/verify").get_data(as_text=True)
    assert (True, True) == ("2 entries are" in page, "from 3 on" in page)


def test_pages_of_the_log_are_followed_to_its_end(past: Room) -> None:
    """By key: every entry once, though others are written meanwhile."""
    did(past, *[Act(OPS, "change", "site", f"s{number}") for number in range(120)])
    path, seen = "/audit?kind=site", []
    while path:
        page = past.page(path)
        seen += numbers(page)
        past.time += timedelta(seconds=1)
        did(past, Act(OPS, "add", "site", "new"))
        onward = re.search(r'rel="next" href="(\?[^"]+)"', page)
        path = "/audit" + onward[1].replace("&amp;", "&") if onward else ""
    assert [*range(124, 4, -1), 1] == seen
