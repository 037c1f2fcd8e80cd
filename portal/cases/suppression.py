"""Which cells of a table may be told beside its exact total: none that stands for fewer than five, and none that would give one away.

Theory of operation. Cells of one to four are hidden. Whoever subtracts what is shown from the total knows the sum of what is hidden,
and, as zeros are shown, that every hidden cell is at least one. So at least two are hidden, and their sum must leave each of them a
choice; where it does not, the next cell of the table that is not zero is hidden as well, whatever its number (the smallest would tell
that it is no larger than those that are shown). Where there is no next and they are too small, the whole table is hidden, its zeros
too. Whoever knows all of this, the total and what is shown, still knows no hidden cell: tests/portal/test_suppression.py tries every
small table.

What is hidden depends on this table alone: of longer spans and of several adverts only sums of what was shown are told, so that no
two pages, spans or files can be subtracted from each other. Pure. Never tells a hidden cell's number, and never makes one up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

FEWEST: Final = 5
Key = TypeVar("Key")


def hidden(cells: Mapping[Key, int]) -> frozenset[Key] | None:
    """The cells that are not told; None where nothing of the table is. Their order is the table's."""
    keys = list(cells)
    small = [key for key in keys if 0 < cells[key] < FEWEST]
    if not small:
        return frozenset()
    least, most, total = len(small) + FEWEST - 2, len(small) * (FEWEST - 1), sum(cells[key] for key in small)
    if len(small) > 1 and least <= total < most - 1:  # each may be one, and each may be four
        return frozenset(small)
    after = keys.index(small[-1]) + 1
    others = [key for key in keys[after:] + keys[:after] if cells[key] >= FEWEST]
    if others:
        return frozenset([*small, others[0]])
    return frozenset(small) if len(small) > 1 and least <= total else None
