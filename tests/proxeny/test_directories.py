"""[directory] as the road and the pages are handed it: who waits how long, and what is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from proxeny import directories
from proxeny.settings import load
from store.refusal import Refusal

if TYPE_CHECKING:
    from pathlib import Path

    from proxeny.settings import Settings

SECTION = '[directory]\nuri = "ldaps://127.0.0.1:1"\nbase = "dc=example"\n'


def settings(folder: Path, text: str) -> Settings:
    (folder / "proxeny.toml").write_text(text or "[guest]\n")
    return load(folder / "proxeny.toml", {})


@pytest.mark.parametrize(("timeout", "waits"), [(1.0, 1.0), (30.0, directories.PATIENCE)])
def test_a_guest_waits_three_seconds_at_most(tmp_path: Path, timeout: float, waits: float) -> None:
    """The road waits as long as the settings say, the pages no longer than a guest does."""
    part = settings(tmp_path, f"{SECTION}timeout = {timeout}\n").directory
    assert part is not None
    reaches = [directories.directory(part, *patience)._reach.timeout for patience in ((), (directories.PATIENCE,))]
    assert [timeout, waits] == reaches


def test_without_a_directory_there_is_nobody_to_ask(tmp_path: Path) -> None:
    """No section, no way to ask; with one that does not answer, the answer is that."""
    assert directories.of_guests(settings(tmp_path, "")) is None
    found = directories.of_guests(settings(tmp_path, SECTION))
    assert found is not None
    assert ("answers", 1) == (directories.told(found)["directory"], directories.told(found)["directory_up"])
    assert found.guest(b"ada", b"correct horse", lambda _key: True) in {Refusal.UNREACHABLE, Refusal.TLS_FAILED}
    assert ("The directory", 0) == (directories.told(found)["directory"][:13], directories.told(found)["directory_up"])
