"""A shop's public page as its owner writes it: what a form held, as a version's fields, and everything that keeps it from being handed in.

A draft is kept as it was typed, whatever is wrong with it, as an advert's is (portal/cases/campaigns.py). Never decides who may.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask_babel import gettext as _

from portal import languages
from portal.cases import link, open_hours
from portal.cases.campaigns import Fault, described, kept_picture, texts, too_long
from portal.messages.letter import line
from store import versions
from store.models import ShopVersion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from store.models import Business

NAME: Final = 60  # characters
ABOUT: Final = 1_000
ADDRESS: Final = 200
NOTE: Final = 200  # beside the hours
_KEPT: Final = 4_000  # characters of what is typed too long, so that it can be made shorter
WORKDAYS: Final = range(1, 5)  # Tuesday to Friday


def fields_of(shop: Business, version: ShopVersion | None) -> dict[str, Any]:
    """What a form begins with: the newest version, else what the city wrote down when it invited the shop."""
    if version is not None:
        return versions.fields_of(version)
    names = versions.FIELDS[ShopVersion]
    return {name: dict(value) if isinstance(value := getattr(shop, name), dict) else value for name in names}


def draft(session: Session, shop: Business, by: str, now: datetime) -> ShopVersion:
    """The one draft; the first says what the shop's own row does."""
    first = versions.latest(session, ShopVersion, shop.id) is None
    row = versions.draft(session, ShopVersion, shop.id, by, now)
    if first:
        for name, value in fields_of(shop, None).items():
            setattr(row, name, value)
    return row


def typed(form: Any) -> dict[str, Any]:
    """A form (a MultiDict) as a version's fields; what cannot be read stays as it was typed, for `faults` to name."""
    return {
        "name": line(form.get("name", "")[:_KEPT]),
        "about": _paragraphs(form, "about"),
        "address": line(form.get("address", "")[:_KEPT]),
        "hours": {**_week(form), **_paragraphs(form, "note")},
        "link": link.tidied(line(form.get("link", "")[:_KEPT])),
        "picture": kept_picture(form),
        "alt": texts(form, "alt"),
    }


def _paragraphs(form: Any, name: str) -> dict[str, str]:
    """In each language; lines stay lines."""
    found = {}
    for language in languages.LANGUAGES:
        said = form.get(f"{name}.{language}", "")[:_KEPT].replace("\r\n", "\n").split("\n")
        if text := "\n".join(line(each) for each in said).strip():
            found[language] = text
    return found


def _week(form: Any) -> dict[str, Any]:
    """{} where no time was typed at all. What is no time stays as it is typed."""
    week = []
    for day in range(len(open_hours.DAYS)):
        pairs = [[_minute(form, f"{end}.{day}.{span}") for end in ("from", "until")] for span in range(open_hours.SPANS)]
        week.append([pair for pair in pairs if pair != ["", ""]])
    if form.get("do") == "monday":
        for day in WORKDAYS:
            week[day] = [list(pair) for pair in week[0]]
    return {"week": week} if any(week) else {}


def _minute(form: Any, name: str) -> int | str:
    said = line(form.get(name, "")[:20])
    found = open_hours.minute(said)
    begins = name.startswith("from")
    if found == 0 and not begins:
        return open_hours.MIDNIGHT  # until 00:00 is until the day's end
    return said if found is None or (begins and found == open_hours.MIDNIGHT) else found


def faults(fields: Mapping[str, Any]) -> list[Fault]:
    """Everything that keeps it from being handed in, in the form's order."""
    found = []
    name, address = fields.get("name", ""), fields.get("address", "")
    if what := too_long(name, NAME) or ("" if name else _("Write what your shop is called.")):
        found.append(Fault("name", what))
    found += _words(fields)
    if what := too_long(address, ADDRESS):
        found.append(Fault("address", what))
    found += _hours(fields.get("hours") or {})
    if what := link.fault(fields.get("link", "")):
        found.append(Fault("link", what))
    return [*found, *described(fields, "about")]


def _words(fields: Mapping[str, Any]) -> list[Fault]:
    about = fields.get("about") or {}
    if not about:
        return [Fault(f"about.{languages.SOURCE}", _("Say what your shop offers, in English or in French."))]
    return [Fault(f"about.{each}", what) for each in languages.LANGUAGES if (what := too_long(about.get(each, ""), ABOUT))]


def _hours(hours: Mapping[str, Any]) -> list[Fault]:
    found = []
    for day, pairs in enumerate(hours.get("week") or ()):
        if what := _day(pairs):
            found.append(Fault(f"day.{day}", what))
    notes = open_hours.words(hours)
    return [*found, *(Fault(f"note.{each}", what) for each in languages.LANGUAGES if (what := too_long(notes.get(each, ""), NOTE)))]


def _day(pairs: list[list[int | str]]) -> str:
    """What is wrong with one day's times; "" for nothing."""
    times = [each for pair in pairs for each in pair]
    if "" in times:
        return str(_("From and until: one of them is missing."))
    whole = [each for each in times if isinstance(each, int)]
    if len(whole) < len(times):
        return str(_("This is no time of the day. Write it as 17:30."))
    if any(begin == end for begin, end in zip(whole[::2], whole[1::2], strict=True)):
        return str(_("It begins and ends at the same time."))
    if len(whole) > 2 and not whole[0] < whole[1] <= whole[2]:
        return str(_("The second time begins before the first is over."))
    return ""
