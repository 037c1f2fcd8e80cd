"""portal.cases.institutions and /eduroam: whoever looks for an institution finds it, and nobody can make that costly."""

from __future__ import annotations

import time
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING

import pytest

from portal.cases.institutions import SHOWN, search
from portal.doors import Institution
from tests.portal.guests import arrive, heading, links, plain

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.portal.world import World

NORTH = Institution("Northlake University", "CA", "northlake.example", "https://www.northlake.example/eduroam")
BRIDGE = Institution("Hochschule Talbrücke", "DE", "talbruecke.example")
SCHOOL = Institution("École de la Côte", "FR", "cote.example")
LAKE = Institution("The Lake School", "", "")
ALL = (BRIDGE, LAKE, NORTH, SCHOOL)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", [*ALL]),
        ("north", [NORTH]),
        ("LAKE", [LAKE, NORTH]),
        ("university NORTH", [NORTH]),
        ("ecole cote", [SCHOOL]),
        ("école", [SCHOOL]),
        ("TALBRÜCKE", [BRIDGE]),
        ("talbrucke", [BRIDGE]),
        ("cote.example", [SCHOOL]),
        ("the", [LAKE]),
        ("nowhere", []),
        ("(.*)+$", []),
        ("%", []),
    ],
)
def test_what_is_typed_is_found(typed: str, found: list[Institution]) -> None:
    """Any part of name or realm, in any order, whatever the accents and capitals; signs are signs."""
    assert (found, len(found)) == (list(search(ALL, typed).shown), search(ALL, typed).total)


def test_whose_name_begins_so_stands_first() -> None:
    """Then the others, each group by its name."""
    named = tuple(sorted((Institution(name) for name in ("Old Lake", "Lake North", "A Lake", "Lake East")), key=lambda each: each.name))
    assert ["Lake East", "Lake North", "A Lake", "Old Lake"] == [each.name for each in search(named, "lake").shown]


def test_two_thousand_realms() -> None:
    """Twenty are shown and all are counted; nothing is shown before anything is typed; a hundred searches take no time."""
    many = tuple(Institution(f"Université numéro {number}", "CA", f"u{number}.example") for number in range(2_000))
    assert (0, 0) == (len(search(many, "").shown), search(many, "").total)
    assert (SHOWN, 2_000) == (len(search(many, "universite").shown), search(many, "universite").total)
    began = time.monotonic()
    for number in range(100):
        assert 1 <= search(many, f"numero {number}").total
        search(many, "aaaaaaaaaaaaaaaaaaaa " * 100)
    assert time.monotonic() - began < 10


def test_the_page(city: World, guest: FlaskClient) -> None:
    """What is on air here, how to set it up on each system, where the profiles are, and what to do when not online yet."""
    city.doors = replace(city.doors, institutions=ALL, eduroam=("eduroam", "eduroam-6"))
    page = guest.get("/eduroam")
    text = plain(page)
    systems = ("Android", "iPhone, iPad", "Mac", "Windows", "Chromebook", "Not online yet?", "eduroam, eduroam-6")
    assert [True] * 7 == [word in text for word in systems]
    assert "https://cat.eduroam.org/" in links(page)
    assert "https://www.northlake.example/eduroam" in links(page)


def test_the_form(city: World, guest: FlaskClient) -> None:
    """Answers by GET, keeps what was typed, the language and the way back; says so where there is nothing."""
    city.doors = replace(city.doors, institutions=ALL)
    visit = arrive(guest).split("/")[2]
    page = guest.get(f"/eduroam?lang=fr&at={visit}&q=northlake")
    assert "https://www.northlake.example/eduroam" in links(page)
    assert [True, True] == [word in plain(page) for word in ("Canada", "…\u2060@northlake.example")]
    for field in ('name="lang" value="fr"', f'name="at" value="{visit}"', 'value="northlake"'):
        assert field in page.text
    assert f"/v/{visit}?lang=fr" in links(page)
    assert "None of those we know here" in plain(guest.get("/eduroam?q=nowhere"))


def test_what_is_typed_is_only_shown(city: World, guest: FlaskClient) -> None:
    """Escaped, and cut where it is longer than any name."""
    nasty = '"><script>alert(1)</script>'
    page = guest.get("/eduroam", query_string={"q": nasty + "x" * 500})
    assert ("eduroam", False) == (heading(page), "<script" in page.text)
    assert unescape(page.text).count("x" * 64) == 0
    assert nasty in unescape(page.text)


@pytest.mark.parametrize("typed", ["\u0300" * 60, "ﷺ" * 60, "\ud800", "\x00", "İ" * 60, " " * 60, "🎓" * 60])
def test_any_signs(guest: FlaskClient, typed: str) -> None:
    """Whatever signs there are: a page."""
    assert 200 == guest.get("/eduroam", query_string={"q": typed.encode("utf-8", "surrogatepass")}).status_code
