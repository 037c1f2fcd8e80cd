"""What became of an advert, a page or a shop, told to whom it concerns: mails, and an event for whoever asked for it.

Owners of the shop are written to, but not of what they did themselves; that it was handed in they read as well, with until when
the city answers. Whoever may decide at the city is written to when something is handed in. What is the city's own goes to whoever
made it. All of it is queued in the caller's transaction.

Never names anybody: neither who did it nor who else reads it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

from sqlalchemy import select

from portal.cases import review
from portal.cases.remainders import time_zone
from portal.messages.shops import About, News, Step, mail_review, mail_step
from portal.permissions import ALLOWED, Permission
from store import messages, versions
from store.events import EventKind, emit
from store.models import Creative, Membership, MessageKind, Role, Staff

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from store.messages import Content
    from store.models import Business, Campaign, ShopVersion
    from store.privacy import Privacy

WORTH: Final = timedelta(days=3)  # a mail that could not leave by then tells of the past
MOST: Final = 50  # people of one shop, or of the city, that one step writes to
PURPOSE: Final = "shop"
EVENTS: Final[Mapping[Step, EventKind]] = {
    Step.SUBMITTED: EventKind.ADVERT_SUBMITTED,
    Step.APPROVED: EventKind.ADVERT_APPROVED,
    Step.REJECTED: EventKind.ADVERT_REJECTED,
    Step.LIVE: EventKind.ADVERT_LIVE,
    Step.ENDED: EventKind.ADVERT_ENDED,
}
REPEATED: Final = frozenset({Step.SUBMITTED, Step.WITHDRAWN, Step.PAUSED, Step.RESUMED})  # told once an hour: a shop can do them all day
DECIDES: Final = sorted(role for role, allowed in ALLOWED.items() if Permission.SPLASH_ACT in allowed)


class Reach(NamedTuple):
    """How people are reached: where the pages are, and whether mails are sent at all."""

    staff: str  # origin of the staff's pages; "" where there are none
    shops: str
    review: timedelta
    mails: bool


class Happening(NamedTuple):
    """One step. `campaign` where it is of an advert, `version` where it is of one version; `by` is the Staff.id of who did it."""

    step: Step
    shop: Business
    campaign: Campaign | None = None
    version: Creative | ShopVersion | None = None
    by: str = ""
    reason: str = ""

    @property
    def about(self) -> About:
        if self.campaign is not None:
            return About.ADVERT
        return About.PAGE if self.version is not None else About.SHOP

    @property
    def object(self) -> str:
        """What the audit log and the event call it."""
        return self.campaign.id if self.campaign is not None else self.shop.slug


def tell(session: Session, privacy: Privacy, reach: Reach, what: Happening, now: datetime) -> None:
    """Queue the mails and the event of this step."""
    if what.campaign is not None and what.step in EVENTS:
        content: dict[str, Any] = {"business": what.shop.slug, "name": what.campaign.name}
        emit(session, EVENTS[what.step], what.campaign.id, content | ({"version": what.version.version} if what.version else {}), now)
    if not reach.mails:
        return
    zone = review.zone(session)
    name = what.campaign.name if what.campaign is not None else ""
    news = News(what.step, what.about, what.shop.name, name, what.reason, review.answer_by(now, reach.review, zone))
    here = page_of(reach, what)
    for person in _concerned(session, what):
        send(session, privacy, person, mail_step(person.language or "en", time_zone(zone), news, here), now, key=_once(what, person, now))
    if what.step is Step.SUBMITTED and what.version is not None and reach.staff:
        there = f"{reach.staff}{review_of(what.version)}"
        for person in _deciding(session, what.by):
            send(
                session,
                privacy,
                person,
                mail_review(person.language or "en", time_zone(zone), news, there),
                now,
                key=_once(what, person, now),
            )


def _once(what: Happening, to: Staff, now: datetime) -> str | None:
    """What keeps this step of this object from being told twice within an hour; None where each is told."""
    return f"shop {what.step} {what.object} {to.id} {now:%Y-%m-%dT%H}" if what.step in REPEATED else None


def send(
    session: Session, privacy: Privacy, to: Staff, content: Content, now: datetime, worth: timedelta = WORTH, key: str | None = None
) -> None:
    """One mail to somebody who signs in here; of those with the same key the first alone."""
    messages.queue(
        session, privacy, MessageKind.MAIL, to.email, content,
        purpose=PURPOSE, language=to.language, expires_at=now + worth, now=now, key=key,
    )  # fmt: skip


def page_of(reach: Reach, what: Happening) -> str:
    """Where whoever works for the shop finds it; "" where there are no such pages."""
    origin = reach.staff if what.shop.house else reach.shops
    if not origin:
        return ""
    shop = f"{origin}/shops/{quote(what.shop.slug, safe='')}"
    return {About.ADVERT: f"{shop}/adverts/{what.object}", About.PAGE: f"{shop}/page", About.SHOP: f"{shop}/"}[what.about]


def review_of(version: Creative | ShopVersion) -> str:
    """The path of the page on which the city decides on it."""
    return f"/review/{'advert' if isinstance(version, Creative) else 'page'}/{version.id}"


def _concerned(session: Session, what: Happening) -> Sequence[Staff]:
    reached = select(Staff).where(Staff.disabled_at.is_(None), Staff.email != "").order_by(Staff.id).limit(MOST)
    if what.step is not Step.SUBMITTED:
        reached = reached.where(Staff.id != what.by)
    if what.shop.house:
        makers = versions.hands(what.version) if what.version is not None else frozenset[str]()
        return session.scalars(reached.where(Staff.id.in_(sorted(makers)))).all()
    mine = select(Membership.staff_id).where(Membership.business_id == what.shop.id)
    return session.scalars(reached.where(Staff.id.in_(mine), Staff.role == Role.BUSINESS_OWNER)).all()


def _deciding(session: Session, by: str) -> Sequence[Staff]:
    may = select(Staff).where(Staff.role.in_(DECIDES), Staff.disabled_at.is_(None), Staff.email != "", Staff.id != by)
    return session.scalars(may.order_by(Staff.id).limit(MOST)).all()
