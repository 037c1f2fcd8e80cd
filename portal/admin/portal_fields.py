"""The form of a portal: its keys as the network file has them, out of what was typed, and the fields as the page shows them.

Decides nothing but the order of the ways: `Desk.change` judges. Texts stand side by side, one column for each language; what is
missing is said, with the language that guests will read instead. Never keeps a picture's octets as they were sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as later

from portal import languages, picture_press, style
from portal.cases import pictures
from store.portal_versions import LONGEST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from werkzeug.datastructures import FileStorage

    from portal.admin.desk import Wrong
    from store.stills import Prepared

ACCENT: Final = re.compile(r"#[0-9a-fA-F]{6}")
_MOST: Final = 200  # fields that are looked through for ways in
_SHA: Final = re.compile(r"[0-9a-f]{64}")
WAYS: Final = {
    "terms": later("Terms alone"),
    "voucher": later("Voucher"),
    "email": later("E-mail"),
    "sms": later("Text message"),
    "card": later("Library card"),
    "sponsor": later("Sponsor"),
}
TITLES: Final = {
    "ways": later("Ways in"),
    "plan": later("Plan"),
    "plans": later("Plans of single ways"),
    "languages": later("Languages"),
    "logo": later("Logo"),
    "accent": later("Colour"),
    "welcome": later("Welcome"),
    "help": later("Help"),
    "terms": later("Terms of use"),
    "privacy": later("Privacy notice"),
    "provisional": later("Online until confirmed"),
    "sponsors": later("Sponsors"),
}
_TEXTS: Final = {  # key -> (what it is for, lines of its field)
    "welcome": (later("Two lines: a heading and a sentence. One line: the sentence, under our heading. Empty: our own words."), 3),
    "help": (later("Shown above our own help. An empty line begins a paragraph."), 6),
    "terms": (later("What guests agree to. Empty: our five rules. An empty line begins a paragraph."), 14),
    "privacy": (later("Shown above what the page says by itself of what is kept and for how long."), 8),
}


class Way(NamedTuple):
    """A way in as the form shows it."""

    way: str
    title: Any
    place: int  # 0: not offered
    plan: str
    needs: str  # section of the settings; "" for none
    there: bool


class Text(NamedTuple):
    """One text in one language."""

    language: str
    called: str
    value: str
    direction: str
    instead: str  # the language that guests read in its place; "" where nothing is missing


class Texts(NamedTuple):
    """One text, in every language."""

    key: str
    title: Any
    hint: Any
    longest: int
    lines: int
    each: Sequence[Text]
    any: bool
    wrong: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The whole form."""

    values: Mapping[str, Any]
    ways: Sequence[Way]
    texts: Sequence[Texts]
    languages: Sequence[tuple[str, str, bool]]
    told: style.Told | None  # of the accent
    wrongs: Mapping[str, str] = field(default_factory=dict)
    offer: str = ""  # a colour that passes, where the one that was typed does not


def called(language: str) -> str:
    """A language in the page's own words."""
    from flask_babel import get_locale  # noqa: PLC0415  only in a request

    own = languages.locale(language, "").get_display_name(str(get_locale()))
    return (own or language).capitalize() if own else language


def read(form: Mapping[str, str]) -> dict[str, Any]:
    """Key -> value, as the network file would have them; what is empty is left out."""
    places = {key.removeprefix("way."): place for key, place in list(form.items())[:_MOST] if key.startswith("way.")}
    offered = sorted(
        (way for way, place in places.items() if place.isascii() and place.isdigit() and place != "0"), key=lambda w: int(places[w][:3])
    )
    said = {
        "ways": offered,
        "plan": form.get("plan", ""),
        "plans": {way: plan for way in offered if (plan := form.get(f"plan.{way}", ""))},
        "languages": sorted(
            (each for each in languages.LANGUAGES if form.get(f"language.{each}")), key=lambda each: each != form.get("first", "")
        ),
        "logo": kept if _SHA.fullmatch(kept := form.get("logo_kept", "")) and not form.get("logo_gone") else "",
        "accent": form.get("use_accent", "") or form.get("accent", "").strip().lower(),
        **{key: _texts(form, key) for key in LONGEST},
        "provisional": form.get("provisional", "").strip(),
        "sponsors": [line for each in form.get("sponsors", "").splitlines() if (line := each.strip())],
    }
    return {key: value for key, value in said.items() if value or key == "ways"}


def _texts(form: Mapping[str, str], key: str) -> dict[str, str]:
    found = {each: form.get(f"{key}.{each}", "").replace("\r\n", "\n").replace("\t", " ").strip() for each in languages.LANGUAGES}
    return {language: text for language, text in found.items() if text}


def picture(file: FileStorage | None) -> Prepared | str | None:
    """The logo that was chosen, made small; why it is not taken; None where none was chosen."""
    return pictures.sent(file, picture_press.LOGOS)


def shown(values: Mapping[str, Any], known: Mapping[str, tuple[str, bool]], wrongs: Sequence[Wrong] = ()) -> Shown:
    """The form over a version's keys, or over what was typed."""
    said: dict[str, str] = {}
    for each in wrongs:
        key = each.key.partition(".")[0] if each.key.partition(".")[0] in TITLES else ""
        said[key] = f"{said[key]} {_sentence(each)}" if key in said else _sentence(each)
    chosen = values.get("languages") or list(languages.LANGUAGES)
    accent = str(values.get("accent", ""))
    colour = ACCENT.fullmatch(accent) is not None
    return Shown(
        values,
        _ways(values, known),
        [_text(key, values.get(key, {}), chosen, said.get(key, "")) for key in _TEXTS],
        [(each, called(each), each in chosen) for each in languages.LANGUAGES],
        style.told(accent) if colour else None,
        said,
        style.nearest(accent) if colour and not style.carries(accent) else "",
    )


def _sentence(wrong: Wrong) -> str:
    said = f"{wrong.what}. {wrong.remedy}".rstrip(". ") + "."
    return said[:1].upper() + said[1:]


def way_called(way: str) -> Any:
    """In staff's words."""
    return WAYS.get(way) or _("Signing in with “%(name)s”", name=way.partition(":")[2])


def _ways(values: Mapping[str, Any], known: Mapping[str, tuple[str, bool]]) -> list[Way]:
    """Those that are offered, in their order; then the others."""
    offered, plans = values.get("ways", ["terms"]), values.get("plans", {})
    every = dict.fromkeys((*offered, *known))
    return [
        Way(
            way,
            way_called(way),
            offered.index(way) + 1 if way in offered else 0,
            plans.get(way, ""),
            *known.get(way, (way.replace(":", "."), False)),
        )
        for way in every
    ]


def _text(key: str, texts: Mapping[str, str], chosen: Sequence[str], wrong: str) -> Texts:
    hint, lines = _TEXTS[key]
    each = [
        Text(
            language,
            called(language),
            texts.get(language, ""),
            languages.locale(language, "").text_direction,
            called(languages.told_in(texts, language)) if texts and not texts.get(language) and language in chosen else "",
        )
        for language in languages.LANGUAGES
    ]
    return Texts(key, TITLES[key], hint, LONGEST[key], lines, each, bool(texts), wrong)
