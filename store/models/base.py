"""What all rows share: the column types that keep promises, and the names of constraints.

Times are aware and in UTC on both sides of the database; a closed set is an enum that refuses strangers. Rows here know
no Flask, no mail, no RADIUS, and never hold a secret in clear: such a column has the type `Sealed`.
"""

# No `from __future__ import annotations` in this folder: SQLAlchemy reads the annotations of mapped classes.
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Enum, Integer, LargeBinary, MetaData, TypeDecorator
from sqlalchemy.orm import DeclarativeBase

BigKey = BigInteger().with_variant(Integer, "sqlite")  # only an INTEGER primary key counts upwards by itself in SQLite


class Moment(TypeDecorator[datetime]):
    """A time, aware, in UTC: `timestamptz` in PostgreSQL, ISO text in SQLite, which has no times."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """SQLite's text written directly: SQLAlchemy's own way to the same text takes five times as long."""
        return _text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """The same on the way back."""
        return _moment if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a time zone cannot be stored: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _text(value: datetime | None) -> str | None:
    """2026-03-08 06:59:59.000000, in UTC."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(f"a time without a time zone cannot be stored: {value!r}")
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    # As isoformat, which asks the zone for its name and costs twice as much.
    return f"{utc.year:04}-{utc.month:02}-{utc.day:02} {utc.hour:02}:{utc.minute:02}:{utc.second:02}.{utc.microsecond:06}"


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text + "+00:00")


class Sealed(TypeDecorator[bytes]):
    """Octets from `sealed.Seal.close`. The type marks the column for `rotate-key`; it opens nothing itself."""

    impl = LargeBinary
    cache_ok = True


def closed(kind: type[StrEnum]) -> Enum:
    """A column type for one member of `kind`, kept as its text; any other value is refused before it is stored."""
    return Enum(kind, native_enum=False, length=16, validate_strings=True, values_callable=lambda members: [m.value for m in members])


class Base(DeclarativeBase):
    """Every row."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        datetime: Moment,
        bytes: LargeBinary,
        list[str]: JSON(none_as_null=True),
        dict[str, Any]: JSON(none_as_null=True),
    }
