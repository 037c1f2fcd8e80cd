"""Entries of the network for programs: read and written as the network file writes them, through the pages' own `Desk.change`.

A change is asked of the version that the program saw, and judged before the database's pen is taken. Never a secret in an
answer, and never a key that this token's scopes do not let it write.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from marshmallow import Schema, fields

from portal.admin import entries as pages
from portal.admin.desk import Edit, desk
from portal.admin.guard import actor
from portal.api import shapes
from portal.api.answers import answer, empty, unchanged
from portal.api.guard import require
from portal.api.problems import Kind, RefusedError, wrong
from portal.permissions import Permission
from store import network

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flask import Response
    from sqlalchemy.orm import Session

    from portal.admin.desk import Made
    from portal.admin.lists import List

QUERIED: Final = "-"  # in the path: the name is in the query
CHANGES: Final = "application/vnd.proxeny.changes+json"


class Changes(Schema):
    """What was changed, or would be."""

    changes = fields.List(fields.String(), required=True, metadata={"description": "One line for each entry that differs"})
    version = fields.Integer(required=True, metadata={"description": "Of the network"})
    dry_run = fields.Boolean(required=True)


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the network file."""

    name: str
    path: str
    title: str
    about: str
    schema: type[Schema]
    model: Any
    list: List
    key: str = "name"
    state: Mapping[str, fields.Field[Any]] = field(default_factory=dict)  # columns of the list that are no keys of the entry
    example: Mapping[str, Any] = field(default_factory=dict)


def read(session: Session, of: Section, name: str) -> dict[str, Any]:
    """The entry as it is told; 404 where there is none."""
    row = session.get(of.model, name)
    values = desk().entry(session, of.name, name) if row is not None else None
    if row is None or values is None:
        raise RefusedError(Kind.NOT_FOUND)
    return {**values, "managed_by": row.managed_by.value}


def items(of: Section) -> Callable[[Session, Sequence[Any]], list[dict[str, Any]]]:
    """What is said of each row of the list: the entry, and how it is just now."""
    cells = {column.name: column.cell for column in of.list.columns}

    def said(session: Session, rows: Sequence[Any]) -> list[dict[str, Any]]:
        found = []
        for row in rows:
            entry = read(session, of, cells[of.key](row))  # the row is there already: no statement
            found.append({**entry, "state": {name: cells[name](row) for name in of.state}} if of.state else entry)
        return found

    return said


def named(name: str, asked: Mapping[str, Any]) -> str:
    """The entry's name: in the path, or in the query, for names that no path can hold."""
    if name != QUERIED:
        return name
    if "name" not in asked:
        raise RefusedError(Kind.NOT_FOUND)
    return str(asked["name"])


def where(of: Section, name: str) -> str:
    """The path of an entry."""
    odd = name in ("", QUERIED, ".", "..") or "/" in name
    return f"/api/v1/{of.path}/{QUERIED}?name={quote(name, safe='')}" if odd else f"/api/v1/{of.path}/{quote(name, safe='')}"


def state(of: Section, name: str) -> Response:
    """How the entry is just now: the list's own columns, of this one."""
    cells = {column.name: column.cell for column in of.list.columns}
    with desk().reading() as session:
        row = session.get(of.model, name)
        if row is None:
            raise RefusedError(Kind.NOT_FOUND)
        (dressed,) = of.list.dress(session, [row]) if of.list.dress is not None else [row]
        return answer({each: cells[each](dressed) for each in of.state})


def get(of: Section, name: str) -> Response:
    """The entry."""
    with desk().reading() as session:
        return answer(read(session, of, name))


def add(of: Section, said: Mapping[str, Any], asked: Mapping[str, Any]) -> Response:
    """One more."""
    secrets(said)
    if (astray := pages.astray(of.name, said)) is not None:
        raise wrong([astray])
    name = str(said[of.key])
    name = name if of.name != "realm" or name.startswith("~") else name.lower()
    return _write(of, name, Edit(of.name, "", said), asked, 201)


def change(of: Section, name: str, said: Mapping[str, Any], asked: Mapping[str, Any]) -> Response:
    """Other keys."""
    secrets(said)
    return _write(of, name, Edit(of.name, name, said, asked["take_over"]), asked, 200)


def remove(of: Section, name: str, asked: Mapping[str, Any]) -> Response:
    """It goes."""
    return _write(of, name, Edit(of.name, name, None, asked["take_over"]), asked, 204)


def secrets(said: Mapping[str, Any]) -> None:
    """Refuse keys that this token may not set."""
    if said.keys() & shapes.SECRETS or (said.get("options") or {}).keys() & shapes.OPTION_SECRETS:
        require(Permission.SECRETS)


def _write(of: Section, name: str, edit: Edit, asked: Mapping[str, Any], status: int) -> Response:
    """Judged first, so that a mistake holds nobody up; then written, if it is still what was seen."""
    new = status == 201
    with desk().reading() as session:
        if not new:
            unchanged(read(session, of, name))
        made = judged(session, [edit], dry=True)
    if asked["dry_run"]:
        return told(made, dry=True)
    with desk().writing() as session:
        network.alone(session)
        if not new:
            unchanged(read(session, of, name))
        judged(session, [edit])
        if status == 204:
            return empty()
        session.expire_all()
        return answer(read(session, of, name), status, {"Location": where(of, name)} if new else None)


def judged(session: Session, edits: Sequence[Edit], where: str = "", *, dry: bool = False) -> Made:
    """What was written, or would be; else the problem that says why not."""
    outcome = desk().change(session, edits, actor(), dry=dry)
    if isinstance(outcome, list):
        raise wrong(outcome, where)
    return outcome


def told(made: Made, *, dry: bool) -> Response:
    """What was changed, or would be."""
    found = answer({"changes": list(made.changes), "version": made.version, "dry_run": dry})
    found.content_type = CHANGES
    return found
