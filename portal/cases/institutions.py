"""Finding an institution by what a guest types: any part of its name or realm, whatever the accents and capitals.

Never a pattern out of a guest's words: they are looked for as they are, a few of them, each short.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portal.doors import Institution

SHOWN: Final = 20
LONGEST: Final = 64  # characters that are looked at
_WORDS: Final = 6


class Found(NamedTuple):
    """The first of those that fit, and how many there are."""

    shown: tuple[Institution, ...] = ()
    total: int = 0


def search(institutions: Sequence[Institution], typed: str) -> Found:
    """Those that have every word; whose name begins with the first stand first. Nothing typed: all, where they are few."""
    words = fold(typed[:LONGEST]).split()[:_WORDS]
    if not words:
        return Found(tuple(institutions), len(institutions)) if len(institutions) <= SHOWN else Found()
    fits = [each for each in institutions if all(word in fold(f"{each.name} {each.realm}") for word in words)]
    fits.sort(key=lambda each: not fold(each.name).startswith(words[0]))
    return Found(tuple(fits[:SHOWN]), len(fits))


@lru_cache(maxsize=8_192)
def fold(text: str) -> str:
    """As one who has only the plain letters types it: "École" is "ecole"."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in plain if not unicodedata.combining(each))
