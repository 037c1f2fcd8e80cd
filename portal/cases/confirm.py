"""What was provisional is confirmed in place, by the guest's code or by the mail's link; or denied, and ended.

Never signs in the device that opened the link, and never gives an account more than its plan has left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from portal.capabilities import Stay, Visit
from portal.cases import codes, remainders
from portal.cases.connect import Crowded, Exhausted, proven
from portal.cases.orders import tell
from portal.cases.proof import Denied, Proof
from portal.cases.standing import DENIED
from radius.nas import targets
from store import challenges, consents, grants
from store.challenges import Refusal
from store.models import OrderKind, Settled

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.cases.proof import Prove
    from portal.doors import Door, Doors
    from radius.nas.family import Family
    from store.models import Challenge, Grant
    from store.privacy import Privacy


@dataclass(frozen=True, slots=True)
class World:
    """What confirming needs beside the guest."""

    privacy: Privacy
    doors: Doors
    families: Mapping[str, Family]
    language: str = ""

    def door(self, grant: Grant) -> Door | None:
        """Where the grant was given."""
        key = next((key for key, door in self.doors.by_key.items() if door.gateway.name == grant.client), "")
        return self.doors.at(key, grant.access_point)


class Confirmed(NamedTuple):
    """The guest stays online."""

    grant: Grant
    proven: str = ""  # the account, where this very request has proven it


class Linked(NamedTuple):
    """The link was confirmed: `online` where the device goes on by it, else it waits for its device or its page."""

    challenge: Challenge
    account: str
    online: bool


def by_code(session: Session, world: World, stay: Stay, prove: Prove, now: datetime) -> Confirmed | Exhausted | Crowded | Denied | None:
    """By the code that the device of this stay has typed; None where its grant has ended: it is to be let in anew."""
    grant = grants.of(session, stay.grant)
    if grant is None or grant.revoked_at is not None or grant.ends_at <= now:
        return None
    if not grant.provisional:
        return Confirmed(grant)  # the button, pressed twice
    door = world.door(grant)
    if door is None:
        return None
    proof = prove(session, now)
    return proof if isinstance(proof, Denied) else _in_place(session, world, grant, door, proof, now, stay)


def by_link(session: Session, world: World, name: str, now: datetime) -> Linked | Denied:
    """By the button of the page that the mail's link leads to."""
    challenge = challenges.by_link(session, name, Settled.CONFIRMED, now)
    if isinstance(challenge, Refusal):
        return codes.denied(challenge)
    account = codes.proven(session, world.privacy, challenge, now)
    grant = _pending(session, challenge, now)
    door = world.door(grant) if grant is not None else None
    plan = door.plans.get(challenge.plan) if door is not None else None
    online = False
    if grant is not None and door is not None and plan is not None and account is not None:
        proof = Proof(challenge.way, plan, account.id)
        online = isinstance(_in_place(session, world, grant, door, proof, now, _stay(world, challenge, grant)), Confirmed)
    return Linked(challenge, account.id if account is not None else "", online)


def deny(session: Session, world: World, name: str, now: datetime) -> Challenge | Denied:
    """The mail's owner did not ask: what was given for it ends."""
    challenge = challenges.by_link(session, name, Settled.DENIED, now)
    if isinstance(challenge, Refusal):
        return codes.denied(challenge)
    grant = _pending(session, challenge, now)
    if grant is not None and grants.revoke(session, grant, DENIED, now):
        door = world.door(grant)
        if door is not None:
            stay = _stay(world, challenge, grant)
            way = world.families[door.gateway.family].disconnect(targets.of(stay.visit.arrival), door.gateway)
            tell(session, world.privacy, OrderKind.REVOKE, way, grant, stay, now)
    return challenge


def _pending(session: Session, challenge: Challenge, now: datetime) -> Grant | None:
    """The live grant that this challenge is to confirm."""
    grant = grants.of(session, challenge.grant_id) if challenge.grant_id else None
    alive = grant is not None and grant.provisional and grant.revoked_at is None and grant.ends_at > now
    return grant if alive else None


def _in_place(
    session: Session, world: World, grant: Grant, door: Door, proof: Proof, now: datetime, stay: Stay
) -> Confirmed | Exhausted | Crowded:
    account, plan = proof.account or "", proof.plan
    used = remainders.used(session, account, now, world.doors.timezone)
    spent = remainders.left(plan, used, None, now).spent
    if spent is not None:
        return Exhausted(spent, remainders.back_at(spent, used), grant.support)
    if not grants.room(session, account, grant.device_hash, plan.devices, now):
        return Crowded(proven(proof), plan.devices or 0)
    kept = grants.admit(
        session, device=grant.device_hash, plan=plan.name, seconds=plan.session, portal=grant.portal, way=proof.way, terms=grant.terms,
        language=grant.language, client=grant.client, access_point=grant.access_point, ssid=grant.ssid, site=grant.site, account=account,
        provisional=False, now=now,
    )  # fmt: skip
    if proof.then is not None:
        proof.then(kept)
    consents.agreed(session, account, consents.TERMS, kept.terms, kept.language, kept.portal, now)
    left = remainders.left(plan, used, kept.ends_at, now)
    way = world.families[door.gateway.family].limit(targets.of(stay.visit.arrival), plan, left, door.gateway)
    tell(session, world.privacy, OrderKind.LIMIT, way, kept, stay, now)
    return Confirmed(kept, account)


def _stay(world: World, challenge: Challenge, grant: Grant) -> Stay:
    """The device that asked, as it was known then: whoever opens the link is another."""
    target = targets.unpack(world.privacy.opened(challenge.target, "challenge", challenge.id, "target"))
    return Stay(grant.id, Visit("", targets.arrival(target), ""))
