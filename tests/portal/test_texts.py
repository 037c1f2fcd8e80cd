"""Texts: French is whole, numbers are the language's own, a portal's missing text has another language's in its place."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po
from flask import g

from portal import languages, words
from radius.nas.plan import Plan
from tests.portal.catalogues import HOME
from tests.portal.guests import heading
from tests.portal.world import coova

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from babel.messages.catalog import Catalog

    from tests.portal.world import World


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def strings(of: object) -> tuple[str, ...]:
    """A message's text in each of its forms."""
    return (of,) if isinstance(of, str) else tuple(of)


def placeholders(text: str) -> set[str]:
    """What is put into it; how many there are may be left to the word: "one device"."""
    return set(re.findall(r"%\([a-z_]+\)[a-z]", text)) - {"%(num)s"}


def test_every_text_is_translated(tmp_path: Path) -> None:
    """What the sources say now is in each catalogue: none missing, none fuzzy, none left over; what is put in, in each form."""
    found = tmp_path / "messages.pot"
    command = [
        sys.executable,
        "-m",
        "babel.messages.frontend",
        "-q",
        "extract",
        "-F",
        "pyproject.toml",
        "-k",
        "later",
        "-k",
        "lazy_gettext",
    ]
    command += ["-o", str(found), "."]
    subprocess.run(command, cwd=HOME, check=True, timeout=60)
    said = {message.id for message in catalogue(found) if message.id}
    for path in (HOME / "portal/translations").rglob("*.po"):
        known = catalogue(path)
        assert said == {message.id for message in known if message.id}
        assert [] == [message.id for message in known if message.id and (message.fuzzy or not all(strings(message.string)))]
        for message in known:
            wanted = set().union(*map(placeholders, strings(message.id)))
            assert [wanted] * len(strings(message.string)) == [placeholders(each) for each in strings(message.string)], message.id


def test_a_language_is_a_file(tmp_path: Path) -> None:
    """Whichever has a catalogue is spoken, English first; a folder without one, or that is no language's, is not."""
    assert ("en", "fr") == languages.LANGUAGES
    for name in ("ar", "fr", "zz", "messages", "empty"):
        (tmp_path / name / "LC_MESSAGES").mkdir(parents=True)
        if name != "empty":
            (tmp_path / name / "LC_MESSAGES" / "messages.po").touch()
    assert ("en", "ar", "fr") == languages.found(tmp_path)


@pytest.mark.parametrize(
    ("chosen", "accepted", "expected"),
    [
        ((), (), "en"),
        ((), ("fr-CA", "fr", "en"), "fr"),
        ((), ("de", "fr"), "fr"),
        ((), ("de",), "en"),
        (("fr",), ("en",), "fr"),
        (("xx", "fr"), ("en",), "fr"),
        ((), ("*",), "en"),
        ((), ("x" * 999, "\n", "fr"), "fr"),
    ],
)
def test_a_language_is_chosen(chosen: tuple[str, ...], accepted: tuple[str, ...], expected: str) -> None:
    """A link's, then a token's, then the browser's, then the portal's first."""
    assert expected == languages.choose(("en", "fr"), chosen, accepted)


def test_a_portal_may_offer_fewer(city: World) -> None:
    """Only French: nothing else is spoken, and no switch is shown."""
    from dataclasses import replace

    made = {key: replace(door, words=replace(door.words, languages=("fr",))) for key, door in city.doors.by_key.items()}
    city.doors = replace(city.doors, by_key=made)
    page = city.client().get(coova(), headers={"Accept-Language": "en"})
    assert '<html lang="fr-CA"' in page.text
    assert "hreflang" not in page.text


def test_missing_texts_fall_back() -> None:
    """This language, else English, else whichever there is."""
    assert ["a", "b", "c", ""] == [
        languages.text(texts, "fr") for texts in ({"fr": "a", "en": "b"}, {"fr": "", "en": "b"}, {"de": "c"}, {})
    ]


def test_a_portals_own_terms_and_help(city: World) -> None:
    """They stand on their pages in the guest's language; without a visit, ours do."""
    from dataclasses import replace

    from tests.screens.states import text

    said = {"fr": "Soyez gentils.\n\nMerci.", "en": "Be kind <b>."}
    made = {key: replace(door, words=replace(door.words, terms=said, help=said)) for key, door in city.doors.by_key.items()}
    city.doors = replace(city.doors, by_key=made)
    guest = city.client()
    for name in ("terms", "help"):
        assert "<p>Be kind &lt;b&gt;.</p>" in guest.get(text(name)(city, "en")).text
        assert "<p>Soyez gentils.</p>\n<p>Merci.</p>" in guest.get(text(name)(city, "fr")).text
    assert "Be kind" not in guest.get("/terms").text
    assert "Terms of use" == heading(guest.get("/terms"))


@pytest.fixture(params=["en", "fr"])
def spoken(request: pytest.FixtureRequest, city: World) -> Iterator[str]:
    """A request in Canada in each language."""
    with city.app.test_request_context():
        g.locale = languages.locale(request.param, "CA")
        yield request.param


def test_numbers_and_times(spoken: str) -> None:
    """Exact for a plan, rounded down for what remains, up for what is kept."""
    plain = [
        text.replace("\xa0", " ").replace("\u202f", " ")
        for text in (
            words.duration(7_200), words.duration(5_400), words.duration(3_600), words.duration(86_400), words.duration(172_800),
            words.time_left(59), words.time_left(6_180), words.amount(1_000_000_000), words.amount(1_590_000_000),
            words.amount(999_999_999), words.kept(30), words.kept(365), words.kept(400), words.kept(730),
        )
    ]  # fmt: skip
    expected = {
        "en": "2 hours|90 minutes|1 hour|24 hours|2 days|less than a minute|1 hr 43 mins|1 GB|1.5 GB|999 MB"
        "|30 days|12 months|14 months|24 months",
        "fr": "2 heures|90 minutes|1 heure|24 heures|2 jours|moins d’une minute|1 h 43 min|1 Go|1,5 Go|999 Mo"
        "|30 jours|12 mois|14 mois|24 mois",
    }
    assert expected[spoken].split("|") == plain


def test_moments_are_in_the_sites_time(spoken: str) -> None:
    """The hour alone today; its day beside it otherwise; a zone that nobody knows is UTC."""
    now = datetime(2026, 7, 1, 18, 0, tzinfo=UTC)
    later = datetime(2026, 7, 2, 4, 30, tzinfo=UTC)
    asked = ((now, "America/Toronto"), (later, "America/Toronto"), (now, "Nowhere/x"))
    told = [words.moment(at, zone, now).replace("\u202f", " ").replace("\xa0", " ") for at, zone in asked]
    expected = {
        "en": ["2:00 p.m.", "Thu, Jul 2, 12:30 a.m.", "6:00 p.m."],
        "fr": ["14 h 00", "jeu. 2 juill., 00 h 30", "18 h 00"],
    }
    assert expected[spoken] == told


def test_offers(spoken: str) -> None:
    """Each bound of a plan in words, in one sentence."""
    plan = Plan("p", session=1_800, day_time=7_200, day_data=500_000_000, month_data=10_000_000_000)
    expected = {
        "en": ["30 minutes at a time, 2 hours a day, 500 MB a day, 10 GB a month.", "As long as you like."],
        "fr": ["30 minutes à la fois, 2 heures par jour, 500 Mo par jour, 10 Go par mois.", "Aussi longtemps que vous voulez."],
    }
    assert expected[spoken] == [words.offer(each).replace("\xa0", " ").replace("\u202f", " ") for each in (plan, Plan("p"))]
