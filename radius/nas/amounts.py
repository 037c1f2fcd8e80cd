"""Octets, rates and times as attributes: split at 2^32, in the vendor's unit, never 0.

A vendor's 32-bit attribute counts to 4 GiB; what is more needs its Gigawords beside it. Never writes an attribute for a
limit that is not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from radius.nas.plan import Remaining

if TYPE_CHECKING:
    from radius.nas.family import Attributes, Target

WORD: Final = 1 << 32
_MOST: Final = WORD - 1


def octets(count: int | None, name: str, gigawords: str = "") -> Attributes:
    """`count` octets as `name`, with `gigawords` where they pass 4 GiB; where there is no such attribute, as many as it holds."""
    if count is None or count < 1:
        return ()
    if count < WORD:
        return ((name, count),)
    if not gigawords:
        return ((name, _MOST),)
    low = count % WORD or 1  # an octet more: a 0 is read as no limit where the Gigawords are not
    return ((name, low), (gigawords, min(count // WORD, _MOST)))


def rate(bits: int | None, name: str, unit: int = 1) -> Attributes:
    """A rate in bit/s as `name` counts it (unit 1000: kbit/s), at least 1 and at most what 32 bits hold."""
    return ((name, min(max(bits // unit, 1), _MOST)),) if bits else ()


def seconds(count: int | None, name: str) -> Attributes:
    """A time of at least a second as `name`."""
    return ((name, min(count, _MOST)),) if count is not None and count >= 1 else ()


def minutes(count: int) -> int:
    """Whole minutes that hold `count` seconds: an interface that counts minutes never ends a guest early."""
    return max(1, -(-count // 60))


def whole(left: Remaining, target: Target) -> Remaining:
    """What remains as a NAS wants it that counts from the session's start: with what the session has used already."""
    return Remaining(
        seconds=None if left.seconds is None else left.seconds + target.used_seconds,
        octets=None if left.octets is None else left.octets + target.used_octets,
        spent=left.spent,
    )
