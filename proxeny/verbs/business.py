"""`proxeny business …`: shops with adverts on the guests' pages: listed, invited with their owner, suspended, restored.

What lets an owner in is their link: mailed where mails are sent, else shown once. Never decides on an advert: that takes a person.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003  click calls the function with it
from typing import TYPE_CHECKING, Any, Final

import click
from sqlalchemy import select

from portal.cases import businesses
from portal.cases.businesses import Invited, Wanted
from portal.cases.shop_news import Happening, tell
from portal.messages.shops import Step
from proxeny import deeds, opening
from proxeny.faults import Fault, FaultyError
from proxeny.moments import iso
from proxeny.shop_reach import reach
from proxeny.verbs import options
from store import shops
from store.models import Business, PlaceKind
from store.privacy import privacy
from store.session import reading, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.orm import Session

    from store.shop_places import Place

_KINDS: Final = {kind.value: kind for kind in PlaceKind}


@click.group(name="business", no_args_is_help=True)
def command() -> None:
    """Shops with adverts on the guests' pages: list, invite, suspend, restore."""


@command.command("list")
@options.as_json
@options.config
def listed(config: Path | None, *, as_json: bool) -> None:
    """Every shop: its address, its owners, since when it is suspended."""
    database, _seal = opening.store(options.load(config))
    with reading(database) as session:
        every = session.scalars(select(Business).order_by(Business.slug).limit(businesses.MOST)).all()
        owners = shops.owners(session, [shop.id for shop in every])
        rows = [_row(shop, owners.get(shop.id, [])) for shop in every]
    if as_json:
        options.show(rows)
        return
    for row in rows:
        state = "the city's own" if row["house"] else f"suspended {row['suspended']}" if row["suspended"] else "can be shown"
        click.echo(f"{row['slug']:<32} {row['name']:<32} {state:<32} {', '.join(row['owners'])}")
    number = f"{len(rows)} business{'es' * (len(rows) > 1)}"
    click.echo(number if rows else "None yet: proxeny business invite NAME --owner ADDRESS --place site:ID")


def _row(shop: Business, owners: Sequence[str]) -> dict[str, Any]:
    suspended = iso(shop.suspended_at) if shop.suspended_at is not None else None
    return {"slug": shop.slug, "name": shop.name, "house": shop.house, "suspended": suspended, "owners": list(owners)}


@command.command()
@click.argument("name")
@click.option("--owner", required=True, help="Their e-mail address, by which they sign in.")
@click.option(
    "--place", "places", multiple=True, required=True, help="Where it may be shown: city, district:NAME, site:ID, access-point:NAME."
)
@click.option("--slug", default="", help="Of its page, after /p/; default: made of the name.")
@click.option("--language", default="en", type=click.Choice(["en", "fr"]), help="Of the mail.")
@options.as_json
@options.config
def invite(name: str, owner: str, places: Sequence[str], slug: str, language: str, config: Path | None, *, as_json: bool) -> None:
    """A new shop, whose owner gets a link: by mail, or printed once where none are sent."""
    settings, now = options.load(config), datetime.now(UTC)
    database, seal = opening.store(settings)
    to = reach(settings)
    wanted = Wanted(name, slug, owner, language, [_place(each) for each in places])
    with transaction(database) as session:
        made = businesses.invite(session, privacy(session, seal, now), to, wanted, now)
        if not isinstance(made, Invited):
            raise FaultyError([Fault("business", name, each.value) for each in made])
        deeds.told(session, seal, "invite", "business", made.shop.slug, fields={"owner": (None, made.owner.staff.name)})
        said = {"slug": made.shop.slug, "owner": made.owner.staff.name, "mailed": to.mails}
        if made.owner.secret and not to.mails:
            said["link"] = f"{to.shops}/setup/{made.owner.secret}"
    if as_json:
        options.show(said)
        return
    click.echo(f"{said['slug']} is there, for {said['owner']}.")
    click.echo("A mail is on its way." if to.mails else said.get("link", "They sign in as before."))
    if not to.shops:
        click.echo("The shops' pages are off: write [business] into the settings, and start the controller anew.", err=True)


def _place(said: str) -> Place:
    kind, _mark, name = said.partition(":")
    if kind not in _KINDS or bool(name) is (kind == PlaceKind.CITY.value):
        raise FaultyError([Fault("business", said, "is no place", "Write city, district:NAME, site:ID or access-point:NAME")])
    return _KINDS[kind], name


@command.command()
@click.argument("slug")
@click.option("--why", required=True, help="For its owners.")
@options.config
def suspend(slug: str, why: str, config: Path | None) -> None:
    """Nothing of it is shown, and nobody of it changes anything, until it is restored."""
    done = _step(slug, config, Step.SUSPENDED, lambda session, shop, now: businesses.suspend(session, shop, why, now), why)
    click.echo(f"{slug} is suspended." if done else f"{slug} was suspended already.")


@command.command()
@click.argument("slug")
@options.config
def restore(slug: str, config: Path | None) -> None:
    """What was approved is shown again."""
    done = _step(slug, config, Step.RESTORED, lambda session, shop, _now: businesses.restore(session, shop))
    click.echo(f"{slug} is shown again." if done else f"{slug} was not suspended.")


def _step(slug: str, config: Path | None, step: Step, make: Callable[[Session, Business, datetime], bool], why: str = "") -> bool:
    """In one transaction with its mails and its audit entry."""
    settings, now = options.load(config), datetime.now(UTC)
    database, seal = opening.store(settings)
    with transaction(database) as session:
        shop = session.scalars(select(Business).where(Business.slug == slug)).first()
        if shop is None:
            raise FaultyError([Fault("business", slug, "is no business", "`proxeny business list` has them")])
        if done := make(session, shop, now):
            tell(session, privacy(session, seal, now), reach(settings), Happening(step, shop, reason=why), now)
            deeds.told(session, seal, step.value, "business", slug, reason=why)
    return done
