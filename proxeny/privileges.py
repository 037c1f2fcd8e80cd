"""Root only for binding: afterwards the user of [run] user, before anything under data_dir is touched.

Never goes back, and never repairs ownership by itself: it prints the line to run.
"""

from __future__ import annotations

import os
import pwd
import sys
from typing import TYPE_CHECKING

from proxeny.faults import Fault, FaultyError

if TYPE_CHECKING:
    from pathlib import Path


def become(user: str | None, data_dir: Path) -> None:
    """Be `user` from now on, where we are root and one is named; then make data_dir where it is missing."""
    if user is not None and os.geteuid() == 0:
        entry = pwd.getpwnam(user)
        os.initgroups(user, entry.pw_gid)
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
        os.environ["HOME"], os.environ["USER"] = entry.pw_dir, user
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fault:
        remedy = f"As root: install -d -m 700 -o {_name(os.geteuid())} {data_dir}"
        raise FaultyError([Fault("data_dir", "", f"{data_dir} cannot be made: {fault.strerror}", remedy)]) from None


def refuse_hidden() -> None:
    """Raise FaultyError where we cannot read the program itself any more: no worker could be started."""
    for file in (sys.executable, os.__file__, __file__):
        if not os.access(file, os.R_OK):
            what = f"{_name(os.geteuid())} cannot read the program: {file}"
            raise FaultyError([Fault("run.user", "", what, "Install it where every user may read it, as in /opt/proxeny")])


def refuse_foreign(data_dir: Path) -> None:
    """Raise FaultyError where a file of another owner lies under data_dir: it would lock us or the service out."""
    if foreign := _foreign(data_dir):
        remedy = f"As root: chown -R {_name(os.geteuid())}: {data_dir}"
        if foreign == data_dir and os.geteuid() != 0:  # it has its user already: handing it over would stop a controller
            remedy = f"Run this as {_name(data_dir.stat().st_uid)}. Or, to hand it over, a{remedy[1:]}"
        what = f"{foreign} belongs to {_name(foreign.lstat().st_uid)}, and this runs as {_name(os.geteuid())}"
        raise FaultyError([Fault("data_dir", "", what, remedy)])
    if not os.access(data_dir, os.R_OK | os.W_OK | os.X_OK):
        raise FaultyError(
            [Fault("data_dir", "", f"{data_dir} is not ours to write", f"As root: chown -R {_name(os.geteuid())}: {data_dir}")]
        )


def _foreign(data_dir: Path) -> Path | None:
    """The first file of another owner, two levels deep: the database, the keys, the spools."""
    for path in (data_dir, *data_dir.glob("*"), *data_dir.glob("*/*")):
        try:
            if path.lstat().st_uid != os.geteuid():
                return path
        except FileNotFoundError:  # a spool that was drained meanwhile
            continue
    return None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
