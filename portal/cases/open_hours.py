"""When a shop is open: seven days from Monday, each with the times it has, and a line of words beside them in each language.

In a row they are {"week": [[[420, 1080]], …], "en": "…", "fr": "…"}: minutes of the day, an end not after its beginning lies on
the next day. What an older row says in words alone stays words. Never raises over what a row holds.
"""

from __future__ import annotations

import re
from datetime import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from babel.dates import format_time, get_day_names
from flask_babel import get_locale
from flask_babel import gettext as _

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Span = tuple[int, int]
    Week = tuple[tuple[Span, ...], ...]

DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")  # schema.org's
SPANS: Final = 2  # of a day: before and after a long lunch
MIDNIGHT: Final = 1440
_TIME: Final = re.compile(r"([01]?\d|2[0-4])[:hH. ]([0-5]\d)(?::00)?", re.ASCII)


class Line(NamedTuple):
    """Days with the same hours, as a page says them."""

    days: str
    hours: str


def week(hours: Mapping[str, Any]) -> Week:
    """The seven days; () where nothing is said of them."""
    said = hours.get("week")
    if not isinstance(said, list) or len(said) != len(DAYS):
        return ()
    try:
        found = tuple(tuple((begin, end) for begin, end in day) for day in said)
    except (TypeError, ValueError):
        return ()
    whole = all(type(each) is int and 0 <= each <= MIDNIGHT for day in found for span in day for each in span)
    return found if whole else ()


def words(hours: Mapping[str, Any]) -> dict[str, str]:
    """Language -> what is said beside them."""
    return {language: text for language, text in hours.items() if isinstance(text, str)}


def minute(typed: str) -> int | None:
    """Of the day, of what a field of a time holds; None where it is no time."""
    found = _TIME.fullmatch(typed.strip())
    said = int(found[1]) * 60 + int(found[2]) if found else MIDNIGHT + 1
    return said if said <= MIDNIGHT else None


def clock(minutes: Any) -> str:
    """As a field of a time has it; what was typed and is none, as it was typed."""
    if type(minutes) is not int:
        return str(minutes)
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def lines(hours: Mapping[str, Any]) -> list[Line]:
    """Day by day, those in a row that are alike on one line; [] where nothing is said."""
    days = week(hours)
    found: list[tuple[int, int]] = []
    for day in range(len(days)):
        if found and days[day] == days[found[-1][0]]:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return [Line(_days(first, last), _spans(days[first])) for first, last in found]


def specified(hours: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The same for machines (schema.org, OpeningHoursSpecification)."""
    spans: dict[Span, list[str]] = {}
    for name, day in zip(DAYS, week(hours), strict=False):
        for span in day:
            spans.setdefault(span, []).append(name)
    kind = {"@type": "OpeningHoursSpecification"}
    return [kind | {"dayOfWeek": days, "opens": clock(begin), "closes": _closes(end)} for (begin, end), days in spans.items()]


def _closes(end: int) -> str:
    return "23:59" if end == MIDNIGHT else clock(end)  # "00:00" to "23:59" is how the whole day is said there


def day_name(day: int) -> str:
    """In the page's language: 0 is Monday."""
    return _begun(str(get_day_names("wide", "stand-alone", locale=get_locale())[day]))


def _begun(words: str) -> str:
    return words[:1].upper() + words[1:]


def _days(first: int, last: int) -> str:
    if first == last:
        return day_name(first)
    if (first, last) == (0, len(DAYS) - 1):
        return str(_("Every day"))
    last_name = get_day_names("wide", "stand-alone", locale=get_locale())[last]
    return str(_("%(first)s to %(last)s", first=day_name(first), last=last_name))


def _spans(spans: Sequence[Span]) -> str:
    if not spans:
        return str(_("Closed"))
    if spans == ((0, MIDNIGHT),):
        return str(_("Day and night"))
    return ", ".join(_("%(begin)s to %(end)s", begin=_told(begin), end=_told(end)) for begin, end in spans)


def _told(minutes: int) -> str:
    """With no space where a line could break."""
    return str(format_time(time(minutes // 60 % 24, minutes % 60), "short", locale=get_locale())).replace(" ", "\u00a0")
