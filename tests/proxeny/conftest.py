"""A fresh installation for every test that asks for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.proxeny import installation

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> installation.Installation:
    """Settings in a folder of their own, and no word of ours in the environment."""
    monkeypatch.delenv("PROXENY_CONFIG", raising=False)
    return installation.make(tmp_path)
