"""Questions to a sponsor: somebody asks to be let in as a guest of whoever has this address; answered once, within half an hour.

A question is a Challenge without a code, of the device that asked. A device asks ASKS times an hour; a sponsor gets MAILS a
day, and whoever asks for one who has had so many is told nothing else than others. Who is let in is an account of their own:
this sponsor, this name, this device. So asking again does not fill the day's plan anew, and a name that anybody may type
opens nobody else's account. Never keeps a name or an address in clear.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from store import accounts, challenges, guesses
from store.challenges import Bad, Refusal
from store.models import Challenge, Purpose, Settled, Way

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from store.models import Account
    from store.privacy import Privacy

LASTS: Final = timedelta(minutes=30)
TAKEN: Final = timedelta(hours=12)  # that an approval waits for its guest
ASKS: Final = 3
HOUR: Final = timedelta(hours=1)
MAILS: Final = 20
DAY: Final = timedelta(hours=24)
_TABLE: Final = "challenge"


class Question(NamedTuple):
    """Who asks whom, from where."""

    name: str  # as the guest gives it
    sponsor: str  # an address in the form that we write to
    device: bytes
    target: bytes  # whom an order means: radius.nas.targets.pack
    client: str = ""
    portal: str = ""
    plan: str = ""
    language: str = ""


class Asked(NamedTuple):
    """A question that stands."""

    challenge: Challenge
    mail: bool  # whether it is to be sent now


class Said(NamedTuple):
    """What a question says, unsealed."""

    name: str
    sponsor: str


def ask(session: Session, privacy: Privacy, question: Question, now: datetime) -> Asked | Refusal:
    """A question in the place of the device's older one; the same that still stands is not asked twice."""
    last = latest(session, question.device, lock=True)
    if last is not None and challenges.is_open(last, now):
        if last.identity_hash == privacy.account(Way.SPONSOR, _identity(question.sponsor, question.name, question.device)):
            return Asked(last, mail=False)
        last.settled_at, last.outcome = now, Settled.REPLACED
    full = guesses.taken(session, guesses.named(privacy, "sponsor device", question.device), now, most=ASKS, window=HOUR)
    if full is not None:
        return Refusal(Bad.ENOUGH, full)
    mails = guesses.named(privacy, "sponsor mails", challenges.mailbox(question.sponsor).encode())
    room = guesses.taken(session, mails, now, most=MAILS, window=DAY) is None
    return Asked(_made(session, privacy, question, now), mail=room)


def _made(session: Session, privacy: Privacy, question: Question, now: datetime) -> Challenge:
    made = Challenge(
        way=Way.SPONSOR, purpose=Purpose.SIGN_IN, contact=b"", code_hash=b"", device_hash=question.device, client=question.client,
        identity_hash=privacy.account(Way.SPONSOR, _identity(question.sponsor, question.name, question.device)),
        portal=question.portal, plan=question.plan, language=question.language, created_at=now, expires_at=now + LASTS,
    )  # fmt: skip
    session.add(made)
    session.flush()
    made.asked = privacy.sealed(question.name.encode(), _TABLE, made.id, "asked")
    made.sponsor = privacy.sealed(question.sponsor.encode(), _TABLE, made.id, "sponsor")
    made.contact = privacy.sealed(question.name.encode(), _TABLE, made.id, "contact") or b""
    made.target = privacy.sealed(question.target, _TABLE, made.id, "target")
    session.flush()
    return made


def answer(session: Session, name: str, outcome: Settled, now: datetime) -> Challenge | Refusal:
    """The question of this id, answered so; else how it had ended. A yes waits for its guest."""
    found = challenges.by_link(session, name, outcome, now)
    if isinstance(found, Challenge) and outcome is Settled.CONFIRMED:
        found.expires_at = now + TAKEN
        session.flush()
    return found


def latest(session: Session, device: bytes, *, lock: bool = False) -> Challenge | None:
    """The device's newest question."""
    return challenges.latest(session, device, Way.SPONSOR, Purpose.SIGN_IN, lock=lock)


def stands(session: Session, device: bytes, now: datetime) -> Challenge | Refusal:
    """The device's question, where it was approved; else why it is of no use."""
    found = latest(session, device, lock=True)
    if found is None or found.expires_at <= now:
        return Refusal(Bad.EXPIRED, found.expires_at if found is not None else None)
    if found.settled_at is None:
        return Refusal(Bad.NOT_YET)
    return found if found.outcome is Settled.CONFIRMED else challenges.over(found)


def said(privacy: Privacy, challenge: Challenge) -> Said:
    """Name and sponsor of a question."""
    columns = (("asked", challenge.asked), ("sponsor", challenge.sponsor))
    return Said(*(privacy.opened(octets, _TABLE, challenge.id, column).decode() for column, octets in columns))


def account(session: Session, privacy: Privacy, challenge: Challenge, now: datetime) -> Account:
    """The account of whoever was approved; ours until the transaction ends."""
    name, sponsor = said(privacy, challenge)
    identity = _identity(sponsor, name, challenge.device_hash)
    return accounts.known(session, privacy, Way.SPONSOR, identity, now, challenge.language, name)


def _identity(sponsor: str, name: str, device: bytes) -> str:
    return f"{sponsor.lower()}\n{' '.join(name.casefold().split())}\n{bytes(device).hex()}"
