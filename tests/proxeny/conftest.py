"""A fresh installation for every test that asks for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from proxeny import opening, settings
from tests.proxeny import installation
from tests.store.shaped import found_everywhere

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANEW = {"test_db", "test_demo", "test_opening"}  # who tell how an empty database comes to its shape


@pytest.fixture(scope="module", autouse=True)
def shaped(request: pytest.FixtureRequest) -> Iterator[None]:
    """Databases have their shape already: migrating costs more than most tests here."""
    if request.module.__name__.rpartition(".")[2] in ANEW:
        yield
        return
    with found_everywhere():
        yield


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> installation.Installation:
    """Settings in a folder of their own, and no word of ours in the environment."""
    monkeypatch.delenv("PROXENY_CONFIG", raising=False)
    return installation.make(tmp_path)


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data_dir with an empty database and its keys, to be copied: making one anew for each test would cost more than the test."""
    folder = tmp_path_factory.mktemp("opened")
    (folder / "proxeny.toml").write_text("")
    opening.store(settings.load(folder / "proxeny.toml", {}))[0].dispose()
    return folder / "var"
