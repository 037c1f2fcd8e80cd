"""Who may use the API, and how often: a program with a token that works, from its networks, for what scopes, role and maker allow."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from portal.admin.desk import counted
from portal.permissions import PERSONS_ALONE, Permission, grantable, granted
from store.models import ApiToken, Role, Site, Staff
from store.session import engine, transaction
from tests.portal.api_room import Programs
from tests.portal.staffroom import URL

if TYPE_CHECKING:
    from werkzeug.routing import Rule

    from tests.portal.staffroom import Room

EVERYONES = {"/api/v1/me"}  # for whoever has a token
OPEN = {"/api/v1/openapi.json", "/api/v1/docs", "/api/v1/docs/nobodys"}


@pytest.fixture
def programs(staffroom: Room) -> Programs:
    return Programs(staffroom)


def kind(answer: Any) -> tuple[int, str]:
    """Status, and the kind of problem."""
    assert "application/problem+json" == answer.mimetype, answer.get_data(as_text=True)
    return answer.status_code, answer.get_json()["type"].rpartition("#problem-")[2]


def test_no_token_is_asked_for(programs: Programs) -> None:
    """401 and how to sign in; a cookie of the pages, Basic, or a token in the query are none."""
    programs.room.client()
    for headers in ({}, {"Authorization": "Basic b3BzOnB3"}, {"Authorization": "Bearer"}, {"Cookie": "proxeny-staff=x"}):
        answer = programs.get("/sites?token=x", "", **headers)
        assert 401 == answer.status_code
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert 401 == programs.room.client().get("/api/v1/sites", base_url=URL).status_code


def dead(room: Room, token: str, how: str) -> None:
    """Make it worth nothing."""
    with transaction(room.database) as session:
        row = session.scalars(select(ApiToken)).one()
        if how == "revoked":
            row.revoked_at = room.time
        elif how == "disabled":
            session.get_one(Staff, row.staff_id).disabled_at = room.time
        elif how == "removed":
            session.delete(session.get_one(Staff, row.staff_id))
        else:
            room.later(days=31)


@pytest.mark.parametrize("how", ["expired", "revoked", "disabled", "removed"])
def test_a_token_that_is_over_is_worth_nothing(programs: Programs, how: str) -> None:
    """At once, for every request: ended, taken back, or its maker is not here any more."""
    token = programs.token()
    assert 200 == programs.get("/sites", token).status_code
    dead(programs.room, token, how)
    assert (401, "dead-token") == kind(programs.get("/sites", token))


@pytest.mark.parametrize("token", ["x", "pxy_" + "A" * 49, "pxy_" + "é" * 49, "x" * 4_000, "a\tb"])
def test_garbage_is_no_question_to_the_database(programs: Programs, token: str) -> None:
    """What has not a token's shape costs no statement."""
    programs.get("/sites")
    with counted(programs.room.database) as seen:
        assert (401, "dead-token") == kind(programs.get("/sites", token.encode().decode("latin-1")))
    assert [] == [each for each in seen if "api_token" in each]


def test_a_token_works_from_its_networks_alone(programs: Programs) -> None:
    """From anywhere where it names none; 403 from elsewhere, whoever has it."""
    assert (403, "network") == kind(programs.get("/sites", programs.token(networks=["198.51.100.0/24"])))
    assert 200 == programs.get("/sites", programs.token(networks=["198.51.100.0/24", "127.0.0.0/8"])).status_code


def test_a_scope_that_is_missing_is_named(programs: Programs) -> None:
    """403, the scope in the problem and in the header; reading needs no more than reading."""
    token = programs.token(Permission.NETWORK)
    assert 200 == programs.get("/sites", token).status_code
    answer = programs.ask("POST", "/sites", {"id": "x", "name": "X"}, token)
    assert (403, "scope") == kind(answer)
    assert "NETWORK_ACT" == answer.get_json()["scope"]
    assert 'scope="NETWORK_ACT"' in answer.headers["WWW-Authenticate"]


