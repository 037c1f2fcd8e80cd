"""Whether the audit log is as it was written: its chain walked row by row, and held against checkpoints kept elsewhere.

Theory of operation. Rows are numbered without a gap, and each holds the digest before its own. A digest that does not come
out again means that the row was altered, put in or moved by somebody without the key; a number that is not there was taken
out. Only the end can be cut off unseen, and for that there are checkpoints: the last row's number and digest, signed, told
to the log each hour, which leaves this machine. A later chain must still have that row, with that digest.

A walk reads `SLICE` rows at a time, however long the log is. Never writes, and never believes a checkpoint that is not ours.
"""

from __future__ import annotations

import hmac
import re
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from store import audit
from store.keys import named
from store.models import AuditEntry, NamedKey
from store.sealed import Where

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from store.privacy import Privacy
    from store.sealed import Seal

SLICE: Final = 1_000  # rows in memory at a time
SIGNER: Final = "audit checkpoint"
_TEXT: Final = re.compile(r"proxeny-audit/1/(\d{1,18})/([0-9T:.+Z-]{20,40})/([0-9a-f]{64})/([0-9a-f]{128})")
_ENTRY: Final = AuditEntry.__table__


class Flaw(Enum):
    """What is wrong with a row; the value is its line of documentation."""

    ALTERED = "it was altered, put in or moved: its digest does not come out"
    MISSING = "it was taken out"
    INSERTED = "its number is none that the log gave"
    CUT = "it and all after it were cut off: the checkpoint names it"
    REWRITTEN = "it is another row than the checkpoint names: the log was cut off before it, and written on"
    FOREIGN = "the checkpoint that names it was not signed by this installation"
    KEYLESS = "the key that the log was written with is gone"


class Checkpoint(NamedTuple):
    """The log's last row at some time, signed."""

    number: int
    at: str
    digest: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"proxeny-audit/1/{self.number}/{self.at}/{self.digest.hex()}/{self.signature.hex()}"


class Verdict(NamedTuple):
    """What a walk found: how many rows held, the last of them, and the first that does not hold."""

    rows: int
    last: int
    digest: bytes
    flaw: Flaw | None = None
    number: int = 0  # of the row with the flaw


def verify(
    session: Session, privacy: Privacy, since: int = 1, checkpoints: Sequence[Checkpoint] = (), told: Callable[[int], object] = bool
) -> Verdict:
    """Walk the chain from row `since` on, which the row before is believed for. `told` hears the number of each slice's last row."""
    key = _key(session, privacy.seal, audit.KEY)
    if key is None:
        number = session.scalar(select(AuditEntry.id).order_by(AuditEntry.id).limit(1))
        wanted = number if number is not None else min((each.number for each in checkpoints), default=None)
        return Verdict(0, 0, audit.FIRST) if wanted is None else Verdict(0, 0, audit.FIRST, Flaw.KEYLESS, wanted)
    walked = _walked(session, key, max(since, 1), told)
    flaw, number = _held(session, privacy.seal, checkpoints, walked)
    if walked.flaw is not None and (flaw is None or walked.number <= number):
        return walked
    return walked._replace(flaw=flaw, number=number)


def _walked(session: Session, key: bytes, since: int, told: Callable[[int], object]) -> Verdict:
    """The chain alone."""
    rows, last, before = 0, since - 1, audit.FIRST
    if since > 1:
        found = session.scalar(select(AuditEntry.digest).where(AuditEntry.id == last))
        if found is None:
            return Verdict(0, 0, before, Flaw.MISSING, last)
        before = bytes(found)
    for entry in _entries(session, since, told):
        if entry.id != last + 1:
            missing = entry.id > last + 1
            return Verdict(rows, last, before, *((Flaw.MISSING, last + 1) if missing else (Flaw.INSERTED, entry.id)))
        mine = audit.digest(key, entry)
        if bytes(entry.previous) != before or not hmac.compare_digest(mine, bytes(entry.digest)):
            return Verdict(rows, last, before, Flaw.ALTERED, entry.id)
        rows, last, before = rows + 1, entry.id, mine
    return Verdict(rows, last, before)


def _entries(session: Session, since: int, told: Callable[[int], object]) -> Iterator[Any]:
    """Rows in the order of their numbers; from the first on, also those whose number is below it."""
    last = since - 1 if since > 1 else None
    while True:
        query = select(_ENTRY).order_by(_ENTRY.c.id).limit(SLICE)
        some = session.execute(query if last is None else query.where(_ENTRY.c.id > last)).all()
        yield from some
        if len(some) < SLICE:
            return
        last = some[-1].id
        told(last)


def _held(session: Session, seal: Seal, checkpoints: Sequence[Checkpoint], walked: Verdict) -> tuple[Flaw | None, int]:
    """The first checkpoint that the log does not meet."""
    signer = _key(session, seal, SIGNER)
    for each in sorted(checkpoints):
        if signer is None or not _signed(signer, each):
            return Flaw.FOREIGN, each.number
        kept = session.scalar(select(AuditEntry.digest).where(AuditEntry.id == each.number))
        if kept is None and each.number > walked.last and walked.flaw is None:
            return Flaw.CUT, walked.last + 1
        if kept is not None and not hmac.compare_digest(bytes(kept), each.digest):
            return Flaw.REWRITTEN, each.number
    return None, 0


def checkpoint(session: Session, privacy: Privacy, now: datetime) -> Checkpoint | None:
    """The log as it ends now, in a session that writes; None while it is empty."""
    last = session.execute(select(AuditEntry.id, AuditEntry.digest).order_by(AuditEntry.id.desc()).limit(1)).first()
    return signed(session, privacy, last.id, bytes(last.digest), now) if last is not None else None


def signed(session: Session, privacy: Privacy, number: int, digest: bytes, now: datetime) -> Checkpoint:
    """A checkpoint of this row, in a session that writes."""
    made = Checkpoint(number, now.isoformat(timespec="seconds"), digest, b"")
    return made._replace(signature=_pair(named(session, privacy.seal, SIGNER, now)).sign(_message(made)))


def public_key(session: Session, privacy: Privacy) -> bytes:
    """What verifies a checkpoint's signature without us (Ed25519, RFC 8032); b"" before there was one."""
    kept = _key(session, privacy.seal, SIGNER)
    return _pair(kept).public_key().public_bytes_raw() if kept is not None else b""


def found(text: str) -> list[Checkpoint]:
    """Every checkpoint in a text: one alone, or lines of a log."""

    def read(number: str, at: str, digest: str, signature: str) -> Checkpoint:
        return Checkpoint(int(number), at, bytes.fromhex(digest), bytes.fromhex(signature))

    return [read(*parts) for parts in _TEXT.findall(text)]


def _signed(key: bytes, each: Checkpoint) -> bool:
    try:
        _pair(key).public_key().verify(each.signature, _message(each))
    except InvalidSignature:
        return False
    return True


def _message(each: Checkpoint) -> bytes:
    return f"proxeny-audit/1/{each.number}/{each.at}/{each.digest.hex()}".encode()


def _pair(key: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(key)


def _key(session: Session, seal: Seal, name: str) -> bytes | None:
    """A key of ours where there is one: whoever verifies makes none."""
    kept = session.scalar(select(NamedKey.octets).where(NamedKey.name == name))
    return seal.open(kept, Where(NamedKey.__tablename__, name, "octets")) if kept is not None else None
