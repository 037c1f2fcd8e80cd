"""`proxeny staff …`: who runs the network: added, listed, disabled, and a new link for whoever lost everything.

What lets somebody in is their link, shown once and kept nowhere. Never sets or shows a password.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003  click calls the function with it
from typing import TYPE_CHECKING, Any, Final

import click

from portal.cases import addresses
from portal.permissions import OF_STAFF
from proxeny import deeds, opening
from proxeny.faults import Fault, FaultyError
from proxeny.moments import iso
from proxeny.parts_staff import Staff as Pages
from proxeny.verbs import options
from store import factors
from store import staff as people
from store.models import Role
from store.session import reading, transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from proxeny.settings import Settings
    from store.models import Staff
    from store.sealed import Seal

ROLES: Final = [role.value for role in Role if role in OF_STAFF]  # who has anything to do on the staff pages


@click.group(name="staff", no_args_is_help=True)
def command() -> None:
    """Who runs the network: add, list, link, disable, enable."""


@command.command()
@click.argument("name")
@click.option("--role", required=True, type=click.Choice(ROLES), help="What they work as: docs/roles.md.")
@click.option("--shown", default="", help="How others see them; default: the name.")
@click.option("--email", default="", help="Where alerts go.")
@options.as_json
@options.config
def add(name: str, role: str, shown: str, email: str, config: Path | None, *, as_json: bool) -> None:
    """Somebody new: prints a link that lets them choose a password and a second factor, once, within 24 hours."""
    settings = options.load(config)
    address = addresses.email(email)
    if email and not address:
        raise FaultyError([Fault("staff", "--email", "is no address that mail can be written to", "Write ops@city.example")])
    database, seal = opening.store(settings)
    now = datetime.now(UTC)
    with transaction(database) as session:
        staff, secret = people.invite(session, name, Role(role), now, shown=shown, email=address)
        deeds.told(session, seal, "add", "staff", staff.name, fields={"role": (None, role), "email": (None, staff.email)})
    _link(settings, staff.name, secret, now, as_json=as_json)


@command.command()
@click.argument("name")
@options.as_json
@options.config
def link(name: str, config: Path | None, *, as_json: bool) -> None:
    """A new link for somebody who lost their password, second factor or link; what they have goes on until it is used."""
    settings, now, made = options.load(config), datetime.now(UTC), []

    def renew(session: Session, staff: Staff, seal: Seal) -> None:
        if staff.disabled_at is not None:
            raise FaultyError([Fault("staff", staff.name, "is disabled", f"First: proxeny staff enable {staff.name}")])
        made.append((staff.name, people.link(session, staff, now)))
        deeds.told(session, seal, "change", "staff", staff.name, fields={"link": (None, "new")})

    _with(settings, name, renew)
    _link(settings, *made[0], now, as_json=as_json)


@command.command()
@click.argument("name")
@options.config
def disable(name: str, config: Path | None) -> None:
    """They may not work here any more: signed out everywhere, at once."""

    def stop(session: Session, staff: Staff, seal: Seal) -> None:
        people.disable(session, staff, datetime.now(UTC))
        deeds.told(session, seal, "change", "staff", staff.name, fields={"disabled": (False, True)})

    _with(options.load(config), name, stop)
    click.echo(f"{people.canonical(name)} is disabled, and signed out everywhere.")


@command.command()
@click.argument("name")
@options.config
def enable(name: str, config: Path | None) -> None:
    """They may again, with the password and the second factor that they had."""

    def go(session: Session, staff: Staff, seal: Seal) -> None:
        people.enable(staff)
        deeds.told(session, seal, "change", "staff", staff.name, fields={"disabled": (True, False)})

    _with(options.load(config), name, go)
    click.echo(f"{people.canonical(name)} is enabled.")


@command.command("list")
@options.as_json
@options.config
def listed(config: Path | None, *, as_json: bool) -> None:
    """Everybody: role, second factors, when they were last signed in."""
    database, _seal = opening.store(options.load(config))
    with reading(database) as session:
        rows = [_row(session, staff) for staff in people.everyone(session) if staff.role in OF_STAFF]
    if as_json:
        options.show(rows)
        return
    for row in rows:
        state = "disabled" if row["disabled"] else ", ".join(row["factors"]) or "not set up"
        click.echo(f"{row['name']:<32} {row['role']:<14} {row['source']:<10} {state:<28} {row['seen'] or 'never'}")
    click.echo(f"{len(rows)} of staff" if rows else "Nobody yet: proxeny staff add NAME --role city-admin")


def _row(session: Session, staff: Staff) -> dict[str, Any]:
    have = factors.of(session, staff)
    held = (["one-time codes"] if have.totp else []) + ([f"passkeys: {len(have.passkeys)}"] if have.passkeys else [])
    return {
        "name": staff.name,
        "shown": staff.shown,
        "email": staff.email,
        "role": staff.role.value,
        "source": staff.source.value,
        "factors": held,
        "seen": iso(staff.seen_at) if staff.seen_at is not None else None,
        "disabled": staff.disabled_at is not None,
    }


def _with(settings: Settings, name: str, work: Callable[[Session, Staff, Seal], None]) -> None:
    """Do it to whoever has this name, in one transaction with its audit entry."""
    database, seal = opening.store(settings)
    with transaction(database) as session:
        staff = people.named(session, name)
        if staff is None or staff.role not in OF_STAFF:  # who works for a shop is the shop's, and the Splash pages'
            raise FaultyError([Fault("staff", name, "is nobody's name", "`proxeny staff list` has everybody's")])
        work(session, staff, seal)


def _link(settings: Settings, name: str, secret: str, now: datetime, *, as_json: bool) -> None:
    """Show it, the only time."""
    pages = settings.staff or Pages()
    address, until = f"{pages.origin}/setup/{secret}", now + people.LASTS
    if as_json:
        options.show({"name": name, "link": address, "until": iso(until)})
    else:
        click.echo(f"For {name}, once, until {iso(until)}. Give it to nobody else:")
        click.echo(address)
    if settings.staff is None:
        click.echo("The staff pages are off: write [staff] into the settings, and start the controller anew.", err=True)
