"""proxeny.parts_open_data: the terms under which the city publishes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from portal.doors import Terms
from proxeny.faults import FaultyError
from proxeny.settings import load
from proxeny.staff_open_data import terms

if TYPE_CHECKING:
    from pathlib import Path

LINES = {
    "licence": '"CC-BY-4.0"',
    "licence_url": '"https://creativecommons.org/licenses/by/4.0/"',
    "publisher": '"City of Example"',
}


def said(folder: Path, **changes: str) -> Terms | None:
    path = folder / "proxeny.toml"
    lines = "".join(f"{key} = {value}\n" for key, value in (LINES | changes).items() if value)
    path.write_text(f"[open_data]\n{lines}", "utf-8")
    return terms(load(path, {}))


def test_what_is_needed_is_enough(tmp_path: Path) -> None:
    """A licence is called by its identifier where it has no other name."""
    assert Terms("CC-BY-4.0", "CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/", "City of Example") == said(tmp_path)


def test_what_may_be_said_more(tmp_path: Path) -> None:
    """Its name, and whom to ask."""
    found = said(tmp_path, licence_title='"Attribution 4.0"', contact='"open-data@CITY.example"')
    assert found is not None
    assert ("Attribution 4.0", "open-data@city.example") == (found.title, found.contact)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("licence", ""),
        ("licence", '"Creative Commons"'),
        ("licence", '""'),
        ("licence_url", '"http://creativecommons.org/"'),
        ("licence_url", '"javascript:alert(1)"'),
        ("publisher", '" "'),
        ("publisher", '"City\\nof Example"'),
        ("publisher", f'"{"x" * 201}"'),
        ("contact", '"open data"'),
    ],
)
def test_what_cannot_stand_is_named(tmp_path: Path, key: str, value: str) -> None:
    """At its key."""
    with pytest.raises(FaultyError, match=rf"open_data\.{key}"):
        said(tmp_path, **{key: value})


def test_without_it_nothing_is_published(tmp_path: Path) -> None:
    """No terms of our own stand in."""
    (tmp_path / "proxeny.toml").write_text("")
    assert terms(load(tmp_path / "proxeny.toml", {})) is None
