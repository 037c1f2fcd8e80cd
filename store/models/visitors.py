"""How many visitors came from which institution: counted without knowing them.

A mark is a keyed hash with the period's own key, which is destroyed with all its marks a day after the period's counts
freeze. Never a mark that outlives its key, and never one that two periods share.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from store.models.base import Base, closed


class Span(StrEnum):
    """What visitors are counted by; each turns at midnight of the operator's time zone, a week on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class VisitorMark(Base):
    """Somebody was here in this period."""

    __tablename__ = "visitor_mark"

    span: Mapped[Span] = mapped_column(closed(Span), primary_key=True)
    begins_at: Mapped[datetime] = mapped_column(primary_key=True)
    mark: Mapped[bytes] = mapped_column(primary_key=True)  # 16 octets
    institution: Mapped[str] = mapped_column(primary_key=True)  # as VisitorCount's


class VisitorCount(Base):
    """How many different visitors of one institution there were in one period."""

    __tablename__ = "visitor_count"
    __table_args__ = (Index(None, "begins_at"),)

    span: Mapped[Span] = mapped_column(closed(Span), primary_key=True)
    begins_at: Mapped[datetime] = mapped_column(primary_key=True)
    institution: Mapped[str] = mapped_column(primary_key=True)  # Realm.institution, else the realm; "" for guests of the portal
    country: Mapped[str] = mapped_column(primary_key=True)  # ISO 3166-1 alpha-2; "" where the realm says none
    visitors: Mapped[int] = mapped_column(default=0)
    logins: Mapped[int] = mapped_column(default=0)
    frozen_at: Mapped[datetime | None]  # when its marks and its key were destroyed
