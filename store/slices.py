"""Long lists in pieces that one statement can carry. Never reorders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MOST: Final = 400  # values in one statement: SQLite takes 32,766 parameters, and parses short lists faster
Item = TypeVar("Item")


def slices(items: Sequence[Item], most: int = _MOST) -> Iterator[Sequence[Item]]:
    """At most `most` at a time; nothing for nothing."""
    for start in range(0, len(items), most):
        yield items[start : start + most]
