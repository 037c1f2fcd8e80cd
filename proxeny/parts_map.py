"""[map] of the settings: where the map of access points has its tiles from. Without it the map has a plain ground.

A key's meaning is told in config/proxeny.toml. Never a server that we did not ask the operator for: staff's browsers tell it
where the city's access points are.
"""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import BeforeValidator

from proxeny.addresses import web_origin
from proxeny.faults import WrongError
from proxeny.parts import Part

_PLACES: Final = ("{z}", "{x}", "{y}")
_REMEDY: Final = 'It has {z}, {x} and {y} once each, and nothing else in braces: "https://tiles.city.example/{z}/{x}/{y}.png"'


def _tiles(value: object) -> str:
    text = str(value).strip()
    parts = urlsplit(text)
    origin = web_origin(f"{parts.scheme}://{parts.netloc}")
    path = text.partition("://")[2].partition("/")[2]
    bare = path
    for place in _PLACES:
        bare = bare.replace(place, "", 1)
    if any(path.count(place) != 1 for place in _PLACES) or set(bare) & set('{}"<>\\ #') or not path.isascii() or not path.isprintable():
        raise WrongError(f'"{text}" is no template of tiles', _REMEDY)
    return f"{origin}/{path}"


class Map(Part):
    """[map]"""

    tiles: Annotated[str, BeforeValidator(_tiles)]
    attribution: str = ""  # what whoever makes the tiles wants to be said
