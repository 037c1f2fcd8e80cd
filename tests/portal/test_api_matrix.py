"""The API's permission matrix, generated: every operation, every role's token, with and without the scope; no token, wrong methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from portal.api.app import api_app
from portal.permissions import PERSONS_ALONE, Permission, grantable
from store.models import Role, Staff
from store.session import transaction
from tests.portal.api_room import EVERYTHING, Programs
from tests.portal.staffroom import URL, Room, room

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from werkzeug.test import TestResponse

ROLES = [role for role in Role if grantable(role)]
_FILLED = {"name": "06h0nobody000001", "number": "1", "ref": "AAAA", "listener": "guest", "kind": "site", "text": "x"}
METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory, shaped: Path) -> Iterator[Programs]:
    made = room(tmp_path_factory.mktemp("matrix"), shaped)
    yield Programs(made)
    made.close()


def operations(made: Room) -> list[tuple[str, str, Any]]:
    """(method, path, view) of every operation."""
    app = api_app(made.desk)
    found = []
    for rule in app.url_map.iter_rules():
        path = rule.rule
        for variable in rule.arguments:
            start = path.rindex("<", 0, path.index(f"{variable}>"))
            path = path[:start] + _FILLED[variable] + path[path.index(">", start) + 1 :]
        found += [(method, path, app.view_functions[rule.endpoint]) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]
    return found


def ask(programs: Programs, method: str, path: str, token: str) -> TestResponse:
    body = {} if method in ("POST", "PATCH") else None
    return programs.ask(method, path, body, token, If_Match="*")


def test_every_operation_says_what_it_needs(programs: Programs) -> None:
    """A scope, or that every token may; the documentation alone is open to anybody. None needs what no token can have."""
    for _method, path, view in operations(programs.room):
        said = [name for name in ("needs", "everyones", "open") if getattr(view, name, None)]
        assert 1 == len(said), (path, said)
        assert "open" not in said or path.startswith(("/api/v1/docs", "/api/v1/openapi")), path
        assert getattr(view, "needs", None) not in PERSONS_ALONE, path


@pytest.mark.parametrize("role", ROLES)
def test_no_token_gets_what_its_role_does_not_give(programs: Programs, role: Role) -> None:
    """403 with the scope's name where the role has it not; where it has, whatever comes is no question of who asks."""
    token = programs.token(*grantable(role), role=role)
    for method, path, view in operations(programs.room):
        needed: Permission | None = getattr(view, "needs", None)
        answer = ask(programs, method, path, token)
        if needed is not None and needed not in grantable(role):
            assert (403, needed.name) == (answer.status_code, answer.get_json()["scope"]), (method, path)
        else:
            assert answer.status_code not in (401, 403, 500), (method, path, answer.get_data(as_text=True)[:300])


def test_a_scope_that_is_missing_is_missed(programs: Programs) -> None:
    """Of a city admin's token each operation needs just the scope that it names: with all others it is refused."""
    for needed in grantable(Role.CITY_ADMIN):
        token = programs.token(*(each for each in EVERYTHING if each != needed.name))
        for method, path, view in operations(programs.room):
            if getattr(view, "needs", None) is needed:
                assert 403 == ask(programs, method, path, token).status_code, (method, path)


def test_nobody_is_let_in_without_a_token_that_works(programs: Programs) -> None:
    """401 without one, on every operation; with one that was never made, with one whose maker is disabled, with a cookie."""
    for method, path, view in operations(programs.room):
        if not getattr(view, "open", False):
            assert 401 == ask(programs, method, path, "").status_code, (method, path)
    assert 401 == ask(programs, "GET", "/me", "pxy_" + "0" * 49).status_code
    token = programs.token("OVERVIEW", role=Role.HELP_DESK)
    with transaction(programs.room.database) as session:
        session.query(Staff).filter(Staff.role == Role.HELP_DESK).update({"disabled_at": programs.room.time})
    assert 401 == ask(programs, "GET", "/me", token).status_code
    assert 401 == programs.room.client(Role.CITY_ADMIN).get("/api/v1/me", base_url=URL).status_code


def test_a_method_that_a_path_has_not_is_refused(programs: Programs) -> None:
    """405, and Allow names those that there are: no other method does a thing."""
    known = api_app(programs.room.desk).url_map.bind("")
    for path in {path for _method, path, _view in operations(programs.room)}:
        allowed = set(known.allowed_methods(path))  # of /guests/find also those of /guests/{name}
        for method in sorted({*METHODS, "TRACE"} - allowed):
            answer = programs.ask(method, path)
            assert (405, allowed) == (answer.status_code, {each.strip() for each in answer.headers["Allow"].split(",")}), (method, path)


def test_a_token_is_no_key_to_the_pages(programs: Programs) -> None:
    """Whatever it may do over the API: a page asks for a sign-in."""
    answer = programs.ask("GET", "/api/../sites")
    assert 404 == answer.status_code
    bearer = {"Authorization": f"Bearer {programs.token()}"}
    answer = programs.room.app.test_client().get("/sites", base_url=URL, headers=bearer)
    assert (303, True) == (answer.status_code, answer.location.startswith("/sign-in"))