def test_a_token_may_do_no_more_than_its_maker_today(programs: Programs) -> None:
    """Whoever became an auditor since has programs that read."""
    token = programs.token(Permission.NETWORK, Permission.NETWORK_ACT)
    with transaction(programs.room.database) as session:
        session.execute(update(Staff).values(role=Role.AUDITOR))
    assert 200 == programs.get("/sites", token).status_code
    assert (403, "scope") == kind(programs.ask("POST", "/sites", {"id": "x", "name": "X"}, token))


def test_a_secret_needs_its_own_scope(programs: Programs) -> None:
    """Whoever may change a gateway may not set what it signs with; nor among many edits."""
    token = programs.token(Permission.NETWORK, Permission.NETWORK_ACT)
    said = {"secret": "s" * 20}
    assert (403, "scope") == kind(programs.ask("PATCH", "/gateways/library-wlc", said, token, If_Match="*"))
    many = {"edits": [{"section": "client", "name": "library-wlc", "fields": {"options": {"uam_secret": "s" * 20}}}]}
    assert (403, "scope") == kind(programs.ask("POST", "/network/edits", many, token))
    assert 200 == programs.ask("PATCH", "/gateways/library-wlc", {"rate": 50.0}, token, If_Match="*").status_code


def rules(room: Room) -> list[tuple[Rule, str, str]]:
    """(rule, method, path) of every route of the API."""
    found = []
    api = room.app.wsgi_app._plain.app  # behind the proxies' and the API's mount
    for rule in api.url_map.iter_rules():
        path = re.sub("<[^>]+>", "nobodys", re.sub("<int[^>]*>", "1", rule.rule))
        found += [(rule, method, path) for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]
    return found


def test_every_route_says_what_it_needs(staffroom: Room) -> None:
    """Deny by default: a view names a permission that a program can have; the document and its page alone are anyone's."""
    api = staffroom.app.wsgi_app._plain.app
    for rule, _method, path in rules(staffroom):
        view: Any = api.view_functions[rule.endpoint]
        assert (path in OPEN) == bool(getattr(view, "open", False)), path
        needed = getattr(view, "needs", None)
        assert path in OPEN | EVERYONES or needed in frozenset(Permission) - PERSONS_ALONE, path
        assert (path in EVERYONES) == bool(getattr(view, "everyones", False)), path


def test_no_token_gets_what_its_scopes_do_not_give(programs: Programs) -> None:
    """Each route: 401 without a token, 403 with every scope but its own, and neither with its own alone."""
    api = programs.room.app.wsgi_app._plain.app
    every = grantable(Role.CITY_ADMIN)
    for rule, method, path in rules(programs.room):
        needed: Any = getattr(api.view_functions[rule.endpoint], "needs", None)
        if needed is None:
            continue
        said = {} if method != "GET" else None
        assert 401 == programs.ask(method, path, said, "", If_Match="*").status_code, (method, path)
        answer = programs.ask(method, path, said, programs.token(*sorted(every - {needed})), If_Match="*")
        assert (403, needed.name) == (answer.status_code, answer.get_json()["scope"]), (method, path)
        answer = programs.ask(method, path, said, programs.token(needed), If_Match="*")
        assert answer.status_code not in (401, 500), (method, path, answer.get_data(as_text=True))
        assert 403 != answer.status_code or answer.get_json()["scope"] != needed.name, (method, path)


@pytest.mark.parametrize("role", [Role.NETWORK_OPS, Role.AUDITOR, Role.HELP_DESK], ids=str)
def test_a_token_has_its_roles_permissions_at_most(programs: Programs, role: Role) -> None:
    """Whatever scopes stand in its row."""
    token = programs.token(*(each.name for each in Permission), role=role, maker=Role.CITY_ADMIN)
    for path in ("/sites", "/realms", "/operator"):
        may = Permission.NETWORK in granted(["NETWORK"], role, Role.CITY_ADMIN)
        assert may == (200 == programs.get(path, token).status_code)


def test_wrong_tokens_slow_their_address_and_lock_nobody_out(programs: Programs) -> None:
    """Thirty a minute, then 429 with when to come again; who has a right one from the same address is served all along."""
    answers = [programs.get("/sites", f"pxy_{number}") for number in range(40)]
    assert {401, 429} == {each.status_code for each in answers}
    assert 429 == answers[-1].status_code
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert 200 == programs.get("/sites").status_code


