"""Random octets for the road: the kernel's, fetched a page at a time because a system call per authenticator costs more.

Made in each process after it was started, never inherited. Never hands out an octet twice.
"""

from __future__ import annotations

import os
from typing import Final

_PAGE: Final = 4096


class Entropy:
    """`entropy(n)` gives n octets, n at most a page."""

    __slots__ = ("_at", "_page")

    def __init__(self) -> None:
        self._page = os.urandom(_PAGE)
        self._at = 0

    def __call__(self, size: int) -> bytes:
        end = self._at + size
        if end > _PAGE:
            if size > _PAGE:
                return os.urandom(size)
            self._page, self._at, end = os.urandom(_PAGE), 0, size
        octets = self._page[self._at : end]
        self._at = end
        return octets
