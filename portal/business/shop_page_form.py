"""The form of a shop's public page as its template shows it: texts in each language, the days of the week, faults at their fields.

Values in, values out. Never loses what was typed, however wrong it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flask_babel import lazy_gettext as later

from portal import languages
from portal.business.advert_form import Text, called
from portal.cases import campaigns, link, open_hours
from portal.cases import shop_page as form

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from portal.cases.campaigns import Fault

TITLES: Final = {
    "name": later("Name"),
    "about": later("What you offer"),
    "address": later("Address"),
    "day": later("Opening hours"),
    "note": later("Beside the hours"),
    "link": later("Link"),
    "picture": later("Picture"),
    "alt": later("What the picture shows"),
}
_MOST: Final = {"about": form.ABOUT, "note": form.NOTE, "alt": campaigns.ALT}


@dataclass(frozen=True, slots=True)
class Column:
    """One language."""

    language: str
    called: str
    direction: str
    about: Text
    note: Text
    alt: Text


@dataclass(frozen=True, slots=True)
class Shown:
    """The whole form."""

    fields: Mapping[str, Any]
    columns: Sequence[Column]
    wrongs: Mapping[str, str]
    summary: Sequence[tuple[str, str, str]]  # (id of the field, its title, what is wrong)
    days: Sequence[tuple[str, Sequence[tuple[str, str]]]]  # (name, (from, until) of each span)
    link: str
    host: str


def shown(fields: Mapping[str, Any], faults: Sequence[Fault]) -> Shown:
    """The form over a version's fields, or over what was typed."""
    wrongs = {each.key: each.what for each in reversed(faults)}
    return Shown(
        fields,
        [_column(language, fields, wrongs) for language in languages.LANGUAGES],
        wrongs,
        [(each.key.replace(".", "-"), _titled(each.key), each.what) for each in faults],
        _days(fields["hours"]),
        fields["link"],
        link.host(fields["link"]),
    )


def _titled(key: str) -> str:
    name, _dot, more = key.partition(".")
    if name == "day":
        return f"{TITLES[name]} ({open_hours.day_name(int(more))})"
    return f"{TITLES[name]} ({called(more)})" if more else str(TITLES[name])


def _column(language: str, fields: Mapping[str, Any], wrongs: Mapping[str, str]) -> Column:
    said = {"about": fields["about"], "note": open_hours.words(fields["hours"]), "alt": fields["alt"]}
    texts = [
        Text(key := f"{name}.{language}", f"{name}-{language}", said[name].get(language, ""), most, wrongs.get(key, ""))
        for name, most in _MOST.items()
    ]
    return Column(language, called(language), languages.locale(language, "").text_direction, *texts)


def _days(hours: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """As they are kept, however wrong."""
    week = hours.get("week") or [[]] * len(open_hours.DAYS)
    found = []
    for day, pairs in enumerate(week[: len(open_hours.DAYS)]):
        spans = [(open_hours.clock(begin), open_hours.clock(end)) for begin, end in pairs]
        found.append((open_hours.day_name(day), [*spans, *[("", "")] * open_hours.SPANS][: open_hours.SPANS]))
    return found
