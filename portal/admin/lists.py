"""Lists of any length: filters on named indexes, pages by key, totals that stop at ten thousand, and the same as CSV.

A list is a statement, the columns that order it, and how a row is shown; a page costs one statement and one count, however
long the list is (decisions-portal 28). Never a fragment as a filter, and never a cell that a spreadsheet would execute.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Response, g, request, stream_with_context
from sqlalchemy import BigInteger, func, literal, literal_column, or_, select, tuple_
from werkzeug.exceptions import BadRequest

from portal.admin.desk import desk
from portal.sheets import line
from store.models.base import Moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

PAGE: Final = 50
CAP: Final = 10_000  # what a total is counted up to
SLICE: Final = 1_000  # rows of one statement of an export
_WIDEST: Final = 2**63 - 1  # of a whole number in a database


class Column(NamedTuple):
    """One column: its name in a CSV, its title on the page, and a row's cell as plain text or a number."""

    name: str
    title: Any
    cell: Callable[[Any], Any]


class Filter(NamedTuple):
    """One filter. `choices`: value -> title, for a menu; else it is typed. `clause` makes SQL of the value."""

    name: str
    title: Any
    clause: Callable[[str], ColumnElement[bool]]
    choices: Mapping[str, Any] | None = None
    hint: Any = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """What the template macro `list` shows."""

    rows: Sequence[Any]
    total: int
    capped: bool
    onward: str  # query of the next page; "" where there is none
    first: bool
    filters: Sequence[Filter]
    chosen: Mapping[str, str]  # the filters that are set
    query: str  # the same as a query, for saved filters and exports
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class List:
    """One kind of list. `order`: unique together, newest or smallest first as `descending` says."""

    statement: Select[Any]
    order: Sequence[Any]  # columns
    columns: Sequence[Column]
    filters: Sequence[Filter] = ()
    descending: bool = False
    dress: Callable[[Session, Sequence[Any]], Sequence[Any]] | None = (
        None  # a page's rows -> what its cells need, in a bounded number of statements
    )

    def page(self, session: Session, most: int = PAGE) -> Listing:
        """The page that this request asks for, of so many rows."""
        chosen = self._chosen()
        statement = self._filtered(chosen)
        total = int(
            session.scalar(
                select(func.count()).select_from(
                    statement.with_only_columns(literal_column("1"), maintain_column_froms=True).limit(CAP + 1).subquery()
                )
            )
            or 0
        )
        rows = self._after(session, statement, _cursor(request.args.get("after", "")), most + 1)
        more, rows = len(rows) > most, rows[:most]
        query = _query(chosen)
        onward = _query(chosen | {"after": _packed(self._key(rows[-1]))}) if more else ""
        shown = self.dress(session, [each[0] for each in rows]) if self.dress is not None else [each[0] for each in rows]
        return Listing(shown, min(total, CAP), total > CAP, onward, "after" not in request.args, self.filters, chosen, query)

    def chosen(self) -> Select[Any]:
        """Every row that this request's filters leave, to be acted on together."""
        return self._filtered(self._chosen())

    def csv(self, name: str) -> Response:
        """Every row that the filters leave, written as it is read: the memory is that of one slice."""
        statement = self._filtered(self._chosen())
        answer = Response(stream_with_context(self._lines(statement)), mimetype="text/csv")
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}-{g.now:%Y-%m-%d}.csv"'
        return answer

    def _lines(self, statement: Select[Any]) -> Iterator[str]:
        yield "\ufeff" + line(column.name for column in self.columns)
        after: tuple[Any, ...] = ()
        while True:
            with desk().reading() as session:
                rows = self._after(session, statement, after, SLICE)
                shown = self.dress(session, [each[0] for each in rows]) if self.dress is not None else [each[0] for each in rows]
            yield "".join(line(column.cell(row) for column in self.columns) for row in shown)
            if len(rows) < SLICE:
                return
            after = self._key(rows[-1])

    def _chosen(self) -> dict[str, str]:
        return {each.name: value for each in self.filters if (value := request.args.get(each.name, "").strip())}

    def _filtered(self, chosen: Mapping[str, str]) -> Select[Any]:
        statement = self.statement
        for each in self.filters:
            if (value := chosen.get(each.name)) and (each.choices is None or value in each.choices):
                statement = statement.where(each.clause(value))
        return statement

    def _after(self, session: Session, statement: Select[Any], after: tuple[Any, ...], most: int) -> list[Any]:
        """Rows beyond this key: (row, *key)."""
        keyed = statement.add_columns(*self.order)
        if after:
            if len(after) != len(self.order):
                raise BadRequest
            here = tuple_(*self.order)
            there = tuple_(*(_bound(each, column) for each, column in zip(after, self.order, strict=True)))
            keyed = keyed.where(here < there if self.descending else here > there)
        return list(session.execute(keyed.order_by(*(column.desc() if self.descending else column for column in self.order)).limit(most)))

    def _key(self, row: Any) -> tuple[Any, ...]:
        return tuple(row[-len(self.order) :])


def begins(column: Any, said: str) -> ColumnElement[bool]:
    """That a name begins so, in capitals or not. SQLite knows those of ASCII alone, so an accented first letter is asked for in both."""
    small = said.lower()
    ways = dict.fromkeys((small, _ascii(said), _ascii(small[:1].upper() + small[1:])))
    return or_(*(func.lower(column).startswith(each, autoescape=True) for each in ways))


def _ascii(said: str) -> str:
    """As SQLite's lower() would write it."""
    return "".join(each.lower() if each.isascii() else each for each in said)


def _bound(value: Any, column: ColumnElement[Any]) -> Any:
    """A value of a cursor as this column's type; a cursor that somebody made up is a bad request."""
    kind = datetime if isinstance(column.type, Moment) else column.type.python_type
    if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool) or (isinstance(value, int) and abs(value) > _WIDEST):
        raise BadRequest
    if isinstance(value, str) and ("\0" in value or value.encode("utf-8", "replace").decode() != value):
        raise BadRequest  # no database holds NUL and halves of characters
    if isinstance(value, datetime):
        try:
            value = value.astimezone(UTC) if value.tzinfo is not None else None
        except OverflowError:
            value = None
        if value is None:
            raise BadRequest
    return literal(value, BigInteger() if kind is int else column.type)  # wider than its column, it is no fault of ours


def _packed(key: tuple[Any, ...]) -> str:
    plain = [["t", each.isoformat()] if isinstance(each, datetime) else each for each in key]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def _cursor(said: str) -> tuple[Any, ...]:
    """What `_packed` made; anything else is a bad request."""
    if not said:
        return ()
    try:
        plain = json.loads(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)))
        return tuple(datetime.fromisoformat(each[1]) if isinstance(each, list) else each for each in plain)
    except (ValueError, TypeError, IndexError, RecursionError):
        raise BadRequest from None


def _query(values: Mapping[str, str]) -> str:
    from urllib.parse import urlencode  # noqa: PLC0415  one use

    return urlencode(dict(values))
