"""Codes that prove an address: asked for, sent again, answered; the same for signing in and for a guest's own page.

A challenge and its message are queued in one transaction, which is committed whatever it comes to: what was counted stays
counted. Never says whether somebody has an account, and never hands a code to anyone but the message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from portal.cases.addresses import identity
from portal.cases.proof import Denied, No, Proof
from portal.messages import mail_code, mail_sign_in, sms_code
from store import accounts, challenges, messages
from store.challenges import Asked, Bad, Cap, Refusal, Wanted
from store.models import Account, MessageKind, Purpose, Settled, Way

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.cases.proof import Prove
    from radius.nas.plan import Plan
    from store.messages import Content
    from store.models import Challenge, Grant
    from store.privacy import Privacy

KINDS: Final = {Way.EMAIL: MessageKind.MAIL, Way.SMS: MessageKind.SMS}
_WHY: Final = {
    Bad.WRONG: No.WRONG,
    Bad.EXPIRED: No.EXPIRED,
    Bad.USED: No.USED,
    Bad.DENIED: No.REFUSED,
    Bad.DEAD: No.REVOKED,
    Bad.WAIT: No.WAIT,
    Bad.ENOUGH: No.FULL,
    Bad.NOT_YET: No.NOT_YET,
}


@dataclass(frozen=True, slots=True)
class Desk:
    """Where codes are written: what a message says beside its code."""

    privacy: Privacy
    entropy: Callable[[int], bytes]
    link: Callable[[str], str]  # a challenge's id -> the address of its page
    origin: str  # of our pages
    place: str = ""
    network: str = ""
    language: str = ""


def wanted(privacy: Privacy, way: Way, contact: str, device: bytes, **more: Any) -> Wanted:
    """A challenge of whoever `contact` is, in the form that portal/cases/addresses.py gives it."""
    return Wanted(way, privacy.account(way, identity(contact)), contact, device, **more)


def ask(session: Session, desk: Desk, wanted: Wanted, now: datetime) -> Challenge | Denied:
    """A code is on its way to the contact; or was a moment ago, or would be, had not enough been sent there today."""
    asked = challenges.ask(session, desk.privacy, desk.entropy, wanted, now)
    return denied(asked) if isinstance(asked, Refusal) else _sent(session, desk, asked, now)


def link(session: Session, desk: Desk, address: str, now: datetime) -> None:
    """A link to their own page for whoever has this e-mail address, if they have an account; the work is the same in any case."""
    mine = desk.privacy.account(Way.EMAIL, identity(address))
    known = session.scalar(select(Account.id).where(Account.way == Way.EMAIL, Account.identity_hash == mine)) is not None
    wish = Wanted(Way.EMAIL, mine, address if known else "", b"", Purpose.ACCOUNT, language=desk.language)
    asked = challenges.ask(session, desk.privacy, desk.entropy, wish, now)
    if isinstance(asked, Asked):
        _sent(session, desk, asked, now)


def again(
    session: Session, desk: Desk, device: bytes, way: Way, now: datetime, purpose: Purpose = Purpose.SIGN_IN, caps: Sequence[Cap] = ()
) -> Challenge | Denied:
    """Another code for the challenge that stands; those before it count no more."""
    last = challenges.latest(session, device, way, purpose, lock=True)
    if last is None or not challenges.is_open(last, now):
        return Denied(No.EXPIRED)
    asked = challenges.send_again(session, desk.privacy, desk.entropy, last, now, caps)
    return denied(asked) if isinstance(asked, Refusal) else _sent(session, desk, asked, now)


def answer(
    session: Session, privacy: Privacy, device: bytes, way: Way, code: str, now: datetime, purpose: Purpose = Purpose.SIGN_IN
) -> Challenge | Denied:
    """The challenge that this code answers, or, without a code, that its link has answered meanwhile."""
    if code:
        found = challenges.try_code(session, privacy, device, way, purpose, code, now)
    else:
        found = challenges.stands(session, device, way, purpose, now)
        if not isinstance(found, Refusal) and found.outcome is not Settled.CONFIRMED:
            found = Refusal(Bad.NOT_YET)
    return denied(found) if isinstance(found, Refusal) else found


def proven(session: Session, privacy: Privacy, challenge: Challenge, now: datetime, language: str = "") -> Account | None:
    """Whose address a confirmed challenge proves. To sign in an account is made; for a guest's own page it must be there."""
    if challenge.purpose is Purpose.ACCOUNT:
        mine = Account.way == challenge.way, Account.identity_hash == challenge.identity_hash
        return session.scalar(select(Account).where(*mine))
    contact = challenges.contact(privacy, challenge)
    return accounts.known(session, privacy, challenge.way, identity(contact), now, language or challenge.language, contact)


def by_code(privacy: Privacy, device: bytes, way: Way, plan: Plan, code: str, language: str) -> Prove:
    """The proof of whoever typed the code that was sent for this device, or whose link was confirmed."""

    def prove(session: Session, now: datetime) -> Proof | Denied:
        found = answer(session, privacy, device, way, code, now)
        if isinstance(found, Denied):
            return found
        made = proof(session, privacy, found, plan, language, now)
        return made if isinstance(made, Denied) else made._replace(opens=bool(code))

    return prove


def proof(session: Session, privacy: Privacy, challenge: Challenge, plan: Plan, language: str, now: datetime) -> Proof | Denied:
    """What a confirmed challenge proves; the grant that is made of it is what it was used for."""
    account = proven(session, privacy, challenge, now, language)

    def used(grant: Grant) -> None:
        challenge.grant_id = grant.id

    return Proof(challenge.way, plan, account.id, then=used) if account is not None else Denied(No.EXPIRED)


def denied(refusal: Refusal) -> Denied:
    """In the words of every way in."""
    return Denied(_WHY[refusal.why], refusal.at.timestamp() if refusal.at is not None else None)


def _sent(session: Session, desk: Desk, asked: Asked, now: datetime) -> Challenge:
    """The message of a new code; those before it that are still here are not worth sending, nor is one to nobody."""
    challenge = asked.challenge
    if asked.code:
        to = challenges.contact(desk.privacy, challenge)
        if to:
            messages.withdraw(session, challenge.id, now)
        messages.queue(
            session, desk.privacy, KINDS[challenge.way], to, _content(desk, asked),
            purpose="code" if challenge.device_hash else "link", language=desk.language, expires_at=challenge.expires_at, now=now,
            key=f"{challenge.id} {challenge.sent}", challenge=challenge.id,
        )  # fmt: skip
        if not to:  # it takes as long as one that is sent
            messages.withdraw(session, challenge.id, now)
    return challenge


def _content(desk: Desk, asked: Asked) -> Content:
    challenge, minutes = asked.challenge, int(challenges.LASTS[asked.challenge.way].total_seconds() // 60)
    if challenge.way is Way.SMS:
        return sms_code(desk.language, desk.place, desk.network, asked.code, desk.origin, minutes)
    link = desk.link(challenge.id)
    if not challenge.device_hash:
        return mail_sign_in(desk.language, desk.network, link, minutes)
    return mail_code(desk.language, desk.place, desk.network, asked.code, link, minutes)
