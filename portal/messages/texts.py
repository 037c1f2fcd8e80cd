"""Texts in a language that no request says: the pages' own catalogues. Never a text that is missing: English stands in."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from babel import Locale, UnknownLocaleError
from babel.support import Translations
from babel.units import format_unit

if TYPE_CHECKING:
    from babel.support import NullTranslations

_CATALOGUES: Final = Path(__file__).parent.parent / "translations"


class Texts:
    """One language's: its catalogue and its way to write numbers."""

    def __init__(self, language: str) -> None:
        """`language` as RFC 5646 writes it; one that we do not have is English."""
        try:
            self.locale = Locale.parse(language.replace("_", "-"), sep="-")
        except (UnknownLocaleError, ValueError, TypeError):
            self.locale = Locale("en")
        self._catalogue = _catalogue(self.locale.language)

    @property
    def language(self) -> str:
        """For an HTML page's `lang`."""
        return str(self.locale).replace("_", "-")

    @property
    def direction(self) -> str:
        """For its `dir`."""
        return self.locale.text_direction

    def gettext(self, words: str, /, **values: object) -> str:
        """The words in this language, with the values in their places."""
        said = str(self._catalogue.gettext(words))
        return said % values if values else said

    def ngettext(self, one: str, many: str, num: int, /, **values: object) -> str:
        """The words for so many, as this language counts."""
        return str(self._catalogue.ngettext(one, many, num)) % ({"num": num} | values)

    def minutes(self, count: int) -> str:
        """ "15 minutes"."""
        hours, rest = divmod(count, 60)
        size, unit = (hours, "duration-hour") if hours > 1 and not rest else (count, "duration-minute")
        return str(format_unit(size, unit, "long", locale=self.locale))


@lru_cache(32)
def _catalogue(language: str) -> NullTranslations:
    return Translations.load(_CATALOGUES, [language])
