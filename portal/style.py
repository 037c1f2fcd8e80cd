"""The one style sheet, inlined: design tokens, the portal's accent among them, and the hash that the CSP allows.

An accent is only used with an ink that can be read on it (WCAG 2.2, 1.4.3). Never an inline style beside it.
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
_LIGHT, _DARK = "#ffffff", "#000000"  # one of them reaches 4.5 to 1 on any colour


class Style(NamedTuple):
    """What stands between <style> and </style>, and how the CSP names it."""

    sheet: str
    source: str


@lru_cache(maxsize=64)
def style(accent: str) -> Style:
    """With this accent, or ours where it is none."""
    light, dark = (accent.lower(), accent.lower()) if _ACCENT.fullmatch(accent) else _OURS
    tokens = (
        f":root{{--accent:{light};--on-accent:{ink(light)}}}"
        f"@media (prefers-color-scheme:dark){{:root{{--accent:{dark};--on-accent:{ink(dark)}}}}}"
    )
    sheet = _tight(_SHEET.read_text(encoding="utf-8")) + tokens
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    return Style(sheet, f"'sha256-{digest}'")


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
