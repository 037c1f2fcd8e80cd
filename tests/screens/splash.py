"""States of the pages that show shops, a place, and institutions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from portal.doors import Institution, Venue
from portal.words import date
from proxeny.demo_shops import sow
from store.session import transaction
from tests.portal.shops import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.portal.world import World

INSTITUTIONS = tuple(
    Institution(name, country, realm, f"https://{realm}/eduroam" if country == "CA" else "")
    for name, country, realm in (
        ("École polytechnique du Lac", "CA", "lac.example"),
        ("Hochschule Talbrücke", "DE", "talbruecke.example"),
        ("Northlake University", "CA", "northlake.example"),
        ("Northlake College of Art", "CA", "art.northlake.example"),
        ("University of the North", "GB", "north.example"),
    )
)


def from_the_city(page: Callable[[World, str], str]) -> Callable[[World, str], str]:
    """This page where no shop is shown, and so the city's own advert is."""

    def state(city: World, language: str) -> str:
        with transaction(city.database) as session:
            sow(session, date(city.time))
        read(city)
        city.adverts = [run for run in city.adverts if run.advert.house]
        return page(city, language)

    return state


def at(city: World, language: str) -> str:
    """The library, where three shops are shown."""
    with transaction(city.database) as session:
        sow(session, date(city.time))
    read(city)
    city.doors = replace(city.doors, venues={"central-library": Venue("Central Library", "", "America/Toronto")})
    return f"/at/central-library?lang={language}"


def found(city: World, language: str) -> str:
    """Whoever looks for "north" finds three."""
    city.doors = replace(city.doors, institutions=INSTITUTIONS, eduroam=("eduroam",))
    return f"/eduroam?lang={language}&q=north"


def nothing_found(city: World, language: str) -> str:
    """Nor is the name on our list."""
    city.doors = replace(city.doors, institutions=INSTITUTIONS)
    return f"/eduroam?lang={language}&q=atlantis"
