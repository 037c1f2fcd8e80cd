"""A portal's pages as drafts, publications and earlier versions: saved, published, brought back, thrown away.

For the pages and the API alike: who acts and which network is at hand are arguments. What is published is written by
`Desk.change`, which is `proxeny apply`'s own code, and that writes the version down (proxeny/declare.py). Of two who work at
the same portal the second is told (`Stale`): each names the version that they saw. Never drops what somebody typed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from portal.admin.desk import Edit, Made
from store import network
from store import portal_versions as rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from portal.admin.desk import Actor, Desk, Wrong
    from store.models import PortalVersion


class Stale(NamedTuple):
    """Somebody was faster: what is newest now; None where nothing is left."""

    newest: PortalVersion | None


class Published(NamedTuple):
    """What guests see from now on: `number` is its version; `made` has no changes where they saw just that before."""

    number: int
    made: Made


def basis(session: Session, name: str) -> str:
    """What names the newest version there is, in a form that is open; "" for none."""
    row = rows.newest(session, name)
    return row.id if row is not None else ""


def whole(fields: Mapping[str, Any]) -> dict[str, Any]:
    """An edit that leaves nothing of the portal as it was: what these keys do not say is taken out."""
    return {key: fields.get(key) for key in rows.KEYS}


def save(desk: Desk, name: str, fields: Mapping[str, Any], seen: str, note: str, actor: Actor) -> PortalVersion | Stale | list[Wrong]:
    """Keep these keys as a draft, once they are judged as if they were published."""
    with desk.reading() as session:
        judged = desk.change(session, [Edit("portal", name, whole(fields))], actor, dry=True)
    if isinstance(judged, list):
        return judged
    said = {key: value for key in rows.KEYS if (value := fields.get(key)) is not None}
    with desk.writing() as session:
        network.alone(session)  # of two at once the second sees what the first made
        if basis(session, name) != seen:
            return Stale(rows.newest(session, name))
        return rows.keep(session, name, said, note, actor.name, desk.now())


def publish(desk: Desk, name: str, seen: str, note: str, actor: Actor) -> Published | Stale | list[Wrong]:
    """Let guests see the draft, which has to be the newest version that whoever publishes it saw."""
    return _put(desk, name, None, seen, note, actor)


def roll_back(desk: Desk, name: str, number: int, seen: str, note: str, actor: Actor) -> Published | Stale | list[Wrong]:
    """Let guests see an earlier version again, under a number of its own; a draft that waits goes on waiting."""
    return _put(desk, name, number, seen, note, actor)


def _put(desk: Desk, name: str, number: int | None, seen: str, note: str, actor: Actor) -> Published | Stale | list[Wrong]:
    with desk.writing() as session:
        network.alone(session)
        newest = rows.newest(session, name)
        row = rows.draft(session, name) if number is None else rows.find(session, name, number)
        if row is None or newest is None or newest.id != seen:
            return Stale(newest)
        fields, author = whole(row.fields), row.made_by
        if number is None:
            rows.discard(session, name)
        made = desk.change(session, [Edit("portal", name, fields)], actor)
        if isinstance(made, list):
            session.rollback()
            return made
        live = rows.published(session, name)
        if made.changes and live is not None:
            live.note, live.made_by = note, author if number is None else actor.name
        return Published(live.number if live is not None else 0, made)


def discard(desk: Desk, name: str, seen: str) -> Stale | None:
    """Throw the draft away, with those that it took the place of."""
    with desk.writing() as session:
        network.alone(session)
        if basis(session, name) != seen:
            return Stale(rows.newest(session, name))
        rows.discard(session, name)
    return None
