"""`proxeny jobs`: the jobs process by itself, for deployments on several machines. Never a second supervisor."""

from __future__ import annotations

import asyncio
from pathlib import Path  # noqa: TC003  click calls the function with it

import click

from proxeny.verbs import options


@click.command()
@options.config
def command(config: Path | None) -> None:
    """Carry out orders by HTTP (UniFi, Omada, Ruckus) until SIGTERM or Ctrl-C. `proxeny run` does so by itself."""
    from proxeny import jobs, opening  # noqa: PLC0415  `--help` needs none of it

    settings = options.load(config)
    opening.enter(settings)
    opening.store(settings)
    click.echo("proxeny jobs is ready")
    asyncio.run(jobs.alone(settings))
