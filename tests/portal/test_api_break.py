"""What a program with a narrow token, stolen or not, might try against the API; each with a real request, and that it comes to nothing."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from portal.alert_rules import Rule
from portal.permissions import Permission
from store import alerts
from store.alerts import Change, Finding, Key
from store.models import Alert, Client, IdempotencyKey
from store.session import reading, transaction
from tests.portal.api_room import Programs
from tests.portal.staffroom import NOW

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

CONSOLE = {"name": "console", "address": "192.0.2.50", "nas": "unifi", "site": "central-library"}
OPTIONS = {"api_url": "https://192.0.2.50:8443", "api_user": "proxeny", "site": "default", "api_secret": "a-secret-of-the-console"}


@pytest.fixture
def programs(staffroom: Room) -> Programs:
    return Programs(staffroom)


@pytest.mark.parametrize("option", [{"api_url": "https://192.0.2.66"}, {"api_ca": "/etc/ssl/certs/ca-certificates.crt"}])
def test_no_kept_secret_is_sent_elsewhere_by_who_may_set_none(programs: Programs, option: dict[str, str]) -> None:
    """A console's address, and who vouches for it, say who is told its password: they need the scope that passwords need."""
    assert 201 == programs.ask("POST", "/gateways", CONSOLE | {"options": OPTIONS}).status_code
    narrow = programs.token(Permission.NETWORK, Permission.NETWORK_ACT)
    for method, path, said in (
        ("PATCH", "/gateways/console", {"options": option}),
        ("POST", "/network/edits", {"edits": [{"section": "client", "name": "console", "fields": {"options": option}}]}),
    ):
        answer = programs.ask(method, path, said, narrow, If_Match="*")
        assert (403, "SECRETS") == (answer.status_code, answer.get_json().get("scope"))
    with reading(programs.room.database) as session:
        assert OPTIONS["api_url"] == session.get_one(Client, "console").options["api_url"]
    assert 200 == programs.ask("PATCH", "/gateways/console", {"options": {"site": "other"}}, narrow, If_Match="*").status_code


def test_no_program_closes_the_alert_of_an_opening_by_one_person(programs: Programs) -> None:
    """It is there so that people see it: a program neither closes it nor keeps it silent, alone or with its whole rule."""
    with transaction(programs.room.database) as session:
        change = Change(opens=[Finding(Key(Rule.OPENED_ALONE, "an-opening"), {"ends": (NOW + timedelta(days=3)).isoformat()})])
        alerts.settle(session, change, NOW)
        name = alerts.opened(session)[Key(Rule.OPENED_ALONE, "an-opening")].id
    closing = programs.ask("POST", f"/alerts/{name}/close")
    silencing = programs.ask("POST", f"/alerts/{name}/silence", {"hours": 720, "whole_rule": True})
    assert [409, 409] == [closing.status_code, silencing.status_code]
    with reading(programs.room.database) as session:
        assert session.get_one(Alert, name).closed_at is None
        assert [] == list(alerts.silent(session, NOW))


def test_a_row_of_a_request_is_no_way_to_guess_its_secret(programs: Programs) -> None:
    """Whoever reads the database alone cannot try words against what is kept of a request that held a password."""
    said = CONSOLE | {"options": OPTIONS}
    assert 201 == programs.ask("POST", "/gateways", said, Idempotency_Key="once").status_code
    with reading(programs.room.database) as session:
        (row,) = session.query(IdempotencyKey)
        assert hashlib.sha256(b"\0".join((b"POST", b"/api/v1/gateways?", json.dumps(said).encode()))).digest() != row.request
        assert OPTIONS["api_secret"].encode() not in row.request + (row.body or b"")


def test_a_look_under_a_key_fills_no_table(programs: Programs) -> None:
    """What only says what would change is said anew each time, and leaves the key to the change itself."""
    edits = {"edits": [{"section": "site", "fields": {"id": f"site-{number}", "name": "x" * 200}} for number in range(300)]}
    for said in ("true", "1", "on"):
        answer = programs.ask("POST", f"/network/edits?dry_run={said}", edits, Idempotency_Key="k")
        assert (200, 300) == (answer.status_code, len(answer.get_json()["changes"]))
    with reading(programs.room.database) as session:
        assert [] == session.query(IdempotencyKey).all()
    assert 201 == programs.ask("POST", "/sites", {"id": "one", "name": "One"}, Idempotency_Key="k").status_code
