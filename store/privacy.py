"""What turns a person's marks into what may be stored: a keyed hash to search by, a sealed copy to act on.

Never gives a hash without its key, nor a sealed value that would open in another row.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.keys import ACCOUNT, DEVICE, TRACE, identity_hash, keyed_hash, named
from store.sealed import Where

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session as Database

    from store.models import Way
    from store.sealed import Seal


@dataclass(frozen=True, slots=True)
class Privacy:
    """The seal, and the trace, device and account keys of one database."""

    seal: Seal
    trace_key: bytes
    device_key: bytes
    account_key: bytes

    def station(self, station: str) -> bytes:
        """The hash of AA-BB-CC-DD-EE-FF; b"" for none."""
        return keyed_hash(self.trace_key, station.upper().encode())

    def device(self, station: str) -> bytes:
        """The device that AA-BB-CC-DD-EE-FF is: what grants are for; b"" for none. Another key, so that neither names the other."""
        return keyed_hash(self.device_key, station.upper().encode())

    def account(self, way: Way, identity: str) -> bytes:
        """The hash of an identity, in its canonical form, that was or is to be verified in this way; another way's is another."""
        return identity_hash(self.account_key, way, identity)

    def code(self, challenge: str, code: str) -> bytes:
        """The hash of a code that was sent for this challenge; another challenge's is another."""
        return hmac.digest(self.account_key, f"code\0{challenge}\0{code}".encode("utf-8", "surrogatepass"), "sha256")[:16]

    def user(self, user_name: bytes) -> bytes:
        """The hash of an outer identity, whatever its case; b"" for none."""
        return keyed_hash(self.trace_key, user_name.strip().lower())

    def sealed(self, octets: bytes, table: str, row: str, column: str) -> bytes | None:
        """Sealed for this place; None for nothing."""
        return self.seal.close(octets, Where(table, row, column)) if octets else None

    def opened(self, octets: bytes | None, table: str, row: str, column: str) -> bytes:
        """What was sealed for this place; b"" for nothing."""
        return self.seal.open(octets, Where(table, row, column)) if octets else b""


def privacy(database: Database, seal: Seal, now: datetime) -> Privacy:
    """With the keys of this database, made on first use: in a session that writes, unless they are known to be there."""
    return Privacy(seal, *(named(database, seal, name, now) for name in (TRACE, DEVICE, ACCOUNT)))
