"""Staff: invited by a link that is good once, named, disabled; and the digest of their password.

Whoever can use a link chooses a new password and second factor: it is what a password is worth, so the database has its
digest alone, it lasts a day, and a newer one of the same person voids it. Never deletes anybody: the audit log names them.
"""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select, update

from store import staff_sessions
from store.faults import StoreError
from store.models import LinkPurpose, Source, Staff, StaffLink, StaffSession, Step

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from store.models import Role

LASTS: Final = timedelta(hours=24)
LINK_LASTS: Final = timedelta(minutes=15)  # of one that signs in, and sets up nothing
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,63}")
_ATOM: Final = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"  # RFC 5322, 3.2.3
_ADDRESS: Final = re.compile(rf"(?=.{{3,254}}\Z){_ATOM}(?:\.{_ATOM})*@[a-z0-9-]+(?:\.[a-z0-9-]+)+")  # any that mail is written to


class UnfitNameError(StoreError):
    """Nobody can be called that: it is no name, or it is somebody's."""


def canonical(said: str) -> str:
    """What was typed as the name that it may be, also an address of mail: lower case; "" for what is none."""
    name = said.strip().lower()
    return name if _NAME.fullmatch(name) or _ADDRESS.fullmatch(name) else ""


def named(session: Session, said: str) -> Staff | None:
    """Who signs in with this name."""
    name = canonical(said)
    return session.scalars(select(Staff).where(Staff.name == name)).first() if name else None


def everyone(session: Session) -> Sequence[Staff]:
    """All of them, by name."""
    return session.scalars(select(Staff).order_by(Staff.name)).all()


def invite(session: Session, said: str, role: Role, now: datetime, *, shown: str = "", email: str = "") -> tuple[Staff, str]:
    """Somebody new, and what their link holds: the only moment at which anybody has it."""
    name = canonical(said)
    if not name:
        raise UnfitNameError(
            "a name of staff has 2 to 64 of a-z, 0-9 and . _ @ + -, and begins with a letter or a digit; or it is an e-mail address"
        )
    if named(session, name) is not None:
        raise UnfitNameError(f"{name} is somebody's name already; `proxeny staff link {name}` makes a new link for them")
    staff = Staff(name=name, role=role, source=Source.LOCAL, shown=shown, email=email, created_at=now)
    session.add(staff)
    session.flush()
    return staff, link(session, staff, now)


def link(session: Session, staff: Staff, now: datetime) -> str:
    """A new link for this person, in place of those not used and what was begun with them. UnfitNameError: others vouch for them."""
    if staff.source is not Source.LOCAL:  # it would let in whom the directory knows no more
        raise UnfitNameError(f"{staff.name} signs in by the city's own account, and never by a link")
    session.execute(select(Staff.id).where(Staff.id == staff.id).with_for_update())  # of two at once, the later's alone is good
    session.execute(delete(StaffLink).where(StaffLink.staff_id == staff.id, StaffLink.used_at.is_(None)))
    session.execute(delete(StaffSession).where(StaffSession.staff_id == staff.id, StaffSession.step == Step.SETUP))
    secret = secrets.token_urlsafe(32)
    session.add(StaffLink(digest=staff_sessions.digest(secret), staff_id=staff.id, created_at=now, expires_at=now + LASTS))
    session.flush()
    return secret


def invited(session: Session, secret: str, now: datetime, purpose: LinkPurpose = LinkPurpose.SETUP) -> Staff | None:
    """Whose link this is, if it is still good and they may work here."""
    if not 32 <= len(secret) <= 64:
        return None
    found = select(Staff).join(StaffLink, StaffLink.staff_id == Staff.id).where(StaffLink.digest == staff_sessions.digest(secret))
    found = found.where(StaffLink.purpose == purpose)
    good = found.where(StaffLink.used_at.is_(None), StaffLink.expires_at > now, Staff.disabled_at.is_(None))
    return session.scalars(good.where(Staff.source == Source.LOCAL)).first()


def sign_in_link(session: Session, staff: Staff, now: datetime) -> str:
    """A link that signs them in, beside those that are still good: of two mails that cross, either opens."""
    theirs = delete(StaffLink).where(StaffLink.staff_id == staff.id, StaffLink.purpose == LinkPurpose.SIGN_IN)
    session.execute(theirs.where(StaffLink.expires_at <= now))
    secret = secrets.token_urlsafe(32)
    digest, until = staff_sessions.digest(secret), now + LINK_LASTS
    session.add(StaffLink(digest=digest, staff_id=staff.id, purpose=LinkPurpose.SIGN_IN, created_at=now, expires_at=until))
    session.flush()
    return secret


def by_link(session: Session, secret: str, now: datetime) -> Staff | None:
    """Whose sign-in link this is; it is used up, and with it every other that they were sent. None where it is good no more."""
    staff = invited(session, secret, now, LinkPurpose.SIGN_IN)
    if staff is None:
        return None
    mine = update(StaffLink).where(StaffLink.staff_id == staff.id, StaffLink.purpose == LinkPurpose.SIGN_IN, StaffLink.used_at.is_(None))
    used = session.scalars(mine.values(used_at=now).returning(StaffLink.digest).execution_options(synchronize_session=False)).all()
    return staff if staff_sessions.digest(secret) in [bytes(each) for each in used] else None  # of two at once, the first alone


def settled(session: Session, staff: Staff, now: datetime) -> None:
    """They can sign in by themselves: their link is used up."""
    session.execute(update(StaffLink).where(StaffLink.staff_id == staff.id, StaffLink.used_at.is_(None)).values(used_at=now))


def disable(session: Session, staff: Staff, now: datetime) -> None:
    """They may not work here any more: signed out everywhere, at once; their link is void."""
    staff.disabled_at = now
    session.execute(delete(StaffLink).where(StaffLink.staff_id == staff.id, StaffLink.used_at.is_(None)))
    staff_sessions.end_all(session, staff.id)


def enable(staff: Staff) -> None:
    """They may again, with the password and the second factor that they had."""
    staff.disabled_at = None
