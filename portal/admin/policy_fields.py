"""What a rule's form asks. Tables of attributes are typed "Name = value", one a line; a name on several lines has several values.

A value that says the same as the stored one stays of its kind. Never judges: `Desk.change` does, by the road's own code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy import select

from portal.admin import forms
from portal.admin.forms import Field, Kind
from store.models import Site

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from portal.admin.desk import Wrong
    from portal.admin.forms import Shown

DIRECTIONS: Final = {"reply": later("towards the guest (answers)"), "request": later("towards the home (requests)")}
CODES: Final = ("Access-Request", "Access-Accept", "Access-Reject", "Access-Challenge", "Accounting-Request", "Accounting-Response")
TABLES: Final = ("refuse", "clamp", "add", "set")
NAME: Final = Field("name", later("Name"), hint=later("The name of a built-in rule takes that rule’s place"), needed=True)


def fields(session: Session) -> list[Field]:
    """All but its name."""
    sites = {row.id: row.name for row in session.scalars(select(Site).order_by(Site.name))}
    return [
        Field("direction", later("Direction"), Kind.CHOICE, choices=DIRECTIONS, default="reply", needed=True),
        Field("codes", later("Packets"), Kind.LIST, hint=_("One a line. Empty: Access-Request, or Access-Accept")),
        Field("realm", later("Realm"), hint=later("uni.example, *.uni.example or *. Empty: any")),
        Field("site", later("Site"), Kind.CHOICE, choices=sites),
        Field("client", later("Gateway"), hint=later("Its name. Empty: any")),
        Field("home", later("Home"), hint=later("Its name. Empty: any")),
        Field("foreign", later("Only for homes that are somebody else’s"), Kind.FLAG),
        Field(
            "refuse",
            later("Refuse"),
            Kind.LONG,
            hint=later("Service-Type = Administrative-User. With one of these the Accept becomes a Reject"),
        ),
        Field("remove", later("Remove"), Kind.LIST, hint=later("Tunnel-Type, 26.9.1 or Cisco-AVPair=shell:*, one a line")),
        Field("clamp", later("Keep within"), Kind.LONG, hint=later("Session-Timeout = 60, 28800: the least and the most")),
        Field("add", later("Add where absent"), Kind.LONG, hint=later("Session-Timeout = 3600, one a line")),
        Field("set", later("Set"), Kind.LONG, hint=later("Tunnel-Private-Group-Id = 120, instead of whatever is there")),
    ]


def read(wanted: Sequence[Field], form: Mapping[str, str], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Key -> value, as the network file would have them; a line that is none stays text, and is refused at its field."""
    said = forms.read(wanted, form)
    for key in TABLES:
        if isinstance(said.get(key), str):
            said[key] = _table(said[key], stored.get(key) or {}, bounds=key == "clamp")
    return said


def shown(wanted: Sequence[Field], values: Mapping[str, Any], wrongs: Sequence[Wrong] = (), *, new: bool = False) -> Shown:
    """The form, its tables as they are typed."""
    flat = {
        key: text(value, bounds=key == "clamp") if key in TABLES and isinstance(value, dict) else value for key, value in values.items()
    }
    return forms.shown(wanted, flat, wrongs, new=new)


def text(table: Mapping[str, Any], *, bounds: bool = False) -> str:
    """A table as it is typed."""
    lines = []
    for name, value in table.items():
        if bounds and isinstance(value, list):
            lines.append(f"{name} = {', '.join(map(str, value))}")
        else:
            lines += [f"{name} = {each}" for each in (value if isinstance(value, list) else [value])]
    return "\n".join(lines)


def _table(said: str, stored: Mapping[str, Any], *, bounds: bool) -> Any:
    found: dict[str, list[Any]] = {}
    for line in said.replace("\r\n", "\n").split("\n"):
        name, sign, value = (part.strip() for part in line.partition("="))
        if not line.strip():
            continue
        if not sign or not name or not value:
            return said  # refused: it must be a table
        known = stored.get(name)
        kept = known if isinstance(known, list) else [known]
        parts = value.replace(";", ",").split(",") if bounds else [value]
        found.setdefault(name, []).extend(_value(part.strip(), kept) for part in parts)
    return {name: values if bounds or len(values) > 1 else values[0] for name, values in found.items()}


def _value(said: str, stored: Sequence[Any]) -> Any:
    """As the stored one of that text, or a whole number where it is one."""
    for each in stored:
        if each is not None and str(each) == said:
            return each
    return int(said) if said.isascii() and said.isdigit() and len(said) < 20 else said
