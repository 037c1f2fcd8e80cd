"""What staff should know of now: alerts, who took notice, which are silenced; and the backups that were made.

Never a person in them: an object is a home, an access point, a client, a certificate.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from store.ids import new_id
from store.models.base import Base, BigKey, closed


class Alert(Base):
    """One rule that is, or was, broken by one object."""

    __tablename__ = "alert"
    __table_args__ = (
        Index(
            "uq_alert_open",
            "rule",
            "object",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index(None, "opened_at"),
        Index(None, "closed_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    rule: Mapped[str]  # portal/alert_rules.py
    object: Mapped[str] = mapped_column(default="")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what its words are filled with
    opened_at: Mapped[datetime]
    seen_at: Mapped[datetime]  # when it was last still so
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str] = mapped_column(default="")
    closed_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]  # when its mails were queued


class Silence(Base):
    """A rule, or one object of it, that nobody wants to be told of until then."""

    __tablename__ = "silence"

    rule: Mapped[str] = mapped_column(primary_key=True)
    object: Mapped[str] = mapped_column(primary_key=True)  # "": all of them
    until: Mapped[datetime]
    by: Mapped[str]
    why: Mapped[str] = mapped_column(default="")


class BackupState(StrEnum):
    """How far a backup has come."""

    QUEUED = "queued"
    RUNNING = "running"
    GOOD = "good"  # made, and rehearsed
    FAILED = "failed"


class BackupRun(Base):
    """One backup, and whether it was rehearsed: restored beside, opened and checked."""

    __tablename__ = "backup_run"
    __table_args__ = (Index(None, "at"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(default="")  # who asked for it; "": the clock
    state: Mapped[BackupState] = mapped_column(closed(BackupState), default=BackupState.QUEUED)
    file: Mapped[str] = mapped_column(default="")  # its whole path
    octets: Mapped[int] = mapped_column(BigInteger, default=0)
    milliseconds: Mapped[int] = mapped_column(default=0)
    rows: Mapped[int] = mapped_column(BigInteger, default=0)  # that the rehearsal counted in it
    rehearsed_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]  # when newer ones took its place
    fault: Mapped[str] = mapped_column(default="")  # why it failed
