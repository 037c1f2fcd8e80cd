"""When and where an advert is to be shown, in words: days, weekdays, hours, caps and places. Never what is wrong with them."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, Any, Final

from babel.dates import format_date, format_time, get_day_names
from babel.numbers import format_decimal
from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later

from store.campaigns import EVERY_DAY, MIDNIGHT
from store.models import PlaceKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from store.campaigns import Plan
    from store.shop_places import Place, Where

TITLES: Final = {
    "days": later("Days"),
    "weekdays": later("Weekdays"),
    "hours": later("Hours"),
    "caps": later("At most"),
    "places": later("Places"),
}


def said(plan: Plan, there: Mapping[Place, Where]) -> dict[str, Any]:
    """Key of `TITLES` -> words; `there` knows the places (store/shop_places.py)."""
    return {
        "days": days(plan),
        "weekdays": weekdays(plan.weekdays),
        "hours": hours(plan.from_minute, plan.until_minute),
        "caps": caps(plan),
        "places": places(plan.places, there),
    }


def days(plan: Plan) -> Any:
    """From when to when."""
    first, last = (format_date(day, "long", locale=g.locale) if day is not None else "" for day in (plan.first_day, plan.last_day))
    if first and last:
        return first if plan.first_day == plan.last_day else _("%(first)s to %(last)s", first=first, last=last)
    if first:
        return _("from %(first)s", first=first)
    return _("until %(last)s", last=last) if last else _("from its approval, without an end")


def weekdays(mask: int) -> Any:
    """Which days of a week."""
    if mask == EVERY_DAY:
        return _("every day")
    names = get_day_names("abbreviated", locale=g.locale)
    return ", ".join(names[day] for day in range(7) if mask >> day & 1)


def hours(start: int, end: int) -> Any:
    """From which minute of the day until which, by the clock of the site."""
    if (start, end) == (0, MIDNIGHT):
        return _("all day")
    first, last = (format_time(time(minute % MIDNIGHT // 60, minute % 60), "short", locale=g.locale) for minute in (start, end))
    if end < start:
        return _("%(first)s to %(last)s, across midnight", first=first, last=last)
    return _("%(first)s to %(last)s", first=first, last=last)


def caps(plan: Plan) -> Any:
    """How often at most."""
    named = [
        _("%(number)s times a day", number=format_decimal(plan.day_cap, locale=g.locale)) if plan.day_cap is not None else "",
        _("%(number)s times in all", number=format_decimal(plan.total_cap, locale=g.locale)) if plan.total_cap is not None else "",
    ]
    return ", ".join(each for each in named if each) or _("no limit")


def places(some: Sequence[Place], there: Mapping[Place, Where]) -> list[Any]:
    """What each is called; one that there is not is told so."""
    return [place(each, there) for each in some]


def place(of: Place, there: Mapping[Place, Where]) -> Any:
    """What one is called."""
    if of[0] is PlaceKind.CITY:
        return _("the whole city")
    if of not in there:
        return _("%(name)s, which is not there", name=of[1])
    if of[0] is PlaceKind.DISTRICT:
        return _("district %(name)s", name=there[of].name)
    return there[of].name
