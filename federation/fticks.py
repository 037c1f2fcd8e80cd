"""F-Ticks: one line per finished login for the federation's statistics, in radsecproxy's format.

`F-TICKS/eduroam/1.0#REALM=…#VISCOUNTRY=…#VISINST=…#CSI=…#RESULT=OK#`. Every field comes from a stranger; none may end
its field or the line. Never the user's name, and the station in clear only where the operator says so.
"""

from __future__ import annotations

import hmac
from enum import Enum
from hashlib import sha256
from typing import Final

PREFIX: Final = "F-TICKS/eduroam/1.0"
_HEX: Final = b"0123456789abcdef"
_NOT_HEX: Final = bytes(octet for octet in range(256) if octet not in _HEX)
_VENDOR: Final = 9  # characters of "00:23:14:"
_VENDOR_DIGITS: Final = 6  # an OUI; "0023140af" would be three quarters of a device


class Mac(Enum):
    """What CSI tells of the station (radsecproxy's FTicksMAC)."""

    STATIC = "Static"
    ORIGINAL = "Original"
    VENDOR_HASHED = "VendorHashed"
    VENDOR_KEY_HASHED = "VendorKeyHashed"
    FULLY_HASHED = "FullyHashed"
    FULLY_KEY_HASHED = "FullyKeyHashed"

    @property
    def keyed(self) -> bool:
        """Whether it needs a key."""
        return self in {Mac.VENDOR_KEY_HASHED, Mac.FULLY_KEY_HASHED}


def line(
    realm: str,
    country: str,
    institution: str,
    station: bytes,
    ok: bool,
    mode: Mac = Mac.VENDOR_KEY_HASHED,
    key: bytes = b"",
    prefix: str = PREFIX,
) -> str:
    """The line, without an end of line. `institution` "" leaves VISINST out; ValueError where the mode wants a key."""
    where = f"VISINST={_field(institution)}#" if institution else ""
    result = "OK" if ok else "FAIL"
    return f"{prefix}#REALM={_field(realm)}#VISCOUNTRY={_field(country)}#{where}CSI={csi(station, mode, key)}#RESULT={result}#"


def csi(station: bytes, mode: Mac, key: bytes = b"") -> str:
    """The station as the mode shows it; "" where the NAS sent none."""
    if mode is Mac.STATIC:
        return "undisclosed"
    if mode.keyed and not key:
        raise ValueError(f"F-Ticks: {mode.value} needs a key")
    if not station:
        return ""
    if mode is Mac.ORIGINAL:
        return _field(station.decode("latin-1"))
    vendor = _vendor(station) if mode in {Mac.VENDOR_HASHED, Mac.VENDOR_KEY_HASHED} else ""
    return vendor + hashed(station, key if mode.keyed else b"")


def hashed(station: bytes, key: bytes = b"") -> str:
    """SHA-256 in hex, or HMAC-SHA256 where there is a key, of the hexadecimal digits before any `;`."""
    digits = station.partition(b";")[0].lower().translate(None, _NOT_HEX)
    return hmac.digest(key, digits, "sha256").hex() if key else sha256(digits).hexdigest()


def _vendor(station: bytes) -> str:
    """The beginning that names the maker: nine characters, and never more of the address than that."""
    kept, digits = "", 0
    for char in station[:_VENDOR].decode("latin-1"):
        digits += char in "0123456789abcdefABCDEF"
        if digits > _VENDOR_DIGITS:
            break
        kept += char
    return _field(kept)


def _field(text: str) -> str:
    """Text that can neither end its field nor its line."""
    if text.isascii() and text.isprintable() and "#" not in text:
        return text
    return "".join(char if char.isascii() and char.isprintable() and char != "#" else "_" for char in text)
