"""What the test run promises about itself: named skips, failures where peers are required, nothing left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).parent.parent
NEEDS_RADCLIENT = '''
import pytest

@pytest.mark.peer("radclient")
def test_something():
    """A promise that needs a peer."""
'''
LEAVES_A_PROCESS = '''
import subprocess
from pathlib import Path

def test_something():
    """A promise that forgets a process which detaches itself."""
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    while not Path(f"/proc/{process.pid}/environ").read_bytes():  # exec(3) has let us go before it had one
        pass
'''


def run(folder: Path, text: str, *, path: str, **env: str) -> tuple[int, str]:
    """pytest over one file, with our conftest and another PATH: its exit status and what it printed."""
    (folder / "test_one.py").write_text(text)
    argv = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
        "-c",
        HOME / "pyproject.toml",
        folder / "test_one.py",
    ]
    kept = {key: value for key, value in os.environ.items() if key not in ("PROXENY_PEERS", "PYTEST_ADDOPTS")}
    ended = subprocess.run(argv, cwd=HOME, env=kept | {"PATH": path} | env, capture_output=True, text=True, timeout=90, check=False)
    return ended.returncode, ended.stdout + ended.stderr


def test_an_absent_peer_is_a_named_skip(tmp_path: Path) -> None:
    """Where a peer is not installed its test is skipped, and named at the end of the run."""
    status, said = run(tmp_path, NEEDS_RADCLIENT, path="/nonexistent")
    assert (0, True, True) == (status, "skipped parts" in said, "radclient is not installed" in said), said


def test_an_absent_peer_fails_where_peers_are_required(tmp_path: Path) -> None:
    """.ci/run asks for every peer: a missing one is a failure, by name."""
    status, said = run(tmp_path, NEEDS_RADCLIENT, path="/nonexistent", PROXENY_PEERS="required")
    assert (1, True) == (status, "radclient is not installed, and PROXENY_PEERS=required" in said), said


def test_an_unknown_peer_is_an_error(tmp_path: Path) -> None:
    """A mark that names a peer nobody knows would never be skipped or run rightly: the run refuses it."""
    status, said = run(tmp_path, NEEDS_RADCLIENT.replace("radclient", "radcleint"), path=os.environ["PATH"])
    assert (pytest.ExitCode.USAGE_ERROR, True) == (status, "no peer is called 'radcleint'" in said), said


def test_a_process_left_behind_fails_the_run(tmp_path: Path) -> None:
    """A process that outlives the run is named, and the run fails though every test passed."""
    status, said = run(tmp_path, LEAVES_A_PROCESS, path=os.environ["PATH"], PROXENY_TEST_PATIENCE="0.2")
    left = [line for line in said.splitlines() if line.startswith("process ")]
    for line in left:
        os.kill(int(line.split()[1].rstrip(":")), 9)
    assert (1, ["sleep 60"]) == (status, [line.partition(": ")[2] for line in left]), said
