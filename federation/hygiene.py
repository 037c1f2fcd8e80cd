"""Realms that devices send and no home institution has: a named, editable list.

Every packet with such a realm would only cost the federation above us; AARNet's list (which eduroam sites in Australia
must filter) with FreeRADIUS's "no dot". `[hygiene] allow` takes an item off the list, or a realm out of its reach;
`refuse` adds to it. Never asked about a realm that a row of the network names.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NO_DOT: Final = "no dot"
_PATTERN: Final = re.compile(r"\*?[0-9a-z_.-]+|[0-9a-z_.-]+\.\*|" + NO_DOT)
_BUILT_IN: Final = (
    (NO_DOT, "no dot in it: a device name or a slip, not a realm"),
    ("myabc.com", "an example that was copied into profiles"),
    ("*3gppnetwork.org", "SIM cards trying every network; allow it where OpenRoaming takes SIM cards"),
    ("*3gppnetworks.org", "the same, misspelt in handsets"),
    ("gmail.com", "a mail account, not a home institution"),
    ("googlemail.com", "a mail account, not a home institution"),
    ("hotmail.*", "a mail account, not a home institution"),
    ("live.com", "a mail account, not a home institution"),
    ("outlook.com", "a mail account, not a home institution"),
    ("yahoo.com", "a mail account, not a home institution"),
    ("unimail.com", "a mail account, not a home institution"),
    ("*.local", "a name of someone's own network (RFC 6762)"),
)


def builtin_hygiene() -> tuple[tuple[str, str], ...]:
    """(item, why) of the built-in list, as `export` shows it."""
    return _BUILT_IN


class Hygiene:
    """The list with the operator's changes. Raises ValueError for an item it cannot read."""

    __slots__ = ("_allowed", "_refused")

    def __init__(self, allow: Iterable[str] = (), refuse: Iterable[str] = ()) -> None:
        allowed = [_checked("allow", item) for item in allow]
        listed = [item for item, _ in _BUILT_IN] + [_checked("refuse", item) for item in refuse]
        self._allowed = _Patterns(allowed)
        self._refused = _Patterns(item for item in listed if item not in allowed)

    def refuses(self, realm: str) -> str | None:
        """The item that refuses a lower-case realm, or None."""
        item = self._refused.find(realm)
        return None if item is None or self._allowed.find(realm) is not None else item


class _Patterns:
    """Items in four shapes: `name`, `*tail`, `head.*` and "no dot"."""

    __slots__ = ("_exact", "_others")

    def __init__(self, items: Iterable[str]) -> None:
        self._exact: set[str] = set()
        self._others: list[tuple[Callable[[str], bool], str]] = []
        for item in items:
            if item == NO_DOT:
                self._others.append((lambda realm: "." not in realm, item))
            elif item.startswith("*"):
                self._others.append((lambda realm, tail=item[1:]: realm.endswith(tail), item))  # type: ignore[misc]
            elif item.endswith("*"):
                self._others.append((lambda realm, head=item[:-1]: realm.startswith(head), item))  # type: ignore[misc]
            else:
                self._exact.add(item)

    def find(self, realm: str) -> str | None:
        if realm in self._exact:
            return realm
        return next((item for fits, item in self._others if fits(realm)), None)


def _checked(key: str, item: str) -> str:
    item = item.strip().lower()
    if not _PATTERN.fullmatch(item):
        raise ValueError(f'[hygiene] {key}: "{item}" is none of name, "*tail", "head.*" and "{NO_DOT}"')
    return item