def test_a_token_is_told_its_rate_and_held_to_it(staffroom: Room) -> None:
    """How many are left is in each answer; beyond it 429 and Retry-After; another token has its own."""
    from dataclasses import replace

    staffroom.office = replace(staffroom.office, api_rate=5)
    staffroom._app = None
    programs = Programs(staffroom)
    mine, other = programs.token(Permission.NETWORK), programs.token()
    answers = [programs.get("/sites", mine) for _ in range(6)]
    assert [200] * 5 + [429] == [each.status_code for each in answers]
    assert "too-many" == kind(answers[-1])[1]
    assert '"token";q=5;w=60' == answers[0].headers["RateLimit-Policy"]
    assert '"token";r=4' == answers[0].headers["RateLimit"].rpartition(";")[0]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert 200 == programs.get("/sites", other).status_code


def test_a_use_is_written_once_a_minute_and_never_in_the_way(programs: Programs) -> None:
    """`used_at` moves with the minute; a database that nobody can write to is still read."""
    room = programs.room

    def used() -> Any:
        with room.desk.reading() as session:
            return session.scalars(select(ApiToken.used_at)).one()

    start = room.time
    programs.get("/sites")
    room.later(seconds=30)
    programs.get("/sites")
    assert start == used()
    another, room.app.extensions["staff"] = room.database, _impatient(room)
    room.later(minutes=2)
    with transaction(another) as session:
        session.execute(update(Site).values(name="Half written"))
        assert 200 == programs.get("/sites").status_code
    assert start == used()


def _impatient(room: Room) -> Any:
    room.database = engine(str(room.database.url), patience=0)
    return room.desk


def test_a_city_can_do_without(staffroom: Room) -> None:
    """Switched off there is no API, and no word of one."""
    from dataclasses import replace

    staffroom.office = replace(staffroom.office, api_rate=0)
    staffroom._app = None
    assert 404 == Programs(staffroom).get("/openapi.json", "").status_code


def test_programs_leave_threads_to_people(staffroom: Room) -> None:
    """When all places are taken a program is told to come again; the pages are there."""
    staffroom.client()
    programs = Programs(staffroom)
    mount = staffroom.app.wsgi_app._plain
    taken = [mount._places.acquire(blocking=False) for _ in range(20)]
    answer = programs.get("/sites")
    assert (503, "1", "application/problem+json") == (answer.status_code, answer.headers["Retry-After"], answer.mimetype)
    assert (503, "places") == (staffroom.lines[-1]["status"], staffroom.lines[-1]["why"])
    assert 200 == staffroom.get("/sites").status_code
    for _ in range(taken.count(True)):
        mount._places.release()
    assert 200 == programs.get("/sites").status_code


def test_the_log_has_the_route_and_the_token_and_nothing_that_was_asked(programs: Programs) -> None:
    """No path, no query, no body, no secret; the number that the answer has."""
    token = programs.token()
    answer = programs.ask("PATCH", "/gateways/library-wlc?dry_run=true", {"secret": "never-to-be-logged"}, token, If_Match="*")
    line = programs.room.lines[-1]
    assert ("/api/v1/gateways/<name>", 200) == (line["route"], line["status"])
    assert {"library-wlc", "dry_run", "never-to-be-logged", token}.isdisjoint(str(line).replace("'", " ").split())
    missing = programs.get("/no/such/thing")
    assert programs.room.lines[-1]["number"] == missing.get_json()["instance"]
    assert 200 == answer.status_code


def test_what_a_program_changed_is_in_the_audit_log_by_its_name(programs: Programs) -> None:
    """Actor "token NAME", source the token's id."""
    from store.models import AuditEntry

    programs.ask("POST", "/sites", {"id": "x", "name": "X"})
    with programs.room.desk.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.kind == "site")).one()
        assert ("token program 0", session.scalars(select(ApiToken.id)).one()) == (entry.actor, entry.source)


def test_no_answer_is_for_another(programs: Programs) -> None:
    """A cache may give none of them to somebody else."""
    for path in ("/sites", "/sites/central-library", "/nothing"):
        answer = programs.get(path)
        assert "public" not in answer.headers["Cache-Control"]
        assert "Authorization" in answer.headers["Vary"]
