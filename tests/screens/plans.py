"""Plans and certificates as pages show them: guests online and near their limit, a change that gateways answered to, and our own papers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from portal.cases import key_files
from portal.cases.own_certificates import Listener
from store import audit, grants, listener_keys
from store.models import GuestUsage, ManagedBy, Order, OrderKind, OrderState, Period, Plan, SessionStatus, Via
from tests.portal.papers import WIFI, Maker, pem
from tests.store import guests, rows

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.portal.staffroom import Room

OPS = "ops@city.example"
STATES = (OrderState.DONE, OrderState.DONE, OrderState.DONE, OrderState.FAILED, OrderState.QUEUED)
USED = (120_000_000, 640_000_000, 870_000_000, 930_000_000, 1_000_000_000)  # octets of today


def plans(session: Session, room: Room, more: int) -> None:
    """The library's plan in use, the network file's, and so many that nobody has."""
    named = {"resident": ManagedBy.FILE, **{f"event-{number:03}": ManagedBy.APP for number in range(more)}}
    for name, managed in named.items():
        session.add(
            Plan(name=name, session=86_400, month_data=10**11, down=50 * 10**6, up=10**7, devices=5, idle=1_800, managed_by=managed)
        )
    session.flush()
    act = audit.Act(OPS, "change", "plan", "visitor", {"down": ("20 Mbit/s", "10 Mbit/s"), "devices": (1, 2)})
    audit.record_all(session, room.privacy, [act], room.time - timedelta(minutes=4))
    for number, (state, used) in enumerate(zip(STATES, USED, strict=True)):
        _guest(session, room, number, state, used)


def _guest(session: Session, room: Room, number: int, state: OrderState, used: int) -> None:
    grant = guests.admit(session, bytes([200 + number]) * 16, room.time - timedelta(minutes=30), client="gateway-01")
    stay = rows.session(
        room.privacy.seal, f"06h0plan0000000{number}", client="gateway-01", started_at=grant.starts_at, updated_at=room.time
    )
    stay.status, stay.grant_id, stay.acct_session_id = SessionStatus.OPEN, grant.id, f"S-{number:04}"
    session.add(stay)
    begins = room.time.replace(hour=4)
    usage = GuestUsage(subject=grants.subject(grant), period=Period.DAY, begins_at=begins, ends_at=begins + timedelta(days=1), octets=used)
    session.add(usage)
    at = room.time - timedelta(minutes=4)
    order = Order(
        kind=OrderKind.LIMIT, via=Via.RADIUS, state=state, session_id=stay.id, grant_id=grant.id, client="gateway-01", queued_at=at
    )
    if state is not OrderState.QUEUED:
        order.settled_at = at + timedelta(seconds=1)
    if state is OrderState.FAILED:
        order.error_cause = 503
    order.outcome = {OrderState.DONE: "ACK", OrderState.FAILED: "NAK 503 Session-Context-Not-Found"}.get(state, "")
    session.add(order)


def papers(session: Session, room: Room) -> None:
    """One certificate in use, one before it, one that waits to be used, one that waits for its authority; and a file with a fault."""
    maker, seal = Maker(), room.privacy.seal
    made = []
    for ends in (200, 12, -20):
        key, request = key_files.request([WIFI], "EC P-256")
        public = load_pem_private_key(key, None).public_key()
        leaf = maker.certificate(public, WIFI, begins=timedelta(days=-300), ends=timedelta(days=ends))
        kept = {"chain": pem(leaf, maker.above).decode(), "ends_at": room.time + timedelta(days=ends), "request": request}
        now = room.time - timedelta(days=300 - ends)
        made.append(listener_keys.add(session, seal, "guest", key, by=OPS, now=now, **kept))
    listener_keys.use(session, made[2], room.time - timedelta(days=300))
    listener_keys.use(session, made[1], room.time - timedelta(days=60))
    key, request = key_files.request([WIFI, "guest.city.example"], "RSA 3072")
    listener_keys.add(session, seal, "guest", key, by=OPS, now=room.time - timedelta(hours=1), request=request)
    old = maker.certificate(load_pem_private_key(key, None).public_key(), "www.city.example", ends=timedelta(days=4))
    listeners = [
        Listener("guest", f"https://{WIFI}", (WIFI,), kept=True),
        Listener("staff", "https://staff.city.example", ("staff.city.example",), kept=False, file="staff.pem", chain=pem(old)),
    ]
    room.tools["listeners"] = lambda: listeners
