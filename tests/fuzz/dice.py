"""Fuzz octets as choices: small numbers, octet strings, picks from a list. Zeros once they are used up."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


class Dice:
    """Reads a string of octets from its front."""

    __slots__ = ("_at", "_octets")

    def __init__(self, octets: bytes) -> None:
        self._octets, self._at = octets, 0

    @property
    def left(self) -> bool:
        """Whether there is anything left to choose by."""
        return self._at < len(self._octets)

    def octets(self, most: int) -> bytes:
        """At most so many."""
        taken = self._octets[self._at : self._at + most]
        self._at += most
        return taken

    def number(self, below: int = 256) -> int:
        """0 up to `below`."""
        return (self.octets(1) or b"\0")[0] % below

    def string(self) -> bytes:
        """A string with its own length."""
        return self.octets(self.number())

    def pick(self, things: Sequence[T]) -> T:
        """One of them."""
        return things[self.number(len(things))]
