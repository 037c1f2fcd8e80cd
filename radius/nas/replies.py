"""What a controller's API answered: read without trust, told in words for the order's record.

A reply may be anything: no JSON, a list where an object was due, an error page, nothing. Whatever it is becomes a value;
what is shown of it is one short line. Never raises on a reply, never shows what we sent.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from radius import text
from radius.nas.family import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from radius.nas.family import Response

MOST_SHOWN: Final = 120  # characters of a controller's own words
_BUSY: Final = frozenset({408, 425, 429})


def table(response: Response) -> Mapping[str, Any]:
    """The JSON object of a reply; empty where it is none."""
    try:
        found = json.loads(response.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def inner(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object of this name in another; empty where it is none."""
    value = found.get(name)
    return value if isinstance(value, dict) else {}


def rows(found: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The objects of the list of this name; empty where there is none."""
    value = found.get(name)
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def word(value: object) -> str:
    """A string or number of a reply as one line of text; "" for anything else."""
    if isinstance(value, str):
        return text.shown(value.encode("utf-8", "replace"))
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63 else ""


def failed(step: str, response: Response, told: str = "") -> Outcome:
    """What went wrong at `step`, with the controller's own words where it gave any; `again` where time may mend it."""
    if response.status == 0:
        why = text.shown(response.body)[:MOST_SHOWN]
        return Outcome(done=False, text=f"{step}: no answer" + (f" ({why})" if why else ""), again=True)
    again = response.status >= 500 or response.status in _BUSY
    shown = f": {told[:MOST_SHOWN]}" if told else ""
    return Outcome(done=False, text=f"{step}: refused with HTTP {response.status}{shown}", again=again)
