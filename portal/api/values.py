"""Kinds of values that answers have, and the reason that a change is asked with, for the resources that are no entries of the network.

Never a value that another resource writes otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from marshmallow import Schema, fields, validate

from portal.admin.reveal import LEAST, LONGEST
from portal.api.problems import Fault, Kind, RefusedError
from portal.api.shapes import says

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.orm import Session

ID: Final = validate.Length(1, 64)


def text(words: str = "", **more: Any) -> fields.String:
    """Always there; "" where nothing is known."""
    return fields.String(**{"required": True} | (says(words) if words else {}) | more)


def maybe(words: str = "") -> fields.String:
    """Text, or null."""
    return fields.String(required=True, allow_none=True, **(says(words) if words else {}))


def moment(words: str = "") -> fields.DateTime:
    """A time in UTC, or null."""
    return fields.DateTime(required=True, allow_none=True, **(says(words) if words else {}))


def whole(words: str = "", *, none: bool = False) -> fields.Integer:
    """A whole number; `none`: or null."""
    return fields.Integer(required=True, allow_none=none, **(says(words) if words else {}))


def flag(words: str = "") -> fields.Boolean:
    """Yes or no."""
    return fields.Boolean(required=True, **(says(words) if words else {}))


def many(of: type[Schema] | fields.Field[Any], words: str = "") -> fields.List[Any]:
    """A list of these."""
    inner = of if isinstance(of, fields.Field) else fields.Nested(of)
    return fields.List(inner, required=True, **(says(words) if words else {}))


def one(of: type[Schema], words: str = "", *, none: bool = False) -> fields.Nested:
    """One of these; `none`: or null."""
    return fields.Nested(of, required=True, allow_none=none, **(says(words) if words else {}))


def choice(of: Iterable[Any], words: str = "", **more: Any) -> fields.String:
    """One of a closed set."""
    names = [str(getattr(each, "value", each)) for each in of]
    return fields.String(**{"required": True} | (says(words) if words else {}) | more, validate=validate.OneOf(names))


class Reason(Schema):
    """Why it is done: it goes into the audit log."""

    reason = fields.String(required=True, validate=validate.Length(LEAST, LONGEST), **says("Why: it goes into the audit log"))


class Asked(Schema):
    """What was asked of gateways."""

    orders = fields.List(fields.Integer(), required=True, **says("Their numbers: how each went is told with the session"))
    untold = fields.Integer(required=True, **says("Gateways that take no such order, and hear of it when they ask next"))


def asked(queued: Iterable[int | None]) -> dict[str, Any]:
    """`Asked`, of orders' numbers."""
    every = list(queued)
    told = [each for each in every if each is not None]
    return {"orders": told, "untold": len(every) - len(told)}


def reason(said: Mapping[str, Any], pointer: str = "#/reason") -> str:
    """The reason as the log has it: the pages' own rule."""
    why = " ".join(str(said["reason"]).split())
    if not (LEAST <= len(why) <= LONGEST and why.isprintable()):
        raise RefusedError(Kind.INVALID, faults=[Fault(f"A reason has {LEAST} to {LONGEST} printable characters", pointer)])
    return why


def found(session: Session, model: Any, name: Any) -> Any:
    """The row of this key; 404 where there is none."""
    row = session.get(model, name)
    if row is None:
        raise RefusedError(Kind.NOT_FOUND)
    return row
