"""What is done for a guest at the help desk: another code, an hour more, signed out, unblocked; for the pages and for the API.

Each takes the guest as `desk_guest.guest` found them, does it in the caller's transaction together with its entry in the audit log,
and says what came of it, or why it cannot be (`Bar`). Orders are queued; whoever wants to know what the gateway answers waits for
the ids that `Done` names. Never sends more messages than a guest could have sent, and never lets anybody in.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import select

from portal.cases import card, codes, devices, dossier, email, remainders, sms
from portal.cases.desk_guest import ALIVE, COUNTED, Guest, Stand
from portal.cases.desk_world import record
from portal.cases.proof import Denied, No
from portal.cases.standing import KICKED
from store import audit, challenges, grants, guesses, requests
from store.models import Message, Order, OrderKind, Purpose, Settled, Way

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from portal.cases.desk_world import Doer, Helping
    from store.challenges import Cap
    from store.models import Challenge, Grant, PrivacyRequest, RequestKind
    from store.models import Session as Accounting

HOUR: Final = timedelta(hours=1)


class Bar(Enum):
    """Why something cannot be done; the value is its line of documentation."""

    NO_CODE = "No code is waited for: nothing was asked for, or it was answered."
    CONFIRMED = "The code was typed already."
    NOBODY_SENDS = "The settings name no server for messages of this kind."
    WAIT = "The last one was sent a moment ago; the next may be at `at`."
    ENOUGH = "As many were sent as may be; the next may be at `at`."
    OVER = "The stay is over: the guest signs in anew."
    SPENT = "It is not time that is missing: what the plan allows is used up."
    UNPROVEN = "Who the guest is has yet to be proven."
    NOTHING = "There is nothing to lift."


class Barred(NamedTuple):
    """It was not done."""

    why: Bar
    at: datetime | None = None


class Done(NamedTuple):
    """It was done; `orders` are what gateways were asked, `at` until when it counts, `number` of open sessions, or of what was lifted."""

    orders: Sequence[int] = ()
    at: datetime | None = None
    number: int = 0


def resend(session: Session, world: Helping, guest: Guest, who: Doer, now: datetime) -> Done | Barred:
    """Another code to where the last one went, as the guest's own page would ask for it; `at`: until when it is good."""
    last = guest.challenge
    if last is None or last.way not in codes.KINDS or last.outcome is Settled.DENIED:
        return Barred(Bar.NO_CODE)
    if last.outcome is Settled.CONFIRMED:
        return Barred(Bar.CONFIRMED)
    if codes.KINDS[last.way] not in world.sends:
        return Barred(Bar.NOBODY_SENDS)
    contact = challenges.contact(world.privacy, last)
    caps = sms.caps(contact, world.house.sms_per_day) if last.way is Way.SMS else email.caps(contact)
    if (full := challenges.full(session, world.privacy, last, now, caps)) is not None:
        return Barred(Bar.ENOUGH, full)
    if last.sent_at is not None and now < last.sent_at + challenges.PAUSE:
        return Barred(Bar.WAIT, last.sent_at + challenges.PAUSE)
    before, sent = last.sent, _anew(session, world, guest, last, caps, now)
    if isinstance(sent, Denied):
        at = datetime.fromtimestamp(sent.at, UTC) if sent.at is not None else last.expires_at
        return Barred(Bar.WAIT if sent.why is No.WAIT else Bar.ENOUGH, at)
    if session.scalar(select(Message.id).where(Message.challenge_id == sent.id, Message.queued_at == now).limit(1)) is None:
        return Barred(Bar.ENOUGH)  # somebody else asked for the last one in this moment
    record(session, world, who, "resend", guest.about, now, fields={"sent": (before, sent.sent), "way": (None, last.way.value)})
    return Done(at=sent.expires_at)


def _anew(session: Session, world: Helping, guest: Guest, last: Challenge, caps: Sequence[Cap], now: datetime) -> Challenge | Denied:
    """For the challenge that stands; for one that is over or dead another, of the same address and device."""
    desk = world.writing(last.language, guest.door or world.doors.named(last.client), now)
    if challenges.is_open(last, now) and last.tries < challenges.TRIES:
        return codes.again(session, desk, bytes(last.device_hash), last.way, now, caps=caps)
    target = world.privacy.opened(last.target, "challenge", last.id, "target")
    held = guest.grant.id if guest.grant is not None and guest.grant.provisional and guest.stand in ALIVE else ""
    wanted = challenges.Wanted(
        last.way, bytes(last.identity_hash), challenges.contact(world.privacy, last), bytes(last.device_hash), Purpose.SIGN_IN, held,
        last.client, last.portal, last.plan, last.language, target, caps,
    )  # fmt: skip
    return codes.ask(session, desk, wanted, now)


