"""Root only to bind: afterwards the named user, who must own what lies in data_dir."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from proxeny import privileges
from proxeny.faults import FaultyError


def test_a_missing_data_dir_is_made_for_us_alone(tmp_path) -> None:
    """Mode 0700: the spool and the keys are nobody else's business."""
    privileges.become(None, tmp_path / "a" / "var")
    privileges.refuse_foreign(tmp_path / "a" / "var")
    assert 0o700 == (tmp_path / "a" / "var").stat().st_mode & 0o777


@pytest.mark.root
def test_files_of_another_owner_are_refused_with_the_line_to_run(tmp_path) -> None:
    """An owner's mistake, usually a verb run as root once."""
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "worker-0.spool").touch()
    os.chown(tmp_path / "spool" / "worker-0.spool", 65534, 65534)
    with pytest.raises(FaultyError, match=r"chown -R .* belongs|belongs .*chown -R"):
        privileges.refuse_foreign(tmp_path)


@pytest.mark.root
def test_root_becomes_the_user_for_good() -> None:
    """Afterwards neither root's files nor root's rights are within reach."""
    code = (
        "import os, sys; from pathlib import Path; from proxeny import privileges\n"
        "privileges.become('nobody', Path(sys.argv[1]))\n"
        "print(os.getuid(), os.geteuid(), os.getgroups())\n"
        "try: os.setuid(0)\n"
        "except PermissionError: print('for good')\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        (home := Path(folder) / "var").mkdir()
        os.chown(home, 65534, -1)
        done = subprocess.run([sys.executable, "-c", code, str(home)], capture_output=True, text=True, check=False)
    uids, last = done.stdout.splitlines()
    assert ("for good", True) == (last, uids.startswith("65534 65534")), done.stderr


@pytest.mark.root
def test_a_program_that_its_user_cannot_read_is_refused(tmp_path, monkeypatch) -> None:
    """Installed in root's own folder it would fail later, in every worker, and by a traceback."""
    (hidden := tmp_path / "python").touch(mode=0o600)
    code = (
        "import sys; from pathlib import Path; from proxeny import privileges\n"
        "sys.executable = sys.argv[1]\n"
        "privileges.become('nobody', Path('/tmp'))\n"
        "try: privileges.refuse_hidden()\n"
        "except privileges.FaultyError as fault: print(fault)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(hidden)], capture_output=True, text=True, check=False)
    assert done.stdout.startswith(f"run.user: nobody cannot read the program: {hidden}. "), done.stderr


@pytest.mark.root
def test_another_users_verb_is_told_whom_to_be(tmp_path) -> None:
    """A chown by whoever came by would lock the running controller out of its own folder."""
    code = (
        "import os, sys; from pathlib import Path; from proxeny import privileges\n"
        "os.seteuid(12345)\n"
        "try: privileges.refuse_foreign(Path(sys.argv[1]))\n"
        "except privileges.FaultyError as fault: print(fault)\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=False)
    assert f"{folder} belongs to root, and this runs as 12345. Run this as root. Or, to hand it over, as root: chown -R" in done.stdout
