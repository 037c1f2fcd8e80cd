"""The network as the recorder needs it: where access points are, which secret and port a client takes orders with.

Looked up anew when the network's version changes; a version that does not stand leaves the old view. Never routes.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError

from proxeny import snapshot
from radius import accounting, dictionary
from radius.tables import Place
from store import network as store
from store.faults import StoreError
from store.session import reading

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from proxeny.network import Network
    from radius.tables import Client, Tables
    from store.sealed import Seal

LOOK: Final = 1.0  # seconds between looks at the version


class NetworkView:
    """The newest network that stands."""

    def __init__(self) -> None:
        self.network: Network | None = None
        self._tables: Tables | None = None
        self._seen = -1
        self._look_at = 0.0

    def refresh(self, database: Engine, seal: Seal) -> bool:
        """Look for a newer version, at most once a second; whether there is one. Database errors are the caller's."""
        if time.monotonic() < self._look_at:
            return False
        self._look_at = time.monotonic() + LOOK
        with reading(database) as session:
            version = store.version(session)
            if version == self._seen:
                return False
            try:
                network = snapshot.read(session, seal)
                tables = snapshot.tables(network, dictionary.load())
            except (ValueError, KeyError, StoreError, SQLAlchemyError):
                if self._tables is None:
                    raise
                self._seen = version
                return False
        self.network, self._tables, self._seen = network, tables, version
        return True

    def client(self, name: str) -> Client | None:
        """The client of this name."""
        return self._tables.clients.named(name) if self._tables else None

    def swaps(self, client: str) -> bool:
        """Whether this client counts octets from the guest's side, as its options say."""
        row = self.client(client)
        return row is not None and row.gateway is not None and row.gateway.options.swap_octets

    def place(self, called: bytes, nas_identifier: bytes, client: str) -> Place:
        """Where this is, as far as the network knows."""
        row = self.client(client)
        if self._tables is not None and row is not None:
            return self._tables.place(called or None, nas_identifier or None, row)
        bssid, ssid = accounting.place(called)
        return Place(bssid=bssid, ssid=ssid)
