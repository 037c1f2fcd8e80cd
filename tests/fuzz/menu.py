"""Attributes that some line of the road minds, to be put into requests and answers. Never whole packets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from radius import wire
from tests.bench import sample

if TYPE_CHECKING:
    from tests.fuzz.dice import Dice

SALTED = b"\x80\x01" + bytes(32)
MENU = (  # attributes that some line of the road minds
    wire.attribute(26, b"\0\0\1\x37" + wire.attribute(16, SALTED)),
    wire.attribute(26, b"\0\0\1\x37" + wire.attribute(17, SALTED[:-3])),
    wire.attribute(26, b"\0\0\1\x37" + wire.attribute(12, bytes(32))),
    wire.attribute(26, b"\0\0\1\x37" + wire.attribute(12, bytes(31))),
    wire.attribute(26, b"\0\0\1\x37\x10\xff"),
    wire.attribute(26, b"\0\0\0\x09" + wire.attribute(1, b"shell:priv-lvl=15")),
    wire.attribute(69, b"\1" + SALTED),
    wire.attribute(69, b"\1" + SALTED[:9]),
    wire.attribute(6, b"\0\0\0\6"),
    wire.attribute(27, b"\0\0\0\1"),
    wire.attribute(64, b"\0\0\0\x0d"),
    wire.attribute(80, bytes(16)),
    wire.attribute(33, b"somebody's"),
    wire.attribute(33, sample.TAG + bytes(8)),
    wire.attribute(1, b"another@bench.example"),
    wire.attribute(2, bytes(16)),
    wire.attribute(3, bytes(17)),
    wire.attribute(24, b"state"),
    wire.attribute(89, b"cui"),
    wire.attribute(126, b"1other.example"),
    wire.attribute(18, bytes(253)) * 15,
    b"\x19\2" * 201,
    wire.attribute(60, bytes(16)),
)


def extras(dice: Dice) -> bytes:
    """Up to four attributes from the menu, or octets that may be none."""
    choice = dice.number(16)
    return dice.octets(dice.number(40)) if choice > 4 else b"".join(dice.pick(MENU) for _ in range(choice))
