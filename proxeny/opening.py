"""How a verb gets at the store: as the right user, with the database in shape and its seal open.

Never touches data_dir as root where the settings name a user (decision 24): a file made by root would lock that user out.
"""

from __future__ import annotations

import fcntl
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TextIO

from proxeny import privileges
from proxeny.faults import Fault, FaultyError
from store import keys, schema
from store.session import reading, transaction

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from proxeny.settings import Settings
    from store.sealed import Seal

_OURS: Final = (keys.LOOP, keys.TRACE, keys.DEVICE, keys.ACCOUNT, keys.VISIT)


def store(settings: Settings) -> tuple[Engine, Seal]:
    """The database and its seal; an empty database is created, an old one refused with the verb to run."""
    enter(settings)
    database = schema.prepare(settings.database.url)
    with reading(database) as session:  # nearly always: no verb that only looks waits for whoever writes
        if keys.made(session, _OURS):
            return database, keys.unlock(session, settings.seal_key)
    with transaction(database) as session:
        seal = keys.unlock(session, settings.seal_key)
        for name in _OURS:
            keys.named(session, seal, name, datetime.now(UTC))
    return database, seal


def enter(settings: Settings) -> None:
    """Become the settings' user, make data_dir, and refuse files in it that belong to someone else."""
    privileges.become(settings.run.user, settings.data_dir)
    privileges.refuse_hidden()
    privileges.refuse_foreign(settings.data_dir)


def lock(data_dir: Path) -> TextIO:
    """run.lock, held for life: two controllers on one data_dir would answer for each other's spools."""
    file = (data_dir / "run.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        what = f"{data_dir} is in use by another controller, process {holder}"
        raise FaultyError([Fault(file.name, "", what, "Stop that one, or give this one another data_dir")]) from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file
