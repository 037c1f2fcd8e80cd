"""`proxeny check`: every fault of settings, database and network with its remedy. Never changes anything."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  click calls the function with it
from typing import Any

import click

from proxeny.faults import FaultyError
from proxeny.survey import Survey, survey
from proxeny.verbs import options


@click.command()
@options.as_json
@options.config
def command(config: Path | None, *, as_json: bool) -> None:
    """Settings, network and database: every fault with its remedy; exit 1 if there is any."""
    try:
        found = survey(options.load(config))
    except FaultyError as fault:  # settings that cannot be read leave nothing else to look at
        found = Survey(faults=list(fault.faults))
    if as_json:
        options.show(_rows(found))
    else:
        _tell(found)
    if found.faults:
        raise SystemExit(1)


def _rows(found: Survey) -> dict[str, Any]:
    return {
        "faults": [fault.row() for fault in found.faults],
        "warnings": [fault.row() for fault in found.warnings],
        "notes": found.notes,
    }


def _tell(found: Survey) -> None:
    for fault in found.faults:
        click.echo(f"Fault: {fault}", err=True)
    for warning in found.warnings:
        click.echo(f"Warning: {warning}", err=True)
    for note in found.notes:
        click.echo(f"Note: {note}")
    number = len(found.faults)
    click.echo("No fault found." if not number else f"{number} fault{'s' * (number > 1)} found.", err=bool(number))
