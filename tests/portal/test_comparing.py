"""Two versions of a portal side by side: every word of both is there, and what only one of them has is marked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.cases.comparing import MOST_LINES, MOST_WORDS, Difference, differences, parts

TEXTS = st.text(alphabet="ab \n\u00e9", max_size=60)


@given(TEXTS, TEXTS)
def test_both_texts_are_whole(was: str, became: str) -> None:
    """Put together again they are what they were; without the marked parts they are the same."""
    left, right = parts(was, became)
    assert (was, became) == ("".join(text for _, text in left), "".join(text for _, text in right))
    assert "".join(text for kind, text in left if not kind) == "".join(text for kind, text in right if not kind)


def test_a_word_that_came_is_marked_alone() -> None:
    """And one that went."""
    left, right = parts("Be kind.\n\nBe quiet here.", "Be kind.\n\nBe very quiet.")
    assert [("", "Be kind.\n\n"), ("", "Be "), ("", "quiet"), ("gone", " here"), ("", ".")] == left
    assert [("", "Be kind.\n\n"), ("", "Be "), ("new", "very "), ("", "quiet"), ("", ".")] == right


@pytest.mark.parametrize("text", ["a b\n" * (MOST_LINES + 1), "a b " * MOST_WORDS], ids=["lines", "words"])
def test_what_is_too_long_to_compare_is_shown_whole(text: str) -> None:
    """Comparing takes the square of a length: from here on it is not tried."""
    assert ([("gone", text)], [("new", f"{text}c")]) == parts(text, f"{text}c")


def test_keys_that_differ_are_told_in_their_order() -> None:
    """Lists as their words, texts language by language; what is the same is left out."""
    before = {"ways": ["terms"], "plan": "visitor", "welcome": {"en": "Hello", "fr": "Bonjour"}}
    after = {"ways": ["terms", "voucher"], "plan": "visitor", "welcome": {"en": "Hello", "fr": "Salut"}, "accent": "#005ea5"}
    assert [
        Difference("ways", "", [("gone", "terms")], [("new", "terms, voucher")]),
        Difference("accent", "", [], [("new", "#005ea5")]),
        Difference("welcome", "fr", [("gone", "Bonjour")], [("new", "Salut")]),
    ] == differences(before, after, ("ways", "plan", "accent", "welcome"))
