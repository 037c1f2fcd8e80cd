"""The form of an advert as its template shows it: texts in each language, days, hours and places by human names, faults at their fields.

Values in, values out. Never loses what was typed, however wrong it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from babel.dates import get_day_names
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later

from portal import languages, words
from portal.cases import campaigns as form
from portal.cases import link
from store.campaigns import EVERY_DAY, MIDNIGHT
from store.models import PlaceKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from portal.cases.campaigns import Fault
    from store.offers import Offer

TITLES: Final = {
    "title": later("Title"),
    "text": later("Text"),
    "alt": later("What the picture shows"),
    "picture": later("Picture"),
    "link": later("Link"),
    "first_day": later("First day"),
    "last_day": later("Last day"),
    "weekdays": later("Days of the week"),
    "hours": later("Hours"),
    "day_cap": later("At most so often a day"),
    "total_cap": later("At most so often in all"),
    "places": later("Where"),
}
_MOST: Final = {"title": form.TITLE, "text": form.TEXT, "alt": form.ALT}


class Text(NamedTuple):
    """One text in one language."""

    key: str  # "title.en"
    id: str
    value: str
    most: int
    wrong: str


class Column(NamedTuple):
    """One language."""

    language: str
    called: str
    direction: str
    title: Text
    text: Text
    alt: Text


class Choice(NamedTuple):
    """A place, or a day of the week, to be ticked."""

    key: str
    title: str
    chosen: bool


class Group(NamedTuple):
    """A site with its access points."""

    title: str
    whole: Choice | None  # the site itself, where it may be chosen
    points: Sequence[Choice]
    open: bool  # an access point is chosen


@dataclass(frozen=True, slots=True)
class Shown:
    """The whole form."""

    columns: Sequence[Column]
    wrongs: Mapping[str, str]
    summary: Sequence[tuple[str, str, str]]  # (id of the field, its title, what is wrong)
    link: str
    host: str
    first_day: str
    last_day: str
    weekdays: Sequence[Choice]
    begin: str
    end: str
    day_cap: str
    total_cap: str
    wide: Sequence[Choice]  # the city and districts
    sites: Sequence[Group]
    zones: Sequence[tuple[str, str]]  # with the hour there: which clock is meant
    preview: Sequence[tuple[str, str]]  # sites by id, those chosen first


def shown(fields: Mapping[str, Any], offers: Sequence[Offer], faults: Sequence[Fault], now: datetime) -> Shown:
    """The form over a version's fields, or over what was typed."""
    plan: Mapping[str, Any] = fields["plan"]
    wrongs = {each.key: each.what for each in reversed(faults)}
    chosen = {f"{each[0]}:{each[1]}" for each in plan.get("places", ())}
    return Shown(
        [_column(language, fields, wrongs) for language in languages.LANGUAGES],
        wrongs,
        [(each.key.replace(".", "-").replace("_", "-"), _titled(each.key), each.what) for each in faults],
        fields["link"],
        link.host(fields["link"]),
        str(plan.get("first_day") or ""),
        str(plan.get("last_day") or ""),
        _weekdays(plan.get("weekdays", EVERY_DAY)),
        _clock(plan.get("from_minute", 0), 0),
        _clock(plan.get("until_minute", MIDNIGHT), MIDNIGHT),
        str(plan.get("day_cap") or ""),
        str(plan.get("total_cap") or ""),
        [Choice(each.key, _wide(each), each.key in chosen) for each in offers if each.kind in (PlaceKind.CITY, PlaceKind.DISTRICT)],
        _sites(offers, chosen),
        [(zone, words.moment(now, zone, now)) for zone in sorted({each.zone for each in offers if each.zone})],
        _previews(offers, chosen),
    )


def called(language: str) -> str:
    """A language as it stands within a sentence."""
    return languages.locale(language, "").get_display_name(str(get_locale())) or language


def _titled(key: str) -> str:
    name, _dot, language = key.partition(".")
    return f"{TITLES[name]} ({called(language)})" if language else str(TITLES[name])


def _column(language: str, fields: Mapping[str, Any], wrongs: Mapping[str, str]) -> Column:
    texts = [
        Text(f"{name}.{language}", f"{name}-{language}", fields[name].get(language, ""), most, wrongs.get(f"{name}.{language}", ""))
        for name, most in _MOST.items()
    ]
    return Column(language, called(language), languages.locale(language, "").text_direction, *texts)


def _weekdays(chosen: Any) -> list[Choice]:
    days = get_day_names("abbreviated", "stand-alone", get_locale())
    mask = chosen if isinstance(chosen, int) else 0
    return [Choice(str(day), str(days[day]).rstrip("."), bool(mask >> day & 1)) for day in range(7)]


def _clock(minute: Any, default: int) -> str:
    """As a field for hours has it; "" for the day's own beginning and end."""
    if not isinstance(minute, int):
        return str(minute)
    return "" if minute == default else f"{minute // 60:02}:{minute % 60:02}"


def _wide(offer: Offer) -> str:
    return offer.title or str(_("The whole city"))


def _sites(offers: Sequence[Offer], chosen: set[str]) -> list[Group]:
    wholes = {each.site: each for each in offers if each.kind is PlaceKind.SITE}
    points: dict[str, list[Choice]] = {}
    for each in offers:
        if each.kind is PlaceKind.ACCESS_POINT:
            points.setdefault(each.site, []).append(Choice(each.key, each.title, each.key in chosen))
    found = []
    for site in dict.fromkeys(each.site for each in offers if each.site):
        whole, inside = wholes.get(site), points.get(site, [])
        title = whole.title if whole is not None else str(_("Access points"))
        tick = Choice(whole.key, whole.title, whole.key in chosen) if whole is not None else None
        found.append(Group(title, tick, inside, any(each.chosen for each in inside)))
    return found


def _previews(offers: Sequence[Offer], chosen: set[str]) -> list[tuple[str, str]]:
    sites = {each.site: each.title for each in reversed(offers) if each.site and each.kind is not PlaceKind.ACCESS_POINT}
    first = [each.site for each in offers if each.key in chosen and each.site]
    return [(site, sites[site]) for site in dict.fromkeys([*first, *reversed(sites)]) if site in sites]
