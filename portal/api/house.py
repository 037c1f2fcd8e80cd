"""The installation for programs: how it is just now, what is wrong with the settings, backups.

The pages' own numbers. Never a secret, and never a backup's octets: it holds everything that is known of everybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import g
from marshmallow import Schema

from portal.admin import backups as pages
from portal.admin import health, overview
from portal.admin.desk import desk
from portal.api import listing
from portal.api.answers import answer
from portal.api.problems import Kind, RefusedError
from portal.api.resource import Resource
from portal.api.values import choice, flag, found, many, moment, one, text, whole
from portal.permissions import Permission
from store.models import BackupRun, BackupState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask import Response

    from portal.admin.overview import Tally


class Logins(Schema):
    """How logins went in a window."""

    all = whole()
    accepted = whole()
    rejected = whole("By the home institution")
    unanswered = whole("By any home")
    mean_milliseconds = whole("Of an accepted login; null: none was", none=True)


class Institution(Schema):
    """One institution's."""

    name = text()
    hour = one(Logins)
    day = one(Logins)


class Place(Schema):
    """A site with somebody online."""

    site = text()
    name = text()
    online = whole()


class Homes(Schema):
    """How many homes are in which state."""

    state = text()
    count = whole()


class Overview(Schema):
    """Now."""

    online = whole("Sessions")
    sites = many(Place, "The fullest")
    hour = one(Logins)
    day = one(Logins)
    day_counted_since = moment()
    institutions = many(Institution)
    homes = many(Homes)
    alerts = whole("That are open; null for a token without that scope", none=True)


class Finding(Schema):
    """Something that is wrong or doubtful."""

    file = text()
    key = text()
    what = text()
    todo = text()


class Checked(Schema):
    """What `proxeny check` finds."""

    at = moment()
    faults = many(Finding)
    warnings = many(Finding)


class PartOfController(Schema):
    """One part of the controller."""

    name = text()
    well = flag()
    words = text('"" where it is well and says no more')
    restarts = whole()


class Health(Schema):
    """How the controller and its settings are."""

    running = flag("A controller answers on this data_dir")
    parts = many(PartOfController)
    checked = one(Checked, "null: not looked at yet", none=True)


class Backup(Schema):
    """One backup."""

    number = whole()
    at = moment()
    state = choice(BackupState)
    file = text()
    octets = whole(none=True)
    rows = whole(none=True)
    milliseconds = whole(none=True)
    rehearsed = moment("When it was put back elsewhere, to see that it can be")
    removed = moment()
    by = text()
    fault = text()


RESOURCE: Final = Resource("house", "Overview, health and backups", "How it is just now.")


@RESOURCE.on("GET", "/overview", Permission.OVERVIEW, answer=Overview)
def now(_asked: Mapping[str, Any]) -> Response:
    """Who is online where, and how logins go."""
    seen = overview.look()
    content = {
        "online": seen.online,
        "sites": [{"site": site, "name": name, "online": count} for site, name, count in seen.fullest],
        "hour": _logins(seen.hour),
        "day": _logins(seen.day),
        "day_counted_since": seen.beat.since,
        "institutions": [{"name": each.name, "hour": _logins(each.hour), "day": _logins(each.day)} for each in seen.lines],
        "homes": [{"state": state, "count": count} for state, count in sorted(seen.states.items())],
        "alerts": seen.alert_count if Permission.ALERTS in g.staff.may else None,
    }
    return answer(content)


def _logins(of: Tally) -> dict[str, Any]:
    names = ("all", "accepted", "rejected", "unanswered")
    return {name: getattr(of, name) for name in names} | {"mean_milliseconds": of.mean}


@RESOURCE.on("GET", "/health", Permission.HEALTH, answer=Health)
def how(_asked: Mapping[str, Any]) -> Response:
    """What is wrong, what is doubtful, and every process."""
    survey = desk().tools.get("survey")
    status = desk().status()
    checked = survey() if survey is not None else None
    content = {
        "running": not health.silent(status, g.now),
        "parts": [
            {"name": str(each.title), "well": each.tone == "good", "words": str(each.words), "restarts": each.restarts}
            for each in health.parts(status)
        ],
        "checked": None
        if checked is None
        else {"at": checked.at, "faults": _findings(checked.faults), "warnings": _findings(checked.warnings)},
    }
    return answer(content)


def _findings(some: Sequence[Any]) -> list[dict[str, str]]:
    return [{"file": str(each.file), "key": str(each.key), "what": each.what, "todo": each.remedy} for each in some]


@RESOURCE.on("GET", "/backups", Permission.HEALTH, query=listing.query(pages.RUNS), answer=listing.page_of(Backup))
def every(asked: Mapping[str, Any]) -> Response:
    """What was made, and whether it was tried out."""
    return listing.listed(pages.RUNS, asked)


@RESOURCE.on("GET", "/backups/<int(max=9007199254740991):number>", Permission.HEALTH, answer=Backup)
def show(_asked: Mapping[str, Any], number: int) -> Response:
    """One of them."""
    with desk().reading() as session:
        return answer(listing.columns(pages.RUNS, found(session, BackupRun, number)))


@RESOURCE.on("POST", "/backups", Permission.HEALTH_ACT, answer=Backup, status=202)
def make(_asked: Mapping[str, Any]) -> Response:
    """One more, within seconds: read it again to see how it goes."""
    if desk().tools["settings"]().backup is None:
        raise RefusedError(Kind.NOT_NOW, "The settings name no folder for backups.")
    with desk().writing() as session:
        row = pages.asked(session)
        if row is None:
            raise RefusedError(Kind.NOT_NOW, "Enough are asked for already.")
        return answer(listing.columns(pages.RUNS, row), 202, {"Location": f"/api/v1/backups/{row.id}"})
