"""Who works for a shop: invited by mail, given another link, taken off it again. Both the city and a shop's owner come here.

Somebody has one account, whichever shops they work for, and one role in all of them. Whoever works for the city works for no
shop: they would decide on what they made. Who works for no shop any more can sign in no more.

Who is invited again is as new here. Never gives somebody who works for a shop another role, and never tells one shop where else
somebody works.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import delete, func, or_, select

from portal.cases import addresses
from portal.cases.shop_news import send
from portal.messages.shops import About, mail_invited, mail_joined
from portal.permissions import OF_SHOPS
from store import factors
from store import staff as people
from store.models import AuditEntry, Business, Membership, Passkey, Role, Source, Staff
from store.session import take

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.cases.shop_news import Reach
    from store.privacy import Privacy

MOST: Final = 20  # people of one shop
OFTEN: Final = 40  # invitations and links of one shop in a day: each is a mail to somebody who may know nothing of us
_DAY: Final = timedelta(days=1)


class Unfit(Enum):
    """Why somebody is not invited; the value is its line of documentation."""

    ADDRESS = "That is no e-mail address that we can write to."
    ELSEWHERE = "Whoever has this address works here in another role."
    THERE = "They work for this shop already."
    FULL = "So many people work for it that there can be no more."
    OFTEN = "So many were invited to it within a day that nobody else can be before tomorrow."
    SHARED = "They work for another shop, too, and no mails are sent: nobody else may see their link."


class Joined(NamedTuple):
    """Who works for it now. `secret` is what their link holds, "" where they can sign in already; it is shown where no mails are sent."""

    staff: Staff
    secret: str = ""


def join(
    session: Session, privacy: Privacy, reach: Reach, shop: Business, typed: str, role: Role, language: str, now: datetime
) -> Joined | Unfit:
    """Somebody works for this shop from now on, and gets a mail that says so: with a link, where they have no way in yet."""
    address = addresses.email(typed)
    name = people.canonical(addresses.identity(address))  # of every address a name (store/staff.py)
    if not name:
        return Unfit.ADDRESS
    session.execute(select(Business.id).where(Business.id == shop.id).with_for_update(key_share=True))  # two at once: one after the other
    found = session.scalars(select(Staff).where(or_(Staff.name == name, func.lower(Staff.email) == name)).order_by(Staff.name)).all()
    staff = next((each for each in found if each.name == name), None)
    if staff is not None:
        take(session, staff, key_share=True)  # whoever takes them off another shop meanwhile comes after us
    left = staff is not None and staff.disabled_at is not None and not _works(session, staff)
    if any(each.role not in OF_SHOPS for each in found) or (staff is not None and staff.role is not role and not left):
        return Unfit.ELSEWHERE
    ready = staff is not None and staff.disabled_at is None and _can_sign_in(session, staff)
    if (why := _unfit(session, reach, shop, staff, now, alone=not ready or role is Role.VENUE_STAFF)) is not None:
        return why
    if staff is not None and left:
        staff.role, staff.password = role, ""
        factors.wipe(session, staff)
    if staff is None:
        staff = Staff(name=name, email=address, role=role, source=Source.LOCAL, language=language, created_at=now)
        session.add(staff)
        session.flush()
    session.add(Membership(staff_id=staff.id, business_id=shop.id, created_at=now))
    session.flush()
    if ready:
        if reach.mails:
            send(session, privacy, staff, mail_joined(staff.language or "en", shop.name, f"{reach.shops}/shops/{shop.slug}/"), now)
        return Joined(staff)
    people.enable(staff)
    return Joined(staff, _linked(session, privacy, reach, shop, staff, now))


def _unfit(session: Session, reach: Reach, shop: Business, staff: Staff | None, now: datetime, *, alone: bool) -> Unfit | None:
    """Why nobody more is taken in, or not this one; `alone`: not while they work for another shop, whose owner may hold their link."""
    mine = set(session.scalars(select(Membership.staff_id).where(Membership.business_id == shop.id)))
    if staff is not None and staff.id in mine:
        return Unfit.THERE
    if len(mine) >= MOST:
        return Unfit.FULL
    if _often(session, shop, now):
        return Unfit.OFTEN
    return Unfit.SHARED if alone and staff is not None and not reach.mails and _elsewhere(session, shop, staff) else None


def link(session: Session, privacy: Privacy, reach: Reach, shop: Business, staff: Staff, now: datetime) -> str | Unfit:
    """Another link for somebody of this shop, by mail where mails are sent; what it holds. Else whoever asks is shown it."""
    if not reach.mails and _elsewhere(session, shop, staff):
        return Unfit.SHARED
    if _often(session, shop, now):
        return Unfit.OFTEN
    return _linked(session, privacy, reach, shop, staff, now)


def _linked(session: Session, privacy: Privacy, reach: Reach, shop: Business, staff: Staff, now: datetime) -> str:
    secret = people.link(session, staff, now)
    if reach.mails and staff.email:
        hours, owns = round(people.LASTS / timedelta(hours=1)), staff.role is Role.BUSINESS_OWNER
        content = mail_invited(staff.language or "en", shop.name, f"{reach.shops}/setup/{secret}", hours, owns=owns)
        send(session, privacy, staff, content, now, people.LASTS)
    return secret


def leave(session: Session, shop: Business, staff: Staff, now: datetime) -> None:
    """They work for this shop no more, and where they work for no other are signed out for good: what proved them is nobody's."""
    session.execute(select(Staff.id).where(Staff.id == staff.id).with_for_update(key_share=True))
    session.execute(delete(Membership).where(Membership.staff_id == staff.id, Membership.business_id == shop.id))
    if not _works(session, staff):
        people.disable(session, staff, now)
        staff.password = ""
        factors.wipe(session, staff)


def _can_sign_in(session: Session, staff: Staff) -> bool:
    return bool(staff.password) or session.scalar(select(Passkey.id).where(Passkey.staff_id == staff.id).limit(1)) is not None


def _often(session: Session, shop: Business, now: datetime) -> bool:
    """By the audit log, in which each is; whoever was taken off again counts, too."""
    acts = AuditEntry.kind == About.SHOP.value, AuditEntry.object == shop.slug, AuditEntry.action.in_(("invite", "link"))
    return (session.scalar(select(func.count()).select_from(AuditEntry).where(*acts, AuditEntry.at > now - _DAY)) or 0) >= OFTEN


def _works(session: Session, staff: Staff) -> bool:
    """Whether they work for any shop."""
    return session.scalar(select(Membership.staff_id).where(Membership.staff_id == staff.id).limit(1)) is not None


def _elsewhere(session: Session, shop: Business, staff: Staff) -> bool:
    """Whether they work for another shop, too: what their link opens is not this one's alone."""
    others = select(Membership.staff_id).where(Membership.staff_id == staff.id, Membership.business_id != shop.id)
    return session.scalar(others.limit(1)) is not None
