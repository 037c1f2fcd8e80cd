"""Whatever a program sends that cannot be: a problem that names it, whichever it is, and never a word of the fault's own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from portal.api.problems import Kind
from portal.api.reading import DEEPEST, LARGEST
from store.models import Site
from store.session import engine, transaction
from tests.portal.api_room import Programs

if TYPE_CHECKING:
    from tests.portal.staffroom import Room


@pytest.fixture
def programs(staffroom: Room) -> Programs:
    return Programs(staffroom)


def told(answer: Any) -> tuple[int, str]:
    """Status and kind of a problem that is whole (RFC 9457)."""
    said = answer.get_json()
    assert "application/problem+json" == answer.mimetype
    assert {"type", "title", "status", "detail", "instance"} <= said.keys()
    assert answer.status_code == said["status"]
    return answer.status_code, said["type"].rpartition("#problem-")[2]


def raw(programs: Programs, body: bytes, kind: str = "application/json", **headers: str) -> Any:
    """A body as it is."""
    known = {"Authorization": f"Bearer {programs.token()}", "Content-Type": kind, **headers}
    return programs._client.post("/api/v1/sites", data=body, headers=known, base_url="http://staff.city.example")


BOMBS = {
    "deep": b"[" * 100_000 + b"]" * 100_000,
    "deeper than allowed": json.dumps({"id": [[]] * 1}).encode().replace(b"[[]]", b"[" * DEEPEST + b"]" * DEEPEST),
    "NaN": b'{"id": "x", "latitude": NaN}',
    "infinity": b'{"id": "x", "latitude": -Infinity}',
    "beyond a double": b'{"id": "x", "latitude": 1e999}',
    "a number of many digits": b'{"id": "x", "latitude": ' + b"9" * 100_000 + b"}",
    "beyond what readers agree on": b'{"id": "x", "latitude": 9007199254740993}',
    "a key twice": b'{"id": "x", "id": "y"}',
    "a key twice, deep": b'{"id": {"a": 1, "a": 2}}',
    "NUL": b'{"id": "a\\u0000b"}',
    "NUL in a key": b'{"a\\u0000b": 1}',
    "half a character": b'{"id": "\\ud800"}',
    "not UTF-8": b'{"id": "\xff"}',
    "another encoding": '{"id": "x"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"id": "x"}',
    "cut short": b'{"id": "x"',
    "two values": b'{"id": "x"} {}',
    "a comment": b'{"id": "x"} // yes',
    "nothing but space": b"   ",
}


@pytest.mark.parametrize("name", BOMBS)
def test_json_that_two_readers_may_take_for_two_things_is_refused(programs: Programs, name: str) -> None:
    """Deep, doubled, endless or broken: 400, in words, and nothing is written."""
    answer = raw(programs, BOMBS[name])
    assert (400, "bad-request") == told(answer)
    assert answer.get_json()["detail"]


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"3", b"null", b"true"])
def test_a_body_is_an_object(programs: Programs, body: bytes) -> None:
    """Any other value says nothing of an entry."""
    assert (422, "invalid") == told(raw(programs, body))


def test_a_body_has_an_end(programs: Programs) -> None:
    """413 beyond a mebibyte, before it is read."""
    assert (413, "too-large") == told(raw(programs, b" " * (LARGEST + 1)))


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml", ""])
def test_only_json_is_read(programs: Programs, kind: str) -> None:
    """415 for a form, which another site's page could send, and for what is packed or in another alphabet."""
    assert (415, "media") == told(raw(programs, b'{"id": "x", "name": "X"}', kind))


def test_nothing_is_unpacked(programs: Programs) -> None:
    """A bomb of zeros stays packed."""
    assert (415, "media") == told(raw(programs, b"\x1f\x8b", **{"Content-Encoding": "gzip"}))
    assert (415, "media") == told(raw(programs, b"{}", "application/json; charset=utf-16"))


def test_what_is_not_there_is_a_problem_too(programs: Programs) -> None:
    """404 for paths and entries; 405 with what there is; 414; 421 under another host's name."""
    assert [(404, "not-found")] * 4 == [told(programs.get(path)) for path in ("/nothing", "/sites/nobodys", "/api/v2/sites", "/sites/")]
    answer = programs.ask("DELETE", "/sites")
    assert (405, "method") == told(answer)
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))
    assert (405, "method") == told(programs.ask("PROPFIND", "/sites"))
    assert (414, "too-long") == told(programs.get("/sites?q=" + "x" * 5_000))
    assert (421, "elsewhere") == told(programs.get("/sites", Host="evil.example"))
    assert (400, "bad-request") == told(programs.get("/sites/a%00b"))


