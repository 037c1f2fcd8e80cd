"""Challenges: codes and links that were sent to prove an address; good for minutes, once, on the device that asked.

Theory of operation. A device has one challenge of each way and purpose that counts, its newest. A code is looked up by the
device that types it, never by itself: typed elsewhere it is simply wrong. What may be sent and tried is counted before it
is sent or looked at (store/guesses.py), and a refusal keeps its count, for whoever asks commits. A challenge is locked
before it is settled, so that of two who settle it at once one does. Confirmed by its code it is used; confirmed by its
link it waits for its device, unless the device's provisional grant was confirmed along with it.

Who asks for an address to which enough was sent today is told nothing else than others: there is a code, but nobody has
it. Never keeps a code in clear, and never says whose an address is.
"""

from __future__ import annotations

import hmac
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import func, select

from store import guesses
from store.models import Challenge, Grant, Purpose, Settled, Way

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from store.privacy import Privacy

LASTS: Final = {Way.EMAIL: timedelta(minutes=15), Way.SMS: timedelta(minutes=10)}
DIGITS: Final = 6
TRIES: Final = 5  # wrong codes of one challenge; then it is dead
FREE: Final = 2 * TRIES  # tries of one device that it does not wait after
SENDS: Final = 3  # of one challenge
PAUSE: Final = timedelta(seconds=30)  # between two of them
DAILY: Final = 5  # sent to one address, and for one device, in a day
DAY: Final = timedelta(days=1)
TWICE: Final = timedelta(minutes=1)  # a button that was pressed twice gives what it gave the first time


class Bad(Enum):
    """Why there is nothing to be had from a challenge."""

    WRONG = "another code was sent, or none"
    EXPIRED = "its time is over, or it was replaced"
    USED = "it was used"
    DENIED = "whose address it is said no"
    DEAD = "too many wrong codes were typed"
    WAIT = "the next try or message may come at `at`"
    ENOUGH = "as many were sent as may be"
    NOT_YET = "nobody has pressed the link's button"


class Refusal(NamedTuple):
    """What is to be committed all the same: it was counted."""

    why: Bad
    at: datetime | None = None


class Cap(NamedTuple):
    """A limit of whoever asks: so many messages of this kind and of whose it is within a window."""

    kind: str
    whose: bytes
    most: int
    window: timedelta


class Wanted(NamedTuple):
    """What is to be proven, by whom, for what."""

    way: Way
    identity: bytes  # Privacy.account of it
    contact: str  # where the code goes
    device: bytes  # that asks; b"" where nobody types a code
    purpose: Purpose = Purpose.SIGN_IN
    grant: str = ""  # the provisional one that is to be confirmed along with it
    client: str = ""
    portal: str = ""
    plan: str = ""
    language: str = ""
    target: bytes = b""  # packed: whom an order about the grant means
    caps: Sequence[Cap] = ()  # beside our own


class Asked(NamedTuple):
    """A challenge that stands; `code` is what is to be sent now, "" for nothing."""

    challenge: Challenge
    code: str = ""


def ask(session: Session, privacy: Privacy, entropy: Callable[[int], bytes], wanted: Wanted, now: datetime) -> Asked | Refusal:
    """A challenge of this device in the place of its older one, which goes on where the same address is asked for again."""
    last = latest(session, wanted.device, wanted.way, wanted.purpose, lock=True) if wanted.device else None
    if last is not None and is_open(last, now):
        if last.identity_hash == wanted.identity and last.tries < TRIES:
            again = send_again(session, privacy, entropy, last, now, wanted.caps)
            return again if isinstance(again, Asked) else Asked(last)
        last.settled_at, last.outcome = now, Settled.REPLACED
    told = _room(session, privacy, wanted.device, wanted.identity, wanted.caps, now)
    if isinstance(told, Refusal):
        return told
    made = Challenge(
        way=wanted.way, purpose=wanted.purpose, identity_hash=wanted.identity, contact=b"", code_hash=b"", device_hash=wanted.device,
        grant_id=wanted.grant, client=wanted.client, portal=wanted.portal, plan=wanted.plan, language=wanted.language,
        tries=0, sent=0, created_at=now, expires_at=now,
    )  # fmt: skip
    session.add(made)
    session.flush()
    made.contact = privacy.sealed(wanted.contact.encode(), "challenge", made.id, "contact") or b""
    made.target = privacy.sealed(wanted.target, "challenge", made.id, "target")
    code = _fresh(session, privacy, entropy, made, now)
    if not told:  # nobody was sent it: then nobody shall guess it either, by as many devices as they like
        made.code_hash, code = b"", ""
    return Asked(made, code)


