"""Octets of a stranger as text of ours: shown safely, hardware addresses in one form.

Never raises, whatever the octets.
"""

from __future__ import annotations

import re
from typing import Final

_MAC: Final = re.compile(rb"(?:[0-9A-Fa-f]{2}[-:. ]?){5}[0-9A-Fa-f]{2}")
_PLACE: Final = re.compile(rb"((?:[0-9A-Fa-f]{2}[-:.]?){5}[0-9A-Fa-f]{2})(?::(.*))?", re.DOTALL)
_SEPARATORS: Final = b"-:. "


def shown(octets: bytes) -> str:
    """One line of text: every control, and every octet that is not UTF-8, escaped."""
    text = octets.decode("utf-8", "backslashreplace")
    return text if text.isprintable() else "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def mac(octets: bytes) -> str:
    """A hardware address as AA-BB-CC-DD-EE-FF, "" where there is none; what follows a `;` is the vendor's own."""
    octets = octets.partition(b";")[0].strip()
    return _pairs(octets) if _MAC.fullmatch(octets) else ""


def place(called: bytes) -> tuple[str, str]:
    """(BSSID, SSID) of a Called-Station-Id "AP-MAC:SSID" in any of its spellings; "" for what it does not say.

    RFC 3580, 3.20 has dashes; controllers write colons, dots and none. An SSID may itself hold colons, or be empty.
    """
    match = _PLACE.fullmatch(called)
    return (_pairs(match[1]), shown(match[2] or b"")) if match else ("", "")


def _pairs(octets: bytes) -> str:
    text = octets.translate(None, _SEPARATORS).decode("ascii").upper()
    return f"{text[:2]}-{text[2:4]}-{text[4:6]}-{text[6:8]}-{text[8:10]}-{text[10:12]}"
