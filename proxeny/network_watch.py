"""Which version of the network applies: read and checked once, here, before any worker hears of it.

A version that cannot stand is refused whole: the old one goes on, and the fault is shown until a good one comes. A
database that cannot be asked changes nothing. Blocking, so called in a thread; never holds a transaction open.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError

from proxeny import snapshot
from radius import dictionary
from store import network as store
from store.faults import DamagedError, StoreError
from store.session import reading

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from proxeny.network import Network
    from proxeny.settings import Settings
    from store.sealed import Seal

_REFUSED: Final = (ValueError, KeyError, StoreError)


class NetworkWatch:
    """The network rows of one database."""

    def __init__(self, database: Engine, seal: Seal, settings: Settings) -> None:
        self._database = database
        self._seal = seal
        self.settings = settings
        self._dictionary = dictionary.load()
        self._seen = -1  # the version looked at last, refused ones included
        self._expires: datetime | None = None
        self.version = -1  # the version in force
        self.fault = ""  # why the newest version is not in force
        self.database_fault = ""  # why the database could not be asked
        self.refused = 0

    def first(self) -> Network:
        """The network to start with; raises ValueError or StoreError where it cannot stand."""
        network = self._read()
        self._enforce(network)
        return network

    def poll(self, *, anyway: bool = False) -> Network | None:
        """A newer network that stands, or None. `anyway`: the settings changed, so build it again."""
        try:
            with reading(self._database) as session:
                version = store.version(session)
            self.database_fault = ""
            if not anyway and version == self._seen and not self._lapsed():
                return None
            self._seen = version
            network = self._read()
        except SQLAlchemyError as fault:
            self.database_fault = str(getattr(fault, "orig", fault)).splitlines()[0]
            return None
        except DamagedError as fault:  # says nothing about the network in it
            self.database_fault = str(fault)
            return None
        except _REFUSED as fault:
            self._refuse(fault)
            return None
        self._enforce(network)
        return network

    def _lapsed(self) -> bool:
        """A previous secret's overlap is over: the same rows make other tables."""
        return self._expires is not None and datetime.now(UTC) >= self._expires

    def _read(self) -> Network:
        """Read, unseal, and build the tables once to see that they stand."""
        with reading(self._database) as session:
            network = snapshot.with_settings(snapshot.read(session, self._seal), self.settings)
        self._seen = network.version
        snapshot.tables(network, self._dictionary)
        return network

    def _enforce(self, network: Network) -> None:
        self.version, self.fault = network.version, ""
        self._expires = snapshot.expires(network, datetime.now(UTC))

    def _refuse(self, fault: Exception) -> None:
        self.fault = f"network version {self._seen} is refused: {fault}"
        self.refused += 1
