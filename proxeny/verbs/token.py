"""`proxeny token …`: programs that use the API: a token made, listed, taken back.

A token is somebody's of staff: it may do no more than they, and ends with their work here. Shown once and kept nowhere; never
one that needs a person (docs/roles.md).
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003  click calls the function with it
from typing import TYPE_CHECKING, Any, Final

import click

from portal.cases import tokens as cases
from portal.cases.tokens import Unfit, Wanted
from portal.permissions import Permission, grantable
from proxeny import deeds, opening
from proxeny.faults import Fault, FaultyError
from proxeny.moments import iso
from proxeny.verbs import options
from store import staff as people
from store import tokens
from store.session import reading, transaction

if TYPE_CHECKING:
    from store.models import Staff
    from store.tokens import Found

ROLES: Final = [role.value for role in cases.OFFERED]
_WHY: Final = {
    Unfit.NAME: ("is no name", "One of 1 to 60 characters"),
    Unfit.TAKEN: ("is the name of a token that works", "Give it another: the audit log tells them apart by it"),
    Unfit.ROLE: ("is a role that may more than whoever makes it", "A smaller role, or another --as"),
    Unfit.SCOPES: ("has no scope, or one that this role has not", "Those that it has are listed by: proxeny token scopes --role ROLE"),
    Unfit.NETWORKS: ("names a network that is none", "Such as 192.0.2.0/24; sixteen at most"),
    Unfit.LASTS: ("ends too late", f"--days 1 to {tokens.LONGEST.days}"),
    Unfit.MANY: (f"is one of more than {tokens.MOST} that work", "First: proxeny token revoke ID"),
}


@click.group(name="token", no_args_is_help=True)
def command() -> None:
    """Tokens of programs that use the API: make, list, revoke, scopes."""


@command.command()
@click.argument("name")
@click.option("--as", "maker", required=True, metavar="NAME", help="Whose of staff it is: it may do no more than they.")
@click.option("--role", required=True, type=click.Choice(ROLES), help="What it works as: docs/roles.md.")
@click.option("--scope", "scopes", required=True, multiple=True, metavar="SCOPE", help="What it may do; as often as needed.")
@click.option("--from", "networks", multiple=True, metavar="PREFIX", help="Only from this network; as often as needed.")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, tokens.LONGEST.days), help="After how many it ends.")
@options.as_json
@options.config
def make(
    name: str, maker: str, role: str, scopes: tuple[str, ...], networks: tuple[str, ...], days: int, config: Path | None, *, as_json: bool
) -> None:
    """A new token: it is printed once."""
    database, seal = opening.store(options.load(config))
    wanted = Wanted(name, role, [each.upper() for each in scopes], networks, days)
    with transaction(database) as session:
        outcome = cases.make(session, wanted, _maker(people.named(session, maker), maker), datetime.now(UTC))
        if isinstance(outcome, list):
            raise FaultyError([Fault("token", name, *_WHY[each]) for each in outcome])
        row, secret = outcome
        deeds.told(session, seal, "add", "token", row.id, fields=cases.fields(row) | {"maker": (None, maker)})
    if as_json:
        options.show({"id": row.id, "name": row.name, "token": secret, "ends": iso(row.expires_at)})
        return
    click.echo(
        f"For {row.name}, until {iso(row.expires_at)}; it is shown this once. Take it back with: proxeny token revoke {row.id}", err=True
    )
    click.echo(secret)


@command.command("list")
@options.as_json
@options.config
def listed(config: Path | None, *, as_json: bool) -> None:
    """Every token: what it may do, whose it is, when it was used, and how it is."""
    database, _seal = opening.store(options.load(config))
    now = datetime.now(UTC)
    with reading(database) as session:
        rows = [_row(found, now) for found in tokens.every(session)]
    if as_json:
        options.show(rows)
        return
    for row in rows:
        used = row["used"] or "never"
        click.echo(f"{row['id']:<18} {row['name']:<28} {row['state']:<9} {row['role']:<12} ends {row['ends']}  used {used}  {row['maker']}")
    click.echo(f"{len(rows)} tokens" if rows else "None yet: proxeny token make NAME --as SOMEBODY --role ROLE --scope SCOPE")


def _row(found: Found, now: datetime) -> dict[str, Any]:
    token, maker = found
    return {
        "id": token.id,
        "name": token.name,
        "state": cases.state(found, now).value,
        "role": token.role.value,
        "scopes": list(token.scopes),
        "networks": list(token.networks),
        "maker": maker.name,
        "made": iso(token.created_at),
        "used": iso(token.used_at) if token.used_at is not None else None,
        "ends": iso(token.expires_at),
    }


@command.command()
@click.argument("name", metavar="ID")
@click.option("--reason", default="", help="Why: it goes into the audit log.")
@options.config
def revoke(name: str, reason: str, config: Path | None) -> None:
    """It is worth nothing from now on."""
    database, seal = opening.store(options.load(config))
    with transaction(database) as session:
        found = tokens.named(session, name)
        if found is None:
            raise FaultyError([Fault("token", name, "is no token's id", "`proxeny token list` has them all")])
        done = tokens.revoke(session, found.token, datetime.now(UTC))
        if done:
            deeds.told(session, seal, "revoke", "token", name, fields={"name": (found.token.name, None)}, reason=reason[:400])
    click.echo(f"{found.token.name} was taken back." if done else f"{found.token.name} was worth nothing before.")


@command.command()
@click.option("--role", required=True, type=click.Choice(ROLES), help="Which role's.")
@options.config
def scopes(role: str, config: Path | None) -> None:  # noqa: ARG001  every verb takes it
    """What a token of a role can be given."""
    chosen = next(each for each in cases.OFFERED if each.value == role)
    for each in Permission:
        if each in grantable(chosen):
            click.echo(f"{each.name:<16} {each.value}")


def _maker(found: Staff | None, name: str) -> Staff:
    if found is None or found.disabled_at is not None:
        what = "is nobody's name" if found is None else "is disabled"
        raise FaultyError([Fault("token", name, what, "`proxeny staff list` has everybody")])
    return found
