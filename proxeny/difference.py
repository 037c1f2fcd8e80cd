"""What `apply` would change, entry by entry and key by key. Never shows a secret: "changed" is all it says of one."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from proxeny.measures import with_unit
from proxeny.network import KEYS, OPTION_SECRETS, ORDERED, SECRETS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxeny.network import Network, Row


_TABLES: Final = frozenset({"timing", "options", "plans"})  # told name by name
_TEXTS: Final = frozenset({"welcome", "help", "terms", "privacy"})  # too long to be told


@dataclass(frozen=True, slots=True)
class Change:
    """One entry that is added (+), changed (~) or removed (-)."""

    sign: str
    section: str
    name: str
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        called = f'{self.section} "{self.name}"' if self.section != "operator" else self.section
        return f"{self.sign} {called}" + (f": {'; '.join(self.details)}" if self.details else "")


def difference(stored: Network, wanted: Network) -> tuple[Change, ...]:
    """Every entry in which the two differ, in the file's order of sections."""
    return tuple(change for section in KEYS for change in _section(section, stored, wanted))


def summary(changes: tuple[Change, ...]) -> str:
    """One line of how many."""
    words = [(sum(change.sign == sign for change in changes), word) for sign, word in (("+", "added"), ("~", "changed"), ("-", "removed"))]
    return ", ".join(f"{number} {word}" for number, word in words if number) or "no difference"


def _section(section: str, stored: Network, wanted: Network) -> Iterator[Change]:
    old, new = stored.rows[section], wanted.rows[section]
    moved = _moved(list(old), list(new)) if section in ORDERED else frozenset()
    for name, row in new.items():
        if name not in old:
            yield Change("+", section, name)
            continue
        details = [*_keys(old[name], row)]
        if name in moved:
            details.append("moved")
        if (section, name) in stored.app and (section, name) not in wanted.app:
            details.append("kept by the network file from now on")
        if (section, name) in wanted.app and (section, name) not in stored.app:
            details.append("kept by the app from now on")
        if details:
            yield Change("~", section, name, tuple(details))
    yield from (Change("-", section, name) for name in old if name not in new)


def _moved(old: list[str], new: list[str]) -> frozenset[str]:
    """Entries whose place among those that stay is another."""
    before = [name for name in old if name in new]
    after = [name for name in new if name in old]
    return frozenset(name for was, name in zip(before, after, strict=True) if was != name)


def _keys(old: Row, new: Row) -> Iterator[str]:
    for each in fields(old):
        before, after = getattr(old, each.name), getattr(new, each.name)
        if before == after:
            continue
        key = _called(each.name)
        if each.name in SECRETS:
            yield f"{key} {'changed' if before and after else 'given' if after else 'removed'}"
        elif key in _TEXTS:
            names = [name for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)]
            yield f"{key} changed in {', '.join(names)}"
        elif key in _TABLES:
            names = [name for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)]
            under = "" if key == "timing" else f"{key}."
            yield from (f"{under}{name} {_shown(before.get(name))} -> {_shown(after.get(name))}" for name in names)
        else:
            yield f"{key} {_shown(with_unit(each.name, before))} -> {_shown(with_unit(each.name, after))}"


def _called(name: str) -> str:
    """A column as the network file calls it."""
    if name in OPTION_SECRETS:
        return f"options.{name}"
    return {"addresses": "address", "extend_times": "extend.times", "extend_by": "extend.by"}.get(name, name)


def _shown(value: Any) -> str:
    if value is None or value in ("", (), {}):
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    return f'"{value}"' if isinstance(value, str) else str(value)
