"""A change of the network undone: what the audit log says was before is written again, while nobody has changed it since.

The notice of a change carries the numbers of its audit entries; they are read again here, and have to be this person's own.
Never undoes what held a secret, which nobody kept, nor half of a change.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from flask import g
from sqlalchemy import func, select

from portal.admin.desk import Edit, Made, desk
from portal.admin.guard import actor
from store.models import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from portal.admin.desk import Wrong

MOST: Final = 10_000  # entries of one change
_SPAN: Final = re.compile(r"([1-9]\d{0,17})-([1-9]\d{0,17})")
_NAMES: Final = {"site": "id", "realm": "match"}  # the key that names an entry, where that is not `name`
_SECRET: Final = ([None, "set"], [None, "removed"])


def newest(session: Session) -> int:
    """The number of the last audit entry."""
    return session.scalar(select(func.max(AuditEntry.id))) or 0


def span(session: Session, before: int, kind: str) -> str:
    """What this transaction wrote of such entries since `before`, for a link: "17-21"; "" where it cannot be undone."""
    entries = _entries(session, before + 1, newest(session), kind)
    return f"{entries[0].id}-{entries[-1].id}" if entries and _edits(entries) is not None else ""


def edits(session: Session, said: str, kind: str) -> list[Edit] | None:
    """What undoes the change of that link; None where somebody has changed it since, or it is not theirs."""
    found = _SPAN.fullmatch(said)
    entries = _entries(session, int(found[1]), int(found[2]), kind) if found else []
    if not entries or entries[0].id != int(found[1] if found else 0):
        return None
    return _edits(entries) if _untouched(session, entries, kind) else None


def _entries(session: Session, first: int, last: int, kind: str) -> Sequence[AuditEntry]:
    if not 0 <= last - first < MOST + 100:
        return ()
    mine = select(AuditEntry).where(AuditEntry.id.between(first, last), AuditEntry.actor == g.staff.name, AuditEntry.kind == kind)
    return session.scalars(mine.where(AuditEntry.action.in_(("add", "change", "remove"))).order_by(AuditEntry.id).limit(MOST)).all()


def _untouched(session: Session, entries: Sequence[AuditEntry], kind: str) -> bool:
    """Whether no later entry of the log names one of these, and none of them is named twice."""
    names = {entry.object for entry in entries}
    since = select(AuditEntry.object).where(AuditEntry.kind == kind, AuditEntry.id > entries[-1].id).distinct().limit(MOST)
    return len(names) == len(entries) and names.isdisjoint(session.scalars(since))


def _edits(entries: Sequence[AuditEntry]) -> list[Edit] | None:
    made = []
    for entry in entries:
        if any(pair in _SECRET for pair in entry.fields.values()):
            return None
        before: dict[str, Any] = {key: pair[0] for key, pair in entry.fields.items()}
        if entry.action == "add":
            made.append(Edit(entry.kind, entry.object, None))
        elif entry.action == "remove":
            made.append(Edit(entry.kind, "", {_NAMES.get(entry.kind, "name"): entry.object, **before}))
        else:
            made.append(Edit(entry.kind, entry.object, before))
    return made


def change(
    session: Session, section: str, entries: Mapping[str, Mapping[str, Any] | None], *, take_over: bool = False
) -> tuple[Made | list[Wrong], str]:
    """Change these entries, name -> keys (None removes it), and the link that undoes it."""
    before = newest(session)
    outcome = desk().change(session, [Edit(section, name, fields, take_over) for name, fields in entries.items()], actor())
    return outcome, span(session, before, section) if isinstance(outcome, Made) else ""


def told(where: str, words: str, link: str) -> str:
    """The page that shows what was done, with the button that undoes it."""
    return f"{where}{'&' if '?' in where else '?'}{urlencode({'done': words, **({'undo': link} if link else {})})}"
