"""`proxeny export`: the network as NETWORK.toml on standard output. Never shows a secret without --secrets."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  click calls the function with it

import click

from proxeny import deeds, network_text, opening, snapshot
from proxeny.verbs import options
from store.session import reading, transaction


@click.command()
@click.option("--secrets", is_flag=True, help="With the shared secrets: keep the output as you keep them.")
@options.config
def command(config: Path | None, *, secrets: bool) -> None:
    """The network as NETWORK.toml; built-in policies and hygiene stand in it as comments."""
    database, seal = opening.store(options.load(config))
    if secrets:
        with transaction(database) as session:
            deeds.told(session, seal, "reveal", "network", "secrets")
    with reading(database) as session:
        network = snapshot.read(session, seal)
    click.echo(network_text.text(network, secrets=secrets), nl=False)
