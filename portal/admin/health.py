"""Settings health: `proxeny check` as a page, and how every process is just now.

The survey is made elsewhere, in a thread, at most once in ten seconds (proxeny/staff_house.py). Never shows a secret: neither a
fault nor a note has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later

from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.admin.page import page
from portal.permissions import Permission

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

blueprint = Blueprint("health", __name__)
OLD: Final = 15  # seconds after which the controller's words are no longer its words of now
_PARTS: Final[Mapping[str, tuple[Any, tuple[str, ...]]]] = {  # key of the status -> its name, and the words that are well
    "recorder": (later("Recorder"), ("alive",)),
    "porter": (later("Porter"), ("alive",)),
    "jobs": (later("Jobs"), ("alive", "not needed")),
    "guest": (later("Guests’ pages"), ("alive", "not served")),
    "business": (later("Shops’ pages"), ("alive", "not served")),
    "staff": (later("Staff pages"), ("alive", "not served")),
    "database": (later("Database"), ("answers",)),
    "directory": (later("Directory, for logins"), ("answers",)),
    "guests_directory": (later("Directory, for guests’ pages"), ("answers",)),
    "senders": (later("Mail and SMS"), ("answer",)),
    "spool": (later("Spool"), ("writes",)),
}


class Part(NamedTuple):
    """One part of the controller."""

    title: str
    words: str  # "" where it is well, and says no more than that
    tone: str
    restarts: int = 0


def parts(status: Mapping[str, Any]) -> Iterator[Part]:
    """Each that the controller told of."""
    restarts: Mapping[str, int] = status.get("restarts", {})
    places = status.get("workers")
    for each in places if isinstance(places, list) else []:
        serves = each.get("pid") is not None
        yield Part(_("Worker %(num)s", num=each["worker"]), "" if serves else _("restarting"), _tone(well=serves), each.get("restarts", 0))
    for key, (title, well) in _PARTS.items():
        if words := status.get(key):
            said = words if isinstance(words, str) else "alive"  # of the recorder and the porter the counts stand there
            yield Part(str(title), "" if said in well else said, _tone(well=said in well), restarts.get(key, 0))
    if network := status.get("network"):
        yield Part(_("Network"), network, _tone(well=str(network).startswith("version ")))


def silent(status: Mapping[str, Any], now: datetime) -> bool:
    """Whether the controller says nothing, or nothing any more."""
    told = status.get("at")
    return not status or (told is not None and (now - told).total_seconds() > OLD)


def _tone(*, well: bool) -> str:
    return "good" if well else "bad"


@blueprint.get("/health")
@needs(Permission.HEALTH)
def index() -> Any:
    """What is wrong, and what is doubtful, with what to do; and every process."""
    survey = desk().tools.get("survey")
    status = desk().status()
    values: dict[str, Any] = {"checked": survey() if survey is not None else None, "parts_of": list(parts(status))}
    values["silent"] = silent(status, g.now)
    values["numbers"] = [
        (_("Accounting records that wait"), status.get("spool_backlog")),
        (_("Logins that wait for the trace"), status.get("logins_waiting")),
        (_("Logins lost to the trace"), status.get("logins_lost")),
        (_("Spools that cannot be read"), status.get("spools_unreadable")),
    ]
    return page("health.html", **values)
