"""A guest's story by grant: what a help desk reads, and that it claims no more than the rows show."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from proxeny import guest_story, opening, settings
from proxeny.guest_story import Stay
from radius.nas.plan import Plan, Remaining, Spent, Usage
from store import grants, trace, usage
from store.models import Grant, Order, OrderKind, OrderState, Session, SessionStatus, Way
from store.privacy import privacy
from store.session import reading, transaction
from tests.proxeny import guests
from tests.proxeny.installation import NETWORK, Installation, make
from tests.store.guests import noon

NOW = datetime(2026, 3, 8, 7, 0, 0, tzinfo=UTC)
STATION = "02-00-00-00-00-01"
GUESTS = """
[[plan]]
name = "day"
session = "2h"
day_data = "1 GB"

[[portal]]
name = "main"
plan = "day"
"""


def stay(**changes: Any) -> Stay:
    fields: dict[str, Any] = {
        "id": "06h0grant0000001", "device_hash": b"d" * 16, "plan": "day", "portal": "main", "way": Way.TERMS, "provisional": False,
        "client": "library-coova", "access_point": "lib-1", "ssid": "City Wi-Fi", "site": "library", "starts_at": NOW,
        "ends_at": NOW + timedelta(hours=2), "extensions": 0, "revoked_at": None, "why": "", "support": "K7Q-42M",
    }  # fmt: skip
    own = {name: changes.pop(name) for name in ("plan", "used", "left", "sessions", "orders") if name in changes}
    known = {"plan": Plan("day", session=7200), "used": Usage(60, 5_000_000, 9_000_000), "left": Remaining(7140, 995_000_000)}
    return Stay(Grant(**(fields | changes)), **(known | own))


def session(**changes: Any) -> Session:
    fields = {"id": "06h0xyz", "started_at": NOW, "ended_at": None, "status": SessionStatus.OPEN, "terminate_cause": "", "framed_ip": ""}
    return Session(**(fields | {"seconds": 60, "input_octets": 5, "output_octets": 7} | changes))


def told(after: int = 60, **changes: Any) -> str:
    return "\n".join(guest_story.told(stay(**changes), NOW + timedelta(seconds=after)))


def test_a_guest_who_is_online():
    """When, where, by which way and plan, what was used and what is left, and which session it is."""
    expected = """\
2026-03-08 07:00:00 UTC  A guest signed in at the portal main by accepting the terms, and got the number K7Q-42M.
  where  lib-1, SSID City Wi-Fi, site library (client library-coova)
  plan   day, until 2026-03-08 09:00:00 UTC; used today 0:01:00 and 5.0 MB, this month 9.0 MB; left 1:59:00 and 995.0 MB
  so     Online: 1 session open.
  online session 06h0xyz since 2026-03-08T07:00:00.000Z, still open: 60 s, 5 octets up, 7 down
  id     06h0grant0000001"""
    assert expected == told(sessions=[session()])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"revoked_at": NOW, "why": "ended by staff"}, "so     Ended at 2026-03-08 07:00:00 UTC: ended by staff."),
        ({"revoked_at": NOW, "why": "signed out"}, "so     Ended at 2026-03-08 07:00:00 UTC: signed out."),
        ({"ends_at": NOW, "sessions": [session()]}, "so     The grant has ended. The gateway tells of an open session all the same."),
        ({"ends_at": NOW, "left": Remaining(spent=Spent.ENDED)}, "so     The grant has ended."),
        ({"left": Remaining(spent=Spent.DAY_DATA)}, "so     The day's data is used up."),
        ({"plan": None}, "so     The plan day is not declared any more, and so allows nothing."),
        ({}, "so     May be online; no session is open, as far as the gateway has told."),
        ({"extensions": 2}, "extended 2 times"),
    ],
)
def test_how_it_stands(changes: dict[str, Any], words: str):
    """Why the guest is online no more, in words, with what can be done; nothing is left of what has ended."""
    text = told(**changes)
    assert words in text
    assert ("left " in text) == (not changes or "extensions" in changes)
    assert "\n  do     " in text


def test_what_the_gateway_was_told_is_told():
    """An order about the guest, and the gateway's own answer."""
    order = Order(kind=OrderKind.GRANT, queued_at=NOW, settled_at=NOW, outcome="NAK 503", state=OrderState.FAILED)
    assert "order  grant at 2026-03-08T07:00:00.000Z: NAK 503" in told(orders=[order])


@pytest.fixture
def guest(tmp_path) -> tuple[Installation, str, str]:
    """A guest who has used up the day's data, was refused for it, and whose gateway never told of a session: (_, number, grant)."""
    installed = make(tmp_path)
    assert installed.apply(NETWORK + GUESTS).exit_code == 0
    database, seal = opening.store(settings.load(installed.settings, {}))
    now = datetime.now(UTC)
    with transaction(database) as work:
        marks = privacy(work, seal, now)
        grant = guests.admit(work, marks.device(STATION), now=now, access_point="02-00-5E-00-01-07")
        usage.spend(work, [(grants.subject(grant), now, 60, 2_000_000_000)], noon())
        login = {"client": "library-wlc", "station": STATION, "rule": "(mac)", "grant": grant.id}
        refused = trace.Login("06h0login0000001", now, now, verdict="refused", reason="GRANT_SPENT_DAY_DATA", **login)
        trace.record_logins(work, [refused], marks)
    with reading(database) as work:
        found = work.get_one(Grant, grant.id)
        number, name = found.support, found.id
    database.dispose()
    return installed, number, name


def test_trace_tells_the_guest_by_number_grant_and_station(guest: tuple[Installation, str, str]):
    """However staff ask, and however the number is typed: the sign-in, the plan, what is used up, and the refusal for it."""
    installed, number, name = guest
    for what in (number, number.lower().replace("-", " "), name, STATION):
        result = installed.run("trace", what)
        assert result.exit_code == 0, (what, result.output)
        for part in (
            "by accepting the terms",
            f"the number {number}",
            "plan   day, until",
            "2.0 GB",
            "The day's data is used up.",
            "(mac)",
        ):
            assert part in result.output, (what, part)
        assert STATION not in result.output
        assert "home institution" not in result.output


def test_a_machine_gets_the_grant_in_a_logins_fields(guest: tuple[Installation, str, str]):
    """A grant's row has every field of a login's, so that one loop reads both."""
    installed, number, name = guest
    login, grant = json.loads(installed.run("trace", number, "--json").stdout)
    assert (login["reason"], login["verdict"]) == ("GRANT_SPENT_DAY_DATA", "refused")
    assert set(login) < set(grant)
    assert [grant[key] for key in ("grant", "support", "plan", "way", "spent", "verdict")] == [
        name,
        number,
        "day",
        "terms",
        "DAY_DATA",
        None,
    ]


def test_a_number_that_nobody_has(guest: tuple[Installation, str, str]):
    """Exit 1, and where numbers of mere faults are to be found."""
    result = guest[0].run("trace", "AAA-AAA")
    assert result.exit_code == 1
    assert "stands in the log" in result.stderr


def test_kick_of_a_guest_who_is_out_already(guest: tuple[Installation, str, str]):
    """The number is known: that its grant has ended is said, and where to read how."""
    installed, number, name = guest
    database, _ = opening.store(settings.load(installed.settings, {}))
    with transaction(database) as work:
        grants.revoke(work, work.get_one(Grant, name), "signed out", datetime.now(UTC))
    database.dispose()
    result = installed.run("kick", number)
    assert result.exit_code == 1
    assert "this guest's grant has ended already" in result.output
    assert f"proxeny trace {number}" in result.output
