"""Operator-Name: who runs the network that the guest sits in (RFC 5580, 4.1).

One namespace character and a name: `1wifi.city.example` is a host name, `4SUBID.WBAID:CA` a WBA identity
(OpenRoaming). Never written over one that is there already: the site nearest to the guest named it.
"""

from __future__ import annotations

import re
from typing import Final

from radius.message import Type
from radius.wire import attribute

_LABEL: Final = r"[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?"
_SHAPES: Final = {
    "0": (re.compile(r"[!-~]+"), "a TADIG code"),
    "1": (re.compile(rf"{_LABEL}(?:\.{_LABEL})+"), "a host name of ASCII labels (xn--… for others)"),
    "2": (re.compile(r"[!-~]+"), "an E.212 code"),
    "3": (re.compile(r"[!-~]+"), "an ICC code"),
    "4": (re.compile(r"[0-9A-Za-z._-]+(?::[A-Z]{2})?"), "a WBA identity, ORGANISATION.COUNTRY or with :CC"),
}


def validated(text: str) -> str:
    """The text itself; ValueError with a remedy where it is no Operator-Name."""
    known = _SHAPES.get(text[:1])
    if known is None:
        raise ValueError(f'operator_name "{text}": begin with the namespace, 1 for a host name ("1wifi.city.example"; RFC 5580, 4.1)')
    shape, words = known
    if len(text) > 253 or not shape.fullmatch(text[1:]):
        raise ValueError(f'operator_name "{text}": after "{text[0]}" write {words}, at most 253 characters in all')
    return text


def encode(text: str) -> bytes:
    """The attribute in octets."""
    return attribute(Type.OPERATOR_NAME, validated(text).encode("ascii"))
