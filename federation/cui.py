"""Chargeable-User-Identity: asking a home for a name of its guest that is no name (RFC 4372, 2.1).

The answer lets a home find its user again without telling us who it is. Never made up and never changed here: only the
home may fill it in.
"""

from __future__ import annotations

from typing import Final

from radius.message import Type
from radius.wire import attribute

NUL: Final = b"\0"


def request() -> bytes:
    """The attribute in octets that asks for one: a single NUL, in an Access-Request only."""
    return attribute(Type.CHARGEABLE_USER_IDENTITY, NUL)
