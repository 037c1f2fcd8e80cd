"""The declared network: read whole, changed row by row, each change counted in the same transaction.

Also the access points that spoke undeclared, for adoption. Never opens a seal and never judges a row: that is the
composition root's part, which checks the whole before it takes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, text

from store.ids import new_key
from store.models import (
    AccessPoint,
    Client,
    District,
    Home,
    Hygiene,
    NetworkVersion,
    Operator,
    Plan,
    Policy,
    Portal,
    Realm,
    Site,
    Ssid,
    UnknownAccessPoint,
)
from store.session import affected, insert

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

NetworkRow = Operator | District | Plan | Portal | Ssid | Site | Client | AccessPoint | Home | Realm | Policy | Hygiene


@dataclass(frozen=True, slots=True)
class Rows:
    """The whole network as it is kept: secrets sealed, realms and policies in their order."""

    version: int
    operator: Operator | None
    districts: tuple[District, ...]
    plans: tuple[Plan, ...]
    portals: tuple[Portal, ...]
    ssids: tuple[Ssid, ...]
    sites: tuple[Site, ...]
    clients: tuple[Client, ...]
    access_points: tuple[AccessPoint, ...]
    homes: tuple[Home, ...]
    realms: tuple[Realm, ...]
    policies: tuple[Policy, ...]
    hygiene: tuple[Hygiene, ...]


def rows(session: Session) -> Rows:
    """Every row of the network."""
    return Rows(
        version=version(session),
        operator=session.scalar(select(Operator)),
        districts=tuple(session.scalars(select(District).order_by(District.name))),
        plans=tuple(session.scalars(select(Plan).order_by(Plan.name))),
        portals=tuple(session.scalars(select(Portal).order_by(Portal.name))),
        ssids=tuple(session.scalars(select(Ssid).order_by(Ssid.name))),
        sites=tuple(session.scalars(select(Site).order_by(Site.id))),
        clients=tuple(session.scalars(select(Client).order_by(Client.name))),
        access_points=tuple(session.scalars(select(AccessPoint).order_by(AccessPoint.name))),
        homes=tuple(session.scalars(select(Home).order_by(Home.name))),
        realms=tuple(session.scalars(select(Realm).order_by(Realm.position, Realm.match))),
        policies=tuple(session.scalars(select(Policy).order_by(Policy.position, Policy.name))),
        hygiene=tuple(session.scalars(select(Hygiene).order_by(Hygiene.realm))),
    )


def version(session: Session) -> int:
    """How often the network has changed; 0 before the first time."""
    return session.scalar(select(NetworkVersion.version)) or 0


def alone(session: Session) -> None:
    """Let no one else change the network until this transaction ends. SQLite's transactions are alone anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE network_version IN EXCLUSIVE MODE"))  # readers go on reading


def put(session: Session, changed: Iterable[NetworkRow], now: datetime) -> None:
    """Write these rows, new or over those of the same name, and count the version up.

    A column that was never set on a given row keeps its stored value: a client without `secret` keeps its secret.
    """
    rows = list(changed)
    there = _there(session, rows)
    with session.no_autoflush:  # written kind by kind: row by row, ten thousand take seconds more
        for kind, some in groupby(rows, type):
            for row in some:
                if (kind, _place(row)[1]) in there:
                    session.merge(row)
                else:
                    session.add(row)
            session.flush()
    _forget_known(session, [point.mac for point in rows if isinstance(point, AccessPoint) and point.mac])
    _count(session, now)


def _there(session: Session, rows: Iterable[NetworkRow]) -> dict[tuple[type[Any], Any], Any]:
    """Those that are stored by now, some statements for any number: held on to, so that none is looked up again."""
    names: dict[type[Any], list[Any]] = {}
    for row in rows:
        kind, name = _place(row)
        names.setdefault(kind, []).append(name)
    there = {}
    for kind, wanted in names.items():
        for part in _parts(wanted, 500):
            found = session.scalars(select(kind).where(kind.__mapper__.primary_key[0].in_(part)))
            there.update({_place(row): row for row in found})
    return there


def _place(row: Any) -> tuple[type[Any], Any]:
    return type(row), getattr(row, row.__mapper__.primary_key[0].key)


def remove(session: Session, kind: type[NetworkRow], names: Collection[str], now: datetime) -> int:
    """Take rows away by name, and count the version up; how many there were."""
    column = kind.__mapper__.primary_key[0]
    gone = sum(affected(session.execute(delete(kind).where(column.in_(part)))) for part in _parts(list(names), 500))
    _count(session, now)
    return gone


def free_keys(session: Session, keys: Collection[str]) -> None:
    """Give the holders of these keys other ones: `put` follows, and may hand a key from one client to another."""
    for part in _parts(list(keys), 500):
        for client in session.scalars(select(Client).where(Client.key.in_(part))):
            client.key = new_key()
    session.flush()


def _parts(names: list[Any], size: int) -> Iterable[list[Any]]:
    return (names[at : at + size] for at in range(0, len(names), size))


def _count(session: Session, now: datetime) -> None:
    """Last, so that PostgreSQL holds the row's lock for as short as can be; with the changes, never after them."""
    session.flush()
    first = insert(session, NetworkVersion).values(id=1, version=1, changed_at=now)
    session.execute(first.on_conflict_do_update(index_elements=["id"], set_={"version": NetworkVersion.version + 1, "changed_at": now}))


def unknown(session: Session) -> list[UnknownAccessPoint]:
    """Undeclared access points, the latest seen first; as many as store.sums keeps."""
    return list(session.scalars(select(UnknownAccessPoint).order_by(UnknownAccessPoint.last_seen.desc(), UnknownAccessPoint.id)))


def _forget_known(session: Session, macs: Iterable[str]) -> None:
    """A declared access point is no longer unknown: nor is any BSSID its prefix covers."""
    known: dict[int, set[int]] = {}  # host bits -> the bits before them
    for mac in macs:
        base, _, bits = mac.partition("/")
        shift = 48 - int(bits or 48)
        known.setdefault(shift, set()).add(int(base.replace(":", "").replace("-", ""), 16) >> shift)
    if not known:
        return
    seen = session.execute(select(UnknownAccessPoint.id, UnknownAccessPoint.bssid).where(UnknownAccessPoint.bssid != ""))
    numbers = [(row, int(bssid.replace("-", ""), 16)) for row, bssid in seen]  # store.sums keeps at most ten thousand
    covered = [row for row, number in numbers if any(number >> shift in starts for shift, starts in known.items())]
    for part in (covered[at : at + 500] for at in range(0, len(covered), 500)):
        session.execute(delete(UnknownAccessPoint).where(UnknownAccessPoint.id.in_(part)))
