"""portal.cases.suppression: what a table with an exact total tells, and what nobody can reckon from it."""

from __future__ import annotations

from collections import defaultdict
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.cases.suppression import FEWEST, hidden

TABLES = st.dictionaries(st.integers(0, 40), st.integers(0, 60), max_size=30)


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ([5, 8, 0], [5, 8, 0]),
        ([0, 0], [0, 0]),
        ([3, 9, 12, 0], [None, None, 12, 0]),  # one alone would be the total less the others
        ([12, 9, 0, 3], [None, 9, 0, None]),
        ([2, 3, 9], [None, None, 9]),
        ([1, 1, 9, 8], [None, None, None, 8]),  # two of sum 2
        ([1, 3, 9, 8], [None, None, None, 8]),  # neither can be four
        ([3, 4, 9, 8], [None, None, None, 8]),  # neither can be one
        ([9, 2, 8], [9, None, None]),  # the next one, whatever its number
        ([4, 4, 9, 8], [None, None, None, 8]),  # two of sum 8
        ([1, 2, 0], None),
        ([3, 0, 0], None),
    ],
)
def test_what_is_told(cells: list[int], told: list[int | None] | None) -> None:
    """Zeros and fives are; of what is smaller at least two cells are left out, or all."""
    left_out = hidden(dict(enumerate(cells)))
    assert told == (None if left_out is None else [None if key in left_out else count for key, count in enumerate(cells)])


@pytest.mark.parametrize(("cells", "top", "edge"), [(2, 40, 30), (3, 20, 15), (4, 14, 10)])
def test_nobody_can_reckon_a_cell(cells: int, top: int, edge: int) -> None:
    """Of every small table: who knows the rule, the total and what is shown has no cell under five that can be but one number.

    Tables are taken together that are told alike; of those beyond `edge` some that would be are not among them.
    """
    alike: defaultdict[object, list[set[int]]] = defaultdict(lambda: [set() for _ in range(cells)])
    for table in product(range(top), repeat=cells):
        left_out = hidden(dict(enumerate(table)))
        told = None if left_out is None else tuple(None if key in left_out else count for key, count in enumerate(table))
        for each, count in zip(alike[sum(table), told], table, strict=True):
            each.add(count)
    whole = {told: found for told, found in alike.items() if max(max(each) for each in found) < edge and told != (0, None)}
    known = [told for told, found in whole.items() for each in found if len(each) == 1 and 0 < next(iter(each)) < FEWEST]
    assert (True, []) == (len(whole) > 500, known)


@given(TABLES)
def test_any_table(cells: dict[int, int]) -> None:
    """No cell under five is shown; of what is left out the sum leaves each a choice; what is all five or more is shown whole."""
    left_out = hidden(cells)
    small = {key for key, count in cells.items() if 0 < count < FEWEST}
    if left_out is None:
        assert small
        return
    assert (small, bool(small)) == (small & left_out, bool(left_out))
    assert 0 not in [cells[key] for key in left_out]
    if small:
        assert len(left_out) > 1
        assert sum(cells[key] for key in left_out) >= len(left_out) + FEWEST - 2
        assert len(left_out - small) <= 1
