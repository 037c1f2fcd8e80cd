"""What is done at the command line, for the audit log: by whom, and how it is written there.

Who asked is known from before a change of user: the account of the process, or the one that sudo came from. Never believes
a name out of the environment of anybody but root.
"""

from __future__ import annotations

import os
import pwd
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from store import audit
from store.privacy import privacy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from store.sealed import Seal


def _asked() -> str:
    """The name of whoever began this process."""
    if os.getuid() == 0 and (above := os.environ.get("SUDO_USER", "")):
        return above[:64]
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


ACTOR: Final = f"command line ({_asked()})"  # at the import, which is before a change of user


def told(session: Session, seal: Seal, action: str, kind: str = "", object: str = "", **more: Any) -> None:  # noqa: A002  as the row calls it
    """One act, in the transaction of what it tells."""
    tell(session, seal, (audit.Act(ACTOR, action, kind, object, **more),))


def tell(session: Session, seal: Seal, acts: Iterable[audit.Act]) -> None:
    """Several."""
    now = datetime.now(UTC)
    audit.record_all(session, privacy(session, seal, now), acts, now)
