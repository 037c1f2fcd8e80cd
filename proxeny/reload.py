"""SIGHUP: which of the new settings apply now, and which wait for a restart (decision 18). Values only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from proxeny.parts_web import AUDIENCES

if TYPE_CHECKING:
    from proxeny.settings import Settings

# Sockets, workers, database, folder and user are made once, by a root that may be gone.
RESTART_ONLY: Final = (
    "data_dir",
    "database",
    "run.user",
    "radius.auth",
    "radius.acct",
    "radius.workers",
    "radius.receive_buffer",
    "metrics",
    *(f"{audience}.{key}" for audience in AUDIENCES for key in ("listen", "certificate", "key", "threads")),
)


def merged(old: Settings, new: Settings) -> tuple[Settings, list[str]]:
    """The new settings with the old values of restart-only keys, and the names of those that differed."""
    kept = []
    for key in RESTART_ONLY:
        section, _, name = key.partition(".")
        before, after = getattr(old, section), getattr(new, section)
        if name and (before is None or after is None):
            continue
        if name:
            if getattr(before, name) != getattr(after, name):
                kept.append(key)
                new = new.model_copy(update={section: after.model_copy(update={name: getattr(before, name)})})
        elif before != after:
            kept.append(key)
            new = new.model_copy(update={section: before})
    for section in ("radius", *AUDIENCES):
        if (getattr(old, section) is None) != (getattr(new, section) is None):
            kept.append(section)
            update: dict[str, Any] = {section: getattr(old, section)}
            new = new.model_copy(update=update)
    return new, kept
