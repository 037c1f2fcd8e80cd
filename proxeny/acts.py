"""What a change of the network was, for the audit log: one act for each entry, its keys before and after as the file has them.

A secret that was set is told as set. Never a secret's text.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from proxeny import network_text
from proxeny.network import KEYS, OPTION_SECRETS, ORDERED, SECRETS
from store.audit import Act

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from proxeny.difference import Change
    from proxeny.network import Network, Row

_WORDS = {"+": "add", "~": "change", "-": "remove"}


def acts(stored: Network, wanted: Network, changes: Sequence[Change], actor: str, source: str = "") -> Iterator[Act]:
    """One for each of these changes."""
    places = [{section: _places(network, section) for section in ORDERED} for network in (stored, wanted)]
    for change in changes:
        section, name = change.section, change.name
        before, after = (network.rows[section].get(name) for network in (stored, wanted))
        fields = dict(_fields(section, before, after))
        if before is not None and after is not None:
            if "moved" in change.details:
                _say(fields, "position", *(known[section][name] for known in places))
            _say(fields, "managed_by", *(_keeper(network, section, name) for network in (stored, wanted)))
        yield Act(actor=actor, source=source, action=_WORDS[change.sign], kind=section, object=name, fields=fields)


def _say(fields: dict[str, tuple[Any, Any]], key: str, was: Any, became: Any) -> None:
    if was != became:
        fields[key] = (was, became)


def _places(network: Network, section: str) -> dict[str, int]:
    """Where each is among the others, from 1 on."""
    return {name: place for place, name in enumerate(network.rows[section], 1)}


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
