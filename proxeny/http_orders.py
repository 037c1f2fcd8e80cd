"""Orders that a controller's API carries out: from the row to a conversation, and its outcome back into the row.

Whom an order means, its plan and what is left of it are looked up when it is carried out, not when it was queued: a grant
that was revoked meanwhile lets nobody in. A family may say that it is RADIUS after all; then the recorder gets the order.
Never writes a secret or a station into an outcome of its own, and never carries out what it has not taken.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

from proxeny import doors
from radius.nas import FAMILIES, targets
from radius.nas.family import Calls, Change, Login, Refused, Target
from radius.nas.plan import Plan, Remaining, Usage, remaining
from store import grants, leases, outbox, usage
from store.models import Grant, OrderKind, Session, Via

if TYPE_CHECKING:
    from sqlalchemy.orm import Session as Database

    from proxeny.network import Client, Network
    from radius.nas.family import Family, Gateway, Outcome, Way
    from store.models import Order
    from store.privacy import Privacy

FIRST: Final = timedelta(seconds=1)  # until a second try, then twice as long each time
LONGEST: Final = timedelta(seconds=60)


class Errand(NamedTuple):
    """One order, ready to be carried out."""

    order: int
    client: str
    tries: int
    calls: Calls
    ca: str  # the authority to trust, "" for the system's


def take(database: Database, order: int, network: Network, marks: Privacy, now: datetime) -> Errand | None:
    """The order as an errand; None where another has it, or where there is nothing to carry out: then that is written down."""
    row = leases.take(database, order, Via.HTTP, now)
    if row is None:
        return None
    client = _client(database, row, network)
    if isinstance(client, str):
        outbox.settle(database, order, done=False, outcome=client, now=now)
        return None
    way = _way(database, row, client, network, marks, now)
    if isinstance(way, Calls):
        return Errand(order, client.name, row.tries, way, str(client.options.get("api_ca", "")))
    if isinstance(way, Change):
        leases.hand_over(database, order, Via.RADIUS)
    else:
        why = way.why if isinstance(way, Refused) else "this gateway has no API for it"
        outbox.settle(database, order, done=False, outcome=why, now=now)
    return None


def settle(database: Database, errand: Errand, outcome: Outcome, now: datetime) -> bool:
    """Write down how it ended; False where it waits for another try."""
    if outcome.done or not outcome.again or errand.tries >= outbox.TRIES_BY_JOB:
        outbox.settle(database, errand.order, done=outcome.done, outcome=outcome.text, now=now)
        return True
    leases.put_off(database, errand.order, outcome.text, now + leases.pause(errand.tries, FIRST, LONGEST))
    return False


def wanted(network: Network) -> bool:
    """Whether some gateway of this network is reached by HTTP."""
    families = (FAMILIES.get(row.nas) for row in network.of("client"))
    return any(family is not None and "http" in {family.grants.value, family.ends.value, family.limits.value} for family in families)


def _client(database: Database, order: Order, network: Network) -> Client | str:
    session = database.get(Session, order.session_id) if order.session_id and not order.client else None
    name = order.client or (session.client if session else "")
    found: Client | None = network.rows["client"].get(name)  # type: ignore[assignment]  # rows of one section are of one kind
    if found is None:
        return f"the client {name} is not in the network any more" if name else "nothing says which gateway it is for"
    return found


def _way(database: Database, order: Order, client: Client, network: Network, marks: Privacy, now: datetime) -> Way:
    gateway, family = doors.gateway(client, network.portal_url), FAMILIES[client.nas]
    target = _target(database, order, marks)
    if order.kind in (OrderKind.DISCONNECT, OrderKind.REVOKE):
        return family.disconnect(target, gateway)
    grant = grants.of(database, order.grant_id) if order.grant_id else None
    if grant is None or grant.revoked_at is not None or grant.ends_at <= now:
        return Refused("the grant has ended")
    plan = _plan(grant, network)
    if plan is None:
        return Refused(f"the plan {grant.plan} is not in the network any more")
    left = _left(database, grant, plan, network, now)
    if order.kind is OrderKind.LIMIT:
        return family.disconnect(target, gateway) if left.spent else family.limit(target, plan, left, gateway)
    if left.spent:
        return Refused(left.spent.value)
    return family.let_in(targets.arrival(target), gateway, _login(database, grant, family, gateway, marks, now), plan, left)


def _target(database: Database, order: Order, marks: Privacy) -> Target:
    """As the order says, else as its session's records do."""
    if order.target:
        return targets.unpack(marks.opened(order.target, "outbox", str(order.id), "target"))
    row = database.get(Session, order.session_id) if order.session_id else None
    if row is None:
        return Target()
    return Target(
        station=marks.opened(row.station_sealed, "session", row.id, "station_sealed").decode(),
        user_name=marks.opened(row.user_sealed, "session", row.id, "user_sealed"),
        acct_session_id=row.acct_session_id,
        nas_identifier=row.nas_identifier,
        nas_address=row.nas_address,
        address=row.framed_ip,
        access_point=row.bssid,
        ssid=row.ssid,
        used_seconds=row.seconds,
        used_octets=row.input_octets + row.output_octets,
    )


def _plan(grant: Grant, network: Network) -> Plan | None:
    row = network.rows["plan"].get(grant.plan)
    return doors.plan(row) if row is not None else None  # type: ignore[arg-type]  # rows of one section are of one kind


def _left(database: Database, grant: Grant, plan: Plan, network: Network, now: datetime) -> Remaining:
    zone = ZoneInfo(network.operator.timezone if network.operator else "UTC")
    used = usage.of(database, grants.subject(grant), now, zone)
    return remaining(plan, Usage(*used), grant.ends_at.timestamp(), now.timestamp())


def _login(database: Database, grant: Grant, family: Family, gateway: Gateway, marks: Privacy, now: datetime) -> Login:
    """One-time credentials for a controller that asks us by RADIUS; made here, so that no order ever holds them."""
    if not family.radius:
        return Login("", "")
    return Login(*grants.token(database, marks.seal, grant, gateway.name, now))


def moment() -> datetime:
    """Now, as rows have it."""
    return datetime.now(UTC)
