"""Lines of CSV (RFC 4180), whoever opens them: what a spreadsheet would take for a formula begins with an apostrophe.

Pure. Never a cell that a spreadsheet would execute.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_SIGNS: Final = "=+@＝＋－＠-"  # the wide ones are the same to a spreadsheet where they are typed, as in Japanese
_FORMULA: Final = re.compile(rf"[\t\r\n]|\s*[{_SIGNS}]")
_NEXT: Final = re.compile(rf"([;\t\r\n]\s*)(?=[{_SIGNS}])")  # where the list separator is ";", as in French, a cell begins there
_MARKED: Final = re.compile(rf"([;\t\r\n]\s*)'(?=[{_SIGNS}])")


def line(cells: Iterable[Any]) -> str:
    """One line."""
    out = io.StringIO()
    csv.writer(out).writerow([safe(cell) for cell in cells])
    return out.getvalue()


def safe(cell: Any) -> Any:
    """Text that no spreadsheet executes; numbers as they are, times in ISO 8601."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="seconds")
    if isinstance(cell, int | float):
        return cell
    said = _NEXT.sub(r"\1'", str(cell))
    return f"'{said}" if _FORMULA.match(said) else said


def bare(cell: str) -> str:
    """What `safe` made this of."""
    said = _MARKED.sub(r"\1", cell)
    return said[1:] if said.startswith("'") and _FORMULA.match(said, 1) else said
