"""Support numbers: six characters that a guest reads aloud and staff search for. Never one that looks like another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

ALPHABET: Final = "2345679ACDEFGHJKMNPQRTVWXY"  # as store/grants.py has it: nobody hears or reads one for another
LENGTH: Final = 6


def new_number(entropy: Callable[[int], bytes]) -> str:
    """K7Q-42M: one of 309 million; a log is searched for it within days."""
    value = int.from_bytes(entropy(8), "big")
    letters = []
    for _ in range(LENGTH):
        value, letter = divmod(value, len(ALPHABET))
        letters.append(ALPHABET[letter])
    return "".join((*letters[:3], "-", *letters[3:]))