def send_again(
    session: Session, privacy: Privacy, entropy: Callable[[int], bytes], challenge: Challenge, now: datetime, caps: Sequence[Cap] = ()
) -> Asked | Refusal:
    """Another code in the place of the one that was sent: the old one counts no more, the link goes on."""
    if challenge.sent >= SENDS:
        return Refusal(Bad.ENOUGH)
    if challenge.sent_at is not None and now < challenge.sent_at + PAUSE:
        return Refusal(Bad.WAIT, challenge.sent_at + PAUSE)
    told = _room(session, privacy, challenge.device_hash, challenge.identity_hash, caps, now)
    if isinstance(told, Refusal):
        return told
    if told:
        return Asked(challenge, _fresh(session, privacy, entropy, challenge, now))
    challenge.sent, challenge.sent_at = challenge.sent + 1, now  # as if it had been
    return Asked(challenge)


def try_code(
    session: Session, privacy: Privacy, device: bytes, way: Way, purpose: Purpose, code: str, now: datetime
) -> Challenge | Refusal:
    """The challenge that this code settles; else why not, with the try counted."""
    name = guesses.named(privacy, "code device", device)
    tried = guesses.tried(session, name, now, free=FREE)
    if tried.wait is not None:
        return Refusal(Bad.WAIT, tried.wait)
    found = latest(session, device, way, purpose, lock=True)
    if found is None:
        return Refusal(Bad.WRONG)
    right = hmac.compare_digest(found.code_hash, privacy.code(found.id, code))
    if found.settled_at is not None and right:
        twice = found.outcome is Settled.CONFIRMED and now <= found.settled_at + TWICE
        return found if twice else over(found)
    if found.expires_at <= now:
        return Refusal(Bad.EXPIRED, found.expires_at)
    if found.settled_at is not None:
        return Refusal(Bad.DENIED if found.outcome is Settled.DENIED else Bad.WRONG)
    if found.tries >= TRIES or not right:
        found.tries = min(found.tries + 1, TRIES)
        return Refusal(Bad.DEAD if found.tries >= TRIES else Bad.WRONG)
    guesses.forgive(session, name)
    found.settled_at, found.outcome = now, Settled.CONFIRMED
    session.flush()
    return found


def by_link(session: Session, name: str, outcome: Settled, now: datetime) -> Challenge | Refusal:
    """The challenge of this id, settled so by whoever holds its link; else how it had ended."""
    found = session.get(Challenge, name, with_for_update=True, populate_existing=True)
    if found is None:
        return Refusal(Bad.EXPIRED)
    if found.settled_at is not None or found.expires_at <= now:
        return over(found)
    found.settled_at, found.outcome = now, outcome
    session.flush()
    return found


def stands(session: Session, device: bytes, way: Way, purpose: Purpose, now: datetime) -> Challenge | Refusal:
    """The challenge that this device may still answer; or that was confirmed by its link, and waits for the device."""
    found = latest(session, device, way, purpose)
    if found is None:
        return Refusal(Bad.EXPIRED)
    if found.expires_at <= now or (found.settled_at is not None and (found.outcome is not Settled.CONFIRMED or spent(session, found))):
        return over(found)
    return Refusal(Bad.DEAD) if found.settled_at is None and found.tries >= TRIES else found


def spent(session: Session, challenge: Challenge) -> bool:
    """Whether its device has what it was for."""
    grant = session.get(Grant, challenge.grant_id, populate_existing=True) if challenge.grant_id else None
    return grant is not None and not grant.provisional


def of(session: Session, name: str) -> Challenge | None:
    """The challenge of this id."""
    return session.get(Challenge, name)


def of_grant(session: Session, grant: str) -> Challenge | None:
    """The newest one that confirms this grant."""
    mine = select(Challenge).where(Challenge.grant_id == grant).order_by(Challenge.created_at.desc(), Challenge.id.desc()).limit(1)
    return session.scalar(mine)


