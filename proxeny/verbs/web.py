"""`proxeny web`: the pages alone, for deployments on several machines. Never speaks RADIUS."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path  # noqa: TC003  click calls the function with it

import click

from proxeny.verbs import options


@click.command()
@click.option("--only", type=click.Choice(["guest", "business", "staff"]), default="guest", show_default=True, help="Which of the pages.")
@options.config
def command(config: Path | None, only: str) -> None:
    """The pages of one audience, until SIGTERM or Ctrl-C."""
    from proxeny import logs, opening, paging, serving  # noqa: PLC0415  `--help` needs none of it

    settings = options.load(config)
    os.umask(0o077)
    logs.to_standard_error(settings.log.level)
    sock = paging.listen(settings, only)
    database, _seal = opening.store(settings)
    database.dispose()
    paging.refuse_unreadable(settings, only)
    click.echo(f"proxeny web is ready: {getattr(settings, only).origin}")
    asyncio.run(serving.alone(settings, sock, only))
