"""Numbers, times and amounts as a guest reads them, by Babel's rules for the page's language.

What remains is rounded down and what is kept is rounded up: a page never promises more than is so.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from babel.dates import format_date, format_skeleton, format_time, get_datetime_format
from babel.units import format_unit
from flask_babel import get_locale, gettext

from portal.cases.remainders import time_zone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date as Day  # noqa: N812  `date` here is the moment of a clock

    from babel import Locale

    from radius.nas.plan import Plan

_UNITS: Final = ((86_400, "duration-day"), (3_600, "duration-hour"), (60, "duration-minute"), (1, "duration-second"))
_AMOUNTS: Final = ((1_000_000_000, "digital-gigabyte"), (1_000_000, "digital-megabyte"), (1_000, "digital-kilobyte"))


_MONTH: Final = 30.4375  # days, on average
_SPARE: Final = 1.5  # days by which months in a row are longer than that: half a year may have 184


def duration(seconds: int) -> str:
    """A plan's time in the largest unit that says it exactly: "2 hours", "90 minutes", "1 day"."""
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0 and (seconds >= 2 * size or unit != "duration-day"))
    return _whole(format_unit(seconds // size, unit, "long", locale=_locale()))


def time_left(seconds: int) -> str:
    """What remains, in two units at most: "1 hr 42 min"."""
    if seconds < 60:
        return str(gettext("less than a minute"))
    days, rest = divmod(seconds, 86_400)
    hours, minutes = divmod(rest, 3_600)
    parts = ((days, "duration-day"), (hours, "duration-hour"), (minutes // 60, "duration-minute"))
    kept = [(count, unit) for count, unit in parts if count][:2]
    return " ".join(_whole(format_unit(count, unit, "short", locale=_locale())) for count, unit in kept)


def amount(octets: int) -> str:
    """ "1 GB", "850 MB", "1.5 GB": one decimal at most, rounded down; 1 GB = 10^9."""
    size, unit = next(((size, unit) for size, unit in _AMOUNTS if octets >= size), _AMOUNTS[-1])
    tenths = octets * 10 // size
    value = tenths // 10 if tenths % 10 == 0 or tenths >= 100 else tenths / 10
    return _whole(format_unit(value, unit, "short", locale=_locale()))


def kept(days: int) -> str:
    """How long a record is kept: in months from two of them on, rounded up."""
    if days < 60:
        return str(format_unit(days, "duration-day", "long", locale=_locale()))
    months = int(-(-(days - _SPARE) // _MONTH))
    return str(format_unit(months, "duration-month", "long", locale=_locale()))


def moment(at: datetime, zone: str, now: datetime) -> str:
    """The hour, with its date where that is not today's."""
    here = at.astimezone(time_zone(zone))
    clock = format_time(here, "short", tzinfo=here.tzinfo, locale=_locale()).replace(" ", "\u00a0")  # "4 h 59" on one line
    if here.date() == now.astimezone(here.tzinfo).date():
        return clock
    day = format_skeleton("MMMMEEEEd", here, tzinfo=here.tzinfo, locale=_locale())
    return str(get_datetime_format("medium", locale=_locale())).replace("'", "").replace("{0}", clock).replace("{1}", day)


def day(at: datetime, zone: str) -> str:
    """The date with its year: "May 3, 2027"."""
    return str(format_date(at.astimezone(time_zone(zone)).date(), "long", locale=_locale()))


def short_day(at: datetime, zone: str) -> str:
    """The date without its year: "May 3"."""
    here = at.astimezone(time_zone(zone))
    return str(format_skeleton("MMMMd", here, tzinfo=here.tzinfo, locale=_locale()))


def brief_day(of: Day, *, weekday: bool = False) -> str:
    """Of a table or beside a chart: "May 3"; "Sat, May 3"."""
    return str(format_skeleton("MMMEd" if weekday else "MMMd", of, locale=_locale())).replace(" ", "\u00a0")


def stamp(written: str, zone: str) -> str:
    """A moment as a document has it (ISO 8601), to be read."""
    return f"{day(datetime.fromisoformat(written), zone)}, {moment(datetime.fromisoformat(written), zone, datetime.fromisoformat(written))}"


def offer(plan: Plan) -> str:
    """What a plan gives, as a sentence: "2 hours at a time, 1 GB a day."."""
    parts = list(_parts(plan))
    said = ", ".join(parts) if parts else gettext("as long as you like")
    return f"{said[:1].upper()}{said[1:]}."


def _parts(plan: Plan) -> Iterator[str]:
    if plan.session is not None:
        yield gettext("%(time)s at a time", time=duration(plan.session))
    if plan.day_time is not None:
        yield gettext("%(time)s a day", time=duration(plan.day_time))
    if plan.day_data is not None:
        yield gettext("%(data)s a day", data=amount(plan.day_data))
    if plan.month_data is not None:
        yield gettext("%(data)s a month", data=amount(plan.month_data))


def one_stop(text: str) -> str:
    """A sentence that ends with "p.m." ends there: one full stop is enough."""
    return text.replace(".m..", ".m.")


def _whole(text: str) -> str:
    """A number stays with its unit on one line."""
    return text.replace(" ", "\u00a0")


def _locale() -> Locale:
    found: Locale = get_locale()
    return found


def date(seconds: float) -> datetime:
    """Seconds since 1970 as a date; what lies beyond the calendar is its end."""
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)
