"""A minute of fuzzing in every `make test`: each target for its share of the time, from the kept corpus."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest

from tests.fuzz import corpus
from tests.fuzz.__main__ import TARGETS, broken, run

if TYPE_CHECKING:
    from pathlib import Path

IN_ALL = 60.0  # seconds
SHARES = {"engine": 25.0, "guests": 10.0}  # the rest divide what is left


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed: no wheel for this Python")
@pytest.mark.parametrize("target", TARGETS)
def test_no_input_found_in_its_share_of_a_minute_breaks_a_target(target: str, tmp_path: Path) -> None:
    """Design, invariant 1: no input, from anyone, raises, hangs or breaks what must hold."""
    share = SHARES.get(target, (IN_ALL - sum(SHARES.values())) / (len(TARGETS) - len(SHARES)))
    assert broken(run(target, share, tmp_path / target)) == ""


@pytest.mark.parametrize("target", TARGETS)
def test_every_kept_input_still_holds(target: str) -> None:
    """What fuzzing once found stays a regression test, without atheris too."""
    one = importlib.import_module(f"tests.fuzz.{target}").one
    for path in sorted(corpus.folder(target).iterdir()):
        one(path.read_bytes())
