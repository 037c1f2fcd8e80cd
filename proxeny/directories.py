"""[directory] of the settings -> the store's Directory: who opens one, opens it here. Never opens a connection by itself."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any, Final

from store.directory import Directory, Reach

if TYPE_CHECKING:
    from proxeny import parts_web
    from proxeny.settings import Settings

_log = logging.getLogger("proxeny.directories")
PATIENCE: Final = 3.0  # seconds that a guest waits for it, whatever `timeout` allows the road


def directory(part: parts_web.Directory, patience: float = math.inf) -> Directory:
    """The directory that the settings name, asked for so many seconds at most. Raises ValueError where it cannot be."""
    return Directory(
        Reach(
            uri=part.uri,
            base=part.base,
            filter=part.filter,
            card_filter=part.card_filter or "",
            starttls=part.starttls,
            ca=str(part.ca or ""),
            bind_dn=part.bind_dn,
            bind_password=part.bind_password.octets.decode() if part.bind_password else "",
            timeout=min(part.timeout, patience),
            pool=part.pool,
        )
    )


def of_guests(settings: Settings) -> Directory | None:
    """The one that the guests' pages ask, with less patience; None where there is none to ask."""
    if settings.directory is None:
        return None
    try:
        return directory(settings.directory, PATIENCE)
    except ValueError:
        _log.exception("the directory cannot be asked")
        return None


def told(found: Directory) -> dict[str, Any]:
    """For metrics and /readyz."""
    return {"directory": found.state, "directory_up": int(found.fault is None), "directory_opened": found.breaker.opened}
