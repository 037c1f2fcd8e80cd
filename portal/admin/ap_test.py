""" "Test this access point": a checklist that fills while somebody stands there with a phone, for a minute.

It reads what the recorder wrote since the test began; that moment is in the address, and no row is kept of it. Never sends
anything by itself: the one order is asked for, and is about a station that nobody has.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, abort, g, redirect, request
from sqlalchemy import select

from portal.admin import ap_checks, ap_places, entries, gateways_fields
from portal.admin.desk import desk
from portal.admin.guard import audited, needs
from portal.admin.page import page
from portal.permissions import Permission
from radius.nas import FAMILIES, targets
from radius.nas.family import Means, Target
from store import ap_seen, outbox
from store.models import AccessPoint, Client, OrderKind, OrderState, Ssid

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from store.ap_seen import Seen

WHERE: Final = "/access-points"
LASTS: Final = timedelta(seconds=60)  # a test
OLDEST: Final = timedelta(hours=1)  # of a test that is looked at again
blueprint = Blueprint("ap_test", __name__, url_prefix=WHERE)


@blueprint.get("/<path:name>/test")
@needs(Permission.NETWORK)
def show(name: str) -> ResponseReturnValue:
    """The checklist; before it began, what it is."""
    where = f"{entries.at(WHERE, name)}/test"
    if request.args.get("begin"):
        return redirect(f"{where}?begun={int(g.now.timestamp())}", 303)
    begun = _begun()
    with desk().reading() as session:
        point, client = _found(session, name)
        lines, seen = _lines(session, point, client, begun) if begun is not None else ([], None)
    over = begun is not None and g.now >= begun + LASTS
    pending = seen is not None and seen.order is not None and seen.order.state in (OrderState.QUEUED, OrderState.CLAIMED)
    return page(
        "ap_test.html",
        point=point,
        client=client,
        about=gateways_fields.about(client.nas if client is not None else "generic"),
        speaks=client is None or client.radius,
        lines=lines,
        begun=begun,
        stamp=int(begun.timestamp()) if begun is not None else 0,
        over=over,
        left=max(0, round((begun + LASTS - g.now).total_seconds())) if begun is not None else 0,
        live=begun is not None and (not over or pending),
        here=entries.at(WHERE, name),
        where=where,
    )


@blueprint.post("/<path:name>/test")
@needs(Permission.NETWORK_ACT)
def ask(name: str) -> ResponseReturnValue:
    """An order about nobody: a NAS that hears it answers NAK 503, or ACK; either proves its port and its secret."""
    begun = _begun() or g.now
    with desk().writing() as session:
        point, client = _found(session, name)
        if client is None:
            abort(409)
        seen = ap_seen.seen(session, name, client.name, begun)
        if not _takes_orders(client):
            abort(409)
        _queue(session, client, seen)
        audited(session, "test", "access_point", point.name)
    return redirect(f"{entries.at(WHERE, name)}/test?begun={int(begun.timestamp())}", 303)


def _queue(session: Session, client: Client, seen: Seen) -> None:
    digits = desk().entropy(5).hex().upper()
    station = "-".join(("02", *(digits[at : at + 2] for at in range(0, 10, 2))))  # locally administered: no device's own
    words = (("source", seen.way[0]), ("local", seen.way[1])) if seen.way is not None else ()
    whom = Target(station=station, user_name=station.encode(), acct_session_id=f"proxeny-test-{digits}", words=words)
    order = outbox.queue(session, OrderKind.DISCONNECT, "", g.now)
    order.client = client.name
    order.target = desk().privacy.sealed(targets.pack(whom), "outbox", str(order.id), "target")


def _begun() -> datetime | None:
    """When it began, as the address says; None for no time, or one too long ago."""
    said = request.args.get("begun", "")
    if not (said.isascii() and said.isdigit() and len(said) < 12):
        return None
    moment = datetime.fromtimestamp(int(said), UTC)
    return moment if g.now - OLDEST <= moment <= g.now + timedelta(seconds=5) else None


def _found(session: Session, name: str) -> tuple[AccessPoint, Client | None]:
    point = session.get(AccessPoint, name)
    if point is None:
        abort(404)
    return point, session.get(Client, point.client) if point.client else None


def _lines(session: Session, point: AccessPoint, client: Client | None, begun: datetime) -> tuple[list[Any], Seen]:
    seen = ap_seen.seen(session, point.name, client.name if client is not None else None, begun)
    if client is None and (spoke := next((each.client for each in seen.words), "")):
        client = session.get(Client, spoke)
    asked = ap_checks.Asked(
        name=point.name,
        mac=point.mac or "",
        client=client.name if client is not None else "",
        addresses=tuple(client.addresses) if client is not None else (),
        ssids=frozenset(session.scalars(select(Ssid.name))),
        ports=_ports(),
        orders=client is not None and _takes_orders(client),
        over=g.now >= begun + LASTS,
    )
    return ap_checks.lines(asked, seen, ap_places.of(client.nas if client is not None else "generic")), seen


def _takes_orders(client: Client) -> bool:
    return client.radius and client.nas in FAMILIES and FAMILIES[client.nas].ends is Means.RADIUS


def _ports() -> str:
    radius = desk().tools["settings"]().radius
    return f"{radius.auth[0].port}, {radius.acct[0].port}" if radius is not None and radius.auth and radius.acct else ""
