"""A world for every test that asks for one, on SQLite; the store's own tests prove that PostgreSQL is no different."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from store.schema import prepare
from store.sealed import Seal, create_keys
from tests.portal import catalogues
from tests.portal.world import World, world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask.testing import FlaskClient


@pytest.fixture(scope="session", autouse=True)
def compiled() -> None:
    """The catalogues that the pages read are those of the sources."""
    catalogues.compile_stale()


@pytest.fixture
def city(tmp_path: Path) -> Iterator[World]:
    create_keys(tmp_path / "keys" / "seal.key")
    database = prepare(f"sqlite:///{tmp_path}/proxeny.db")
    yield world(database, Seal(tmp_path / "keys" / "seal.key"))
    database.dispose()


@pytest.fixture
def guest(city: World) -> FlaskClient:
    return city.client()
