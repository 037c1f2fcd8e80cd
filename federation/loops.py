"""Loops: requests that come back to us, and homes that are ourselves.

Every request that we forward ends in one Proxy-State of ours, 12 octets: a tag of 4 that all workers share, and 8
random ones. Never looks into a Proxy-State that is not ours (RFC 2865, 5.33).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from radius.message import Type

if TYPE_CHECKING:
    from collections.abc import Iterable

    from radius.message import Message
    from radius.tables import Home

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


def ourselves(homes: Iterable[Home], listens: Iterable[tuple[str, int]]) -> list[str]:
    """Names of the homes whose address and port are listeners of ours; refused when the network is declared."""
    ours = set(listens)
    wild = {port for address, port in ours if address in {"0.0.0.0", "::"}}
    loopback = ("127.", "::1")
    return [
        home.name
        for home in homes
        if any((home.address, port) in ours or (port in wild and home.address.startswith(loopback)) for port in (home.port, home.acct_port))
    ]
