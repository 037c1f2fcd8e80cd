"""What the privacy pages show: requests that wait, one that is over its day, answered ones; openings in every state; purges."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from store import accounts, incidents, keys, requests
from store.incidents import Scope
from store.models import IncidentOpening, PrivacyRequest, RequestKind, RetentionRun, Way
from store.retention import Kept
from store.visitors import periods
from tests.screens.guest import SESSION

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.portal.staffroom import Room

REQUEST: Final = "0123456789reque0"
ANSWERED: Final = "0123456789reque1"
WAITS: Final = "0123456789openi0"
OPEN: Final = "0123456789openi1"
CLOSED: Final = "0123456789openi2"
_DAY: Final = timedelta(days=1)


def privacy(session: Session, room: Room) -> None:
    """Rows."""
    _requests(session, room)
    _openings(session, room)
    now = room.time
    for period in periods(now.date(), ZoneInfo("America/Toronto")):
        keys.named(session, room.privacy.seal, period.key, now)
    for number, kind in enumerate(Kept):
        for days in (3, 1, 0):
            at = now - days * _DAY
            left = now - timedelta(days=20 + number) if number % 4 else None
            deleted = (number * 37 + days) % 50 * 100 * (kind is not Kept.USAGE_HOUR)  # the months of reports are whole
            session.add(RetentionRun(at=at, kept=kind.value, cutoff=at - 30 * _DAY, deleted=deleted, oldest=left))


def _requests(session: Session, room: Room) -> None:
    now, marks = room.time, room.privacy
    account = accounts.known(session, marks, Way.EMAIL, "guest-017@example.org", now - 40 * _DAY).id
    for name, kind, whose, ago in (
        (REQUEST, RequestKind.ERASE, account, 26),
        (ANSWERED, RequestKind.ERASE, "0123456789gone00", 20),
        ("0123456789reque2", RequestKind.ACCESS, "", 33),
        ("0123456789reque3", RequestKind.OBJECT, "", 2),
        ("0123456789reque4", RequestKind.CORRECT, "", 12),
    ):
        made = requests.receive(session, marks, kind, whose, "guest-017@example.org", "desk@city.example", now - ago * _DAY)
        _renamed(session, room, made, name)
    stays = {"session": {"rows": 14, "until": (now + 300 * _DAY).isoformat()}, "auth_event": {"rows": 31, "until": now.isoformat()}}
    done, refused = (session.get_one(PrivacyRequest, name) for name in (ANSWERED, "0123456789reque4"))
    requests.settle(session, done, "erased", "city-admin@city.example", now - 19 * _DAY, left=stays)
    requests.settle(session, refused, "Nothing about them is kept that could be wrong", "city-admin@city.example", now - _DAY, refused=True)


def _renamed(session: Session, room: Room, row: PrivacyRequest, name: str) -> None:
    """A name that a page's address can have; its seal is bound to it."""
    said = requests.contact(room.privacy, row)
    row.id, row.contact = name, room.privacy.sealed(said.encode(), "privacy_request", name, "contact")
    session.flush()


def _openings(session: Session, room: Room) -> None:
    now = room.time
    scope = Scope(now - 5 * _DAY, now - timedelta(minutes=1), session=SESSION)
    why = "The police ask by a production order who used this address"
    for name, by, decided, granted in (
        (WAITS, "clerk@city.example", "", None),
        (OPEN, "city-admin@city.example", "auditor@city.example", True),
        (CLOSED, "city-admin@city.example", "auditor@city.example", True),
        ("0123456789openi3", "city-admin@city.example", "auditor@city.example", False),
    ):
        made = incidents.ask(session, room.privacy, scope, by, why, f"2026-{len(decided)}-{name[-1]}", 1, now)
        assert isinstance(made, IncidentOpening)
        made.id, made.scope = name, _sealed(room, name, made)
        made.asked_at, made.decided_by, made.granted = now - 2 * _DAY, decided, granted
        made.decided_at = now - _DAY if decided else None
        made.ends_at = now + _DAY if name == OPEN else now - timedelta(hours=3) if granted else None
        made.seen_at = now - timedelta(hours=4) if name == CLOSED else None
        session.flush()


def _sealed(room: Room, name: str, row: IncidentOpening) -> bytes:
    plain = room.privacy.opened(row.scope, "incident_opening", row.id, "scope")
    return room.privacy.sealed(plain, "incident_opening", name, "scope") or b""
