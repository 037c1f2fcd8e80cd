"""Pictures that were asked for lately, kept in memory: a page view reads none from the store. Never more than MOST of them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

MOST: Final = 64  # of 40 KB each


class Pictures:
    """The octets of pictures, by their digest, which names them for ever."""

    def __init__(self, most: int = MOST) -> None:
        self._held: OrderedDict[str, bytes] = OrderedDict()  # the longest untouched first
        self._most = most
        self._lock = threading.Lock()

    def find(self, sha: str, ask: Callable[[], bytes | None]) -> bytes | None:
        """The picture; `ask` is called where it is not held."""
        with self._lock:
            if sha in self._held:
                self._held.move_to_end(sha)
                return self._held[sha]
        octets = ask()
        if octets is not None:
            with self._lock:
                self._held[sha] = octets
                if len(self._held) > self._most:
                    self._held.popitem(last=False)
        return octets
