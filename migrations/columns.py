"""Columns in few words, for revisions.

Never changed once a revision uses it: a revision describes the shape of its own day.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

Kind = sa.types.TypeEngine[Any]
TEXT: Final[Kind] = sa.String()
WORD: Final[Kind] = sa.String(16)  # one of a closed set, which the models keep
OCTETS: Final[Kind] = sa.LargeBinary()
MOMENT: Final[Kind] = sa.DateTime(timezone=True)
JSON: Final[Kind] = sa.JSON()
FLAG: Final[Kind] = sa.Boolean()
REAL: Final[Kind] = sa.Double()
NUMBER: Final[Kind] = sa.Integer()
BIG: Final[Kind] = sa.BigInteger()
BIG_KEY: Final[Kind] = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # counts upwards by itself


def always(kind: Kind, *names: str) -> list[sa.Column[Any]]:
    """Columns that hold a value in every row."""
    return [sa.Column(name, kind, nullable=False) for name in names]


def maybe(kind: Kind, *names: str) -> list[sa.Column[Any]]:
    """Columns that may be NULL."""
    return [sa.Column(name, kind, nullable=True) for name in names]
