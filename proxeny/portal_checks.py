"""What the entries that guests meet mean together: plans, portals, sites, gateways, and the settings they need.

Faults are what would leave guests outside or betray them; warnings are lived with and said. Never changes a row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxeny import doors, simulator
from proxeny.faults import did_you_mean
from proxeny.network_checks import Finding
from radius.nas import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxeny.network import Client, Network, Portal
    from proxeny.settings import Settings

_TYPED: Final = ("card", "email", "oidc", "sponsor")  # what is typed there is nobody else's business

NEEDS: Final = {
    "card": ("directory", "a directory"),
    "email": ("mail", "a mail server"),
    "sms": ("sms", "a gateway for text messages"),
    "sponsor": ("mail", "a mail server"),
}


def findings(network: Network, settings: Settings) -> Iterator[Finding]:
    """Everything wrong among what guests meet."""
    for portal in network.of("portal"):
        yield from _plans(portal, network)
        yield from _ways(portal, settings)
    yield from _keys(network)
    for client in network.of("client"):
        if client.nas in FAMILIES and portal_of(client, network):
            yield from _gateway(client)


def _gateway(client: Client) -> Iterator[Finding]:
    """What a family must have, once guests come from its gateway."""
    family = FAMILIES[client.nas]
    if lacks := family.lacks(doors.gateway(client, "").options):
        remedy = f'A gateway of the family "{client.nas}" cannot let guests in without; see docs/nas/{client.nas}.md'
        yield Finding("client", client.name, "options", f"must say {lacks}", remedy)
    if family.radius and not client.radius:
        words = f'is false, and a gateway of the family "{client.nas}" asks by RADIUS before it lets guests in'
        yield Finding("client", client.name, "radius", words, "Take it out, and give a secret")


def portal_of(client: Client, network: Network) -> Portal | None:
    """The portal of this gateway's guests: its site's, else the only one there is."""
    site = network.rows["site"].get(client.site or "")
    if named := getattr(site, "portal", None):
        return network.rows["portal"].get(named)  # type: ignore[return-value]  # rows are typed by section, which mypy cannot see
    portals = list(network.of("portal"))
    return portals[0] if len(portals) == 1 else None


def _plans(portal: Portal, network: Network) -> Iterator[Finding]:
    plans = network.rows["plan"]
    for way, name in portal.plans.items():
        if name not in plans:
            yield Finding("portal", portal.name, "plans", f'{way}: there is no plan "{name}"', did_you_mean(name, list(plans)[:20]))
        if way not in portal.ways:
            yield Finding("portal", portal.name, "plans", f'"{way}" is none of its ways', did_you_mean(way, portal.ways))


def _ways(portal: Portal, settings: Settings) -> Iterator[Finding]:
    for way, (section, what) in NEEDS.items():
        if way in portal.ways and getattr(settings, section) is None:
            yield Finding("portal", portal.name, "ways", f'"{way}" needs {what}', f"Write [{section}] into proxeny.toml, or take it out")
    yield from _parties(portal, settings)
    if settings.guest and not settings.guest.secure:
        typed = [way for way in portal.ways if way.partition(":")[0] in _TYPED]
        if typed:
            words = f"{_quoted(typed)}: guests would type in clear, for [guest] url is {settings.guest.origin}"
            yield Finding("portal", portal.name, "ways", words, "Give [guest] a certificate and key, or an https: url behind a proxy")


def _parties(portal: Portal, settings: Settings) -> Iterator[Finding]:
    """Providers and sponsors that a way in names."""
    for way in portal.ways:
        name = way.partition(":")[2]
        if name and name not in settings.oidc:
            remedy = did_you_mean(name, list(settings.oidc)) or f"Write [oidc.{name}] into proxeny.toml, or take it out"
            yield Finding("portal", portal.name, "ways", f'"{way}" needs a provider', remedy)
    if "sponsor" in portal.ways and not portal.sponsors:
        remedy = 'Write sponsors = ["@city.example"], or take it out'
        yield Finding("portal", portal.name, "ways", '"sponsor" needs sponsors: nobody could let a guest in', remedy)


def _keys(network: Network) -> Iterator[Finding]:
    held: dict[str, str] = {}
    for client in network.of("client"):
        if client.key and (other := held.setdefault(client.key, client.name)) != client.name:
            remedy = "The key says from which gateway a guest comes: give each its own, or leave it out"
            yield Finding("client", client.name, "key", f'is that of client "{other}" too', remedy)


def warnings(network: Network, settings: Settings) -> Iterator[Finding]:
    """What may stand and is said aloud."""
    yield from _districts(network)
    yield from _undecided(network)
    yield from _strangers(network)
    yield from _left_out(network)
    yield from _amounts(network)
    yield from _open_secrets(network)
    yield from _without_settings(network, settings)
    if settings.guest and settings.guest.origin.startswith("https:"):
        yield from _warned_about(network)


def _warned_about(network: Network) -> Iterator[Finding]:
    """Chromium asks its user before a page by https sends a form by http; a redirect it follows. Seen in Chromium 156."""
    for client in network.of("client"):
        family = FAMILIES.get(client.nas)
        if family is not None and family.posts and any(url.startswith("http:") for url in family.origins(doors.gateway(client, ""))):
            words = "guests' browsers send it a form by http, and warn of it, for our pages are by https"
            remedy = "Give the gateway a certificate, and login_url as https:; our page tells guests to send it all the same"
            yield Finding("client", client.name, "options.login_url", words, remedy)


def _without_settings(network: Network, settings: Settings) -> Iterator[Finding]:
    """What the network asks for and the settings leave off."""
    if settings.directory is None:
        for realm in network.of("realm"):
            if realm.action == "local":
                yield Finding(
                    "realm", realm.match, "action", "has no directory to ask: its logins are refused", "Write [directory] into proxeny.toml"
                )
    if settings.guest is None:
        for portal in network.of("portal"):
            yield Finding("portal", portal.name, "", "has no page: guests are turned away", "Write [guest] into proxeny.toml")


def _districts(network: Network) -> Iterator[Finding]:
    known = network.rows["district"]
    for site in network.of("site"):
        if known and site.district and site.district not in known:
            remedy = did_you_mean(site.district, list(known)[:20])
            yield Finding("site", site.id, "district", f'there is no district "{site.district}"', remedy)


def _undecided(network: Network) -> Iterator[Finding]:
    """With several portals each site must say which is its own."""
    if len(network.rows["portal"]) > 1:
        for client in network.of("client"):
            if _brings_guests(client) and portal_of(client, network) is None:
                remedy = "Give its site a portal" if client.site else "Give it a site, and the site a portal"
                yield Finding("client", client.name, "site", "there are several portals, and which is its guests' is not said", remedy)


def _brings_guests(client: Client) -> bool:
    """Whether its family has a way of its own to our pages: a generic NAS is often one of eduroam's alone."""
    return client.nas not in ("generic", "hostapd")


