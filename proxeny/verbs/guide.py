"""`proxeny guide CLIENT`: how this gateway is set up, step by step, in its maker's words. Never shows a secret."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  click calls the function with it
from typing import TYPE_CHECKING, cast

import click

from proxeny import doors, opening, portal_checks, snapshot
from proxeny.faults import Fault, FaultyError, did_you_mean
from proxeny.verbs import options
from radius.nas import FAMILIES, guide
from store.session import reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proxeny.network import Client, Network
    from proxeny.settings import Settings

_WILD = ("0.0.0.0", "::")


@click.command()
@click.argument("client", metavar="CLIENT")
@options.config
def command(client: str, config: Path | None) -> None:
    """The set-up guide of a gateway, filled in with its own address, URL and names."""
    settings = options.load(config)
    database, seal = opening.store(settings)
    with reading(database) as session:
        network = snapshot.with_settings(snapshot.read(session, seal), settings)
    click.echo(text(network, settings, client).rstrip("\n"))


def text(network: Network, settings: Settings, name: str, shown: Mapping[str, str] | None = None, stored: str = guide.STORED) -> str:
    """The guide of one client; FaultyError where there is no such client, or no pages to send guests to. Secrets as in `guide.words`."""
    row = network.rows["client"].get(name)
    if row is None:
        raise FaultyError([Fault("CLIENT", "", f'there is no client "{name}"', did_you_mean(name, list(network.rows["client"])[:20]))])
    if settings.guest is None:
        what = "there is no such section, so no page to send guests to"
        raise FaultyError([Fault(str(settings.file or "settings"), "guest", what, "Write [guest] with a url")])
    gateway = doors.gateway(cast("Client", row), settings.guest.origin)
    family = gateway.family if gateway.family in FAMILIES else "generic"
    radius = settings.radius
    auth, acct = (radius.auth[0], radius.acct[0]) if radius else (None, None)
    address = auth.host if auth and auth.host not in _WILD else "(this machine's address)"
    words = guide.words(
        gateway,
        radius_address=address,
        auth_port=auth.port if auth else 1812,
        acct_port=acct.port if acct else 1813,
        ssid=next((each.name for each in network.of("ssid") if each.profile == "portal"), "City Wi-Fi"),
        shown=shown,
        stored=stored,
    )
    elsewhere = guide.before_sign_in(_elsewhere(network, settings, cast("Client", row)))
    return guide.render(guide.template(family), words).rstrip("\n") + "\n" + elsewhere


def _elsewhere(network: Network, settings: Settings, client: Client) -> tuple[str, ...]:
    """The hosts of the providers at which this client's guests may sign in."""
    portal = portal_checks.portal_of(client, network)
    names = [way.partition(":")[2] for way in portal.ways] if portal is not None else []
    return tuple(dict.fromkeys(host for name in names if name in settings.oidc for host in settings.oidc[name].hosts))
