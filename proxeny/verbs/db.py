"""`proxeny db …`: the database's shape, its copies and its key. Never starts or stops a controller."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.progress import Progress

from proxeny import deeds, opening
from proxeny.verbs import options
from store import backup as copies
from store import check as shape
from store import rotation, schema
from store.faults import StoreError
from store.session import transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxeny.settings import Settings


@click.group(name="db", no_args_is_help=True)
def command() -> None:
    """The database: its shape, its copies, its key."""


@command.command()
@options.config
def upgrade(config: Path | None) -> None:
    """Bring the database to this version's shape; one transaction."""
    settings = options.load(config)
    opening.enter(settings)
    schema.upgrade(settings.database.url)
    click.echo(f"Database {schema.shown(settings.database.url)}: at revision {schema.head()}.")


@command.command()
@options.as_json
@options.config
def check(config: Path | None, *, as_json: bool) -> None:
    """Is the database whole, and of the shape the models say?"""
    settings = options.load(config)
    opening.enter(settings)
    faults = shape.check(settings.database.url)
    if as_json:
        options.show({"database": schema.shown(settings.database.url), "faults": faults})
    else:
        for fault in faults:
            click.echo(fault, err=True)
        if not faults:
            click.echo(f"Database {schema.shown(settings.database.url)}: sound, at revision {schema.head()}.")
    if faults:
        raise SystemExit(1)


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
@options.config
def backup(file: Path, config: Path | None) -> None:
    """Copy the database into FILE while the controller runs."""
    path = file.absolute()
    settings = options.load(config)
    opening.enter(settings)
    with Progress(transient=True) as progress:
        task = progress.add_task("Copying", total=None)
        copies.backup(settings.database.url, path, lambda done, total: progress.update(task, completed=done, total=total))
    click.echo(f"Wrote {path}.")
    click.echo(f"To it belong the key {settings.seal_key} (without it no secret opens; keep it apart) and the spool {settings.spool_dir}.")


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
@options.config
def restore(file: Path, config: Path | None) -> None:
    """Put the backup FILE in the database's place; the controller must be stopped."""
    path = file.absolute()
    settings = options.load(config)
    opening.enter(settings)
    with _alone(settings):
        kept = copies.restore(settings.database.url, path)
        try:
            schema.upgrade(settings.database.url)
            database, seal = opening.store(settings)  # the key must be that of the backup: say so now, not at the next start
            with transaction(database) as session:
                deeds.told(session, seal, "restore", "database", path.name)
        except StoreError as fault:
            back = f"; to have the former database again: proxeny db restore {kept}" if kept else ""
            raise StoreError(f"{path} is restored, but: {fault}{back}") from None
    click.echo(f"Restored {path}." + (f" What was there before lies in {kept}." if kept else ""))


@command.command("rotate-key")
@click.option("--forget-retired", is_flag=True, help="Also drop older keys; backups made under them cannot be opened any more.")
@options.config
def rotate_key(config: Path | None, *, forget_retired: bool) -> None:
    """Seal every secret with a fresh key; the controller may run meanwhile."""
    settings = options.load(config)
    database, seal = opening.store(settings)
    with transaction(database) as session:
        deeds.told(session, seal, "change", "database", "sealing key")
    changed = rotation.rotate(database, settings.seal_key)
    click.echo(f"{changed} sealed values have a new key. Copy {settings.seal_key} to where the backups are.")
    if forget_retired:
        click.echo(f"{rotation.forget_retired(database, settings.seal_key)} retired keys forgotten.")


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Refuse while a controller holds the lock of this data_dir (decision 17)."""
    with (settings.data_dir / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StoreError(f"a controller runs on {settings.data_dir}; stop it first") from None
        yield
