"""A guest is let in: the proof of whichever way, the grant, what the gateway is told, where the guest goes next; one transaction.

What was used up stays used up: then no grant is made. A gateway that asks us by RADIUS gets one-time credentials, never
the guest's own. Never waits for anyone, and never sends a browser to an origin that the door does not reach.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from portal.cases import remainders
from portal.cases.orders import VIA, given, order
from portal.cases.proof import Denied
from radius.nas import targets
from radius.nas.family import Browse, Login, Means, Refused
from radius.nas.query import allowed
from store import consents, grants
from store.models import OrderKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.capabilities import Visit
    from portal.cases.proof import Proof, Prove
    from portal.doors import Door
    from radius.nas import family as nas
    from radius.nas.family import Arrival, Family
    from radius.nas.plan import Spent
    from store.models import Grant
    from store.privacy import Privacy

HOUR: Final = timedelta(hours=1)
MOST: Final = 20  # grants of one device within it: each is a row, and a guest needs one


class NoWayError(Exception):
    """The gateway's family lets nobody in like this; the text is for staff. It undoes the transaction."""


class TooOftenError(Exception):
    """This device has been given so many grants within the hour that somebody plays with its button."""


class Onward(NamedTuple):
    """There is a grant: `browse` where the browser goes to the gateway, `order` where the gateway is told by others."""

    grant: Grant
    browse: Browse | None = None
    order: int | None = None
    proven: str = ""  # the account that was proven just now


class Exhausted(NamedTuple):
    """Nothing is left; `back_at` in seconds since 1970, None: at once."""

    why: Spent
    back_at: float | None
    support: str = ""  # of the grant under which it was used, where one is known


class Crowded(NamedTuple):
    """This account has as many devices online as its plan allows."""

    account: str  # "" where it was not proven just now
    devices: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What the guest accepted, and how."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class World:
    """What connecting needs beside the guest."""

    privacy: Privacy
    zone: str  # the operator's
    back: Callable[[Grant], str]  # our page, to which the gateway sends the browser afterwards


def connect(
    session: Session, world: World, visit: Visit, door: Door, family: Family, terms: Terms, prove: Prove, now: datetime
) -> Onward | Exhausted | Crowded | Denied:
    """Let this guest in by what `prove` gives. Raises NoWayError where the family knows no way, and TooOftenError."""
    device = world.privacy.device(visit.arrival.station)
    if not device:
        raise NoWayError("the gateway did not say which device this is")
    proof = prove(session, now)
    if isinstance(proof, Denied):
        return proof
    plan = proof.plan
    held = grants.live(session, device, now)
    if held is None and grants.begun_since(session, device, now - HOUR) >= MOST:
        raise TooOftenError
    used = remainders.used(session, _subject(proof, held, device), now, world.zone)
    spent = remainders.left(plan, used, None, now).spent
    if spent is not None:
        last = [held] if held is not None else grants.of_device(session, device, 1)  # staff look a guest up by what it shows
        return Exhausted(spent, remainders.back_at(spent, used), last[0].support if last else "")
    if proof.account is not None and not grants.room(session, proof.account, device, plan.devices, now):
        return Crowded(proven(proof), plan.devices or 0)
    grant = _admit(session, device, proof, door, visit, terms, now)
    _settle(session, proof, grant, now)
    login = _login(session, world.privacy, family, grant, door, now)
    arrival = replace(visit.arrival, back=world.back(grant))
    way = family.let_in(arrival, door.gateway, login, plan, remainders.left(plan, used, grant.ends_at, now))
    return _onward(session, world.privacy, way, grant, door, family, arrival, login, now)._replace(proven=proven(proof))


def _settle(session: Session, proof: Proof, grant: Grant, now: datetime) -> None:
    """The proof is used, and what its guest agreed to is written down."""
    if proof.then is not None:
        proof.then(grant)
    if (account := proof.account) is not None and proof.fresh and not proof.provisional:
        consents.agreed(session, account, consents.TERMS, grant.terms, grant.language, grant.portal, now)


def proven(proof: Proof) -> str:
    """The account that was proven just now, on this device; "" for none."""
    return proof.account if proof.account is not None and proof.opens and proof.fresh and not proof.provisional else ""


def _subject(proof: Proof, held: Grant | None, device: bytes) -> str:
    """Whose usage counts: the account that was proven; else that of the grant which goes on, else the device."""
    if proof.account is not None:
        return proof.account
    return grants.subject(held) if held is not None else f"d{device.hex()}"


def _admit(session: Session, device: bytes, proof: Proof, door: Door, visit: Visit, terms: Terms, now: datetime) -> Grant:
    lasts = [seconds for seconds in (proof.plan.session, proof.seconds) if seconds is not None]
    return grants.admit(
        session,
        device=device,
        plan=proof.plan.name,
        seconds=min(lasts) if lasts else None,
        portal=door.words.portal,
        way=proof.way,
        terms=consents.words(terms.text),
        language=terms.language,
        client=door.gateway.name,
        access_point=visit.arrival.access_point,
        ssid=visit.arrival.ssid,
        site=door.site,
        account=proof.account,
        provisional=proof.provisional,
        now=now,
        support=visit.number,
    )


def _login(session: Session, privacy: Privacy, family: Family, grant: Grant, door: Door, now: datetime) -> Login:
    """Credentials for families whose gateway repeats them to us."""
    if not family.radius or family.grants not in {Means.BROWSER, Means.HTTP}:
        return Login("", "")
    held = grants.fresh(session, privacy.seal, grant, door.gateway.name, now)
    return Login(*(held or grants.token(session, privacy.seal, grant, door.gateway.name, now)))


def _onward(
    session: Session,
    privacy: Privacy,
    way: nas.Way,
    grant: Grant,
    door: Door,
    family: Family,
    arrival: Arrival,
    login: Login,
    now: datetime,
) -> Onward:
    """What the family said, as what happens next."""
    if isinstance(way, Refused):
        raise NoWayError(way.why)
    if isinstance(way, Browse):
        if not allowed(way.url, family.reaches(arrival, door.gateway)):
            raise NoWayError("the family sends this guest to an address that is not registered")
        return Onward(grant, browse=way)
    target, via = targets.of(arrival, login.name), VIA[type(way)]
    queued = given(session, privacy, grant, door.gateway.name, target, now)
    return Onward(grant, order=(queued or order(session, privacy, OrderKind.GRANT, via, grant, door.gateway.name, target, now)).id)