def extend(session: Session, world: Helping, guest: Guest, who: Doer, now: datetime, by: timedelta = HOUR) -> Done | Barred:
    """The present stay ends so much later; its gateway is told. `at`: when it ends now, by what the plan has left."""
    grant = guest.grant
    if guest.stand is Stand.SPENT:
        return Barred(Bar.SPENT, guest.until)
    if grant is None or not guest.alive or guest.plan is None:
        return Barred(Bar.OVER)
    if grant.provisional:
        return Barred(Bar.UNPROVEN)
    before = grant.ends_at
    told: list[Accounting | Grant] = [*grants.open_sessions(session, grant)] or [grant]
    orders = [each for each in (world.order(session, OrderKind.LIMIT, about, now) for about in told) if each is not None]
    if not grants.extend(session, grant, grant.extensions + 1, round(by.total_seconds()), now):
        return Barred(Bar.OVER)
    said = {"ends_at": (before.isoformat(), grant.ends_at.isoformat()), "stay": (None, grant.id)}
    record(session, world, who, "extend", guest.about, now, fields=said)
    left = remainders.left(guest.plan, guest.used, grant.ends_at, now)
    ends = now + timedelta(seconds=left.seconds) if left.seconds is not None else grant.ends_at
    return Done([each.id for each in orders], min(ends, grant.ends_at), len(guest.open))


def sign_out(session: Session, world: Helping, guest: Guest, who: Doer, now: datetime) -> Done | Barred:
    """The present stay ends; its gateway is asked to put the guest out."""
    grant = guest.grant
    if grant is None or not _put_out(session, world, grant, now):
        return Barred(Bar.OVER)
    record(session, world, who, "disconnect", guest.about, now, fields={"stay": (None, grant.id)})
    return Done(_asked(session, grant, now), number=len(guest.open))


def _put_out(session: Session, world: Helping, grant: Grant, now: datetime) -> bool:
    return devices.put_out(session, world.devices, grant, KICKED, now)


def _asked(session: Session, grant: Grant, now: datetime) -> list[int]:
    """The orders of this very moment."""
    mine = select(Order.id).where(Order.grant_id == grant.id, Order.kind == OrderKind.REVOKE, Order.queued_at == now)
    return list(session.scalars(mine.order_by(Order.id)))


def unblock(session: Session, world: Helping, guest: Guest, who: Doer, now: datetime) -> Done | Barred:
    """What was counted against guessing by the guest's devices goes; a code that is dead of wrong tries is taken again.

    What was counted of messages stays: it keeps an address from being flooded, whoever asks for them.
    """
    whose = {bytes(each.device_hash) for each in guest.stays}
    last = guest.challenge
    if last is not None:
        whose.add(bytes(last.device_hash))
    number = sum(guesses.forget(session, guesses.named(world.privacy, kind, each)) for each in sorted(whose) for kind in COUNTED)
    tries = last.tries if last is not None and challenges.is_open(last, now) else 0
    if last is not None and tries:
        last.tries = 0
    if not number and not tries:
        return Barred(Bar.NOTHING)
    session.flush()
    record(session, world, who, "unblock", guest.about, now, fields={"counts": (number, 0), "wrong codes": (tries, 0)})
    return Done(number=number + bool(tries))


def take_down(
    session: Session, world: Helping, guest: Guest, kind: RequestKind, contact: str, who: Doer, now: datetime
) -> PrivacyRequest | None:
    """What they ask of their data, for whoever answers it; None where nobody knows whereto. `contact` "": to the account's own."""
    account = guest.account
    where = contact or (dossier.contact(world.privacy, account) if account is not None else "")
    if not where:
        return None
    row = requests.receive(session, world.privacy, kind, account.id if account else "", where, who.name, now, world.within)
    record(session, world, who, "add", row, now, fields={"kind": (None, kind.value)})
    return row


def unblock_card(session: Session, world: Helping, name: str, who: Doer, now: datetime) -> Done | Barred:
    """The same for a library card, by the number or name that was typed: nothing else leads to it. It is in no log."""
    number = card.forget(session, world.privacy, name, now)
    if not number:
        return Barred(Bar.NOTHING)
    act = audit.Act(who.name, "unblock", "card", source=who.source, fields={"counts": (number, 0)})
    audit.record(session, world.privacy, act, now)
    return Done(number=number)
