"""Codes that people copy by hand: twelve characters of Crockford's base 32, K7QM-42XD-9TRA, as they are written and as they come back.

Sixty bits (https://www.crockford.com/base32.html): where a million codes are good, a hundred thousand guesses hit one of them
in one of eleven million such attacks. No check character: a code that is mistyped is none of ours.

Never raises, whatever was typed, and never looks at more of it than a code could need.
"""

from __future__ import annotations

import secrets
import unicodedata
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without I, L, O and U
CHARACTERS: Final = 12
LONGEST: Final = 64  # characters that are looked at: a code, and whatever a mail or a sheet set between its letters
_GROUP: Final = 4
_MEANT: Final = {
    **dict(zip(ALPHABET, ALPHABET, strict=True)),
    **dict(zip(ALPHABET.lower(), ALPHABET, strict=True)),
    **dict.fromkeys("Oo", "0"),
    **dict.fromkeys("IiLl", "1"),
}
_BETWEEN: Final = frozenset({"Pd", "Zs", "Zl", "Zp", "Cf"})  # dashes, spaces, line ends, and what marks where a line may break
_BLANK: Final = frozenset("\t\n\r\v\f\u2212")  # and the minus, which is no dash


def fresh() -> str:
    """A random code, in its normal form."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CHARACTERS))


def readable(code: str) -> str:
    """K7QM42XD9TRA as it is printed: K7QM-42XD-9TRA."""
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def normal(typed: str) -> str:
    """What was typed as the code that it may be: K7QM42XD9TRA; "" for what no code can be."""
    if len(typed) > LONGEST:
        return ""
    letters = [_MEANT.get(each, "?") for each in typed if each not in _BLANK and unicodedata.category(each) not in _BETWEEN]
    return "".join(letters) if len(letters) == CHARACTERS and "?" not in letters else ""
