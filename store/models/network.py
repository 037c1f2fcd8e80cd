"""The network's own rows: who operates it, which version it is, and which realms hygiene lets pass or stops.

Every row of the network says who keeps it: the network file or the staff app. Never changed except through
`store.network`, which counts the version up in the same transaction.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Mapped, mapped_column

from store.models.base import Base, closed


class ManagedBy(StrEnum):
    """Who keeps a row: `apply --prune` removes only what the file declared."""

    FILE = "file"
    APP = "app"


class Managed:
    """Mixed into every row of the network."""

    managed_by: Mapped[ManagedBy] = mapped_column(closed(ManagedBy), default=ManagedBy.FILE)


class Operator(Managed, Base):
    """Who runs this controller: one row, id 1."""

    __tablename__ = "operator"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    name: Mapped[str]  # F-Ticks VISINST
    operator_name: Mapped[str] = mapped_column(default="")  # RFC 5580; "" sends none
    country: Mapped[str] = mapped_column(default="")  # ISO 3166-1 alpha-2
    timezone: Mapped[str] = mapped_column(default="UTC")  # IANA name: days and months of plans turn at its midnight


class Verdict(StrEnum):
    """What a hygiene row does to a realm of the built-in list, or to one that is not on it."""

    ALLOW = "allow"
    REFUSE = "refuse"


class Hygiene(Managed, Base):
    """One realm added to the built-in hygiene list, or excused from it."""

    __tablename__ = "hygiene"

    realm: Mapped[str] = mapped_column(primary_key=True)
    verdict: Mapped[Verdict] = mapped_column(closed(Verdict))


class NetworkVersion(Base):
    """How often the network has changed: one row, id 1, polled each second by the supervisor."""

    __tablename__ = "network_version"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    version: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime]
