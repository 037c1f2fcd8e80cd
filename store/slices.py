"""Long lists in pieces that one statement can carry, or whole in one parameter. Never reorders."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import ARRAY, String, any_, func, literal, select

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session as Database

_MOST: Final = 400  # values in one statement: SQLite takes 32,766 parameters, and parses short lists faster
Item = TypeVar("Item")


def slices(items: Sequence[Item], most: int = _MOST) -> Iterator[Sequence[Item]]:
    """At most `most` at a time; nothing for nothing."""
    for start in range(0, len(items), most):
        yield items[start : start + most]


def among(database: Database, column: Any, values: Sequence[str]) -> ColumnElement[bool]:
    """Whether a column's text is one of these, however many: they are one parameter, of a statement that stays the same."""
    if database.get_bind().dialect.name == "sqlite":
        found: ColumnElement[bool] = column.in_(select(func.json_each(json.dumps(values)).table_valued("value").c.value))
        return found
    one: ColumnElement[bool] = column == any_(literal(list(values), ARRAY(String)))
    return one