def contact(privacy: Privacy, challenge: Challenge) -> str:
    """The address that it proves."""
    return privacy.opened(challenge.contact, "challenge", challenge.id, "contact").decode()


def mailbox(address: str) -> str:
    """Where mail to this address arrives: what stands behind a + is its owner's own mark (RFC 5233), and there is no end of such."""
    name, _at, domain = address.lower().rpartition("@")
    return f"{name.partition('+')[0] or name}@{domain}"


def is_open(challenge: Challenge, now: datetime) -> bool:
    """Whether it can still be answered."""
    return challenge.settled_at is None and challenge.expires_at > now


def latest(session: Session, device: bytes, way: Way, purpose: Purpose, *, lock: bool = False) -> Challenge | None:
    """The newest challenge of a device: no older one counts."""
    mine = select(Challenge).where(Challenge.device_hash == device, Challenge.way == way, Challenge.purpose == purpose)
    newest = mine.order_by(Challenge.created_at.desc(), Challenge.id.desc()).limit(1)
    return session.scalar((newest.with_for_update() if lock else newest).execution_options(populate_existing=lock))


def provisional(session: Session, privacy: Privacy, device: bytes, identity: bytes, now: datetime) -> bool:
    """Whether this device may go online before it has answered, for this address; it has used its chance then.

    One of a device in a day, three for an address in a day, one at a time for an address (decisions-portal 11).
    """
    own = guesses.named(privacy, "provisional device", device)
    if guesses.taken(session, own, now, most=1, window=DAY) is not None:
        return False
    place = guesses.named(privacy, "provisional address", identity)
    if guesses.taken(session, place, now, most=3, window=DAY) is not None:
        guesses.forgive(session, own)
        return False
    others = select(func.count()).select_from(Challenge).join(Grant, Grant.id == Challenge.grant_id)
    alive = Grant.provisional, Grant.revoked_at.is_(None), Grant.ends_at > now  # the place's row is ours: nobody else gets one meanwhile
    if session.scalar(others.where(Challenge.identity_hash == identity, *alive)):
        guesses.forgive(session, place)
        guesses.forgive(session, own)
        return False
    return True


def over(found: Challenge) -> Refusal:
    """How it ended."""
    match found.outcome:
        case Settled.CONFIRMED:
            return Refusal(Bad.USED, found.settled_at)
        case Settled.DENIED:
            return Refusal(Bad.DENIED, found.settled_at)
    return Refusal(Bad.EXPIRED, found.settled_at or found.expires_at)


def full(session: Session, privacy: Privacy, challenge: Challenge, now: datetime, caps: Sequence[Cap] = ()) -> datetime | None:
    """When another message of it may be sent, where as many were sent as may; None: now. Counts nothing, and is for staff alone."""
    every = Cap("sent device", challenge.device_hash, DAILY, DAY), Cap("sent address", challenge.identity_hash, DAILY, DAY), *caps
    found = (guesses.full(session, guesses.named(privacy, cap.kind, cap.whose), now, most=cap.most) for cap in every)
    return max((each for each in found if each is not None), default=None)


def _room(session: Session, privacy: Privacy, device: bytes, identity: bytes, caps: Sequence[Cap], now: datetime) -> bool | Refusal:
    """Whether one more may be sent: what is counted against the device is told, what is counted against others is not."""
    own = guesses.named(privacy, "sent device", device)
    if device and (full := guesses.taken(session, own, now, most=DAILY, window=DAY)) is not None:
        return Refusal(Bad.ENOUGH, full)
    address = Cap("sent address" if device else "link address", identity, DAILY, DAY)
    taken = (
        guesses.taken(session, guesses.named(privacy, cap.kind, cap.whose), now, most=cap.most, window=cap.window)
        for cap in (address, *caps)
    )
    return all(full is None for full in taken)


def _fresh(session: Session, privacy: Privacy, entropy: Callable[[int], bytes], challenge: Challenge, now: datetime) -> str:
    """A new code, from now on the only one."""
    code = f"{int.from_bytes(entropy(8), 'big') % 10**DIGITS:0{DIGITS}}"
    challenge.code_hash = privacy.code(challenge.id, code)
    challenge.sent += 1
    challenge.sent_at, challenge.expires_at = now, now + LASTS[challenge.way]
    session.flush()
    return code
