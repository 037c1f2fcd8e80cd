"""Lanes: what runs beside what."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

from tests.lanes import CITY, FIRST, arrange, lane

HOME = Path(__file__).parent.parent


def test_every_file_named_is_there() -> None:
    """A file that was renamed would quietly go last, or alone."""
    named = {*CITY, *(first for first in FIRST if first.endswith((".py", "/")))}
    assert [] == [name for name in named if not (HOME / name).exists()]


def test_whoever_shares_the_city_is_in_its_lane() -> None:
    """It is started once, however many processes there are."""
    words = ("city import City", "institutions:", "authority: Certificates")
    flows = (HOME / "tests" / "flow").glob("test_*.py")
    sharing = {f"tests/flow/{path.name}" for path in flows if any(word in path.read_text() for word in words)}
    assert sharing == CITY


def test_lanes_come_in_order_and_nothing_moves_within_one() -> None:
    """The longest first; the tests of a file as they stand in it."""
    files = ("tests/radius/test_a.py", "tests/flow/test_plain.py", "tests/flow/test_chains.py", "tests/flow/test_million.py")
    items = [SimpleNamespace(nodeid=f"{file}::test_{name}") for name in "zyx" for file in files]
    arrange(items)
    assert ["tests/flow/test_million.py"] * 3 + ["the city"] * 6 + ["tests/radius/test_a.py"] * 3 == [lane(item.nodeid) for item in items]
    assert [f"tests/radius/test_a.py::test_{name}" for name in "zyx"] == [item.nodeid for item in items[-3:]]


def test_a_lane_is_run_by_one_process(tmp_path: Path) -> None:
    """Side by side, the tests of a file see what the file's fixtures made once, and the run's own promises hold."""
    (tmp_path / "test_one.py").write_text(ONE)
    (tmp_path / "test_two.py").write_text(ONE)
    argv = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "-n", "2", "-q", str(tmp_path)]
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "PROXENY_"))}
    ended = subprocess.run(argv, cwd=HOME, env=kept, capture_output=True, text=True, timeout=90, check=False)
    assert (0, True) == (ended.returncode, "8 passed" in ended.stdout), ended.stdout + ended.stderr


ONE = '''
import os
import pytest

@pytest.fixture(scope="module")
def process():
    return []

@pytest.mark.parametrize("number", range(4))
def test_something(process, number):
    """A promise that stands on the one before it."""
    process.append(os.getpid())
    assert len(process) == number + 1
'''
