"""What is left of a plan for one guest, from what the store has counted. Never counts by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from radius.nas.plan import Plan, Remaining, Spent, Usage, remaining
from store import usage

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from sqlalchemy.orm import Session


def used(session: Session, subject: str, now: datetime, zone: str) -> Usage:
    """What this account or device used in the operator's running day and month."""
    return Usage(**usage.of(session, subject, now, time_zone(zone))._asdict())


def left(plan: Plan, used: Usage, ends_at: datetime | None, now: datetime) -> Remaining:
    """What may still be used."""
    return remaining(plan, used, ends_at.timestamp() if ends_at is not None else None, now.timestamp())


def back_at(spent: Spent, used: Usage) -> float | None:
    """When there is something again, in seconds since 1970; None: at once, by connecting again."""
    match spent:
        case Spent.DAY_TIME | Spent.DAY_DATA:
            return used.day_ends
        case Spent.MONTH_DATA:
            return used.month_ends
    return None


def time_zone(name: str) -> tzinfo:
    """The zone of this name; UTC where the machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
