"""A store for tests of the porter: an engine over a fresh file, its seal, and grants that live now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from proxeny.network import Network, Operator, Plan, Portal, Site
from store import grants, keys
from store.models import Device, Grant, GrantFeed, Way
from store.schema import prepare
from store.session import transaction
from tests.store.shaped import shape

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from store.sealed import Seal

PHONE, LAPTOP, TABLET = b"p" * 16, b"l" * 16, b"t" * 16


@dataclass(frozen=True, slots=True)
class Store:
    """A database of its own."""

    url: str
    engine: Engine
    seal: Seal

    def admit(self, device: bytes = PHONE, **changed: Any) -> str:
        """A guest let in now; the grant's id."""
        with transaction(self.engine) as session:
            return admit(session, device, **changed).id

    def account(self, name: bytes = b"i" * 16) -> str:
        with transaction(self.engine) as session:
            return grants.account(session, Way.CARD, name, datetime.now(UTC)).id

    def crowd(self, begin: int, count: int) -> None:
        """Grants of so many devices, written at once: what `admit` would have written one by one."""
        now = datetime.now(UTC)
        devices = [number.to_bytes(16, "big") for number in range(begin, begin + count)]
        with transaction(self.engine) as session:
            session.execute(insert(Device), [{"hash": each, "first_seen": now, "last_seen": now} for each in devices])
            first = grants.newest(session) + 1
            fields = {"plan": "day", "way": Way.TERMS, "starts_at": now, "ends_at": now + timedelta(hours=2)}
            session.execute(insert(Grant), [{**fields, "device_hash": each, "changed": at} for at, each in enumerate(devices, first)])
            session.merge(GrantFeed(id=1, number=first + count - 1))

    def revoke(self, grant: str) -> None:
        with transaction(self.engine) as session:
            grants.revoke(session, session.get_one(Grant, grant), "asked", datetime.now(UTC))


def made(folder: Path) -> Store:
    """As proxeny would have made it: tables, key file, keys."""
    url = f"sqlite:///{folder}/proxeny.db"
    shape(folder / "proxeny.db")
    database = prepare(url)
    with transaction(database) as session:
        seal = keys.unlock(session, folder / "keys" / "seal.key")
        keys.named(session, seal, keys.ACCOUNT, datetime.now(UTC))
    return Store(url, database, seal)


def admit(session: Session, device: bytes = PHONE, **changed: Any) -> Grant:
    """Two hours under the plan `day`, from now."""
    fields = {"plan": "day", "seconds": 7200, "portal": "main", "way": Way.TERMS, "terms": "", "language": "en", "client": "nas"}
    place = {"access_point": "", "ssid": "", "site": "library", "account": None, "provisional": False, "now": datetime.now(UTC)}
    return grants.admit(session, device=device, **{**fields, **place, **changed})


def network(**plans: Plan) -> Network:
    """A library with a portal: a plan for the day, another for those with a card."""
    known = {"day": Plan("day", session=7200), "card": Plan("card", session=14_400, devices=2, simultaneous=1), **plans}
    rows = Network().rows | {
        "operator": {"": Operator("city-of-example", timezone="America/Toronto")},
        "plan": known,
        "portal": {"main": Portal("main", plan="day", plans={"card": "card"})},
        "site": {"library": Site("library", "Library", portal="main"), "square": Site("square", "Square")},
    }
    return Network(rows, version=1, proxy_tag=b"tag1")
