"""An advert as its owner writes it: what a form held, as a version's fields, and everything that keeps the city from seeing it.

Theory of operation. A draft is kept as it was typed, whatever is wrong with it: words that are too long, a day that is none. So
nobody loses what they wrote on a phone, and `faults` says at each field what is missing, in the order of the form. A version
without a fault is one that `store.campaigns.read` can read, and that alone may be handed in.

Never decides who may.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask_babel import gettext as _

from portal import languages
from portal.cases import link, open_hours
from portal.messages.letter import line
from store import campaigns
from store.campaigns import EVERY_DAY, LARGEST, MIDNIGHT
from store.models import PlaceKind

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from store.offers import Offer

TITLE: Final = 60  # characters
TEXT: Final = 200
ALT: Final = 150
FURTHEST: Final = timedelta(days=731)  # that an advert is planned ahead
_KEPT: Final = 1_000  # characters of what is typed too long, so that it can be made shorter
_NUMBER: Final = re.compile(r"\d{1,9}", re.ASCII)
_SHA: Final = re.compile(r"[0-9a-f]{64}")


class Fault(NamedTuple):
    """What is wrong, at which field: "title.en", "places"."""

    key: str
    what: str


def blank(offers: Sequence[Offer]) -> dict[str, Any]:
    """A new advert's fields: everywhere that the shop may be shown, every day."""
    tops = [each for each in offers if each.kind is not PlaceKind.ACCESS_POINT]
    return {
        "title": {},
        "text": {},
        "alt": {},
        "link": "",
        "picture": "",
        "plan": {**campaigns.written(campaigns.Plan()), "places": [[each.kind.value, each.name] for each in (tops or offers)[:1]]},
    }


def typed(form: Any) -> dict[str, Any]:
    """A form (a MultiDict) as a version's fields; what cannot be read stays as it was typed, for `faults` to name."""
    said = {name: texts(form, name) for name in ("title", "text", "alt")}
    days = {int(each) for each in form.getlist("weekday")[:7] if each in tuple("0123456")}
    places = [each.partition(":") for each in dict.fromkeys(form.getlist("place")[: campaigns.PLACES + 1])]
    kinds = {each.value for each in PlaceKind}
    return said | {
        "link": link.tidied(line(form.get("link", "")[:_KEPT])),
        "picture": kept_picture(form),
        "plan": {
            "first_day": _day(_kept(form, "first_day")),
            "last_day": _day(_kept(form, "last_day")),
            "weekdays": sum(1 << day for day in days),
            "from_minute": _minute(_kept(form, "from"), 0),
            "until_minute": _minute(_kept(form, "until"), MIDNIGHT),
            "day_cap": _number(_kept(form, "day_cap")),
            "total_cap": _number(_kept(form, "total_cap")),
            "places": [[kind, name[:200]] for kind, _mark, name in places if kind in kinds],
        },
    }


def texts(form: Any, name: str) -> dict[str, str]:
    """Of one field, in each language in which something was typed; on one line."""
    found = {each: line(form.get(f"{name}.{each}", "")[:_KEPT]) for each in languages.LANGUAGES}
    return {language: text for language, text in found.items() if text}


def kept_picture(form: Any) -> str:
    """The digest of the picture that a form goes on having; "" for none."""
    kept = form.get("picture_kept", "")
    return kept if _SHA.fullmatch(kept) and not form.get("picture_gone") else ""


def _kept(form: Any, name: str) -> str:
    return line(form.get(name, "")[:40])


def _day(text: str) -> str | None:
    found = _read(text)
    return found.isoformat() if isinstance(found, date) else text or None


def _minute(clock: str, default: int) -> int | str:
    found = open_hours.minute(clock)
    if found is None:
        return clock or default
    return MIDNIGHT if found == 0 and default == MIDNIGHT else found  # until 00:00 is until the day's end


def _number(text: str) -> int | str | None:
    plain = text.replace(" ", "").replace(",", "").replace("\u202f", "").replace("\u00a0", "")
    return int(plain) if _NUMBER.fullmatch(plain) else text or None


def called(title: Mapping[str, str]) -> str:
    """What lists call the advert: its title."""
    return languages.text(title, languages.SOURCE)[:TITLE]


def places(fields: Mapping[str, Any]) -> Sequence[Any]:
    """Where these want to be shown, [kind, name] each, as `store.offers.offered` keeps them on the form."""
    found: Sequence[Any] = (fields.get("plan") or {}).get("places") or ()
    return found


