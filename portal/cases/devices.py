"""An account's devices: named, put out, forgotten, and one added that has no browser, by its address.

Theory of operation. Whoever knows an address may type it, and addresses can be heard in the air. So a device that somebody
else signed in with is never taken from them, and nobody is told that it is known here: the answer is that of any other device,
and what is written stands for nothing (`_stand_in`). Of a device that was added nobody is shown when or where it is online.

Never ends a session of another account's, never decides what the plan does not allow.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final

from portal.cases.orders import order
from portal.cases.standing import FORGOTTEN
from radius.nas import mac, targets
from radius.nas.family import Means
from store import belongings, grants, guesses, outbox, vouchers
from store.models import Device, Grant, Order, OrderKind, Via

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.doors import Door, Doors
    from radius.nas.family import Arrival, Family
    from store.belongings import Belonging
    from store.privacy import Privacy

LABEL: Final = 40  # characters of what a device is called
MOST_ADDED: Final = 20  # of one account a day: whoever needs more is trying addresses out
DAY: Final = timedelta(days=1)
_VIA: Final = {Means.RADIUS: Via.RADIUS, Means.HTTP: Via.HTTP, Means.POLL: Via.POLL}


class No(Enum):
    """Why a device cannot be added; the value is its line of documentation."""

    ADDRESS = "That is no address of a device."
    OWN = "It is the address of the device that asks."
    OFFLINE = "No grant of the account's lives whose time the device could share."
    FAMILY = "The gateway cannot let a device in by its address."
    FULL = "The account has as many devices as its plan or voucher allows."
    OFTEN = "As many were added today as may be."


@dataclass(frozen=True, slots=True)
class World:
    """What the cases of devices need beside the account."""

    privacy: Privacy
    doors: Doors
    families: Mapping[str, Family]
    arrival: Arrival | None = None  # of the device that asks


def put_out(session: Session, world: World, grant: Grant, why: str, now: datetime) -> bool:
    """End a grant and have its gateway told; False where it was over."""
    if grant.ends_at <= now or not grants.revoke(session, grant, why, now):
        return False
    tell(session, world, grant, now)
    return True


def tell(session: Session, world: World, grant: Grant, now: datetime) -> None:
    """Have the gateway told that this grant is over: each of its open sessions, else the guest whom it was told to let in."""
    known = grants.open_sessions(session, grant)
    for each in known:
        if (via := _via(world, each.client)) is not None:
            queued = outbox.queue(session, OrderKind.REVOKE, each.id, now, via=via, details={"plan": grant.plan})
            queued.grant_id, queued.client = grant.id, each.client
    let_in = outbox.latest(session, grant.id, OrderKind.GRANT)
    if known or (via := _via(world, grant.client)) is None:
        return
    if let_in is not None and let_in.target is not None:
        octets = world.privacy.opened(let_in.target, Order.__tablename__, str(let_in.id), "target")
        order(session, world.privacy, OrderKind.REVOKE, via, grant, let_in.client, targets.unpack(octets), now)
    elif world.arrival is not None and world.privacy.device(world.arrival.station) == bytes(grant.device_hash):
        order(session, world.privacy, OrderKind.REVOKE, via, grant, grant.client, targets.of(world.arrival), now)


def _via(world: World, client: str) -> Via | None:
    door = world.doors.named(client)
    return _VIA.get(world.families[door.gateway.family].ends) if door is not None else None


def rename(session: Session, privacy: Privacy, found: Belonging, account: str, label: str) -> None:
    """What its owner calls it; nothing: as we do."""
    row = session.get(Device, found.hash, with_for_update={"key_share": True})
    if row is not None and row.account_id == account:
        said = " ".join("".join(each for each in label if each.isprintable()).split())[:LABEL]
        row.label = privacy.sealed(said.encode("utf-8", "replace"), "device", found.hash.hex(), "label")


def forget(session: Session, world: World, found: Belonging, account: str, now: datetime) -> None:
    """Put it out, and let it be nobody's; its hash goes with the last of its grants (store/retention.py)."""
    row = session.get(Device, found.hash, with_for_update={"key_share": True})
    if row is not None and row.account_id == account:
        row.account_id = row.label = row.added_at = None
    if found.grant is not None:
        put_out(session, world, found.grant, FORGOTTEN, now)


def add(session: Session, world: World, account: str, spelling: str, label: str, now: datetime) -> Grant | No:
    """Let a device in by its address, for as long as the account's own device."""
    station = station_of(spelling)
    if not station:
        return No.ADDRESS
    if world.arrival is not None and station == world.arrival.station:
        return No.OWN
    shared = sharing(session, world, account, now)
    if isinstance(shared, No):
        return shared
    source, door = shared
    device = _stand_in(session, world.privacy, account, station, now)
    plan = door.plans[source.plan]
    if not vouchers.room(session, account, device) or not grants.room(session, account, device, plan.devices, now):
        return No.FULL
    name = guesses.named(world.privacy, "device added", account.encode())
    if guesses.taken(session, name, now, most=MOST_ADDED, window=DAY) is not None:
        return No.OFTEN
    grant = grants.admit(
        session, device=device, plan=source.plan, seconds=max(int((source.ends_at - now).total_seconds()), 1), portal=source.portal,
        way=source.way, terms=source.terms, language=source.language, client=door.gateway.name, access_point="", ssid="", site=door.site,
        account=account, provisional=False, now=now,
    )  # fmt: skip
    session.get_one(Device, device, populate_existing=True).added_at = now
    found = belongings.device(session, world.privacy, account, belongings.ref(world.privacy, account, device), now)
    if found is not None:
        rename(session, world.privacy, found, account, label)
    return grant


def station_of(spelling: str) -> str:
    """AA-BB-CC-DD-EE-FF of any spelling of one device's address; "" for none, a group's, or nobody's."""
    station = mac.read(spelling.strip())
    group = bool(station) and int(station[:2], 16) & 1  # IEEE 802: the group bit; broadcast has it, too
    return "" if not station or group or station == "00-00-00-00-00-00" else station


def private(station: str) -> bool:
    """Whether the address is one that a device has made up, and may change (IEEE 802: the local bit)."""
    return bool(int(station[:2], 16) & 2)


def sharing(session: Session, world: World, account: str, now: datetime) -> tuple[Grant, Door] | No:
    """The grant whose time a device would share, and where; or why none can."""
    mine = [grant for grant in grants.devices(session, account, now) if not grant.provisional]
    if not mine:
        return No.OFFLINE
    source = max(mine, key=lambda grant: grant.ends_at)
    door = world.doors.named(source.client, source.site)
    if door is None or source.plan not in door.plans:
        return No.OFFLINE
    return (source, door) if world.families[door.gateway.family].radius else No.FAMILY


def _stand_in(session: Session, privacy: Privacy, account: str, station: str, now: datetime) -> bytes:
    """The device; where it is somebody else's, a hash that no station has, so that the answer is the same and nothing happens."""
    device = privacy.device(station)
    row, live = session.get(Device, device), grants.live(session, device, now)
    theirs = (row is not None and row.account_id not in (None, account)) or (live is not None and live.account_id != account)
    return privacy.device(f"{station} of {account}") if theirs else device
