"""Times, amounts and rates as an operator writes them: "2h", "1 GB", "5 Mbit/s". Read into whole numbers, and written back.

1 GB is 10^9 octets and 1 Mbit/s 10^6 bit/s (decisions-portal 10). Written back in the largest unit that says it exactly,
so that what was read is read again as the same. Never rounds.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from proxeny.faults import WrongError

if TYPE_CHECKING:
    from collections.abc import Callable

TIMES: Final = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
OCTETS: Final = {"TB": 10**12, "GB": 10**9, "MB": 10**6, "kB": 10**3, "B": 1}
RATES: Final = {"Gbit/s": 10**9, "Mbit/s": 10**6, "kbit/s": 10**3, "bit/s": 1}
_KEYS: Final[dict[str, tuple[dict[str, int], str]]] = {  # of [[plan]] and [[portal]]: units, and what stands before them
    **dict.fromkeys(("session", "day_time", "idle", "extend_by", "provisional"), (TIMES, "")),
    **dict.fromkeys(("day_data", "month_data"), (OCTETS, " ")),
    **dict.fromkeys(("up", "down"), (RATES, " ")),
}
_TIME: Final = re.compile(r"(?:(\d{1,9})\s*d)?\s*(?:(\d{1,9})\s*h)?\s*(?:(\d{1,9})\s*m(?:in)?)?\s*(?:(\d{1,9})\s*s)?", re.ASCII)
_AMOUNT: Final = re.compile(r"(\d{1,15}(?:\.\d{1,12})?)\s*([A-Za-z/]+)", re.ASCII)


class Range(NamedTuple):
    """What a value may be, both ends included."""

    least: int
    most: int


def duration(within: Range) -> Callable[[object], int]:
    """Reads "2h", "30m", "1h 30m", "45s", "7d" as seconds."""

    def read(value: object) -> int:
        parts = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
        if parts is None or not any(parts.groups()):
            raise WrongError(_shown(value, "is no time"), 'Write "2h", "30m", "1h 30m" or "7d"')
        seconds = sum(int(number or 0) * unit for number, unit in zip(parts.groups(), TIMES.values(), strict=True))
        return _within(value, seconds, within, TIMES, "")

    return read


def octets(within: Range) -> Callable[[object], int]:
    """Reads "1 GB", "500 MB", "1.5 GB" as octets."""
    return _amount(OCTETS, within, "is no amount of data", 'Write "1 GB" or "500 MB"')


def rate(within: Range) -> Callable[[object], int]:
    """Reads "5 Mbit/s", "512 kbit/s" as bit/s."""
    return _amount(RATES, within, "is no rate", 'Write "5 Mbit/s" or "512 kbit/s"')


def told(number: int, units: dict[str, int], space: str = " ") -> str:
    """The number in the largest unit that says it exactly: 5400 s is "90m"."""
    name, unit = next((name, unit) for name, unit in units.items() if number % unit == 0 and (number or unit == 1))
    return f"{number // unit}{space}{name}"


def with_unit(key: str, value: Any) -> Any:
    """The value of a plan's or portal's key as its file would write it; what has no unit as it is."""
    return told(value, *_KEYS[key]) if key in _KEYS and isinstance(value, int) else value


def _amount(units: dict[str, int], within: Range, wrong: str, remedy: str) -> Callable[[object], int]:
    by_name = {name.lower(): unit for name, unit in units.items()}

    def read(value: object) -> int:
        parts = _AMOUNT.fullmatch(value.strip()) if isinstance(value, str) else None
        if parts is None or (unit := by_name.get(parts[2].lower())) is None:
            raise WrongError(_shown(value, wrong), remedy)
        number = Decimal(parts[1]) * unit
        if number != int(number):
            raise WrongError(_shown(value, "is no whole number of units"), remedy)
        return _within(value, int(number), within, units, " ")

    return read


def _within(value: object, number: int, within: Range, units: dict[str, int], space: str) -> int:
    if not within.least <= number <= within.most:
        remedy = f"It goes from {told(within.least, units, space)} to {told(within.most, units, space)}"
        raise WrongError(_shown(value, "is out of bounds"), remedy + ("; leave the key out for no limit" if number == 0 else ""))
    return number


def _shown(value: object, words: str) -> str:
    return f'"{value}" {words}'
