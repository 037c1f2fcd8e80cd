"""The grants that somebody asks about, each with what is known of it: by support number, grant, session or device.

Never changes anything, and never finds a guest by a fragment.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from proxeny import ways
from proxeny.guest_story import Stay
from proxeny.places import Places
from radius.nas.plan import Remaining, Usage, remaining
from radius.text import mac
from store import grants, trace, usage
from store.models import Order
from store.models import Session as Accounting

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from proxeny.network import Network
    from store.models import AuthEvent, Grant
    from store.privacy import Privacy


def found(session: Session, what: str, network: Network, marks: Privacy, now: datetime, most: int) -> list[Stay]:
    """The stays meant, newest first."""
    station = mac(what.encode())
    known = grants.of_device(session, marks.device(station), most) if station else grants.told_of(session, what, most)
    if not known and not station:
        of_session = select(Accounting.grant_id).where(or_(Accounting.id == what, Accounting.acct_session_id == what)).limit(most)
        known = [grant for name in session.scalars(of_session) if name and (grant := grants.of(session, name))]
    return _stays(session, known, network, now)


def _stays(session: Session, known: Sequence[Grant], network: Network, now: datetime) -> list[Stay]:
    names = [grant.id for grant in known]
    sessions: defaultdict[str, list[Accounting]] = defaultdict(list)
    for each in session.scalars(select(Accounting).where(Accounting.grant_id.in_(names)).order_by(Accounting.started_at)):
        sessions[each.grant_id or ""].append(each)
    orders: defaultdict[str, list[Order]] = defaultdict(list)
    for order in session.scalars(select(Order).where(Order.grant_id.in_(names)).order_by(Order.id)):
        orders[order.grant_id].append(order)
    logins: defaultdict[str, list[AuthEvent]] = defaultdict(list)
    for login in trace.of_grants(session, names):
        logins[login.grant_id or ""].append(login)
    used = usage.many(session, {grants.subject(grant) for grant in known}, now, ways.zone(network))
    stays, places = [], Places(network)
    for grant in known:
        plan, own = ways.plan(grant, network), Usage(*used[grants.subject(grant)])
        left = remaining(plan, own, grant.ends_at.timestamp(), now.timestamp()) if plan is not None else Remaining()
        point = places.at(grant.access_point, grant.client).access_point
        stays.append(Stay(grant, plan, own, left, sessions[grant.id], orders[grant.id], logins[grant.id], point))
    return stays


def logins(events: Collection[AuthEvent], stays: Sequence[Stay], most: int) -> list[AuthEvent]:
    """The logins found, and those of the stays, newest first and each once."""
    every = {event.id: event for event in (*events, *(login for stay in stays for login in stay.logins))}
    return sorted(every.values(), key=lambda event: (event.at, event.id), reverse=True)[:most]
