"""The audit log: written in the transaction of what it tells, chained by a keyed digest (store/audit_chain.py verifies it).

Each row's digest is an HMAC, under a sealed key of its own, over the digest before it and everything the row says. So
whoever can write to the database and has not the key can neither alter a row, nor take one out, nor put one in; that the
last rows were cut off is told by a checkpoint kept elsewhere. Never a secret, never a person's value outside `personal`.
"""

from __future__ import annotations

import hmac
import json
import os
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, select, text

from store.keys import named
from store.models import AuditEntry, AuditKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from store.privacy import Privacy

KEY: Final = "audit"
FIRST: Final = bytes(32)  # what stands before the first row
SET: Final = (None, "set")  # all that is said of a secret
_NONCE: Final = 12


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did. `fields`: name -> (before, after), as JSON can hold them; a secret is `SET`."""

    actor: str
    action: str
    kind: str = ""
    object: str = ""
    fields: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    reason: str = ""
    source: str = ""
    subject: str = ""  # account.id, where `personal` is about somebody
    personal: Mapping[str, Any] = field(default_factory=dict)


def record(session: Session, privacy: Privacy, act: Act, now: datetime) -> AuditEntry:
    """Write it, in this transaction, after its other rows: what it tells of is not committed without it; all wait for the log."""
    return record_all(session, privacy, (act,), now)[0]


def record_all(session: Session, privacy: Privacy, acts: Iterable[Act], now: datetime) -> list[AuditEntry]:
    """Write all of these, in their order."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite's transactions that write are alone anyway
        session.execute(text("LOCK TABLE audit_entry IN SHARE ROW EXCLUSIVE MODE"))
    last = session.execute(select(AuditEntry.id, AuditEntry.digest).order_by(AuditEntry.id.desc()).limit(1)).first()
    number, previous = (last.id, bytes(last.digest)) if last is not None else (0, FIRST)
    key = named(session, privacy.seal, KEY, now)
    written = []
    for act in acts:
        number += 1
        entry = _entry(session, privacy, act, now)
        entry.id, entry.previous = number, previous
        entry.digest = previous = digest(key, entry)
        session.add(entry)
        written.append(entry)
    session.flush()
    return written


def _entry(session: Session, privacy: Privacy, act: Act, now: datetime) -> AuditEntry:
    """The row, but for its place in the chain: as the database gives it back, or its digest would not hold."""
    return AuditEntry(
        at=now.astimezone(UTC),
        actor=_plain(act.actor),
        source=_plain(act.source),
        action=_plain(act.action),
        kind=_plain(act.kind),
        object=_plain(act.object),
        reason=_plain(act.reason),
        fields=json.loads(json.dumps({name: list(pair) for name, pair in act.fields.items()})),
        subject=_plain(act.subject),
        personal=_personal(session, privacy, act) if act.personal else None,
    )


def _plain(said: str) -> str:
    """Text that both databases hold: PostgreSQL takes neither NUL nor half a character."""
    return said.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def digest(key: bytes, entry: Any) -> bytes:
    """HMAC-SHA256 over the digest before and all that the row says, as JSON with sorted keys."""
    said = {
        "id": entry.id,
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "source": entry.source,
        "action": entry.action,
        "kind": entry.kind,
        "object": entry.object,
        "reason": entry.reason,
        "fields": entry.fields,
        "subject": entry.subject,
        "personal": entry.personal.hex() if entry.personal is not None else None,
    }
    return hmac.digest(key, bytes(entry.previous) + json.dumps(said, sort_keys=True, separators=(",", ":")).encode(), "sha256")


def _personal(session: Session, privacy: Privacy, act: Act) -> bytes:
    """The person's values under the person's own key; erasing destroys that, and the digest still holds."""
    row = session.get(AuditKey, act.subject)
    if row is None:
        row = AuditKey(subject=act.subject, octets=privacy.sealed(AESGCM.generate_key(256), *_where(act.subject)))
        session.add(row)
    nonce = os.urandom(_NONCE)
    plain = json.dumps(dict(act.personal), sort_keys=True).encode()
    return nonce + AESGCM(privacy.opened(row.octets, *_where(act.subject))).encrypt(nonce, plain, act.subject.encode())


def opened(session: Session, privacy: Privacy, entry: Any) -> dict[str, Any] | None:
    """The person's values of an entry; None where it has none, or their key was destroyed."""
    row = session.get(AuditKey, entry.subject) if entry.personal is not None else None
    if row is None:
        return None
    key, sealed = AESGCM(privacy.opened(row.octets, *_where(entry.subject))), bytes(entry.personal)
    try:
        found: dict[str, Any] = json.loads(key.decrypt(sealed[:_NONCE], sealed[_NONCE:], entry.subject.encode()))
    except InvalidTag:  # written under a key that was destroyed, before this one was made
        return None
    return found


def forget(session: Session, subject: str) -> None:
    """Destroy a person's key: their values in the log are gone, and its chain holds as before."""
    session.execute(delete(AuditKey).where(AuditKey.subject == subject))


def _where(subject: str) -> tuple[str, str, str]:
    return AuditKey.__tablename__, subject, "octets"
