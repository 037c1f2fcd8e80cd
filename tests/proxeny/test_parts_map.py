"""proxeny.parts_map: where the map's tiles come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from proxeny.faults import FaultyError
from proxeny.settings import load

if TYPE_CHECKING:
    from pathlib import Path


def tiles(folder: Path, text: str) -> str:
    path = folder / "proxeny.toml"
    path.write_text(f"[map]\ntiles = '{text}'\n", "utf-8")
    found = load(path, {}).map
    assert found is not None
    return found.tiles


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("https://tiles.city.example/{z}/{x}/{y}.png", "https://tiles.city.example/{z}/{x}/{y}.png"),
        ("HTTPS://Tiles.city.example:8443/a/{z}/{y}/{x}", "https://tiles.city.example:8443/a/{z}/{y}/{x}"),
        ("http://127.0.0.1:8090/{z}/{x}/{y}.png?style=city", "http://127.0.0.1:8090/{z}/{x}/{y}.png?style=city"),
    ],
)
def test_a_template_of_one_server_is_kept(tmp_path: Path, text: str, kept: str) -> None:
    """With scheme and host in lower case, as the page's policy names them."""
    assert kept == tiles(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tiles.city.example/{z}/{x}/{y}.png",
        "https://{s}.city.example/{z}/{x}/{y}.png",
        "https://tiles.city.example/{z}/{x}.png",
        "https://tiles.city.example/{z}/{x}/{y}/{y}.png",
        "https://tiles.city.example/{z}/{x}/{y}{r}.png",
        "https://tiles.city.example; script-src */{z}/{x}/{y}",
        "https://user@tiles.city.example/{z}/{x}/{y}",
        "javascript:alert(1)/{z}/{x}/{y}",
        "https://[::1/{z}/{x}/{y}",
    ],
)
def test_what_is_no_template_is_refused(tmp_path: Path, text: str) -> None:
    """Many hosts, missing places, what would say more in the page's policy than one origin."""
    with pytest.raises(FaultyError, match=r"map\.tiles"):
        tiles(tmp_path, text)
