"""A world for every test that asks for one, on SQLite; the store's own tests prove that PostgreSQL is no different."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from portal.admin import passwords
from store.sealed import Seal
from store.session import engine
from tests.portal import catalogues
from tests.portal.gallery import Gallery, shape
from tests.portal.shoproom import ShopRoom
from tests.portal.shoproom import shoproom as furnish
from tests.portal.staffroom import Room, room
from tests.portal.world import World, world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask.testing import FlaskClient


@pytest.fixture(scope="session", autouse=True)
def compiled() -> None:
    """The catalogues that the pages read are those of the sources."""
    catalogues.compile_stale()


@pytest.fixture(scope="session")
def shaped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty database of the newest shape and its key, to be copied: migrating costs more than the test."""
    return shape(tmp_path_factory.mktemp("shaped"))


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory, shaped: Path) -> Iterator[Gallery]:
    """Every page, made once."""
    made = Gallery(tmp_path_factory.mktemp("gallery"), shaped)
    yield made
    made.close()


@pytest.fixture
def city(tmp_path: Path, shaped: Path) -> Iterator[World]:
    shutil.copytree(shaped, tmp_path, dirs_exist_ok=True)
    made = world(engine(f"sqlite:///{tmp_path}/proxeny.db"), Seal(tmp_path / "keys" / "seal.key"))
    yield made
    made.close()


@pytest.fixture
def guest(city: World) -> FlaskClient:
    return city.client()


@pytest.fixture
def staffroom(tmp_path: Path, shaped: Path) -> Iterator[Room]:
    """The staff app over a small city."""
    made = room(tmp_path, shaped)
    yield made
    made.close()


@pytest.fixture
def shoproom(tmp_path: Path, shaped: Path) -> Iterator[ShopRoom]:
    """The business app over a small city with two shops."""
    made = furnish(tmp_path, shaped)
    yield made
    made.close()


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords of staff weigh little; what they weigh has a test of its own."""
    hasher = passwords.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    nobodys = hasher.hash("nobody")
    monkeypatch.setattr(passwords, "_HASHER", hasher)
    monkeypatch.setattr(passwords, "_nobodys", lambda: nobodys)