def test_every_wrong_key_is_named(programs: Programs) -> None:
    """A pointer to each, why, and what to do, in one answer; whether it is of no kind, of no meaning, or cannot stand."""
    answer = programs.ask("POST", "/sites", {"id": 3, "nme": "X", "latitude": "12"})
    assert (422, "invalid") == told(answer)
    assert {"#/id", "#/name", "#/nme", "#/latitude"} == {each["pointer"] for each in answer.get_json()["errors"]}
    answer = programs.ask("POST", "/sites", {"id": "x", "name": "X", "latitude": 91, "timezone": "Mars/Olympus", "portal": "nobodys"})
    wrongs = {each["pointer"]: each for each in answer.get_json()["errors"]}
    assert {"#/latitude", "#/timezone"} <= wrongs.keys()
    assert "It goes from -90 to 90" == wrongs["#/latitude"]["remedy"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "nonsense=1", "district=", "district=%20", "after=%00", "limit=" + "9" * 50]
)
def test_a_query_is_read_as_strictly(programs: Programs, query: str) -> None:
    """A parameter that is none, or says nothing, is told by its name and never left aside."""
    answer = programs.get(f"/sites?{query}")
    assert answer.status_code in (400, 422)
    told(answer)


@pytest.mark.parametrize("after", ["x", "AAAA", "WzFd", "W251bGxd", "WyJhIiwiYiIsImMiXQ"])
def test_a_made_up_cursor_is_a_bad_request(programs: Programs, after: str) -> None:
    """And no fault of ours."""
    assert (400, "bad-request") == told(programs.get(f"/sites?after={after}"))


def test_a_file_is_never_read_for_a_program(programs: Programs) -> None:
    """What the network file may take from a file or the environment is no key here."""
    for key in ("secret_file", "secret_env", "coa_secret_file"):
        answer = programs.ask("PATCH", "/gateways/library-wlc", {key: "/etc/hostname"}, If_Match="*")
        assert [f"#/{key}"] == [each["pointer"] for each in answer.get_json()["errors"]]
    answer = programs.ask("PATCH", "/gateways/library-wlc", {"options": {"uam_secret_file": "/etc/hostname"}}, If_Match="*")
    assert ["#/options/uam_secret_file"] == [each["pointer"] for each in answer.get_json()["errors"]]


def test_a_database_that_is_away_is_said(programs: Programs) -> None:
    """503 and when to come again, without the database's own words; what is too slow is a 504; what is a fault of ours has a number."""
    token = programs.token()
    room = programs.room
    another, room.database = room.database, engine(str(room.database.url), patience=0)
    room.app.extensions["staff"] = room.desk
    with transaction(another) as session:
        session.execute(update(Site).values(name="Half written"))
        answer = programs.ask("POST", "/sites", {"id": "x", "name": "X"}, token)
    assert (503, "away") == told(answer)
    assert "5" == answer.headers["Retry-After"]
    assert "locked" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (OperationalError("SELECT secret", {}, Exception("interrupted")), (504, "slow")),
        (RuntimeError("a secret"), (500, "ours")),
        (RecursionError(), (500, "ours")),
    ],
    ids=["slow", "ours", "deep"],
)
def test_a_fault_of_ours_says_nothing_of_itself(
    programs: Programs, monkeypatch: pytest.MonkeyPatch, fault: Exception, expected: tuple[int, str]
) -> None:
    """But its number."""

    def fail(*_: Any, **__: Any) -> None:
        raise fault

    programs.get("/sites")
    monkeypatch.setattr("portal.api.listing.listed", fail)
    answer = programs.get("/sites")
    assert expected == told(answer)
    assert "secret" not in answer.get_data(as_text=True)


def test_each_kind_has_its_place_on_the_page(programs: Programs) -> None:
    """`type` leads somewhere that says what to do."""
    page = programs.get("/docs", "").get_data(as_text=True)
    assert [] == [kind.slug for kind in Kind if f'id="problem-{kind.slug}"' not in page]
