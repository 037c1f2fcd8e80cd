"""`proxeny retention`: what was deleted, when, and whether anything is left that should be gone. Never deletes anything itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path  # noqa: TC003  click calls the function with it
from typing import TYPE_CHECKING, Any, Final

import click
from rich.console import Console
from rich.table import Table

from proxeny import opening
from proxeny.verbs import options
from store import deletions, retention
from store.retention import Kept
from store.session import reading

if TYPE_CHECKING:
    from store.deletions import Overdue
    from store.models import RetentionRun

MONTH: Final = timedelta(days=30)


@click.command()
@options.as_json
@options.config
def command(config: Path | None, *, as_json: bool) -> None:
    """The last deletion of each class of rows; exit 1 if something is left that is older than its class allows."""
    settings = options.load(config)
    opening.enter(settings)
    database, _ = opening.store(settings)
    now = datetime.now(UTC)
    kept = {Kept(name): age for name, age in settings.retention.kept.items()}
    with reading(database) as session:
        runs, gone = deletions.last(session), deletions.deleted_since(session, now - MONTH)
        late = deletions.overdue(session, kept, now)
        rows = _rows(retention.ages(kept), runs, gone, late)
    if as_json:
        options.show(rows)
    else:
        _tell(rows)
    if late:
        raise SystemExit(1)


def _rows(ages: dict[Kept, timedelta], runs: list[RetentionRun], gone: dict[str, int], late: list[Overdue]) -> list[dict[str, Any]]:
    """One for each class."""
    by_class, overdue = {run.kept: run for run in runs}, {each.kept: each for each in late}
    rows = []
    for kind in (each for each in Kept if each in ages):
        run, left = by_class.get(kind.value), overdue.get(kind)
        rows.append(
            {
                "class": kind.value,
                "days": round(ages[kind] / timedelta(days=1), 3),
                "last_run": run.at.isoformat(timespec="seconds") if run else None,
                "cutoff": run.cutoff.isoformat(timespec="seconds") if run else None,
                "deleted": run.deleted if run else 0,
                "deleted_in_30_days": gone.get(kind.value, 0),
                "oldest_left": run.oldest.isoformat(timespec="seconds") if run and run.oldest else None,
                "overdue": left.oldest.isoformat(timespec="seconds") if left else None,
            }
        )
    return rows


def _tell(rows: list[dict[str, Any]]) -> None:
    table = Table("class", "kept for days", "last run (UTC)", "deleted in 30 days", "oldest left", box=None, pad_edge=False)
    for row in rows:
        shown = [str(row[name])[:16] if row[name] else "-" for name in ("last_run", "oldest_left")]
        table.add_row(row["class"], f"{row['days']:g}", shown[0], str(row["deleted_in_30_days"]), shown[1])
    Console(width=110).print(table)
    for row in rows:
        if row["overdue"]:
            click.echo(
                f"Overdue: {row['class']} holds a row of {row['overdue']}; is the recorder running, and what does its log say?", err=True
            )
