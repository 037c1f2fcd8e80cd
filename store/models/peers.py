"""Who speaks RADIUS with us: clients below, home servers above. Their shared secrets are sealed.

The context of each seal is (table, name, column): a secret moved to another row does not open. Never a secret in clear.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from store.ids import new_key
from store.models.base import Base, Sealed
from store.models.network import Managed
from store.models.places import refer


class Client(Managed, Base):
    """A NAS or a proxy below us."""

    __tablename__ = "client"
    __table_args__ = (Index(None, "site"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    addresses: Mapped[list[str]]  # addresses or prefixes, v4 or v6
    radius: Mapped[bool] = mapped_column(default=True)  # False: it sends none (openNDS, UniFi, ...), and needs no secret
    secret: Mapped[bytes | None] = mapped_column(Sealed)
    previous_secret: Mapped[bytes | None] = mapped_column(Sealed)  # accepted too, until `previous_until`
    previous_until: Mapped[datetime | None]
    coa_secret: Mapped[bytes | None] = mapped_column(Sealed)  # None: as `secret`
    coa_port: Mapped[int] = mapped_column(default=3799)
    weak_secret: Mapped[bool] = mapped_column(default=False)  # the operator insisted on fewer than 16 characters
    nas: Mapped[str] = mapped_column(default="generic")  # NAS family
    site: Mapped[str | None] = mapped_column(refer("site.id"))
    require_message_authenticator: Mapped[bool] = mapped_column(default=True)
    rate: Mapped[float | None]  # packets a second; None: no limit
    key: Mapped[str] = mapped_column(unique=True, default=new_key)  # its path at the portal: /in/<family>/<key>
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)  # [client.options] but its secrets
    uam_secret: Mapped[bytes | None] = mapped_column(Sealed)
    fas_key: Mapped[bytes | None] = mapped_column(Sealed)
    api_secret: Mapped[bytes | None] = mapped_column(Sealed)


class Home(Managed, Base):
    """One server of a home institution, or of the federation above us."""

    __tablename__ = "home"

    name: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str]  # literal, v4 or v6
    port: Mapped[int] = mapped_column(default=1812)
    acct_port: Mapped[int] = mapped_column(default=1813)
    transport: Mapped[str] = mapped_column(default="udp")
    secret: Mapped[bytes | None] = mapped_column(Sealed)  # None only where the transport needs none
    weak_secret: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str | None]  # local address to send from
    enabled: Mapped[bool] = mapped_column(default=True)
    foreign: Mapped[bool] = mapped_column(default=True)  # the built-in policy for other people's homes applies
    status_server: Mapped[bool] = mapped_column(default=True)
    require_message_authenticator: Mapped[bool] = mapped_column(default=True)
    timing: Mapped[dict[str, Any]] = mapped_column(default=dict)  # the keys of the entry that differ from [radius]
