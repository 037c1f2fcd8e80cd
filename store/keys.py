"""Keys of our own, made once and kept sealed: the trace key, statistics keys, the loop tag. And the first unsealing.

Never makes a key file for a database that already holds sealed rows.
"""

from __future__ import annotations

import hmac
import os
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select

from store.faults import SealError
from store.models import Client, Home, NamedKey
from store.sealed import Seal, Where, create_keys
from store.session import insert

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

TRACE: Final = "trace"
LOOP: Final = "loop"  # its first four octets begin every Proxy-State of ours
DEVICE: Final = "device"  # stations become devices with it, for as long as the installation lives
ACCOUNT: Final = "account"  # verified identities become accounts with it
VISIT: Final = "visit"  # seals what the road and the guest app tell each other of a station
_PROBES: Final = (
    (NamedKey.__table__.c.name, NamedKey.__table__.c.octets),
    (Client.__table__.c.name, Client.__table__.c.secret),
    (Home.__table__.c.name, Home.__table__.c.secret),
)


def unlock(session: Session, path: Path) -> Seal:
    """The seal of this database. Makes the key file on first run; refuses a database whose key is missing or another."""
    sealed = [
        (Where(name.table.name, row, octets.name), value)
        for name, octets in _PROBES
        for row, value in session.execute(select(name, octets))
        if value
    ]
    if sealed and _missing(path):
        raise SealError(f"the database holds sealed secrets, but their key {path} is missing; put it back from where the backups are")
    if not sealed:
        create_keys(path)
    seal = Seal(path)
    for where, value in sealed:
        seal.open(value, where)
    return seal


def _missing(path: Path) -> bool:
    try:
        path.lstat()
    except FileNotFoundError:
        return True
    except OSError:  # we may not look: reading it says why
        return False
    return False


def made(session: Session, names: Collection[str]) -> bool:
    """Whether all of these exist, so that nothing needs to be written."""
    return len(session.scalars(select(NamedKey.name).where(NamedKey.name.in_(names))).all()) == len(names)


def named(session: Session, seal: Seal, name: str, now: datetime) -> bytes:
    """The 32 octets of this name, made and kept on first use; two processes at once get the same."""
    where = Where(NamedKey.__tablename__, name, "octets")
    found = select(NamedKey.octets).where(NamedKey.name == name)
    if (kept := session.scalar(found)) is None:
        row = {"name": name, "octets": seal.close(os.urandom(32), where), "created_at": now}
        session.execute(insert(session, NamedKey).values(row).on_conflict_do_nothing())
        kept = session.scalars(found).one()
    return seal.open(kept, where)


def opened(seal: Seal, name: str, kept: bytes) -> bytes:
    """The octets of this name out of its row."""
    return seal.open(kept, Where(NamedKey.__tablename__, name, "octets"))


def forget(session: Session, name: str) -> None:
    """Destroy a key: what was hashed with it can no longer be joined to anything."""
    session.execute(delete(NamedKey).where(NamedKey.name == name))


def identity_hash(key: bytes, way: str, identity: str) -> bytes:
    """16 octets that stand for who was verified in this way, under the account key; b"" for nobody."""
    return keyed_hash(key, f"{way}\0{identity}".encode("utf-8", "surrogatepass")) if identity else b""


@lru_cache(maxsize=65_536)  # devices and people come back, and a hash costs three microseconds; some 20 MB at most
def keyed_hash(key: bytes, octets: bytes) -> bytes:
    """16 octets that stand for `octets` (a station in AA-BB-CC-DD-EE-FF, an outer identity); b"" for nothing."""
    return hmac.digest(key, octets, "sha256")[:16] if octets else b""
