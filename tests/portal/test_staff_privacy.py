"""The privacy pages: what is kept as the settings say it, the proof that it goes, presets, and the register of requests."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from portal.cases import keeping
from portal.kept_words import CLASSES, PRESETS
from proxeny import parts, staff_privacy, web
from proxeny.parts_privacy import Privacy as Duties
from proxeny.settings import load
from store import accounts, audit_chain, deletions, erasure, requests
from store import models as m
from store.models import Role
from store.retention import Kept
from store.session import transaction
from tests.store import rows

if TYPE_CHECKING:
    from pathlib import Path

    from tests.portal.staffroom import Room

GUEST = "guest-017@example.org"
DAY = timedelta(days=1)
ADMIN = "city-admin@city.example"


def account(room: Room) -> str:
    with transaction(room.database) as session:
        return accounts.known(session, room.privacy, m.Way.EMAIL, GUEST, room.time).id


def asked(room: Room, kind: m.RequestKind = m.RequestKind.ERASE, whose: str = "", days: int = 0) -> str:
    """So many days ago."""
    with transaction(room.database) as session:
        return requests.receive(session, room.privacy, kind, whose, GUEST, "desk@city.example", room.time - days * DAY).id


def kept(room: Room, name: str) -> m.PrivacyRequest:
    with room.desk.reading() as session:
        return session.get_one(m.PrivacyRequest, name)


def trail(room: Room) -> list[tuple[Any, ...]]:
    """(actor, action, fields, reason) of what was done to requests."""
    with room.desk.reading() as session:
        found = session.query(m.AuditEntry).filter_by(kind="privacy_request").order_by(m.AuditEntry.id)
        return [(each.actor, each.action, each.fields, each.reason) for each in found]


# What is kept


def test_every_class_has_its_words() -> None:
    """Each class that ages is told in words, each setting of [retention] is one of them, and each preset has its law."""
    assert set(Kept) == set(CLASSES)
    assert {kind.value for kind in Kept} >= set(parts.Retention.names().values())
    assert set(parts.PRESETS) == set(PRESETS)


def test_staff_and_guests_are_told_the_same_numbers(tmp_path: Path) -> None:
    """The staff's page, the guests' page and the purge go by one reading of the settings, whatever they are."""
    file = tmp_path / "proxeny.toml"
    file.write_text('[guest]\n[retention]\npreset = "eu-min"\norders = 200\ndevices = 7\n')
    settings = load(file, {})
    told = staff_privacy.keeping(settings)
    assert dict(web.house(settings).kept) == told.days
    assert {kind.value: age for kind, age in told.ages.items()}.items() >= settings.retention.kept.items()
    own = {each.name: (each.days, each.behind) for each in told.settings if each.own}
    assert {"orders": (200, 184), "devices": (7, 30)} == own
    assert '[retention]\npreset = "none"\norders = 200\ndevices = 7' == keeping.to_write(told, "none")
    assert parts.MOST_DAYS == max(each.most for each in told.settings if each.name in parts.BY_PRESET)


def test_the_page_says_what_is_kept_how_long(staffroom: Room) -> None:
    """Each class with its days and its setting; before the first purge it says so, afterwards when that was and what went."""
    page = staffroom.page("/privacy")
    assert "Nothing was purged yet" in page
    assert all(str(words.title) in page for words in CLASSES.values())
    assert 1 == page.count("<code>logins</code>")
    assert "365 days" in page
    with transaction(staffroom.database) as session:
        session.add(m.DropMinute(minute=staffroom.time - 40 * DAY, source="192.0.2.1", client="", reason="TOO_SHORT", count=1))
    assert "Something is kept for too long" in staffroom.page("/privacy")
    settings = {each.kept: timedelta(days=each.days) for each in staffroom.desk.tools["keeping"]().settings}
    deletions.purge(staffroom.database, settings, staffroom.time)
    page = staffroom.page("/privacy")
    assert "Everything that should be gone is gone" in page
    assert ["1"] == re.findall(r'id="drops".*?Deleted in 30 days">(\d+)<', page, re.DOTALL)
    proof = staffroom.get("/privacy/runs?class=drops&format=csv").get_data(as_text=True).splitlines()
    assert [True, 2] == [proof[0].endswith("number,at,class,cutoff,deleted,oldest_left"), len(proof)]


def test_a_shorter_preset_says_what_would_go(staffroom: Room) -> None:
    """The classes that change, how many rows the next purge would delete, and the lines to write; a made-up preset changes nothing."""
    with transaction(staffroom.database) as session:
        for name, ago in (("one", 40), ("two", 31), ("three", 5)):
            at = staffroom.time - ago * DAY
            over = {"started_at": at, "updated_at": at, "ended_at": at, "status": m.SessionStatus.ENDED}
            session.add(rows.session(staffroom.privacy.seal, name, **over))
    page = staffroom.page("/privacy/presets?to=none")
    assert "365 days become 30. <strong>2 rows would go with the next purge" in page
    assert "[retention]\npreset = &#34;none&#34;" in page
    assert "would go" not in staffroom.page("/privacy/presets?to=ca-bc")
    assert "What to write" not in staffroom.page("/privacy/presets?to=forever")


# Requests


def test_a_request_is_written_down_and_answered(staffroom: Room) -> None:
    """Its contact is sealed, shown for a quarter of an hour to whoever asks, and wiped with the answer; the audit log has no person."""
    answer = staffroom.post("/privacy/requests/new", Role.HELP_DESK, kind="object", contact=GUEST, received="2026-03-01")
    assert 303 == answer.status_code
    (name,) = re.findall(r"/privacy/requests/(\w+)\?", answer.location)
    made = kept(staffroom, name)
    assert ("2026-03-01", "2026-03-31", "help-desk@city.example") == (f"{made.received_at:%F}", f"{made.due_at:%F}", made.received_by)
    assert GUEST.encode() not in (made.contact or b"")
    where = f"/privacy/requests/{name}"
    assert GUEST not in staffroom.page(where)
    assert 403 == staffroom.post(f"{where}/contact", Role.AUDITOR).status_code
    staffroom.post(f"{where}/contact")
    assert [True, False] == [GUEST in staffroom.page(where, role) for role in (Role.CITY_ADMIN, Role.HELP_DESK)]
    staffroom.later(minutes=15)
    assert GUEST not in staffroom.page(where)
    assert 422 == staffroom.post(f"{where}/settle", outcome="done").status_code
    assert 303 == staffroom.post(f"{where}/settle", outcome="Explained by letter", **{"as": "refused"}).status_code
    assert 422 == staffroom.post(f"{where}/settle", outcome="Explained again").status_code
    made = kept(staffroom, name)
    assert (m.RequestState.REFUSED, None, "Explained by letter", ADMIN) == (made.state, made.contact, made.outcome, made.settled_by)
    assert [
        ("help-desk@city.example", "receive", {"kind": [None, "object"]}, ""),
        (ADMIN, "reveal", {}, ""),
        (ADMIN, "settle", {"state": ["open", "refused"]}, "Explained by letter"),
    ] == trail(staffroom)
    assert GUEST not in str(staffroom.lines)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"kind": "forget"}, "Choose what is asked"),
        ({"contact": ""}, "Say where to answer"),
        ({"contact": "x" * 201}, "One line of at most 200"),
        ({"account": "nobody"}, "There is no such account"),
        ({"received": "yesterday"}, "A day of the last 90"),
        ({"received": "2026-03-11"}, "A day of the last 90"),
        ({"received": "2025-11-01"}, "A day of the last 90"),
        ({"received": "9999-12-31"}, "A day of the last 90"),
    ],
)
def test_what_cannot_be_written_down_is_told(staffroom: Room, typed: dict[str, str], said: str) -> None:
    """At its field, and nothing is kept."""
    answer = staffroom.post("/privacy/requests/new", **{"kind": "erase", "contact": GUEST, **typed})
    assert (422, True) == (answer.status_code, said in answer.get_data(as_text=True))
    assert "Nobody waits for an answer" in staffroom.page("/privacy/requests")


def test_the_most_urgent_comes_first(staffroom: Room) -> None:
    """Overdue, then by their day; the overview counts them; what is settled waits no more."""
    second, third = asked(staffroom, days=25), asked(staffroom, m.RequestKind.ACCESS)
    assert [second, third] == re.findall(r'href="/privacy/requests/(\w{16})"', staffroom.page("/privacy/requests"))
    assert "within seven days: 1" in staffroom.page("/privacy")
    first = asked(staffroom, days=31)
    assert "1 request should have been answered" in staffroom.page("/privacy")
    page = staffroom.page("/privacy/requests")
    assert ([first, second, third], 1) == (re.findall(r'href="/privacy/requests/(\w{16})"', page), page.count("overdue"))
    with transaction(staffroom.database) as session:
        requests.settle(session, session.get_one(m.PrivacyRequest, first), "erased", ADMIN, staffroom.time)
    assert [second, third] == re.findall(r'href="/privacy/requests/(\w{16})"', staffroom.page("/privacy/requests"))
    assert [third, second, first] == re.findall(r'href="/privacy/requests/(\w{16})"', staffroom.page("/privacy/requests/all"))


def test_an_erasure_settles_what_was_asked(staffroom: Room) -> None:
    """Every open request of the account, with what stays; where nobody had asked, one is written down; and the audit chain holds."""
    whose = account(staffroom)
    names = {asked(staffroom, kind, whose) for kind in (m.RequestKind.ERASE, m.RequestKind.ACCESS)}
    staffroom.post(f"/privacy/requests/{min(names)}/contact")
    with transaction(staffroom.database) as session:
        erasure.erase(session, whose, staffroom.time)
        left = requests.left_of(erasure.Left(14, staffroom.time, 0, None), {"session": 365, "auth_event": 365})
        done = requests.fulfilled(session, staffroom.privacy, m.RequestKind.ERASE, whose, ADMIN, staffroom.time, left)
        assert names == {row.id for row in done}
        assert [None, None] == [row.contact for row in done]
        (own,) = requests.fulfilled(session, staffroom.privacy, m.RequestKind.ACCESS, "another", "", staffroom.time)
        assert (m.RequestState.DONE, "downloaded", "") == (own.state, own.outcome, own.settled_by)
        assert 0 == len(requests.open_of(session, whose))
        flaw = audit_chain.verify(session, staffroom.privacy).flaw
    assert None is flaw
    page = staffroom.page(f"/privacy/requests/{min(names)}")
    assert all(said in page for said in ("The account was erased.", "What stays", ">14<", "March 9, 2027"))


def test_how_long_an_answer_may_take_is_a_setting(staffroom: Room) -> None:
    """[privacy] answer_within; 30 days where nothing is said."""
    duty = {"authority": {"en": "The Act"}, "purpose": {"en": "x"}, "officer_title": {"en": "x"}, "officer_phone": {"en": "x"}}
    settings = staffroom.desk.tools["settings"]()
    assert (30 * DAY, False) == (staffroom.desk.tools["keeping"]().within, staffroom.desk.tools["keeping"]().alone)
    part = Duties.model_validate({**duty, "answer_within": "10d", "break_glass": True})
    said = staff_privacy.keeping(settings.model_copy(update={"privacy": part}))
    assert (10 * DAY, True, True) == (said.within, said.alone, said.told)
    guests = web.house(settings.model_copy(update={"privacy": part}))  # are told that it may be one person
    assert (True, False) == (guests.opened_alone, web.house(settings).opened_alone)
