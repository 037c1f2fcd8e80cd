"""`proxeny audit …`: whether the audit log is as it was written, and the log itself for whoever keeps or reads it elsewhere.

Both walk the log in slices: a million rows are no more memory than a thousand. Never opens what a person's own key was
destroyed for, and never changes a row.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.progress import Progress
from sqlalchemy import func, select

from proxeny import deeds, moments, opening
from proxeny.faults import Fault, FaultyError
from proxeny.verbs import options
from store import audit, audit_chain
from store.models import AuditEntry
from store.privacy import privacy
from store.session import reading, transaction

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.orm import Session

    from store.audit_chain import Checkpoint, Verdict
    from store.privacy import Privacy

LARGEST = 64 << 20  # octets of a file of checkpoints


@click.group(name="audit", no_args_is_help=True)
def command() -> None:
    """The audit log: who changed what, and whether that is still what was written."""


@command.command()
@click.option("--checkpoint", metavar="FILE|TEXT", help="What the log must still agree with: a checkpoint, or a file that holds some.")
@options.as_json
@options.config
def verify(checkpoint: str | None, config: Path | None, *, as_json: bool) -> None:
    """Walk the whole chain; exit 1 where it does not hold, and name the first row. Prints a new checkpoint where it does."""
    wanted = _read(checkpoint) if checkpoint is not None else []
    database, seal = opening.store(options.load(config))
    now = datetime.now(UTC)
    with reading(database) as session, Progress(transient=True, disable=as_json) as progress:
        marks = privacy(session, seal, now)
        task = progress.add_task("Verifying", total=session.scalar(select(func.max(AuditEntry.id))))
        verdict = audit_chain.verify(session, marks, checkpoints=wanted, told=lambda number: progress.update(task, completed=number))
    made, public = None, b""
    if verdict.flaw is None and verdict.last:
        with transaction(database) as session:
            made = audit_chain.signed(session, marks, verdict.last, verdict.digest, now)
            public = audit_chain.public_key(session, marks)
    if as_json:
        options.show(_shown(verdict, made, public))
    else:
        _tell(verdict, made, len(wanted))
    if verdict.flaw is not None:
        raise SystemExit(1)


def _read(said: str) -> Sequence[Checkpoint]:
    """The checkpoints of a text or a file. FaultyError where there are none."""
    found = audit_chain.found(said)
    if found:
        return found
    path = Path(said)
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            text = file.read(LARGEST)
    except OSError as fault:
        what = f"is neither a checkpoint nor a file that can be read: {fault.strerror}"
        raise FaultyError([Fault("audit", "--checkpoint", what, "Give proxeny-audit/1/… or the name of a file")]) from None
    found = audit_chain.found(text)
    if not found:
        remedy = 'The log has one each hour: grep "audit checkpoint"'
        raise FaultyError([Fault(str(path), "", "holds no checkpoint", remedy)])
    return found


def _shown(verdict: Verdict, made: Checkpoint | None, public: bytes) -> dict[str, Any]:
    return {
        "holds": verdict.flaw is None,
        "rows": verdict.rows,
        "last": verdict.last,
        "digest": verdict.digest.hex() if verdict.last else None,
        "flaw": verdict.flaw.name.lower() if verdict.flaw else None,
        "row": verdict.number if verdict.flaw else None,
        "why": verdict.flaw.value if verdict.flaw else None,
        "checkpoint": str(made) if made else None,
        "public_key": public.hex() if public else None,
    }


def _tell(verdict: Verdict, made: Checkpoint | None, against: int) -> None:
    if verdict.flaw is not None:
        click.echo(f"Row {verdict.number} does not hold: {verdict.flaw.value}.", err=True)
        click.echo(f"{verdict.rows} rows before it hold." if verdict.rows else "No row before it was verified.", err=True)
        return
    also = f", and agree with {against} checkpoint{'' if against == 1 else 's'}" if against else ""
    click.echo(f"{verdict.rows} rows hold{also}." if verdict.rows else "The audit log is empty.")
    if made is not None:
        click.echo(f"Checkpoint, to be kept elsewhere: {made}")


@command.command()
@click.option("--since", metavar="DATE", help="Only what was done from this day or time on; UTC where it names no zone.")
@options.config
def export(since: str | None, config: Path | None) -> None:
    """The log as JSON lines, oldest first; a person's values only where their key still lives. That it was exported is in it."""
    start = _moment(since)
    database, seal = opening.store(options.load(config))
    with transaction(database) as session:
        marks = privacy(session, seal, datetime.now(UTC))
        deeds.told(session, seal, "export", "audit", reason=f"since {since}" if since else "")
    with reading(database) as session:
        for row in _rows(session, start):
            click.echo(json.dumps(_line(session, marks, row), ensure_ascii=False))


def _moment(said: str | None) -> datetime | None:
    try:
        return moments.read(said) if said is not None else None
    except ValueError:
        raise FaultyError([Fault("audit", "--since", f'"{said}" is no date', "Write 2026-03-08, or 2026-03-08T06:00Z")]) from None


def _rows(session: Session, start: datetime | None) -> Iterator[Any]:
    """In slices, in the order of their numbers."""
    query = select(AuditEntry.__table__).order_by(AuditEntry.id).limit(audit_chain.SLICE)
    if start is not None:
        query = query.where(AuditEntry.at >= start)
    last = 0
    while some := session.execute(query.where(AuditEntry.id > last)).all():
        yield from some
        last = some[-1].id


def _line(session: Session, marks: Privacy, row: Any) -> dict[str, Any]:
    said = {name: getattr(row, name) for name in ("actor", "source", "action", "kind", "object", "reason", "fields", "subject")}
    whole = {"id": row.id, "at": moments.iso(row.at), **{name: value for name, value in said.items() if value}}
    if row.personal is not None:
        whole["personal"] = audit.opened(session, marks, row)  # None: the person was erased
    return {**whole, "previous": bytes(row.previous).hex(), "digest": bytes(row.digest).hex()}
