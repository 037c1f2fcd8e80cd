"""What is kept about a guest, why, and until when: the privacy ledger, reckoned from the guest's own rows.

Every date follows from the rows and from the days that store/retention.py purges by. Never shows a row of somebody else's,
and never promises an earlier end than the purge's.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from store import belongings, grants
from store.models import Account, AuthEvent, Device, Grant, Order
from store.models import Session as Accounting
from store.retention import CHALLENGE, Kept
from store.slices import slices

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from store.erasure import Left
    from store.models import GuestUsage


class Held(Enum):
    """What is held; a template has the words for each (kept_words.html)."""

    ACCOUNT = "account"
    DEVICE = "device"
    GRANT = "grant"
    SESSION = "session"
    LOGIN = "login"
    USAGE = "usage"
    ORDER = "order"
    CONSENT = "consent"
    CODE = "code"
    MESSAGE = "message"


class Line(NamedTuple):
    """So many of these, the last until then; None: for as long as you use it."""

    held: Held
    number: int
    until: datetime | None


def of_grant(session: Session, grant: Grant, days: Mapping[str, int]) -> list[Line]:
    """What is kept of one grant and its device: all that a guest without an account can be shown."""
    device = session.get(Device, grant.device_hash)
    last = session.scalar(select(func.max(Grant.ends_at)).where(Grant.device_hash == grant.device_hash)) or grant.ends_at
    gone = max(last, device.last_seen if device is not None else last) + timedelta(days=days[Kept.DEVICE])
    used = belongings.used(session, grants.subject(grant)) if grant.account_id is None else []
    return [
        Line(Held.GRANT, 1, min(grant.ends_at + timedelta(days=days[Kept.GRANT]), gone)),
        Line(Held.DEVICE, 1, gone),
        *_traces(session, [grant.id], days),
        *_used(used, days),
    ]


def of_account(session: Session, account: Account, days: Mapping[str, int], now: datetime) -> list[Line]:
    """The same of everything that is an account's."""
    names = [grant.id for grant in belongings.granted(session, account.id)]
    mine = select(func.max(Grant.ends_at)).where(Grant.account_id == account.id)
    last = max(each for each in (session.scalar(mine), account.last_seen) if each is not None)
    own = session.execute(select(func.count(), func.max(Device.last_seen)).where(Device.account_id == account.id)).one()
    ends = last + timedelta(days=days[Kept.GRANT])  # the grants go then, or with their devices
    lines = []
    if own[0]:
        gone = max(own[1], last) + timedelta(days=days[Kept.DEVICE])
        ends = min(ends, gone)
        lines.append(Line(Held.DEVICE, own[0], gone))
    if names:
        lines.append(Line(Held.GRANT, len(names), ends))
    age = timedelta(days=days[Kept.ACCOUNT])
    until = max(account.last_seen + age, min(last + age, ends) if names else account.last_seen + age)
    lines.insert(0, Line(Held.ACCOUNT, 1, until))
    lines += _traces(session, names, days)
    lines += _used(belongings.used(session, account.id), days)
    if agreed := belongings.consents(session, account.id):
        lines.append(Line(Held.CONSENT, len(agreed), until))
    if sent := belongings.messages(session, account):
        lines.append(Line(Held.MESSAGE, len(sent), sent[0].queued_at + timedelta(days=days[Kept.MESSAGE])))
        if sent[0].expires_at + CHALLENGE > now:
            lines.append(Line(Held.CODE, 1, sent[0].expires_at + CHALLENGE))
    return lines


def last_of(left: Left, days: Mapping[str, int]) -> datetime | None:
    """Until when the last of what an erasure leaves stays; None where it leaves nothing."""
    newest = (left.session_at, Kept.SESSION), (left.login_at, Kept.AUTH_EVENT)
    ends = [at + timedelta(days=days[kept]) for at, kept in newest if at is not None]
    return max(ends, default=None)


def _traces(session: Session, names: Sequence[str], days: Mapping[str, int]) -> list[Line]:
    """What tells of these grants without being theirs."""
    found = []
    for held, kept, column, whose in (
        (Held.SESSION, Kept.SESSION, Accounting.updated_at, Accounting.grant_id),
        (Held.LOGIN, Kept.AUTH_EVENT, AuthEvent.at, AuthEvent.grant_id),
        (Held.ORDER, Kept.ORDERS, Order.queued_at, Order.grant_id),
    ):
        count, last = 0, []
        for some in slices(names):
            row = session.execute(select(func.count(), func.max(column)).where(whose.in_(some))).one()
            count += row[0]
            last += [row[1]] if row[1] is not None else []
        if count:
            found.append(Line(held, count, max(last) + timedelta(days=days[kept])))
    return found


def _used(rows: Sequence[GuestUsage], days: Mapping[str, int]) -> list[Line]:
    last = max((row.ends_at for row in rows), default=None)
    return [Line(Held.USAGE, len(rows), last + timedelta(days=days[Kept.GUEST_USAGE]))] if last is not None else []
