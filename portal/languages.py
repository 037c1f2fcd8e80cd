"""Which language a guest reads: chosen by a link, else as before, else what the browser asks for, else the portal's first.

A language is a file: translations/<language>/LC_MESSAGES/messages.po; whichever has its compiled catalogue there is
spoken, in the direction of its script. Never a language without a whole catalogue, and never a text that is missing:
another language's stands in for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from babel import Locale, UnknownLocaleError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CATALOGUES: Final = Path(__file__).parent / "translations"
SOURCE: Final = "en"  # the language that the sources are written in
_CHOICES: Final = 12  # of an Accept-Language header; browsers send three or four


def found(catalogues: Path) -> tuple[str, ...]:
    """English, and every language with a catalogue in this folder, by its code of two or three letters."""
    names = sorted(path.parent.parent.name for path in catalogues.glob("*/LC_MESSAGES/messages.po"))
    return (SOURCE, *(name for name in names if name != SOURCE and _known(name)))


def _known(name: str) -> bool:
    try:
        return Locale.parse(name).language == name  # hours and numbers are written by what Babel knows of it
    except (UnknownLocaleError, ValueError):
        return False


LANGUAGES: Final = found(CATALOGUES)


def offered(wanted: Sequence[str]) -> tuple[str, ...]:
    """The portal's languages that we have, in its order; all of ours where it names none."""
    return tuple(language for language in wanted if language in LANGUAGES) or LANGUAGES


def choose(offers: Sequence[str], chosen: Sequence[str], accepted: Sequence[str]) -> str:
    """The first of `chosen` that is offered (a link's, a token's), else the best for the browser's list, best first."""
    asked = (tag.replace("_", "-").partition("-")[0].lower() for tag in accepted[:_CHOICES])  # RFC 5646, 2.1.1: case says nothing
    return next((language for language in (*chosen, *asked) if language in offers), offers[0])


def locale(language: str, country: str) -> Locale:
    """The language as it is written in this country: hours, numbers. Unknown pairs: the language alone."""
    try:
        return Locale(language, country or None)
    except (UnknownLocaleError, ValueError):
        return Locale(language)


def text(texts: Mapping[str, str], language: str) -> str:
    """A text of the portal's own: in this language, else in English, else in whichever it has; "" for none."""
    return texts.get(told_in(texts, language), "")


def told_in(texts: Mapping[str, str], language: str) -> str:
    """The language of that text; this one for none."""
    return next((each for each in (language, SOURCE, *texts) if texts.get(each)), language)
