"""Times and amounts as the command line writes them. Never rounds a limit: it shows figures, it decides none."""

from __future__ import annotations


def duration(seconds: int) -> str:
    """ "2:05:09", as clocks write it."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def size(octets: int) -> str:
    """Decimal units, as plans and bills have them."""
    value = float(octets)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
