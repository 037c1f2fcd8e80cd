"""store.crockford: what people make of a code is read as the code, and nothing else is one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.crockford import ALPHABET, CHARACTERS, LONGEST, fresh, normal, readable

CODE = "K7QM42XD9TRA"
codes = st.text(ALPHABET, min_size=CHARACTERS, max_size=CHARACTERS)
between = st.text(" -\t\n\u00a0\u00ad\u2010\u2011\u2013\u2014\u2212\u200b\u2066\ufeff", max_size=3)


def test_a_fresh_code_is_twelve_random_characters() -> None:
    """No two are alike, and each is its own normal form."""
    made = [fresh() for _ in range(1000)]
    assert 1000 == len(set(made))
    assert made == [normal(each) for each in made]
    assert set(ALPHABET) == set("".join(made))


@given(codes)
def test_what_is_printed_is_read(code: str) -> None:
    """A printed code comes back as it was made."""
    assert code == normal(readable(code))
    assert 14 == len(readable(code))


@given(codes, st.lists(between, min_size=CHARACTERS, max_size=CHARACTERS), st.randoms())
def test_what_people_make_of_it_is_read(code: str, gaps: list[str], dice: st.DataObject) -> None:
    """Small letters, O for 0, I or L for 1, spaces and any dash between: the same code."""
    meant = {"0": "0oO", "1": "1iIlL"}
    typed = [dice.choice(meant.get(each, each + each.lower())) for each in code]
    said = "".join(gap + each for gap, each in zip(gaps, typed, strict=True))
    assert (code if len(said) <= LONGEST else "") == normal(said)


@given(st.text())
def test_whatever_is_typed_is_a_code_or_nothing(typed: str) -> None:
    """Twelve characters of the alphabet come out, or none; and again the same."""
    found = normal(typed)
    assert "" == found or (CHARACTERS == len(found) and set(found) <= set(ALPHABET))
    assert found == normal(found)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        CODE[:-1],
        CODE + "A",
        CODE.replace("7", "U"),
        CODE.replace("K", "\u212a"),  # the Kelvin sign
        CODE.replace("A", "\u0410"),  # Cyrillic
        CODE.replace("7", "\uff17"),  # full width
        CODE.replace("7", "\u0667"),  # Arabic-Indic
        CODE.replace("M", "\u039c"),  # Greek
        CODE + "\0",
        CODE.replace("7", "\u0131"),  # i without a dot, whose capital is I
        "\ud800" * 12,
        "K7QM_42XD_9TRA",
        "=K7QM42XD9TR",
        " " * 65_536 + CODE,
        "A" * 65_536,
    ],
    ids=lambda typed: ascii(typed[:20]),
)
def test_nothing_else_is_a_code(typed: str) -> None:
    """Too short, too long, letters that no code has, look-alikes of other alphabets, and whatever a machine may send."""
    assert "" == normal(typed)
