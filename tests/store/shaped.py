"""A SQLite file of the newest shape, made once in each process of the tests and copied from then on.

Migrating anew costs more than most tests that need a database, and as much as `proxeny apply` does besides. Never for a test of how
an empty database comes to its shape (test_schema.py, test_opening.py, test_demo.py).
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import make_url

from store import schema

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def found_everywhere() -> Iterator[None]:
    """Meanwhile every SQLite database that is prepared anew in this process begins as a copy of it."""
    _octets()
    known = schema._private_file

    def private(url: str) -> None:
        address = make_url(url)
        if address.get_backend_name() == "sqlite" and address.database:
            with suppress(OSError):  # which is told by who comes next
                shape(Path(address.database))
        known(url)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "_private_file", private)
        yield


def shape(file: Path) -> None:
    """Put it there, as private as our own, unless there is a database already."""
    if file.exists():
        return
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as made:
        made.write(_octets())


@cache
def _octets() -> bytes:
    with tempfile.TemporaryDirectory(prefix="shape-") as folder:
        file = Path(folder) / "x.db"
        schema.prepare(f"sqlite:///{file}").dispose()
        return file.read_bytes()
