"""Places: sites, the access points in them, and access points seen on the road that nobody has declared yet.

Never holds a station's address: a MAC here is a city's own radio.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.models.base import Base, BigKey
from store.models.network import Managed


def refer(target: str) -> ForeignKey:
    """A reference checked at commit, so that `apply` may write and remove rows in any order."""
    return ForeignKey(target, deferrable=True, initially="DEFERRED")


class Site(Managed, Base):
    """A building or a square."""

    __tablename__ = "site"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    district: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    latitude: Mapped[float | None]  # degrees, WGS 84
    longitude: Mapped[float | None]
    timezone: Mapped[str] = mapped_column(default="UTC")  # IANA name
    portal: Mapped[str | None] = mapped_column(refer("portal.name"))  # None: the only portal there is
    indoor_outdoor: Mapped[str] = mapped_column(default="")  # indoor, outdoor, both; "" where nobody said
    opening_hours: Mapped[str] = mapped_column(default="")
    activated_on: Mapped[str] = mapped_column(default="")  # a day: 2026-05-01
    accessible_entrance: Mapped[str] = mapped_column(default="")  # yes, limited, no
    published: Mapped[bool] = mapped_column(default=True)  # whether open data may name it


class AccessPoint(Managed, Base):
    """One declared access point; `mac` may be a prefix ("AA-BB-CC-DD-EE-F0/44") that covers its BSSIDs."""

    __tablename__ = "access_point"
    __table_args__ = (Index(None, "site"), Index(None, "client"), Index(None, "mac"))

    name: Mapped[str] = mapped_column(primary_key=True)
    mac: Mapped[str | None]
    site: Mapped[str | None] = mapped_column(refer("site.id"))
    client: Mapped[str | None] = mapped_column(refer("client.name"))
    latitude: Mapped[float | None]  # degrees, WGS 84; None: its site's
    longitude: Mapped[float | None]


class UnknownAccessPoint(Base):
    """An access point that spoke without being declared: listed for adoption, never refused. At most 10,000 rows."""

    __tablename__ = "unknown_access_point"
    __table_args__ = (UniqueConstraint("client", "bssid", "nas_identifier"), Index(None, "last_seen"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    client: Mapped[str]
    bssid: Mapped[str] = mapped_column(default="")  # AA-BB-CC-DD-EE-FF, "" where Called-Station-Id said none
    nas_identifier: Mapped[str] = mapped_column(default="")
    ssid: Mapped[str] = mapped_column(default="")  # the last one seen
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    sightings: Mapped[int] = mapped_column(default=1)
