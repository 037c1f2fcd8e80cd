"""JSON as a program sends it, read strictly: each key once, no NaN, no number beyond a database's, nothing too deep.

What two readers may take for two things is refused (RFC 8259, 4; RFC 7493). Never a body of another kind, or a packed one.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

from flask import request

from portal.api.problems import Fault, Kind, RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGEST: Final = 1 << 20  # octets of a body
DEEPEST: Final = 16
WIDEST: Final = 2**53 - 1  # RFC 7493, 2.2: beyond it readers round
_KINDS: Final = ("application/json", "application/merge-patch+json")


def body() -> Any:
    """What the request's body says; {} where it has none."""
    octets = request.get_data(cache=True)
    if not octets:
        return {}
    packed = request.headers.get("Content-Encoding", "identity").lower() != "identity"
    if request.mimetype not in _KINDS or packed or request.mimetype_params.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise RefusedError(Kind.MEDIA)
    return read(octets)


def read(octets: bytes) -> Any:
    """The value. Raises RefusedError with what is wrong."""
    try:
        value = json.loads(
            octets.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number, parse_float=_number, parse_int=_integer
        )
    except UnicodeDecodeError:
        raise _bad("The body is not UTF-8") from None
    except RecursionError:
        raise _bad(f"More than {DEEPEST} brackets stand within one another") from None
    except json.JSONDecodeError as fault:
        raise _bad(f"The body is not JSON: {fault.msg} at line {fault.lineno}, column {fault.colno}") from None
    _look(value)
    return value


def text(said: str) -> bool:
    """Whether a database can hold this: none holds NUL, or halves of characters."""
    return "\0" not in said and not any("\ud800" <= letter <= "\udfff" for letter in said)


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _bad("A key is there twice")
    return found


def _no_number(_said: str) -> Any:
    raise _bad("NaN and Infinity are no JSON")


def _number(said: str) -> float:
    value = float(said)
    if not math.isfinite(value):
        raise _bad("A number is too large")
    return value


def _integer(said: str) -> int:
    if len(said) > 17 or abs(int(said)) > WIDEST:
        raise _bad("A number is too large")
    return int(said)


def _look(value: Any) -> None:
    """How deep it is, and what its texts hold; without recursion."""
    waiting = [(value, 1)]
    while waiting:
        each, depth = waiting.pop()
        if depth > DEEPEST:
            raise _bad(f"More than {DEEPEST} brackets stand within one another")
        if isinstance(each, dict):
            waiting += [(inner, depth + 1) for inner in each.values()]
            waiting += [(key, depth) for key in each]
        elif isinstance(each, list):
            waiting += [(inner, depth + 1) for inner in each]
        elif isinstance(each, str) and not text(each):
            raise _bad("A text holds NUL, or half of a character")


def _bad(words: str) -> RefusedError:
    return RefusedError(Kind.BAD_REQUEST, words, [Fault(words)])
