"""Accounting: sessions, the access points they moved through, the addresses they held, and hours of usage.

Octets are the guest's: input = upload, output = download. A station is here in two forms: a keyed hash for search, and
sealed for orders to the NAS. Never a MAC or a user name in clear; never a total that goes down.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.ids import new_id
from store.models.base import Base, BigKey, Sealed, closed


class SessionStatus(StrEnum):
    """Open; ended by a Stop or by its NAS's On/Off; stale: no word for too long."""

    OPEN = "open"
    ENDED = "ended"
    STALE = "stale"


class Session(Base):
    """One accounting session: (client, source, NAS-Identifier, Acct-Session-Id, station, start)."""

    __tablename__ = "session"
    __table_args__ = (
        UniqueConstraint("client", "source", "nas_identifier", "acct_session_id", "station_hash", "started_at", name="uq_session_identity"),
        Index(None, "started_at", "id"),
        Index(None, "ended_at"),
        Index(None, "acct_session_id"),
        Index(None, "grant_id"),
        Index(None, "station_hash", "started_at"),
        Index(None, "user_hash", "started_at"),
        Index(None, "access_point", "ended_at"),  # who is on it, and when it was heard last
        Index(
            "ix_session_multi",
            "multi_session_id",
            sqlite_where=text("multi_session_id <> ''"),
            postgresql_where=text("multi_session_id <> ''"),
        ),
        Index("ix_session_open", "status", "started_at", sqlite_where=text("status = 'open'"), postgresql_where=text("status = 'open'")),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    client: Mapped[str]
    source: Mapped[str]  # address the packets came from, without port
    nas_identifier: Mapped[str] = mapped_column(default="")
    acct_session_id: Mapped[str]
    multi_session_id: Mapped[str] = mapped_column(default="")
    station_hash: Mapped[bytes] = mapped_column(default=b"")  # keyed hash, b"" where the NAS named no station
    station_sealed: Mapped[bytes | None] = mapped_column(Sealed)  # AA-BB-CC-DD-EE-FF, for orders to the NAS
    user_hash: Mapped[bytes] = mapped_column(default=b"")
    user_sealed: Mapped[bytes | None] = mapped_column(Sealed)  # User-Name as the NAS said it: orders must repeat it
    realm: Mapped[str] = mapped_column(default="")
    home: Mapped[str] = mapped_column(default="")
    grant_id: Mapped[str | None]  # no foreign key: grants and sessions are kept for times of their own
    login: Mapped[str | None]  # auth_event.id; no foreign key: events are purged earlier
    access_point: Mapped[str] = mapped_column(default="")
    bssid: Mapped[str] = mapped_column(default="")
    ssid: Mapped[str] = mapped_column(default="")
    site: Mapped[str] = mapped_column(default="")
    local: Mapped[str] = mapped_column(default="")  # our address that the last packet was sent to: orders leave from it
    nas_address: Mapped[str] = mapped_column(default="")
    framed_ip: Mapped[str] = mapped_column(default="")  # the last one; all of them: SessionAddress
    class_: Mapped[bytes | None] = mapped_column("class", Sealed)
    cui: Mapped[bytes | None] = mapped_column(Sealed)
    started_at: Mapped[datetime]
    start_seen: Mapped[bool] = mapped_column(default=False)  # False: no Start came, the time is reckoned from another record
    heard_at: Mapped[datetime | None]  # when its Start arrived here, by our own clock
    updated_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    status: Mapped[SessionStatus] = mapped_column(closed(SessionStatus), default=SessionStatus.OPEN)
    terminate_cause: Mapped[str] = mapped_column(default="")
    seconds: Mapped[int] = mapped_column(BigInteger, default=0)
    input_octets: Mapped[int] = mapped_column(BigInteger, default=0)
    output_octets: Mapped[int] = mapped_column(BigInteger, default=0)
    updates: Mapped[int] = mapped_column(default=0)  # records counted into it
    quarantined: Mapped[str] = mapped_column(default="")  # why its figures are doubted, "" where they are not


class SessionTrail(Base):
    """What each record of a session said, packed (store/trail.py): so that hours and hops are right in whatever order they came.

    A session that moved under one Acct-Multi-Session-Id has a row for each Acct-Session-Id. Deleted a week after its last word.
    """

    __tablename__ = "session_trail"
    __table_args__ = (
        Index(
            "ix_session_trail_leg",
            "acct_session_id",
            sqlite_where=text("acct_session_id <> ''"),
            postgresql_where=text("acct_session_id <> ''"),
        ),
    )

    session_id: Mapped[str] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), primary_key=True)
    leg: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # 0, 1, ... as they became known
    acct_session_id: Mapped[str] = mapped_column(default="")  # of a leg that is not the only one
    state: Mapped[str] = mapped_column(default="")  # the same: its name, times and totals, JSON
    places: Mapped[str]  # where the points lie, JSON
    points: Mapped[bytes]


class SessionHop(Base):
    """A session arrived at an access point."""

    __tablename__ = "session_hop"
    __table_args__ = (Index(None, "session_id", "at"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    access_point: Mapped[str] = mapped_column(default="")
    bssid: Mapped[str] = mapped_column(default="")
    ssid: Mapped[str] = mapped_column(default="")


class SessionAddress(Base):
    """An IP address a session held, v4 or v6, and when: what an abuse desk asks for. `last_at` moves when it changes or ends."""

    __tablename__ = "session_address"
    __table_args__ = (Index(None, "address", "first_at"),)

    session_id: Mapped[str] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]


class OddRecord(Base):
    """An accounting record that fits no session (an unknown Acct-Status-Type, say), sealed as it came."""

    __tablename__ = "odd_record"
    __table_args__ = (Index(None, "at"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime]
    client: Mapped[str]
    source: Mapped[str]
    why: Mapped[str]
    octets: Mapped[bytes] = mapped_column(Sealed)


class UsageHour(Base):
    """Sums of one hour at one access point and SSID; no person in it."""

    __tablename__ = "usage_hour"

    hour: Mapped[datetime] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(primary_key=True)
    access_point: Mapped[str] = mapped_column(primary_key=True)
    ssid: Mapped[str] = mapped_column(primary_key=True)
    sessions: Mapped[int] = mapped_column(BigInteger, default=0)  # begun in this hour
    seconds: Mapped[int] = mapped_column(BigInteger, default=0)
    input_octets: Mapped[int] = mapped_column(BigInteger, default=0)
    output_octets: Mapped[int] = mapped_column(BigInteger, default=0)


class AccountingKey(Base):
    """The idempotence key of a record already counted; kept seven days."""

    __tablename__ = "accounting_key"
    __table_args__ = (Index(None, "at"), {"sqlite_with_rowid": False})

    key: Mapped[bytes] = mapped_column(primary_key=True)  # 32 octets
    at: Mapped[datetime]
