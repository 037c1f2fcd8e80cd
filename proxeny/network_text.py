"""A network -> NETWORK.toml, such that applying it again changes nothing. Secrets are left out unless asked for.

What is built in is shown as comments, ready to be copied and changed. Never writes a secret by default.
"""

from __future__ import annotations

import json
import re
from dataclasses import MISSING, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from federation.hygiene import builtin_hygiene
from proxeny import measures
from proxeny.network import KEYS, OPTION_SECRETS, SECRETS, Client, Hygiene, Plan
from radius.nas import FAMILIES
from radius.policy import builtins
from radius.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from proxeny.network import Network, Row
    from radius.policy import Rule

_HEAD: Final = "# The declared network, as `proxeny apply` takes it."
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_NO_SECRETS: Final = "# Secrets are left out: applied again, an entry keeps the one that is stored. `proxeny export --secrets` shows them."


def text(network: Network, *, secrets: bool) -> str:
    """The whole file."""
    parts = [_HEAD if secrets else f"{_HEAD}\n{_NO_SECRETS}"]
    for section in KEYS:
        if section == "hygiene":
            parts.append(_hygiene(network))
        else:
            parts += [entry(section, row, secrets=secrets) for row in network.of(section)]
        if section == "realm":
            parts.append(_built_in_policies())
    return "\n\n".join(parts) + "\n"


def entry(section: str, row: Row, *, secrets: bool = False) -> str:
    """One entry of it, with its header."""
    if isinstance(row, Hygiene):
        return f"[hygiene]\n{row.verdict} = {_value((row.realm,))}"
    header = f"[{section}]" if section == "operator" else f"[[{section}]]"
    return "\n".join([header, *_lines(section, row, secrets=secrets)])


def _lines(section: str, row: Row, *, secrets: bool) -> Iterator[str]:
    for each in fields(row):
        value = getattr(row, each.name)
        if each.name == "timing":
            yield from (f"{name} = {_value(seconds)}" for name, seconds in value.items())
        elif each.name in SECRETS:
            if secrets and value is not None and each.name not in OPTION_SECRETS:
                yield f"{each.name} = {_value(value)}"
        elif each.name != "options" and (each.name == KEYS[section] or not _goes_without_saying(section, row, each, value)):
            yield from _line(section, each.name, value, row)
    if isinstance(row, Client):
        yield from _options(row, secrets=secrets)


def _line(section: str, name: str, value: Any, row: Row) -> Iterator[str]:
    """One key as the file writes it: with its unit, a list of one alone."""
    if isinstance(row, Plan) and name == "extend_times":
        yield f"extend = {_inline({'times': value, 'by': measures.with_unit('extend_by', row.extend_by)})}"
    elif section in ("plan", "portal") and name != "extend_by":
        yield f"{name} = {_value(measures.with_unit(name, value))}"
    elif name == "addresses":
        yield f"address = {_value(value[0] if len(value) == 1 else value)}"
    elif name != "extend_by":
        yield f"{name} = {_value(value)}"


def _options(row: Client, *, secrets: bool) -> Iterator[str]:
    """A table of its own, and so the entry's last."""
    shown = dict(row.options)
    if secrets:
        shown |= {name: kept for name in OPTION_SECRETS if (kept := getattr(row, name)) is not None}
    if shown:
        yield "[client.options]"
        yield from (f"{name} = {_value(value)}" for name, value in shown.items())


def _goes_without_saying(section: str, row: Row, each: Any, value: Any) -> bool:
    """Whether leaving the key out says the same."""
    if (section, each.name) == ("home", "acct_port"):
        return False
    if isinstance(row, Client) and each.name in ("radius", "coa_port"):  # the family says what they are where the file does not
        family = FAMILIES.get(row.nas, FAMILIES["generic"])
        return bool(value == (family.radius if each.name == "radius" else family.port))
    if each.default is not MISSING:
        return bool(value == each.default)
    return each.default_factory is not MISSING and value == each.default_factory()


def _value(value: Any) -> str:
    """A TOML value."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Secret):
        return _value(value.octets.decode())
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return _inline(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # TOML's basic string is JSON's, but for DEL


def _inline(table: Mapping[str, Any]) -> str:
    return (
        "{ " + ", ".join(f"{key if _BARE.fullmatch(key) else _value(key)} = {_value(value)}" for key, value in table.items()) + " }"
        if table
        else "{}"
    )


def _hygiene(network: Network) -> str:
    lines = ["# Realms refused without a row of their own (allow takes one off the list):"]
    lines += [f"#   {_value(item):22} {why}" for item, why in builtin_hygiene()]
    if network.rows["hygiene"]:
        lines.append("[hygiene]")
        for verdict in ("allow", "refuse"):
            lines.append(f"{verdict} = {_value([row.realm for row in network.of('hygiene') if row.verdict == verdict])}")
    return "\n".join(lines)


def _built_in_policies() -> str:
    """Each built-in rule; a row of the same name replaces it."""
    lines = ["# Built-in rules, applied before those of this file; a [[policy]] of the same name replaces one."]
    for rule in builtins():
        lines += ["#", "# [[policy]]", *(f"# {line}" for line in _rule(rule))]
    return "\n".join(lines)


def _rule(rule: Rule) -> Iterator[str]:
    for each in fields(rule):
        value = getattr(rule, each.name)
        if value not in (None, "", (), {}, False):
            yield f"{each.name} = {_value(value)}"
