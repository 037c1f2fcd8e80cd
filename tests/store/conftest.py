"""Both databases for every test of the store that takes `url` or `database`."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from store.schema import prepare, upgrade
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
def url(request: pytest.FixtureRequest, tmp_path: Path, shaped: Path) -> Iterator[str]:
    """The address of an empty database; of the newest shape for a test that also takes `database`."""
    wants_shape = "database" in request.fixturenames
    if request.param == "sqlite":
        if wants_shape:
            shutil.copy(shaped, tmp_path / "proxeny.db")
        yield f"sqlite:///{tmp_path}/proxeny.db"
    else:
        with request.getfixturevalue("cluster").database(upgrade if wants_shape else None) as address:
            yield address


@pytest.fixture(scope="session")
def shaped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file of the newest shape, to be copied: migrating anew for each test would cost more than the test."""
    path = tmp_path_factory.mktemp("shaped") / "proxeny.db"
    prepare(f"sqlite:///{path}").dispose()
    return path


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
