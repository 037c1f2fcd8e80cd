"""proxeny.cli: the verbs, their help, and how mistakes end."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from proxeny.cli import VERBS, main

if TYPE_CHECKING:
    from tests.proxeny.installation import Installation


def test_help_names_every_verb() -> None:
    """`proxeny --help` lists them."""
    shown = CliRunner().invoke(main, ["--help"])
    assert shown.exit_code == 0
    assert [] == [verb for verb in VERBS if f"\n  {verb} " not in shown.output]


def test_help_is_quick() -> None:
    """Help imports no verb, and so none of the heavy libraries."""
    program = "import sys, proxeny.cli; print(sorted({'sqlalchemy', 'pydantic', 'alembic', 'pyrad'} & set(sys.modules)))"
    assert "[]\n" == subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_there_and_takes_config(verb: str) -> None:
    """Each verb has its module, its help, and `--config FILE`; for a group each of its verbs does."""
    assert find_spec(f"proxeny.verbs.{verb.replace('-', '_')}") is not None
    command = main.get_command(None, verb)  # type: ignore[arg-type,attr-defined]
    inner = getattr(command, "commands", {verb: command}).values()
    assert all(any(option.name == "config" for option in each.params) for each in inner)


def test_usage_errors_exit_with_2(installed: Installation) -> None:
    """An unknown verb or option is not the thing failing: exit 2."""
    assert [2, 2, 2] == [installed.run(*words).exit_code for words in (("nonsense",), ("route",), ("check", "--nonsense"))]


def test_a_mistake_is_told_without_a_traceback(installed: Installation) -> None:
    """Settings that are missing or broken end every verb with exit 1 and words."""
    installed.settings.write_text("[radius\n")
    for words in (("export",), ("route", "a@b"), ("db", "check"), ("db", "upgrade")):
        result = installed.run(*words)
        assert (1, True) == (result.exit_code, "is not TOML" in result.stderr)
    installed.settings.unlink()
    assert "there is no such file" in installed.run("export").stderr


def test_a_database_that_cannot_be_had_is_told(installed: Installation) -> None:
    """An unreachable server and an unwritable folder are one line each, without the password."""
    for url in ("postgresql+psycopg://proxeny:hunter2@127.0.0.1:1/x", "sqlite:////proc/nowhere/x.db"):
        installed.settings.write_text(f'[database]\nurl = "{url}"\n')
        result = installed.run("export")
        assert (1, 1, False) == (result.exit_code, len(result.stderr.splitlines()), "hunter2" in result.output)


def test_our_own_faults_keep_their_traceback(installed: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no operator's mistake is not dressed up as one."""

    def fault(*_: object) -> None:
        raise RuntimeError("ours")

    monkeypatch.setattr("proxeny.opening.store", fault)
    assert isinstance(installed.run("export").exception, RuntimeError)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_what_the_machine_refuses_is_told(installed: Installation, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """A full disk or a missing right is one line that names the file, whatever verb meets it."""

    def refuse(*_anything: object) -> None:
        raise OSError(number, os.strerror(number), "/city/var/run.lock")

    monkeypatch.setattr("proxeny.opening.enter", refuse)
    result = installed.run("sessions")
    assert 1 == result.exit_code
    assert result.stderr.startswith(f"proxeny: /city/var/run.lock: {os.strerror(number)}; ")
