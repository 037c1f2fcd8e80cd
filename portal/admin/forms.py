"""Forms for entries of the network: what is typed becomes the keys that the network file has, and faults come back to their field.

A form decides nothing: `Desk.change` judges, by the code that judges the file. A field that is left empty takes its key out.
Never fills a secret's field with what is stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from portal.admin.desk import Wrong


class Kind(Enum):
    """How a field is typed, and what it becomes."""

    TEXT = "text"
    NUMBER = "number"  # whole, or with a point
    FLAG = "flag"  # true or false: always said
    CHOICE = "choice"
    LIST = "list"  # one a line
    SECRET = "secret"  # empty: as it was
    LONG = "long"  # several lines
    TABLE = "table"  # name = value, one a line


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `key` may have a dot: "options.uam_secret" is in the table `options`."""

    key: str
    title: Any
    kind: Kind = Kind.TEXT
    hint: Any = ""
    choices: Mapping[str, Any] = field(default_factory=dict)  # value -> title
    default: Any = None  # what a new entry's field shows
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """What the template macro `form` shows: each field with its text and what is wrong with it."""

    fields: Sequence[tuple[Field, Any, str]]
    wrong: str = ""  # of the whole entry

    @property
    def said(self) -> bool:
        """Whether any field says something, or is wrong."""
        return any(value or wrong for _, value, wrong in self.fields)


def read(fields: Sequence[Field], form: Mapping[str, str]) -> dict[str, Any]:
    """Key -> value, as the network file would have them; None takes a key out. What is no number stays text, and is refused by name."""
    said: dict[str, Any] = {}
    for each in fields:
        value = _value(each, form.get(each.key, ""))
        if each.kind is Kind.SECRET and value is None:
            continue
        table, dot, name = each.key.partition(".")
        if dot:
            said.setdefault(table, {})[name] = value
        else:
            said[table] = value
    return {
        key: {name: kept for name, kept in value.items() if kept is not None} if isinstance(value, dict) else value
        for key, value in said.items()
    }


def _value(of: Field, text: str) -> Any:
    text = text.replace("\r\n", "\n")
    if of.kind is Kind.FLAG:
        return text == "on"
    if of.kind is Kind.LIST:
        return [item for each in text.split("\n") if (item := each.strip())] or None
    if of.kind is Kind.TABLE:
        pairs = (each.partition("=") for each in text.split("\n") if each.strip())
        return {name.strip(): _number(value.strip()) for name, _, value in pairs} or None
    if of.kind is Kind.SECRET:
        return text or None
    text = text.strip()
    return (_number(text) if of.kind is Kind.NUMBER else text) if text else None


def _number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def shown(fields: Sequence[Field], values: Mapping[str, Any], wrongs: Sequence[Wrong] = (), *, new: bool = False) -> Shown:
    """The form over stored values (`Desk.entry`) or over what was typed (`read`)."""
    whole = [f"{each.what}. {each.remedy}".strip() for each in wrongs if not any(each.key == one.key for one in fields)]
    said = {each.key: f"{each.what}. {each.remedy}".rstrip(". ") + "." for each in reversed(wrongs)}
    return Shown([(each, _text(each, values, new=new), said.get(each.key, "")) for each in fields], " ".join(whole))


def _text(of: Field, values: Mapping[str, Any], *, new: bool) -> Any:
    table, dot, name = of.key.partition(".")
    value = values.get(table)
    if dot:
        value = value.get(name) if isinstance(value, dict) else None
    if of.kind is Kind.SECRET:
        return ""
    if value is None:
        value = of.default if new or of.kind is Kind.FLAG else None
    if of.kind is Kind.FLAG:
        return bool(value)
    if isinstance(value, list | tuple):
        return "\n".join(map(str, value))
    if isinstance(value, dict):
        return "\n".join(f"{key} = {kept}" for key, kept in value.items())
    return "" if value is None else str(value)
