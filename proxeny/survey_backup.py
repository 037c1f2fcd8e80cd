"""What `check` looks at for backups' sake: the folder, its room, and PostgreSQL's own programs. Never writes a file."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from sqlalchemy import make_url

from proxeny.backing import ROOM
from proxeny.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxeny.settings import Settings


def warnings(settings: Settings, file: str) -> Iterator[Fault]:
    """Everything runs without backups, until the day one is needed."""
    if settings.backup is None:
        return
    folder = settings.backup.folder
    if not folder.is_dir():
        yield Fault(file, "backup.folder", f"there is no folder {folder}", "Make it, and give it to the user that the controller runs as")
        return
    if os.geteuid() != 0 and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield Fault(file, "backup.folder", f"{folder} is not ours to write", f"As root: chown {os.geteuid()}: {folder}")
    address = make_url(settings.database.url)
    if address.get_backend_name() == "sqlite":
        yield from _beside(settings, file)
    elif missing := [name for name in ("pg_dump", "pg_restore") if shutil.which(name) is None]:
        yield Fault(file, "backup", f"{' and '.join(missing)} are not installed here", "Install Debian's postgresql-client")


def _beside(settings: Settings, file: str) -> Iterator[Fault]:
    assert settings.backup is not None  # noqa: S101  for the type checker
    path, folder = make_url(settings.database.url).database or "", settings.backup.folder
    try:
        have, free = os.stat(path), shutil.disk_usage(folder).free  # noqa: PTH116  a name out of a URL
    except OSError:
        return  # no database yet, or told elsewhere
    if free < ROOM * have.st_size:
        wanted = int(ROOM * have.st_size) >> 20
        yield Fault(
            file, "backup.folder", f"{free >> 20} MiB are free in {folder}, and {wanted} are needed", "A copy and its rehearsal need room"
        )
    if have.st_dev == folder.stat().st_dev:
        what = f"{folder} is on the same disk as the database"
        yield Fault(file, "backup.folder", what, "It dies with it: name a folder on another disk, or carry the files elsewhere each day")


def notes(settings: Settings) -> Iterator[str]:
    """That nobody makes any is said."""
    if settings.backup is None:
        yield "No [backup] in the settings: nobody makes copies of the database"
