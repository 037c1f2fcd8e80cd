"""`proxeny homes`: the home servers and how each worker sees them. Never asks a home itself."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  click calls the function with it

import click

from proxeny import control
from proxeny.healths import by_home
from proxeny.verbs import options


@click.command()
@options.as_json
@options.config
def command(config: Path | None, *, as_json: bool) -> None:
    """The home servers of the running controller and how they are; exit 1 where none is configured."""
    answer = control.ask(options.load(config).data_dir, {"verb": "homes"})
    homes = by_home(answer["workers"])
    if as_json:
        options.show(homes)
    elif not homes:
        click.echo("The network has no home servers.")
    for home in [] if as_json else homes:
        heard = "never heard" if home["heard"] is None else f"heard {home['heard']:.0f} s ago"
        click.echo(f"{home['home']:<24} {home['address']} port {home['port']}  {home['state']:<9} {heard}, {home['in_flight']} in flight")
    raise SystemExit(0 if homes else 1)
