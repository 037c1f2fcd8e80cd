"""A verb run by a fork: said and ended as the command itself, killed when its time is over, and nobody left behind."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.peers import verbs
from tests.peers.controller import COMMAND
from tests.peers.program import until


def test_it_says_what_the_command_says(tmp_path: Path) -> None:
    """Status and both outputs, of a fault and of help, in its own folder and environment."""
    env = {**os.environ, "PROXENY_CONFIG": "elsewhere.toml"}
    for words in (["sessions", "--json"], ["apply", "--help"], ["kick"]):
        argv = [str(COMMAND), *words]
        plain = subprocess.run(argv, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=40, check=False)
        forked = verbs.run(argv, tmp_path, env, 40)
        assert (plain.returncode, plain.stdout, plain.stderr) == (forked.returncode, forked.stdout, forked.stderr)


def test_its_time_is_bounded(tmp_path: Path) -> None:
    """Who waits longer than that is told so, and the fork is killed."""
    pipe = tmp_path / "never-written"
    os.mkfifo(pipe)
    with pytest.raises(subprocess.TimeoutExpired):
        verbs.run([str(COMMAND), "apply", "--config", str(pipe), "x"], tmp_path, dict(os.environ), 3)
    (_, process) = verbs._asked[0]
    until(lambda: not Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(), "the fork to end")


def test_nothing_stays_behind(tmp_path: Path) -> None:
    """Ended, it is gone; asked again, it begins again."""
    verbs.run([str(COMMAND), "kick"], tmp_path, dict(os.environ), 40)
    (_, process) = verbs._asked[0]
    verbs.end()
    assert ([], 0) == (verbs._asked, process.returncode)
    assert 2 == verbs.run([str(COMMAND), "kick"], tmp_path, dict(os.environ), 40).returncode
