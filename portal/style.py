"""The one style sheet, inlined: design tokens, the portal's accent among them, and the hash that the CSP allows.

An accent is only used with an ink that can be read on it, and as the colour of links only as far as those can be read (WCAG 2.2,
1.4.3). Never an inline style beside it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

_ACCENT: Final = re.compile(r"#[0-9a-fA-F]{6}")
_SHEET: Final = Path(__file__).parent / "templates" / "guest" / "style.css"
_OURS: Final = ("#0c6b62", "#5fd0bf")  # light, dark
_GROUNDS: Final = (  # of the sheet: what links stand on
    ("#f5f4ef", "#fffefb", "#eceae1"),
    ("#101615", "#171f1d", "#212c29"),
)
READ: Final = 4.5  # WCAG 2.2, 1.4.3
_DARK_WANTED: Final = "(prefers-color-scheme:dark)"
_STEPS: Final = 20
_LIGHT, _DARK = "#ffffff", "#000000"  # one of them reaches 4.5 to 1 on any colour


class Style(NamedTuple):
    """What stands between <style> and </style>, and how the CSP names it."""

    sheet: str
    source: str


class Told(NamedTuple):
    """How an accent is used: as the big button's ground, and as the colour of links."""

    accent: str
    ink: str  # of the words on the button
    ratio: float
    links: tuple[tuple[str, float], tuple[str, float]]  # light, dark: the colour that is used, its least ratio on the grounds there


@lru_cache(maxsize=64)
def style(accent: str, scheme: str = "") -> Style:
    """With this accent, or ours where it is none; `scheme`: "light" or "dark", whatever the browser would rather have."""
    light, dark = (_tokens(accent, ours, dark=dark) for ours, dark in zip(_OURS, (False, True), strict=True))
    tokens = f":root{{{light}}}@media {_DARK_WANTED}{{:root{{{dark}}}}}"
    sheet = _tight(_SHEET.read_text(encoding="utf-8")) + tokens
    if scheme:
        sheet = sheet.replace(_DARK_WANTED, "all" if scheme == "dark" else "not all")
        sheet = sheet.replace("color-scheme:light dark", f"color-scheme:{scheme}")
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    return Style(sheet, f"'sha256-{digest}'")


def _tokens(accent: str, ours: str, *, dark: bool) -> str:
    """The button's colour with its ink; and the links', where the portal has a colour."""
    if not _ACCENT.fullmatch(accent):
        return f"--accent:{ours};--on-accent:{ink(ours)}"
    return f"--accent:{accent.lower()};--on-accent:{ink(accent)};--link:{link(accent, dark=dark)}"


def link(accent: str, *, dark: bool) -> str:
    """The accent, as much nearer to white or black as it takes to be read on every ground of this scheme."""
    grounds, goal = _GROUNDS[dark], _LIGHT if dark else _DARK
    shades = (_mixed(accent.lower(), goal, step / _STEPS) for step in range(_STEPS + 1))
    return next(shade for shade in shades if all(contrast(shade, ground) >= READ for ground in grounds))


def told(accent: str) -> Told:
    """Of #rrggbb."""
    shades = [link(accent, dark=dark) for dark in (False, True)]
    ratios = [min(contrast(shade, ground) for ground in grounds) for shade, grounds in zip(shades, _GROUNDS, strict=True)]
    light, dark = zip(shades, ratios, strict=True)
    return Told(accent, ink(accent), contrast(accent, ink(accent)), (light, dark))


def carries(accent: str) -> bool:
    """Whether white words can be read on it."""
    return contrast(accent, _LIGHT) >= READ


def nearest(accent: str) -> str:
    """The same colour, as much darker as it takes for white words."""
    shades = (_mixed(accent.lower(), _DARK, step / 255) for step in range(256))
    return next(shade for shade in shades if carries(shade))


def _mixed(one: str, other: str, share: float) -> str:
    """One colour with this share of the other."""
    pairs = ((int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(mine + (its - mine) * share):02x}" for mine, its in pairs)


def ink(ground: str) -> str:
    """White or black, whichever contrasts more with this colour."""
    return max((_LIGHT, _DARK), key=lambda colour: contrast(colour, ground))


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2: 1 to 21."""
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.2)."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _tight(sheet: str) -> str:
    """Without comments and indentation: it travels with every page."""
    return re.sub(r"\s*\n\s*", "", re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL))
