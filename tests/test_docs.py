"""The guide's numbers are the code's numbers. Never checks wording."""

from __future__ import annotations

import importlib
import inspect
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from proxeny import parts
from store.spool import Spool

HOME = Path(__file__).parent.parent
ROW = re.compile(r"^\| (?P<what>[^|]+) \| (?P<number>[^|]+) \| (?P<where>[^|]+) \|", re.MULTILINE)
SECTIONS: dict[str, Any] = {"limits": parts.Limits(), "radius": parts.Radius(), "retention": parts.Retention()}
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")


def rows() -> list[tuple[str, str]]:
    """(where, number as written) of every row of the limits with a name of the code or of the settings."""
    text = (HOME / "docs/limits.md").read_text(encoding="utf-8")
    return [
        (where, row["number"].strip())
        for row in ROW.finditer(text)
        for where in re.findall(r"`([a-z_]+(?:\.\w+)+)`", row["where"])
        if "rate` of" not in row["where"]
    ]


def value(where: str) -> float:
    """What the code or the settings' default says."""
    section, _, key = where.partition(".")
    if where == "store.spool.Spool.most":
        return float(inspect.signature(Spool).parameters["most"].default)
    if section in SECTIONS and key in type(SECTIONS[section]).model_fields:
        return float(getattr(SECTIONS[section], key))
    module, _, name = where.rpartition(".")
    found = getattr(importlib.import_module(module), name)
    return found / timedelta(days=1) if isinstance(found, timedelta) else float(found)


@pytest.mark.parametrize(("where", "number"), rows())
def test_a_documented_limit_is_the_real_one(where: str, number: str) -> None:
    """Each row of docs/limits.md has the number that the code has."""
    assert value(where) == float(number.replace(",", "").removesuffix(" s"))


def test_every_ceiling_of_a_worker_is_documented() -> None:
    """Each key of [limits] and [retention] has its row."""
    named = {where for where, _ in rows()}
    keys = {f"{section}.{key}" for section in ("limits", "retention") for key in type(SECTIONS[section]).model_fields}
    assert set() == keys - named - {"retention.preset"}  # a name


def test_every_constant_that_bounds_something_is_documented() -> None:
    """A constant called MOST_… or REMEMBERED has its row."""
    named = {where for where, _ in rows()}
    constants = {
        f"{room}.{path.stem}.{name}"
        for room in ("radius", "federation", "store")
        for path in (HOME / room).glob("*.py")
        for name in re.findall(r"^(MOST\w*|REMEMBERED\w*): Final", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    said_otherwise = {"radius.wire.MOST_ATTRIBUTES", "radius.udp.MOST_UPSTREAM"}  # limits.attributes and radius.pool.SOCKETS are these
    assert set() == constants - named - said_otherwise


@pytest.mark.parametrize(
    "page", sorted((*HOME.glob("*.md"), *HOME.glob("docs/**/*.md"))), ids=lambda page: page.relative_to(HOME).as_posix()
)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of every page names a file or folder that is there."""
    assert [] == [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()]


@pytest.mark.parametrize(
    "page", sorted((*HOME.glob("*.md"), *HOME.glob("docs/**/*.md"))), ids=lambda page: page.relative_to(HOME).as_posix()
)
def test_named_files_of_config_are_there(page: Path) -> None:
    """Every path below config/ that a page or a setting names exists; a gateway's own /etc/config is its maker's."""
    named = set(re.findall(r"(?<!/etc/)\bconfig/[\w./-]*\w", page.read_text(encoding="utf-8")))
    assert [] == sorted(path for path in named if not (HOME / path).exists())
