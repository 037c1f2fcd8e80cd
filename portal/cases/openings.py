"""An incident opening as staff go about it: what was typed becomes a scope; who opens alone is told of to everybody.

Never opens a seal, and never lets a silence or a notice that was taken keep the mails of an opening by one person away.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from portal.alert_rules import Rule
from portal.cases.finding import moment
from portal.messages.alerts import Told, mail_alerts
from portal.permissions import Permission, may
from radius.nas import mac
from store import alerts, incidents, messages
from store.alerts import Change, Finding, Key
from store.incidents import EXACT, PLACES, Scope
from store.models import AuditEntry, MessageKind, Operator, Staff

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from store.incidents import No
    from store.models import IncidentOpening
    from store.models import Session as Accounting
    from store.privacy import Privacy

WORTH: Final = timedelta(days=2)  # a mail that could not leave by then tells of the past
LONGEST: Final = 200
FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)  # nothing was kept before
FIELDS: Final = ("since", "until", *EXACT, *PLACES)


def read(typed: Mapping[str, str], zone: tzinfo) -> tuple[Scope | None, list[str]]:
    """The scope; or the names of the fields that cannot be read."""
    said = {name: " ".join(typed.get(name, "").split())[:LONGEST] for name in FIELDS}
    bad = [name for name in ("since", "until") if (at := moment(said[name], zone)) is None or at < FIRST]
    if said["station"]:
        said["station"] = mac.read(said["station"]) or _bad("station", bad)
    if said["address"]:
        said["address"] = _address(said["address"]) or _bad("address", bad)
    since, until = (moment(said.pop(name), zone) for name in ("since", "until"))
    if bad or since is None or until is None:
        return None, bad
    return Scope(since, until, points=None, **said), []


def _bad(name: str, bad: list[str]) -> str:
    bad.append(name)
    return ""


def _address(said: str) -> str:
    try:
        return str(ip_address(said))
    except ValueError:
        return ""


def typed_for(accounting: Accounting, zone: tzinfo, now: datetime) -> dict[str, str]:
    """What to write into the form for one session: all of it, or its last 31 days."""
    until = min(now, (accounting.ended_at or accounting.updated_at) + timedelta(minutes=1))
    since = max(accounting.started_at, until - incidents.WIDE_EXACT)
    shown = {name: f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for name, at in (("since", since), ("until", until))}
    return {**shown, "session": accounting.id}


def alone(session: Session, privacy: Privacy, row: IncidentOpening, by: str, now: datetime, *, mails: bool, url: str) -> No | None:
    """Whoever asked opens it: with an alert that only a person closes, and a mail to every city admin and auditor, silenced or not."""
    if (no := incidents.open_alone(session, row, by, now)) is not None:
        return no
    key = Key(Rule.OPENED_ALONE, row.id)
    details = {"ends": row.ends_at.isoformat()} if row.ends_at is not None else {}
    alerts.settle(session, Change(opens=[Finding(key, details)]), now)
    out = set(session.scalars(_put_out(now)))
    people = [each for each in session.scalars(_reached()) if each.name in out or _told_of(each)] if mails else []
    zone = ZoneInfo(session.scalar(select(Operator.timezone)) or "UTC")
    for person in people:
        content = mail_alerts(person.language or "en", zone, [Told(*key, details, now)], [], url)
        messages.queue(
            session, privacy, MessageKind.MAIL, person.email, content, purpose="alert", language=person.language, expires_at=now + WORTH,
            now=now,
        )  # fmt: skip
    if people and (kept := alerts.opened(session).get(key)) is not None:
        kept.told_at = now
    return None


def _reached() -> Select[Any]:
    return select(Staff).where(Staff.email != "").order_by(Staff.name)


def _told_of(person: Staff) -> bool:
    return person.disabled_at is None and may(person.role, Permission.INCIDENTS)


def _put_out(now: datetime) -> Select[Any]:
    """Names of those whom somebody disabled or gave another role within a week: nobody is sent out of the room before it is done."""
    deeds = AuditEntry.kind == "staff", AuditEntry.action.in_(("disable", "role"))
    return select(AuditEntry.object).where(*deeds, AuditEntry.at > now - incidents.SETTLED)
