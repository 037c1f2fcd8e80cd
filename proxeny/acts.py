"""What a change of the network was, for the audit log: one act for each entry, its keys before and after as the file has them.

A secret that was set is told as set. Never a secret's text.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from proxeny import network_text
from proxeny.network import KEYS, OPTION_SECRETS, SECRETS
from store.audit import Act

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from proxeny.difference import Change
    from proxeny.network import Network, Row

_WORDS = {"+": "add", "~": "change", "-": "remove"}


def acts(stored: Network, wanted: Network, changes: Sequence[Change], actor: str, source: str = "") -> Iterator[Act]:
    """One for each of these changes."""
    for change in changes:
        before, after = (network.rows[change.section].get(change.name) for network in (stored, wanted))
        fields = dict(_fields(change.section, before, after))
        for name, say in (("position", _place), ("managed_by", _keeper)):
            was, became = (say(network, change.section, change.name) for network in (stored, wanted))
            if before is not None and after is not None and was != became and (name != "position" or "moved" in change.details):
                fields[name] = (was, became)
        yield Act(actor=actor, source=source, action=_WORDS[change.sign], kind=change.section, object=change.name, fields=fields)


def _place(network: Network, section: str, name: str) -> int:
    """Among the others, from 1 on; 0 where it is not."""
    names = list(network.rows[section])
    return names.index(name) + 1 if name in names else 0


def _keeper(network: Network, section: str, name: str) -> str:
    return "app" if (section, name) in network.app else "file"


def table(section: str, row: Row) -> dict[str, Any]:
    """The entry's keys as the network file has them, without secrets."""
    read = tomllib.loads(network_text.entry(section, row))
    found = read[section]
    return found if isinstance(found, dict) else found[0]


def _fields(section: str, before: Row | None, after: Row | None) -> Iterator[tuple[str, tuple[Any, Any]]]:
    old, new = (table(section, row) if row is not None else {} for row in (before, after))
    for key in dict.fromkeys((*old, *new)):
        if old.get(key) != new.get(key) and key != KEYS[section]:
            yield key, (_plain(old.get(key)), _plain(new.get(key)))
    for key in SECRETS:
        was, now = getattr(before, key, None), getattr(after, key, None)
        if was != now:
            yield f"options.{key}" if key in OPTION_SECRETS else key, (None, "set" if now is not None else "removed")


def _plain(value: Any) -> Any:
    """As JSON can hold it."""
    if isinstance(value, dict):
        return {key: _plain(kept) for key, kept in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, str | int | float) else str(value)
