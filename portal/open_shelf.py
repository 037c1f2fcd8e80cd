"""The files of open data that anybody may fetch, made once of what is published and kept in memory until that changes.

Pages and files come from one list of publications, so that nothing is named that cannot be fetched. Never a withdrawn publication's
octets, and none at all where the settings have no terms.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

from flask_babel import force_locale

from portal import languages, open_words
from portal.cases import open_files
from portal.cases.open_catalogue import Set, catalogue, file, package
from portal.cases.publishing import first_of, last_of
from store.models import Dataset

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from portal.cases.open_catalogue import File
    from portal.cases.open_files import Column
    from portal.doors import Terms
    from portal.open_words import Words
    from store.publications import Brief

JSON: Final = "application/json"


class Shelf:
    """The files of the publications that were seen last."""

    def __init__(self) -> None:
        self._held: tuple[tuple[object, ...], Mapping[str, File]] = ((), {})
        self._lock = threading.Lock()

    def files(self, live: Sequence[Brief], octets: Callable[[], Mapping[str, bytes]], terms: Terms, url: str) -> Mapping[str, File]:
        """By name; `octets` is called where other publications are live than before, or other terms hold."""
        key = (terms, url, *(each.id for each in live))
        with self._lock:
            held, files = self._held
        if held != key:
            files = made(live, octets(), terms, url)
            with self._lock:
                self._held = (key, files)
        return files


def made(live: Sequence[Brief], octets: Mapping[str, bytes], terms: Terms, url: str) -> dict[str, File]:
    """Every file, in the order in which a page lists them; none where nothing is published."""
    sets = [each for each in (_hotspots(live, octets), _usage(live, octets)) if each is not None]
    if not sets:
        return {}
    at = max(each.published_at for each in live)
    words = {"title": spoken(open_words.CATALOGUE.title), "text": spoken(open_words.CATALOGUE.text)}
    english = {"title": words["title"]["en"], "description": words["text"]["en"]}
    return {
        **{name: found for each in sets for name, found in each.files.items()},
        "datapackage.json": file(package(sets, terms, english, url), JSON, at),
        "catalog.jsonld": file(catalogue(sets, terms, lambda name: words[name], url), "application/ld+json", at),
    }


def _hotspots(live: Sequence[Brief], octets: Mapping[str, bytes]) -> Set | None:
    found = next((each for each in live if each.dataset is Dataset.HOTSPOTS), None)
    if found is None:
        return None
    kept = octets[found.id]
    files = {
        "hotspots.csv": file(open_files.hotspots_csv(open_files.hotspots(kept)), "text/csv", found.published_at),
        "hotspots.geojson": file(kept, "application/geo+json", found.published_at),
    }
    return _set("hotspots", open_words.HOTSPOTS, open_files.HOTSPOTS, files, found.published_at, frequency="IRREG")


def _usage(live: Sequence[Brief], octets: Mapping[str, bytes]) -> Set | None:
    months = [each for each in live if each.dataset is Dataset.USAGE]
    if not months:
        return None
    issued, at = (most(each.published_at for each in months) for most in (min, max))
    table = file(open_files.joined(octets[each.id] for each in months), "text/csv", at)
    first, last = first_of(months[0].period), first_of(months[-1].period)
    span = (str(first), str(last_of(last))) if first is not None and last is not None else None
    return _set("usage_monthly", open_words.USAGE, open_files.USAGE, {"usage_monthly.csv": table}, issued, frequency="MONTHLY", span=span)


def _set(name: str, words: Words, columns: Sequence[Column], files: Mapping[str, File], first: datetime, **more: Any) -> Set:
    of_columns = {column: spoken(text)["en"] for column, text in open_words.COLUMNS[name].items()}
    return Set(name, spoken(words.title), spoken(words.text), columns, of_columns, files, first, **more)


def spoken(text: Any) -> dict[str, str]:
    """A text of ours in every language."""
    found = {}
    for language in languages.LANGUAGES:
        with force_locale(languages.locale(language, "")):
            found[language] = str(text)
    return found
