"""How an order is carried out: whom it means, by which way of its NAS's family. For all who carry orders out.

Whom an order means, its plan and what is left of it are looked up when it is carried out, not when it was queued: a grant
that was revoked meanwhile lets nobody in. Never speaks to anyone, and never says a station or a secret in its words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from proxeny import doors
from radius.nas import FAMILIES, targets
from radius.nas.family import Login, Refused, Target
from radius.nas.plan import Usage, remaining
from store import grants, outbox, usage
from store.models import OrderKind, Session

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from sqlalchemy.orm import Session as Database

    from proxeny.network import Client, Network
    from radius.nas.family import Family, Gateway, Way
    from radius.nas.plan import Plan
    from store.models import Grant, Order
    from store.privacy import Privacy


def client(database: Database, order: Order, network: Network) -> Client | str:
    """The gateway that an order is for, or why there is none."""
    session = database.get(Session, order.session_id) if order.session_id and not order.client else None
    name = order.client or (session.client if session else "")
    found: Client | None = network.rows["client"].get(name)  # type: ignore[assignment]  # rows of one section are of one kind
    if found is None:
        return f"the client {name} is not in the network any more" if name else "nothing says which gateway it is for"
    return found


def way(database: Database, order: Order, client: Client, network: Network, marks: Privacy, now: datetime) -> Way:
    """What the family says of this order, now."""
    door, family = gateway(client, network), FAMILIES[client.nas]
    whom = target(database, order, marks)
    if order.kind in (OrderKind.DISCONNECT, OrderKind.REVOKE):
        return family.disconnect(whom, door)
    grant = grants.of(database, order.grant_id) if order.grant_id else None
    if grant is None or grant.revoked_at is not None or grant.ends_at <= now:
        return Refused("the grant has ended")
    offered = plan(grant, network)
    if offered is None:
        return Refused(f"the plan {grant.plan} is not in the network any more")
    used = usage.of(database, grants.subject(grant), now, zone(network))
    left = remaining(offered, Usage(*used), grant.ends_at.timestamp(), now.timestamp())
    if order.kind is OrderKind.LIMIT:
        return family.disconnect(whom, door) if left.spent else family.limit(whom, offered, left, door)
    if left.spent:
        return Refused(left.spent.value)
    return family.let_in(targets.arrival(whom), door, _login(database, grant, family, door, marks, now), offered, left)


def gateway(client: Client, network: Network) -> Gateway:
    """A client as its family sees it."""
    return doors.gateway(client, network.portal_url)


def target(database: Database, order: Order, marks: Privacy) -> Target:
    """Whom an order means: as its session's records say, with what its own seal or its grant's first order adds."""
    row = database.get(Session, order.session_id) if order.session_id else None
    sealed = order if order.target else None
    if sealed is None and (grant := order.grant_id or (row.grant_id if row is not None else None)):
        sealed = outbox.latest(database, grant, OrderKind.GRANT)  # the NAS's own name of the session, its port
        if sealed is not None and row is not None and sealed.client != row.client:
            sealed = None  # the guest came in through another gateway
    known = targets.unpack(marks.opened(sealed.target, "outbox", str(sealed.id), "target")) if sealed is not None else Target()
    if row is None:
        return known
    return known._replace(
        station=marks.opened(row.station_sealed, "session", row.id, "station_sealed").decode() or known.station,
        user_name=marks.opened(row.user_sealed, "session", row.id, "user_sealed") or known.user_name,
        acct_session_id=row.acct_session_id,
        nas_identifier=row.nas_identifier,
        nas_address=row.nas_address or known.nas_address,
        address=row.framed_ip or known.address,
        access_point=row.bssid or known.access_point,
        ssid=row.ssid or known.ssid,
        used_seconds=row.seconds,
        used_octets=row.input_octets + row.output_octets,
    )


def plan(grant: Grant, network: Network) -> Plan | None:
    """The plan of a grant; None where it is not offered any more."""
    row = network.rows["plan"].get(grant.plan)
    return doors.plan(row) if row is not None else None  # type: ignore[arg-type]  # rows of one section are of one kind


def zone(network: Network) -> tzinfo:
    """Where days turn; UTC where this machine does not know the operator's time zone."""
    try:
        return ZoneInfo(network.operator.timezone if network.operator else "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _login(database: Database, grant: Grant, family: Family, gateway: Gateway, marks: Privacy, now: datetime) -> Login:
    """One-time credentials for a controller that asks us by RADIUS; made here, so that no order ever holds them."""
    if not family.radius:
        return Login("", "")
    return Login(*grants.token(database, marks.seal, grant, gateway.name, now))
