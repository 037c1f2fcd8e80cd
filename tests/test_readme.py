"""Every command of the README, run as printed, in the order printed. Never a shortened list of them.

The commands run in an empty folder that has the repository's files only by name, so that nothing of a test lands in it.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.peers.program import Program, free_port

HOME = Path(__file__).parent.parent
README = (HOME / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh *(\w*)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
NEEDED = (".venv", "Makefile", "config", "pyproject.toml", "requirements.lock", "requirements-dev.lock", "tests")


def blocks(kind: str) -> list[str]:
    """The text of the README's blocks of one kind."""
    return [text for word, text in BLOCKS if word == kind]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that looks like a clone whose virtual environment is made already."""
    for name in NEEDED:
        (tmp_path / name).symlink_to(HOME / name)
    return tmp_path


@pytest.fixture
def env() -> dict[str, str]:
    """Free ports instead of RADIUS's own, for whatever serves; MAKEFLAGS of an outer make would confuse ours."""
    auth, metrics = free_port(beside=1), free_port()
    ports = {"AUTH": f"127.0.0.1:{auth}", "ACCT": f"127.0.0.1:{auth + 1}"}
    kept = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    return kept | {f"PROXENY_RADIUS__{key}": at for key, at in ports.items()} | {"PROXENY_METRICS__LISTEN": f"127.0.0.1:{metrics}"}


def bash(text: str, folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A block as one script that stops at the first command that fails."""
    script = f"set -euo pipefail\n{text}"
    return subprocess.run(["bash", "-c", script], cwd=folder, env=env, capture_output=True, text=True, timeout=90, check=False)


def test_every_block_has_a_test() -> None:
    """The README's shell blocks are those that the tests below run, each kind as often as there."""
    assert ["", "demo", "", "first", "first", "run"] == [kind for kind, _ in BLOCKS]
    assert ["make run\n", "make test\n"] == blocks("")


def test_make_run_and_what_to_try(folder: Path, env: dict[str, str]) -> None:
    """`make run` says ready, what the README lists to try succeeds line by line, and Ctrl-C ends it."""
    env |= {f"PROXENY_{name}__LISTEN": f"127.0.0.1:{free_port()}" for name in ("GUEST", "STAFF", "BUSINESS")}
    env |= {"PROXENY_MAIL__URL": f"smtp://127.0.0.1:{free_port()}", "PROXENY_SMS__URL": f"http://127.0.0.1:{free_port()}/sms"}
    program = Program(["make", "run"], folder / "screen", env=env, cwd=folder)
    try:
        program.wait_for("Logins as they come", seconds=60)
        assert "ready" in program.text
        for line in "".join(blocks("demo")).splitlines():
            tried = bash(line, folder, env)
            assert 0 == tried.returncode, (line, tried.stdout, tried.stderr)
        os.killpg(program.pid, signal.SIGINT)  # what a terminal does at Ctrl-C
        program.process.wait(30)
        assert "Traceback" not in program.text
    finally:
        program.stop()


def test_make_test_is_this_very_run(folder: Path, env: dict[str, str]) -> None:
    """`make test` runs pytest over the whole of tests/; that it passes is what you are watching."""
    told = bash("make --dry-run test", folder, env)
    assert (0, True) == (told.returncode, "-m pytest" in told.stdout), told.stdout + told.stderr


def test_the_first_real_steps(folder: Path, env: dict[str, str]) -> None:
    """The settings and the network of the README are taken, applied, checked and asked as it says; then it runs."""
    told = bash("".join(blocks("first")), folder, env)
    assert 0 == told.returncode, told.stdout + told.stderr
    assert "federation-1" in told.stdout
    config = env | {"PROXENY_CONFIG": "city/proxeny.toml"}
    program = Program(["bash", "-c", f"exec {''.join(blocks('run')).strip()}"], folder / "screen", env=config, cwd=folder)
    try:
        program.wait_for("ready", seconds=60)
        program.signal(signal.SIGTERM)
        assert 0 == program.process.wait(30)
    finally:
        program.stop()


def test_applying_again_changes_nothing(folder: Path, env: dict[str, str]) -> None:
    """As the README promises: the same file again, and nothing changes."""
    steps = "".join(blocks("first"))
    again = bash(f"{steps}\n.venv/bin/proxeny apply city/NETWORK.toml", folder, env)
    assert (0, True) == (again.returncode, "No difference" in again.stdout.splitlines()[-1]), again.stdout + again.stderr
