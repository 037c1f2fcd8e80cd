"""The style sheet: every pair of its colours can be read (WCAG 2.2, 1.4.3 and 1.4.11), whatever accent a portal has."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.style import contrast, ink, style


def tokens(scheme: str, accent: str = "") -> dict[str, str]:
    """The colours of one scheme, by name."""
    sheet = style(accent).sheet
    light, dark = ({}, {})
    for block in re.findall(r"(@media \(prefers-color-scheme:dark\)\{)?:root\{([^}]*)\}", sheet):
        found = dict(re.findall(r"--([a-z-]+):(#[0-9a-f]{6})", block[1]))
        (dark if block[0] else light).update(found)
    return light if scheme == "light" else light | dark


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_read(scheme: str) -> None:
    """Text 4.5 to 1 on every ground it stands on; what only shows a shape 3 to 1."""
    colour = tokens(scheme)
    for ground in ("ground", "panel", "wash"):
        for text in ("ink", "soft", "link"):
            assert contrast(colour[text], colour[ground]) >= 4.5, (text, ground)
        for shape in ("good", "warn", "bad", "ring"):
            assert contrast(colour[shape], colour[ground]) >= 3, (shape, ground)
    for ground in ("ground", "panel"):
        assert contrast(colour["edge"], colour[ground]) >= 3
    assert contrast(colour["on-accent"], colour["accent"]) >= 4.5


@given(st.integers(0, 0xFFFFFF))
def test_links_take_an_accents_colour_as_far_as_it_can_be_read(colour: int) -> None:
    """On every ground, in both schemes; a colour that can be read already is taken as it is."""
    for scheme in ("light", "dark"):
        colours = tokens(scheme, f"#{colour:06x}")
        assert min(contrast(colours["link"], colours[ground]) for ground in ("ground", "panel", "wash")) >= 4.5
    assert ("#005ea5", "#8a1538") == (tokens("light", "#005ea5")["link"], tokens("light", "#8A1538")["link"])


@given(st.integers(0, 0xFFFFFF))
def test_an_accent_has_an_ink(colour: int) -> None:
    """White or dark: one of them can be read on any colour."""
    ground = f"#{colour:06x}"
    assert contrast(ink(ground), ground) >= 4.5


@pytest.mark.parametrize("accent", ["", "red", "#12", "#12345g", "</style>", "#123456;}"])
def test_what_is_no_colour_is_ours(accent: str) -> None:
    """Only #rrggbb gets into the sheet."""
    assert style("").sheet == style(accent).sheet


def test_an_accent_gets_into_the_sheet() -> None:
    """And the hash is another."""
    assert "--accent:#8a1538" in style("#8A1538").sheet
    assert style("").source != style("#8a1538").source
