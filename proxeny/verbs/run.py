"""`proxeny run`: the controller under one supervisor. Never returns before it was told to end."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  click calls the function with it
from typing import TYPE_CHECKING

import click

from proxeny.begin import loaded
from proxeny.verbs import options

if TYPE_CHECKING:
    from proxeny.settings import Settings


@click.command()
@click.option("--demo", is_flag=True, help="A sample city with simulated homes and an access point, in a folder of its own.")
@options.config
def command(config: Path | None, *, demo: bool) -> None:
    """RADIUS workers, recorder, porter and guests' pages under one supervisor; prints `ready` once every worker serves."""
    if demo:
        loaded("proxeny.demo").run(config)  # nothing of the demo is loaded without --demo
        return
    serve(config)


def serve(config: Path | None, *, pages: bool = True) -> None:
    """Run with these settings until SIGTERM or Ctrl-C; without `pages` those of [guest] are somebody else's to serve."""
    supervisor = loaded("proxeny.supervisor")  # here, as `--help` needs none of it

    def load() -> Settings:
        return options.load(config)

    supervisor.run(load(), load, click.echo, pages=pages)
