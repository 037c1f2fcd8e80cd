"""`proxeny apply NETWORK.toml`: declare the network. Never writes anything unless all of it stands."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from proxeny import acts, declare, deeds, logos, network_checks, network_file, opening, shop_checks, snapshot, voucher_checks
from proxeny.difference import difference, summary
from proxeny.verbs import options
from radius import dictionary
from store.faults import StoreError
from store.session import transaction

if TYPE_CHECKING:
    from proxeny.difference import Change


@click.command()
@click.argument("network", type=click.Path(path_type=Path), metavar="NETWORK.toml")
@click.option("--dry-run", is_flag=True, help="Print the difference and write nothing.")
@click.option("--prune", is_flag=True, help="Remove entries that an earlier file declared and this one does not.")
@options.config
def command(network: Path, config: Path | None, *, dry_run: bool, prune: bool) -> None:
    """Declare the network: validate everything, print the difference, write it all or not at all."""
    path = network.absolute()  # before a switch of user or folder changes what it means
    settings = options.load(config)
    declaration = network_file.read(path, os.environ)
    pictures = logos.named(declaration, path.parent)
    book = dictionary.load()
    try:
        database, seal = opening.store(settings)
    except StoreError:
        declaration.refuse_faults()  # what is wrong with the file is known all the same
        raise
    with transaction(database) as session:
        declare.alone(session)
        stored = snapshot.read(session, seal)
        wanted = declare.plan(stored, declaration, settings, book, prune=prune)
        changes = difference(stored, wanted) if dry_run else declare.write(session, seal, stored, wanted, deeds.ACTOR)
        if not dry_run:
            logos.store(session, pictures, datetime.now(UTC))
            deeds.tell(session, seal, acts.acts(stored, wanted, changes, deeds.ACTOR))
        useless = [*voucher_checks.warnings(session, wanted, datetime.now(UTC)), *shop_checks.warnings(session, wanted)]
    for change in changes:
        click.echo(str(change))
    for warning in (*declare.warnings(wanted, settings), *useless):
        click.echo(f"Note: {warning}", err=True)
    click.echo(_closing(changes, network_checks.count(wanted), dry_run=dry_run))


def _closing(changes: tuple[Change, ...], count: str, *, dry_run: bool) -> str:
    if not changes:
        return f"No difference: {count}."
    return f"Dry run, nothing was written: {summary(changes)}." if dry_run else f"Applied: {summary(changes)}. Now {count}."