def _strangers(network: Network) -> Iterator[Finding]:
    """Families that an earlier version took by name and never used."""
    for client in network.of("client"):
        if client.nas not in FAMILIES:
            words = f'"{client.nas}" is no family of this version: it is treated as a generic NAS'
            yield Finding("client", client.name, "nas", words, f"Known here: {', '.join(sorted(FAMILIES))}")


def _left_out(network: Network) -> Iterator[Finding]:
    """What a plan promises and nobody holds a guest to."""
    for told in simulator.simulated(network, portal_of):
        if told.loose:
            words = f'the family "{told.family}" cannot hold a guest to {", ".join(told.loose)}'
            yield Finding("plan", told.plan, "", f"{words} ({simulator.some(told.clients)})", "It is left out there")


def _amounts(network: Network) -> Iterator[Finding]:
    for plan in network.of("plan"):
        if plan.day_data and plan.month_data and plan.day_data > plan.month_data:
            yield Finding("plan", plan.name, "day_data", "is more than month_data, so that it is never reached")


def _open_secrets(network: Network) -> Iterator[Finding]:
    """What travels in clear, or comes from nobody knows where, though the client could do better."""
    for client in network.of("client"):
        if client.api_secret and str(client.options.get("api_url", "")).startswith("http:"):
            words = f"is {client.options['api_url']}: api_secret travels in clear"
            yield Finding("client", client.name, "options.api_url", words, "Write https:, and api_ca where its issuer is not known here")
        if client.nas == "coova" and not client.uam_secret and not client.options.get("login_url") and portal_of(client, network):
            words = "say neither uam_secret nor login_url: redirects are not proven, and guests are let in by CoA alone"
            yield Finding("client", client.name, "options", words, "Give uam_secret: see docs/nas/coova.md")


def _quoted(words: list[str] | tuple[str, ...]) -> str:
    return ", ".join(f'"{word}"' for word in words)
