"""What a guest may use: a plan, what was used of it, what remains. Shared by the road, the page and the recorder.

Times are seconds, data octets (1 GB = 10^9), rates bit/s (1 Mbit/s = 10^6), moments seconds since 1970. A day and a month
end where the operator's time zone says; who makes a Usage reckons that. Never a remainder of 0: nothing left is `spent`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Spent(Enum):
    """Why nothing remains; the value is its line of documentation."""

    ENDED = "The grant has ended."
    DAY_TIME = "The day's time is used up."
    DAY_DATA = "The day's data is used up."
    MONTH_DATA = "The month's data is used up."


@dataclass(frozen=True, slots=True)
class Plan:
    """One `[[plan]]`; None is no limit."""

    name: str
    session: int | None = None  # seconds that one grant lasts
    day_time: int | None = None  # seconds a day
    day_data: int | None = None  # octets a day, both ways
    month_data: int | None = None
    up: int | None = None  # bit/s from the guest
    down: int | None = None  # bit/s to the guest
    devices: int | None = None  # of one account
    simultaneous: int | None = None  # sessions of one account at once
    idle: int | None = None  # seconds without traffic
    extend_times: int = 0
    extend_by: int = 0  # seconds each time


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used in the running day and month, and when these end."""

    day_seconds: int = 0
    day_octets: int = 0
    month_octets: int = 0
    day_ends: float = 0.0
    month_ends: float = 0.0


@dataclass(frozen=True, slots=True)
class Remaining:
    """What may still be used, None for without limit; both are at least 1 where `spent` is None."""

    seconds: int | None = None
    octets: int | None = None
    spent: Spent | None = None


def remaining(plan: Plan, usage: Usage, ends_at: float | None, now: float) -> Remaining:
    """What is left at `now` of a grant that ends at `ends_at` (None: never). A day or month that is over counts as unused."""
    day_seconds, day_octets = (usage.day_seconds, usage.day_octets) if now < usage.day_ends else (0, 0)
    month_octets = usage.month_octets if now < usage.month_ends else 0
    times = [(ends_at - now, Spent.ENDED)] if ends_at is not None else []
    if plan.day_time is not None:
        times.append((plan.day_time - day_seconds, Spent.DAY_TIME))
    data = []
    if plan.day_data is not None:
        data.append((plan.day_data - day_octets, Spent.DAY_DATA))
    if plan.month_data is not None:
        data.append((plan.month_data - month_octets, Spent.MONTH_DATA))
    spent = next((why for left, why in (*times, *data) if left < 1), None)
    if spent is not None:
        return Remaining(spent=spent)
    return Remaining(
        seconds=int(min(left for left, _ in times)) if times else None,
        octets=int(min(left for left, _ in data)) if data else None,
    )
