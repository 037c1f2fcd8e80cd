"""The list of realms that no home institution has, and its editing."""

from __future__ import annotations

import pytest

from federation.hygiene import Hygiene, builtin_hygiene


def test_every_built_in_item_is_named_with_its_reason() -> None:
    """What `export` shows as comments."""
    assert 12 == len(builtin_hygiene())
    assert all(item and why for item, why in builtin_hygiene())


@pytest.mark.parametrize("item", ["", "a b", "~x", "*", "a*b", "ünï.example"])
def test_an_unreadable_hygiene_item_is_named(item: str) -> None:
    """A list with a slip is refused, not half obeyed."""
    with pytest.raises(ValueError, match=r"\[hygiene\] refuse"):
        Hygiene([], [item])


def test_an_allowed_item_is_off_the_list_and_an_allowed_realm_out_of_its_reach() -> None:
    """The whole item by its own name, or one realm that an item would refuse."""
    hygiene = Hygiene(["*.local", "shop.gmail.com", "Hotmail.FR"])
    assert [None, None, "hotmail.*", "gmail.com"] == [
        hygiene.refuses(realm) for realm in ("pc.local", "hotmail.fr", "hotmail.de", "gmail.com")
    ]


def test_what_an_operator_allows_stands_above_what_he_refuses() -> None:
    """An exception from his own item."""
    hygiene = Hygiene(["good.junk.example"], ["*.junk.example"])
    assert [None, "*.junk.example"] == [hygiene.refuses(realm) for realm in ("good.junk.example", "bad.junk.example")]
