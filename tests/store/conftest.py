"""Both databases for every test of the store that takes `url` or `database`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from store.schema import prepare
from store.sealed import Seal, create_keys
from tests.peers import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    with postgres.cluster() as running:
        yield running


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer("postgresql"))])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/proxeny.db"
    else:
        with request.getfixturevalue("cluster").database() as address:
            yield address


@pytest.fixture
def database(url: str) -> Iterator[Engine]:
    """A database of the newest shape."""
    engine = prepare(url)
    yield engine
    engine.dispose()


@pytest.fixture
def seal(tmp_path: Path) -> Seal:
    """A seal of its own."""
    create_keys(tmp_path / "keys" / "seal.key")
    return Seal(tmp_path / "keys" / "seal.key")
