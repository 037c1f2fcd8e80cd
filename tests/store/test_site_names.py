"""What sites are called: each line of a table says whose it is."""

from __future__ import annotations

from store.site_names import apart


def test_one_of_several_of_a_name_says_which() -> None:
    """Who has a name alone is called by it; whoever shares it has its id beside it."""
    names = {"north": "Community Centre", "south": "Community Centre", "library": "Library"}
    assert ["Community Centre (north)", "Community Centre (south)", "Library"] == list(apart(names).values())
    assert {} == apart({})
