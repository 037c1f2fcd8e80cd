"""Versions of portals: drafts, what was published and when, and the words that guests agreed to, by their digest.

A version's fields are the portal's keys as the network file has them. Numbers rise with publication. Never changes the portal:
that is the network's own change, which tells us of itself (`record`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import delete, func, select

from store import consents, events
from store.events import EventKind
from store.models import Consent, Grant, PortalTerms, PortalVersion
from store.session import insert

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

KEYS: Final = (
    "ways", "plan", "plans", "languages", "logo", "accent", "welcome", "help", "terms", "privacy", "provisional", "sponsors",
)  # fmt: skip
LONGEST: Final = {"welcome": 400, "help": 2_000, "terms": 50_000, "privacy": 20_000}  # characters of one text in one language
MOST_DRAFTS: Final = 20  # of one portal: the oldest go
MOST: Final = 200  # published versions of one portal: the oldest go; the words that were agreed to stay
CAP: Final = 10_000  # what those who agreed are counted up to
LONGEST_NOTE: Final = 200


class Agreed(NamedTuple):
    """How many agreed to some words: accounts at any time, and devices that are let in just now."""

    accounts: int
    devices: int


class Newest(NamedTuple):
    """What a list says of a portal's versions."""

    number: int
    at: datetime
    by: str


def history(session: Session, portal: str, most: int = MOST) -> Sequence[PortalVersion]:
    """The newest first."""
    mine = select(PortalVersion).where(PortalVersion.portal == portal)
    return session.scalars(mine.order_by(PortalVersion.number.desc()).limit(most)).all()


def newest(session: Session, portal: str) -> PortalVersion | None:
    """The draft or publication that was made last."""
    return next(iter(history(session, portal, 1)), None)


def find(session: Session, portal: str, number: int) -> PortalVersion | None:
    """This one."""
    mine = select(PortalVersion).where(PortalVersion.portal == portal, PortalVersion.number == number)
    return session.scalars(mine).one_or_none() if abs(number) < 2**31 else None


def draft(session: Session, portal: str) -> PortalVersion | None:
    """What waits to be published."""
    mine = select(PortalVersion).where(PortalVersion.portal == portal, PortalVersion.published_at.is_(None))
    return session.scalars(mine.order_by(PortalVersion.number.desc()).limit(1)).one_or_none()


def published(session: Session, portal: str) -> PortalVersion | None:
    """What guests see, where it was ever written down."""
    mine = select(PortalVersion).where(PortalVersion.portal == portal, PortalVersion.published_at.is_not(None))
    return session.scalars(mine.order_by(PortalVersion.number.desc()).limit(1)).one_or_none()


def summaries(session: Session, portals: Sequence[str]) -> tuple[dict[str, Newest], set[str]]:
    """Of these: the last publication of each, and which have a draft waiting; without their words."""
    mine, out = PortalVersion.portal.in_(portals), PortalVersion.published_at.is_not(None)
    drafts = set(session.scalars(select(PortalVersion.portal).where(mine, ~out).distinct()))
    newer = select(PortalVersion.portal, func.max(PortalVersion.number).label("number")).where(mine, out)
    tops = newer.group_by(PortalVersion.portal).subquery()
    columns = select(PortalVersion.portal, PortalVersion.number, PortalVersion.published_at, PortalVersion.published_by)
    found = session.execute(columns.join(tops, (PortalVersion.portal == tops.c.portal) & (PortalVersion.number == tops.c.number)))
    return {row.portal: Newest(row.number, row.published_at, row.published_by) for row in found}, drafts


def keep(session: Session, portal: str, fields: Mapping[str, Any], note: str, by: str, now: datetime) -> PortalVersion:
    """One more draft; those before it stay until one is published."""
    row = PortalVersion(portal=portal, number=_next(session, portal), fields=dict(fields), note=note, made_at=now, made_by=by)
    session.add(row)
    session.flush()
    _trim(session, portal, PortalVersion.published_at.is_(None), MOST_DRAFTS)
    return row


def discard(session: Session, portal: str) -> None:
    """No draft waits any more."""
    session.execute(delete(PortalVersion).where(PortalVersion.portal == portal, PortalVersion.published_at.is_(None)))


def record(session: Session, portal: str, before: Mapping[str, Any] | None, after: Mapping[str, Any], by: str, now: datetime) -> None:
    """What guests see has changed, whoever changed it: the first time, what they saw before is written down, too."""
    if before is not None and published(session, portal) is None:
        _publish(session, portal, before, "", now)
    number = _publish(session, portal, after, by, now)
    events.emit(session, EventKind.PORTAL_PUBLISHED, portal, {"version": number}, now)
    _trim(session, portal, PortalVersion.published_at.is_not(None), MOST)


def _publish(session: Session, portal: str, fields: Mapping[str, Any], by: str, now: datetime) -> int:
    row = PortalVersion(
        portal=portal,
        number=_next(session, portal),
        fields=dict(fields),
        made_at=now,
        made_by=by,
        published_at=now,
        published_by=by,
    )
    session.add(row)
    session.flush()
    for language, text in fields.get("terms", {}).items():
        words = insert(session, PortalTerms).values(digest=consents.words(text), language=language, portal=portal, text=text, at=now)
        session.execute(words.on_conflict_do_nothing())
    return row.number


def _next(session: Session, portal: str) -> int:
    return (session.scalar(select(func.max(PortalVersion.number)).where(PortalVersion.portal == portal)) or 0) + 1


def _trim(session: Session, portal: str, which: ColumnElement[bool], most: int) -> None:
    mine = select(PortalVersion.id).where(PortalVersion.portal == portal, which)
    old = session.scalars(mine.order_by(PortalVersion.number.desc()).offset(most)).all()
    if old:
        session.execute(delete(PortalVersion).where(PortalVersion.id.in_(old)))


def terms(session: Session, digest: str) -> PortalTerms | None:
    """The words that a grant or a consent names."""
    return session.get(PortalTerms, digest)


def agreed(session: Session, texts: Mapping[str, str], now: datetime) -> Agreed:
    """How many agreed to these words, in any of their languages."""
    digests = [consents.words(text) for text in texts.values()]
    given = select(Consent.id).where(Consent.digest.in_(digests), Consent.withdrawn_at.is_(None))
    held = select(Grant.id).where(Grant.ends_at > now, Grant.revoked_at.is_(None), Grant.terms.in_(digests))
    accounts, devices = (session.scalar(select(func.count()).select_from(each.limit(CAP + 1).subquery())) or 0 for each in (given, held))
    return Agreed(accounts, devices)
