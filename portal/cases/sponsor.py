"""A sponsor lets a guest in: asked by mail, answered by the mail's link, in whichever browser that opens.

Theory of operation. Approval makes the grant at once where the gateway is told by us (an order by RADIUS or HTTPS, or the
gateway's own poll): the guest may have closed the page. Where the guest's browser carries the sign-in to the gateway, the
approval waits, and the page's "Check again", or the next arrival, connects. Either way one approval gives one grant.

Never tells whether a mailbox exists, and never lets anybody in for a sponsor whom the portal does not name.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from portal import languages
from portal.capabilities import Visit
from portal.cases import codes
from portal.cases.connect import NoWayError, Onward, Terms, TooOftenError, connect
from portal.cases.proof import Denied, Proof
from portal.messages import mail_sponsor
from radius.nas import targets
from radius.nas.family import Means
from store import grants, messages, sponsors
from store.challenges import Bad, Refusal
from store.models import Challenge, MessageKind, Settled

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.cases.connect import World
    from portal.cases.proof import Prove
    from portal.doors import Door
    from radius.nas.family import Family
    from radius.nas.plan import Plan
    from store.models import Grant
    from store.privacy import Privacy
    from store.sponsors import Question

LONGEST: Final = 80  # characters of a guest's name
_TOLD: Final = frozenset({Means.RADIUS, Means.HTTP, Means.POLL})  # the gateway hears of a grant without the guest's browser


@dataclass(frozen=True, slots=True)
class Desk:
    """What the mail says beside the guest's name."""

    privacy: Privacy
    link: Callable[[str], str]  # a question's id -> the address of its page
    place: str
    network: str
    language: str


class Answered(NamedTuple):
    """The sponsor has said yes or no; `online` where the guest's gateway is told at once."""

    challenge: Challenge
    online: bool = False


def named(typed: str) -> str:
    """A name on one line, without what cannot be seen; "" for none."""
    seen = "".join(" " if each.isspace() else each for each in typed if each.isspace() or unicodedata.category(each)[0] != "C")
    name = " ".join(seen.split())
    return name if len(name) <= LONGEST and any(each.isalpha() for each in name) else ""


def may(address: str, sponsors: Collection[str]) -> bool:
    """Whether this address is one of the portal's sponsors, or of a domain that is."""
    name, _at, domain = address.lower().rpartition("@")
    return bool(name) and (f"{name}@{domain}" in sponsors or f"@{domain}" in sponsors)


def ask(session: Session, desk: Desk, question: Question, now: datetime) -> Challenge | Denied:
    """The question stands, and its mail is on its way; or would be, had the sponsor not had enough today."""
    asked = sponsors.ask(session, desk.privacy, question, now)
    if isinstance(asked, Refusal):
        return codes.denied(asked)
    if asked.mail:
        minutes = int(sponsors.LASTS.total_seconds() // 60)
        content = mail_sponsor(desk.language, desk.place, desk.network, question.name, desk.link(asked.challenge.id), minutes)
        messages.queue(
            session, desk.privacy, MessageKind.MAIL, question.sponsor, content, purpose="sponsor", language=desk.language,
            expires_at=asked.challenge.expires_at, now=now, key=f"{asked.challenge.id} sponsor", challenge=asked.challenge.id,
        )  # fmt: skip
    return asked.challenge


def approved(privacy: Privacy, device: bytes, here: Collection[str], plans: Mapping[str, Plan], plan: Plan) -> Prove:
    """The proof of whom one of the sponsors `here` has let in; where they were in already, what is left of that."""

    def prove(session: Session, now: datetime) -> Proof | Denied:
        found = sponsors.stands(session, device, now)
        if isinstance(found, Refusal):
            return codes.denied(found)
        given = grants.of(session, found.grant_id) if found.grant_id else None
        if given is None and not found.grant_id and not may(sponsors.said(privacy, found).sponsor, here):
            return codes.denied(Refusal(Bad.EXPIRED))  # another portal's, or one no more
        if given is None and not found.grant_id:
            return _proof(session, privacy, found, plans.get(found.plan, plan), now)
        if given is None or given.revoked_at is not None or given.ends_at <= now or given.plan not in plans:
            return codes.denied(Refusal(Bad.USED, found.settled_at))
        left = int((given.ends_at - now).total_seconds()) or 1
        return Proof(given.way, plans[given.plan], given.account_id, left, fresh=False)

    return prove


def _proof(session: Session, privacy: Privacy, question: Challenge, plan: Plan, now: datetime) -> Proof:
    def used(grant: Grant) -> None:
        question.grant_id = grant.id

    return Proof(question.way, plan, sponsors.account(session, privacy, question, now).id, then=used)


def decide(
    session: Session, world: World, name: str, outcome: Settled, door: Callable[[Challenge], Door | None], families: Mapping[str, Family],
    now: datetime,
) -> Answered | Denied:  # fmt: skip
    """The sponsor's one answer to the question of this id."""
    found = sponsors.answer(session, name, outcome, now)
    if isinstance(found, Refusal):
        return codes.denied(found)
    here = door(found)
    if outcome is not Settled.CONFIRMED or here is None:
        return Answered(found)
    return Answered(found, _let_in(session, world, found, here, families[here.gateway.family], now))


def _let_in(session: Session, world: World, question: Challenge, door: Door, family: Family, now: datetime) -> bool:
    """Whether the gateway is told without the guest's browser; what is not possible now, the guest's own page does later."""
    plan = door.plans.get(question.plan)
    if family.grants not in _TOLD or plan is None:
        return False
    target = targets.unpack(world.privacy.opened(question.target, "challenge", question.id, "target"))
    terms = Terms(languages.text(door.words.terms, question.language), question.language)  # accepted with the question
    visit = Visit(door.gateway.key, targets.arrival(target), "", question.language)
    try:
        with session.begin_nested():
            done = connect(
                session, world, visit, door, family, terms,
                lambda inner, at: _proof(inner, world.privacy, question, plan, at), now,
            )  # fmt: skip
    except (NoWayError, TooOftenError):
        return False
    return isinstance(done, Onward)
