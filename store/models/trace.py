"""The trace: one row per login conversation, one per minute of drops, one per change of a home's health.

Stations and outer identities are keyed hashes. Never a password, a MAC or a user name in clear.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from store.ids import new_id
from store.models.base import Base, BigKey, Sealed, closed

# Logins that came to nothing, but for devices that nobody has signed in with yet: every guest's begins so. In these very
# words, which a partial index is found by.
FAILED: Final = "verdict <> 'accept' AND reason <> 'NO_GRANT'"
FAILURE: Final = ("at", "id", "verdict", "reason", "realm", "rule", "site", "client")  # what they are sorted, counted and filtered by


class LoginVerdict(StrEnum):
    """How a conversation ended; abandoned: no next round for 60 seconds, refused: by us."""

    ACCEPT = "accept"
    REJECT = "reject"
    NO_ANSWER = "no_answer"
    ABANDONED = "abandoned"
    REFUSED = "refused"


class AuthEvent(Base):
    """One conversation, written within a second of its end."""

    __tablename__ = "auth_event"
    __table_args__ = (
        Index(None, "at", "id"),
        Index(None, "station_hash", "at"),
        Index(None, "user_hash", "at"),
        Index(None, "client", "acct_session_id", "at"),
        Index(None, "session_id"),
        Index(None, "realm", "at"),
        Index(None, "access_point", "at"),
        Index(
            "ix_auth_event_grant_id",
            "grant_id",
            sqlite_where=text("grant_id IS NOT NULL"),
            postgresql_where=text("grant_id IS NOT NULL"),
        ),
        Index("ix_auth_event_failed", *FAILURE, sqlite_where=text(FAILED), postgresql_where=text(FAILED)),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    began_at: Mapped[datetime]
    at: Mapped[datetime]  # of the verdict
    client: Mapped[str]
    source: Mapped[str] = mapped_column(default="")
    nas_identifier: Mapped[str] = mapped_column(default="")
    access_point: Mapped[str] = mapped_column(default="")
    bssid: Mapped[str] = mapped_column(default="")
    ssid: Mapped[str] = mapped_column(default="")
    site: Mapped[str] = mapped_column(default="")
    user_hash: Mapped[bytes] = mapped_column(default=b"")
    realm: Mapped[str] = mapped_column(default="")
    rule: Mapped[str] = mapped_column(default="")
    station_hash: Mapped[bytes] = mapped_column(default=b"")
    acct_session_id: Mapped[str] = mapped_column(default="")
    home: Mapped[str] = mapped_column(default="")
    attempts: Mapped[list[str]] = mapped_column(default=list)  # every home tried, in order
    verdict: Mapped[LoginVerdict] = mapped_column(closed(LoginVerdict))
    reason: Mapped[str] = mapped_column(default="")
    round_trips: Mapped[int] = mapped_column(default=0)
    milliseconds: Mapped[float] = mapped_column(default=0.0)
    own_milliseconds: Mapped[float] = mapped_column(default=0.0)
    cui: Mapped[bytes | None] = mapped_column(Sealed)  # of the Accept, for the session to come
    eap: Mapped[bool] = mapped_column(default=False)
    session_id: Mapped[str | None]  # no foreign key: either may be purged first
    grant_id: Mapped[str | None]  # which let it in, or allowed nothing; no foreign key, for the same reason


class DropMinute(Base):
    """Packets of one address dropped for one reason within one minute."""

    __tablename__ = "drop_minute"

    minute: Mapped[datetime] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    client: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]


class HomeChange(Base):
    """A home server's health changed, as one worker saw it."""

    __tablename__ = "home_change"
    __table_args__ = (Index(None, "home", "at"), Index(None, "at"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    at: Mapped[datetime]
    home: Mapped[str]
    state: Mapped[str]
    why: Mapped[str] = mapped_column(default="")
