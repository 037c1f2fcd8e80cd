"""The compiled road keeps every promise of the sources: the same tests, run against a compiled copy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from proxeny import compiled, compiling
from tests.bench.compiled import copy

LACKING = compiling.lacking()
pytestmark = [pytest.mark.skipif(bool(LACKING), reason=f"nothing is compiled: {LACKING}"), pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy that was compiled, with the tests of the road but this one."""
    place = tmp_path_factory.mktemp("compiled")
    copy(place)
    shutil.copy(compiled.HOME / "pyproject.toml", place)
    shutil.copytree(
        compiled.HOME / "tests", place / "tests", ignore=shutil.ignore_patterns("__pycache__", "flow", "corpus", Path(__file__).name)
    )
    return place


def run(house: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Python in the copy, which comes before the installed house."""
    environment = {**os.environ, "PYTHONPATH": str(house), "PROXENY_COMPILED": "required"}
    return subprocess.run([sys.executable, *words], cwd=house, env=environment, capture_output=True, text=True, check=False)


def test_the_compiled_road_passes_every_test_of_the_road(house: Path) -> None:
    """tests/radius, with each module of FILES loaded from its extension module (tests/conftest.py refuses otherwise)."""
    ran = run(house, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/radius")
    assert 0 == ran.returncode, ran.stdout[-6000:] + ran.stderr[-2000:]
    assert " passed in " in ran.stdout.splitlines()[-1]


def test_modules_of_other_sources_are_refused_by_name(house: Path, tmp_path: Path) -> None:
    """One line changed, even of a file that is not compiled: every verb names the two remedies, and does nothing."""
    changed = tmp_path / "changed"
    shutil.copytree(house, changed, ignore=shutil.ignore_patterns("tests"))
    with (changed / "radius" / "tables.py").open("a") as source:
        source.write("# another line\n")
    for verb in ("run", "check"):
        ran = run(changed, "-c", "from proxeny.cli import main; main()", verb)
        assert (1, "") == (ran.returncode, ran.stdout)
        assert "built from other sources. make compiled builds them anew, make pure removes them" in ran.stderr


def test_a_whole_build_is_no_fault_and_half_of_one_is(house: Path, tmp_path: Path) -> None:
    """A build cut short, or one for another Python, is never used."""
    assert compiled.fault(house) is None
    half = tmp_path / "half"
    shutil.copytree(house / "radius", half / "radius")
    found = compiled.fault(half)
    assert found is not None
    assert "not a whole build" in found.what
    for path in half.rglob("*.so"):
        path.unlink()
    assert compiled.fault(half) is None
