"""Loops: requests that come back to us.

Every request that we forward ends in one Proxy-State of ours, 12 octets: a tag of 4 that all workers share, and 8
random ones. Never looks into a Proxy-State that is not ours (RFC 2865, 5.33).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from radius.message import Type

if TYPE_CHECKING:
    from radius.message import Message

TAG: Final = 4
LENGTH: Final = 12


def is_ours(proxy_state: bytes, tag: bytes) -> bool:
    """Whether a Proxy-State's value was written by this controller."""
    return len(proxy_state) == LENGTH and proxy_state[:TAG] == tag


def has_looped(message: Message, tag: bytes) -> bool:
    """Whether a request has passed through this controller before."""
    if Type.PROXY_STATE not in message.first:
        return False
    return any(is_ours(value, tag) for value in message.values(Type.PROXY_STATE))
