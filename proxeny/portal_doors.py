"""The network as the guests' pages are handed it: a door for each gateway that a portal stands behind.

Pure. Never holds a shared secret but those with which a gateway's redirects are read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from portal.doors import Door, Doors, Institution, Venue, Words
from proxeny import doors
from proxeny.places import Places
from radius.nas import FAMILIES, mac

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proxeny import network as declared
    from proxeny.network import Network
    from radius.nas.plan import Plan

_NAME: Final = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")  # a realm, and no pattern


def of(network: Network) -> Doors:
    """Every door of this network."""
    operator = network.operator
    plans = {row.name: doors.plan(row) for row in network.of("plan")}
    clients = {row.name: row for row in network.of("client") if row.key and row.nas in FAMILIES}
    found = {row.key: _door(row, row.site, network, plans) for row in clients.values()}
    places = Places(network)

    def own(gateway: str, access_point: str) -> declared.AccessPoint | None:
        point = places.declared(access_point) if access_point else None
        return point if point is not None and point.client == gateway else None

    away = {(point.client, point.site) for point in network.of("access_point") if point.client in clients and point.site}
    return Doors(
        elsewhere={
            (clients[name].key, site): _door(clients[name], site, network, plans) for name, site in away if site != clients[name].site
        },
        site_of=lambda gateway, access_point: (point.site or "") if (point := own(gateway, access_point)) else "",
        point_of=lambda gateway, access_point: point.name if (point := own(gateway, access_point)) else "",
        venues=_venues(network),
        eduroam=tuple(row.name for row in network.of("ssid") if row.profile == "eduroam"),
        institutions=_institutions(network),
        by_key=found,
        ssids=tuple(row.name for row in network.of("ssid") if row.profile == "portal"),
        timezone=operator.timezone if operator else "UTC",
        country=operator.country if operator else "",
        access_points={
            mac.read(row.mac): row.client for row in network.of("access_point") if row.mac and row.client and "/" not in row.mac
        },
    )


def _door(row: declared.Client, where: str | None, network: Network, plans: Mapping[str, Plan]) -> Door:
    """The gateway's door at one site."""
    site: Any = network.rows["site"].get(where or "")
    portal = _portal(site, network)
    return Door(
        gateway=doors.gateway(row, network.portal_url),
        words=_words(portal) if portal is not None else Words(),
        ways=_ways(portal, plans) if portal is not None else {},
        plans=plans,
        site=where or "",
        place=site.name if site is not None else "",
        timezone=site.timezone if site is not None else "UTC",
        district=site.district if site is not None else "",
    )


def _venues(network: Network) -> dict[str, Venue]:
    """Every site, with the names of its access points."""
    points: dict[str, list[str]] = {}
    for point in network.of("access_point"):
        if point.site:
            points.setdefault(point.site, []).append(point.name)
    return {row.id: Venue(row.name, row.district, row.timezone, tuple(points.get(row.id, ()))) for row in network.of("site")}


def _institutions(network: Network) -> tuple[Institution, ...]:
    """Whose people sign in here by a home of theirs: each once by its name, realm and page."""
    named = [row for row in network.of("realm") if row.institution and row.action in ("proxy", "local", "discover")]
    found = {Institution(row.institution, row.country, row.match if _NAME.fullmatch(row.match) else "", row.profile): None for row in named}
    return tuple(sorted(found, key=lambda each: (each.name.casefold(), each.realm)))


def _portal(site: declared.Site | None, network: Network) -> declared.Portal | None:
    """The site's own, else the only one there is."""
    if site is not None and site.portal:
        named: Any = network.rows["portal"].get(site.portal)
        return named  # type: ignore[no-any-return]  # rows of one section are of one kind
    only = list(network.of("portal"))
    return only[0] if len(only) == 1 else None


def _ways(portal: declared.Portal, plans: Mapping[str, Plan]) -> dict[str, Plan]:
    """Those whose plan is declared, in the page's order."""
    named = {way: plans.get(portal.plans.get(way, portal.plan)) for way in portal.ways}
    return {way: plan for way, plan in named.items() if plan is not None}


def _words(portal: declared.Portal) -> Words:
    return Words(
        portal=portal.name,
        languages=portal.languages,
        accent=portal.accent,
        welcome=portal.welcome,
        help=portal.help,
        terms=portal.terms,
        privacy=portal.privacy,
        provisional=portal.provisional,
        sponsors=portal.sponsors,
        logo=portal.logo,
    )