def faults(fields: Mapping[str, Any], offers: Sequence[Offer], today: date) -> list[Fault]:
    """Everything that keeps it from being handed in, in the form's order; `today` is the shop's."""
    plan: Mapping[str, Any] = fields.get("plan") or {}
    return [
        *_words(fields),
        *described(fields, "title"),
        *([Fault("link", what)] if (what := link.fault(fields.get("link", ""))) else []),
        *_days(plan, today),
        *_hours(plan),
        *_caps(plan),
        *_places(plan, {(each.kind.value, each.name) for each in offers}),
    ]


def _words(fields: Mapping[str, Any]) -> list[Fault]:
    title, text = fields.get("title") or {}, fields.get("text") or {}
    found = []
    if not title and not text:
        found.append(Fault(f"title.{languages.SOURCE}", _("Write a title, in English or in French.")))
    for language in languages.LANGUAGES:
        wrong = {name: too_long(said.get(language, ""), most) for name, said, most in (("title", title, TITLE), ("text", text, TEXT))}
        if text.get(language) and not title.get(language):
            wrong["title"] = _("There is a text in this language, but no title. Write one, or take the text out.")
        elif title.get(language) and not text.get(language):
            wrong["text"] = _("There is a title in this language, but no text. Write one, or take the title out.")
        found += [Fault(f"{name}.{language}", str(what)) for name, what in wrong.items() if what]
    return found


def too_long(text: str, most: int) -> str:
    """That it is, in words; "" where it is not."""
    return _("Make it shorter: %(length)s characters of %(most)s.", length=len(text), most=most) if len(text) > most else ""


def described(fields: Mapping[str, Any], words: str) -> list[Fault]:
    """A description in each language that `words` has, or in the pages' own: who does not see the picture reads, or hears, that."""
    if not fields.get("picture"):
        return []
    alt, found = fields.get("alt") or {}, []
    spoken = [each for each in languages.LANGUAGES if (fields.get(words) or {}).get(each)] or [languages.SOURCE]
    for language in languages.LANGUAGES:
        what = too_long(alt.get(language, ""), ALT)
        if language in spoken and not alt.get(language):
            what = _("Say what the picture shows, for who cannot see it.")
        found += [Fault(f"alt.{language}", what)] if what else []
    return found


def _days(plan: Mapping[str, Any], today: date) -> list[Fault]:
    first, last = (_read(plan.get(name)) for name in ("first_day", "last_day"))
    found = []
    for name, day in (("first_day", first), ("last_day", last)):
        if day == "":
            found.append(Fault(name, _("This is no day. Write it as 2026-05-31.")))
        elif day is not None and day > today + FURTHEST:
            found.append(Fault(name, _("This day is more than two years away. Choose an earlier one.")))
    if last and last < today:
        found.append(Fault("last_day", _("This day is over. Choose a later one, or leave it empty.")))
    elif first and last and last < first:
        found.append(Fault("last_day", _("The last day lies before the first.")))
    if plan.get("weekdays", EVERY_DAY) not in range(1, EVERY_DAY + 1):
        found.append(Fault("weekdays", _("Choose at least one day of the week.")))
    return found


def _read(said: Any) -> Any:
    """A day; None for none; "" where it cannot be read."""
    try:
        return date.fromisoformat(said) if said else None
    except (ValueError, TypeError):
        return ""


def _hours(plan: Mapping[str, Any]) -> list[Fault]:
    begin, end = plan.get("from_minute", 0), plan.get("until_minute", MIDNIGHT)
    if type(begin) is not int or type(end) is not int or not 0 <= begin < MIDNIGHT or not 0 <= end <= MIDNIGHT:
        return [Fault("hours", _("This is no time of the day. Write it as 17:30."))]
    return [Fault("hours", _("It begins and ends at the same time."))] if begin == end else []


def _caps(plan: Mapping[str, Any]) -> list[Fault]:
    caps = {name: plan.get(name) for name in ("day_cap", "total_cap")}
    wrong = [name for name, cap in caps.items() if cap is not None and (type(cap) is not int or not 1 <= cap <= LARGEST)]
    return [Fault(name, _("Write a number from 1 to %(most)s, or nothing.", most=f"{LARGEST:,}")) for name in wrong]


def _places(plan: Mapping[str, Any], offered: Collection[tuple[str, str]]) -> list[Fault]:
    chosen = [tuple(each) for each in plan.get("places") or () if isinstance(each, list | tuple) and len(each) == 2]
    if not chosen:
        return [Fault("places", _("Choose where it is shown."))]
    if len(chosen) > campaigns.PLACES:
        return [Fault("places", _("Choose %(most)s places at most; a whole site counts as one.", most=campaigns.PLACES))]
    gone = [name for kind, name in chosen if (kind, name) not in offered]
    return [Fault("places", _("You may not be shown at %(place)s any more. Choose another place.", place=", ".join(gone)))] if gone else []
