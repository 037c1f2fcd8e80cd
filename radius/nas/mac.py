"""Stations' hardware addresses: read in any spelling, written in the one that a NAS wants.

Inside there is one form, AA-BB-CC-DD-EE-FF. Never guesses: what is no address is "".
"""

from __future__ import annotations

import re
from typing import Final

from radius import text

FORM: Final = "AA-BB-CC-DD-EE-FF"
_DIGIT: Final = re.compile(r"[0-9A-Fa-f]")
_EXAMPLE: Final = re.compile(r"[0-9A-Fa-f.:-]{12,17}", re.ASCII)


def read(spelling: str) -> str:
    """AA-BB-CC-DD-EE-FF of `aa:bb:…`, `aabb.ccdd.eeff`, `AABBCC…`; "" where it is none. Any text; never raises."""
    return text.mac(spelling.encode("ascii", "replace")) if len(spelling) <= 32 else ""


def fits(example: str) -> bool:
    """Whether `example` is an address that shows a form: twelve hexadecimal digits, with separators or without."""
    return bool(_EXAMPLE.fullmatch(example)) and len(_DIGIT.findall(example)) == 12


def written(mac: str, example: str = FORM) -> str:
    """The address `mac` (AA-BB-CC-DD-EE-FF) as `example` is written: its separators, and the case of its first letter."""
    if not fits(example):
        raise ValueError(f'"{example}" is no example of a hardware address; write it like "aa:bb:cc:dd:ee:ff"')
    letter = next((c for c in example if c.isalpha()), "A")
    digits = iter(mac.replace("-", "").lower() if letter.islower() else mac.replace("-", "").upper())
    return _DIGIT.sub(lambda _: next(digits), example)
