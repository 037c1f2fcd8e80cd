"""Where realms go, and what happens to attributes on the way. `position` keeps the order of the network file.

A realm names its homes in a list, not by foreign keys: the network is checked whole before it is taken, and a list
keeps the order. Never interpreted here: federation and radius read these rows as values.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from store.models.base import Base, closed
from store.models.network import Managed


class Strategy(StrEnum):
    """How a realm chooses among its homes."""

    FAILOVER = "failover"
    BALANCE = "balance"


class RealmAction(StrEnum):
    """What happens to a realm's logins; `discover` is kept for RFC 7585."""

    PROXY = "proxy"
    REJECT = "reject"
    LOCAL = "local"
    BLACKHOLE = "blackhole"
    DISCOVER = "discover"


class RealmAccounting(StrEnum):
    """Where a realm's accounting ends."""

    LOCAL = "local"
    FORWARD = "forward"


class Realm(Managed, Base):
    """One `[[realm]]`."""

    __tablename__ = "realm"
    __table_args__ = (Index(None, "position"),)

    match: Mapped[str] = mapped_column(primary_key=True)  # "" is "no realm"
    position: Mapped[int]
    action: Mapped[RealmAction] = mapped_column(closed(RealmAction), default=RealmAction.PROXY)
    homes: Mapped[list[str]] = mapped_column(default=list)  # names, in order
    strategy: Mapped[Strategy] = mapped_column(closed(Strategy), default=Strategy.FAILOVER)
    accounting: Mapped[RealmAccounting] = mapped_column(closed(RealmAccounting), default=RealmAccounting.LOCAL)
    institution: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(default="")
    profile: Mapped[str] = mapped_column(default="")  # https address of the institution's own instructions and profiles
    reason: Mapped[str] = mapped_column(default="")


class Direction(StrEnum):
    """Which way a policy rule looks."""

    REQUEST = "request"
    REPLY = "reply"


class Policy(Managed, Base):
    """One `[[policy]]`: selectors (None: any), then remove, clamp, add, set; refuse first."""

    __tablename__ = "policy"
    __table_args__ = (Index(None, "position"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    direction: Mapped[Direction] = mapped_column(closed(Direction))
    codes: Mapped[list[str]] = mapped_column(default=list)
    realm: Mapped[str | None]
    site: Mapped[str | None]
    client: Mapped[str | None]
    home: Mapped[str | None]
    remove: Mapped[list[str]] = mapped_column(default=list)
    clamp: Mapped[dict[str, Any]] = mapped_column(default=dict)  # name -> [least, most]
    add: Mapped[dict[str, Any]] = mapped_column(default=dict)  # where absent
    set: Mapped[dict[str, Any]] = mapped_column(default=dict)
    refuse: Mapped[dict[str, Any]] = mapped_column(default=dict)  # name -> values with which the packet is refused
    foreign: Mapped[bool] = mapped_column(default=False)  # only for homes that are not our own
