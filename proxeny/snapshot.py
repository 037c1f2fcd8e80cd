"""Rows -> Network -> Tables: what the store holds, as values to send to a worker, and as the road looks it up.

The supervisor reads and checks a version once and sends it; each worker builds its own tables. Imported by workers:
never imports SQLAlchemy at the top, and never leaves a row half read.
"""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from federation.dress import Dresser
from federation.loops import has_looped
from federation.realms import RealmRow, Realms
from proxeny import doors
from proxeny import network as declared
from proxeny.network import KEYS, Network
from proxeny.places import Places
from radius import tables as road
from radius.clients import Clients
from radius.policy import Policy, Rule
from radius.secret import Secret

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from proxeny.settings import Settings
    from radius.dictionary import Dictionary
    from store.sealed import Seal

__all__ = ["Network", "declared_row", "expires", "read", "realms", "rule", "tables", "with_settings"]

_ROWS: Final = {
    "operator": declared.Operator,
    "district": declared.District,
    "plan": declared.Plan,
    "portal": declared.Portal,
    "ssid": declared.Ssid,
    "site": declared.Site,
    "client": declared.Client,
    "access_point": declared.AccessPoint,
    "home": declared.Home,
    "realm": declared.Realm,
    "policy": declared.Policy,
    "hygiene": declared.Hygiene,
}
_DISABLED: Final = "Every home of the realm is disabled"


def read(session: Session, seal: Seal) -> Network:
    """The network as the store has it, unsealed. Raises store.faults.SealError where a secret does not open."""
    from store import keys  # noqa: PLC0415  workers import this module, and must not import SQLAlchemy
    from store import network as store  # noqa: PLC0415  the same

    kept = store.rows(session)
    by_section: dict[str, tuple[Any, ...]] = {
        "operator": (kept.operator,) if kept.operator else (),
        "district": kept.districts,
        "plan": kept.plans,
        "portal": kept.portals,
        "ssid": kept.ssids,
        "site": kept.sites,
        "client": kept.clients,
        "access_point": kept.access_points,
        "home": kept.homes,
        "realm": kept.realms,
        "policy": kept.policies,
        "hygiene": kept.hygiene,
    }
    rows = {section: {_named(section, row): declared_row(section, row, seal) for row in by_section[section]} for section in KEYS}
    app = frozenset((section, _named(section, row)) for section in KEYS for row in by_section[section] if row.managed_by == "app")
    tag, device, visit = (keys.named(session, seal, name, datetime.now(UTC)) for name in (keys.LOOP, keys.DEVICE, keys.VISIT))
    return Network(rows, app, version=kept.version, proxy_tag=tag[:4], device_key=device, visit_key=visit)


def with_settings(network: Network, settings: Settings) -> Network:
    """The same with what the road takes from the settings."""
    radius = settings.radius
    portal = settings.guest.origin if settings.guest else ""
    if radius is None:
        return replace(network, limits=settings.limits.table, portal_url=portal)
    return replace(network, limits=settings.limits.table, portal_url=portal, timing=radius.timing, source=radius.source)


def _named(section: str, row: Any) -> str:
    return str(getattr(row, KEYS[section])) if KEYS[section] else ""


def declared_row(section: str, row: Any, seal: Seal) -> declared.Row:
    """One row of the store, unsealed."""
    from store.sealed import Where  # noqa: PLC0415  workers have no key and need no cipher

    values = {}
    for each in fields(_ROWS[section]):
        value = getattr(row, each.name)
        if each.name in declared.SECRETS and value is not None:
            value = Secret(seal.open(value, Where(section, row.name, each.name)))
        elif isinstance(value, list):
            value = tuple(value)
        elif isinstance(value, Enum):
            value = value.value
        elif each.name in ("timing", "options"):
            value = {key: tuple(item) if isinstance(item, list) else item for key, item in (value or {}).items()}
        values[each.name] = value
    row_type: Any = _ROWS[section]
    made: declared.Row = row_type(**values)
    return made


def tables(network: Network, dictionary: Dictionary, now: datetime | None = None) -> road.Tables:
    """Everything the road looks up; who sends no RADIUS is not in it. Raises ValueError naming the row that cannot stand."""
    moment = now or datetime.now(UTC)
    operator = network.operator
    return road.Tables(
        clients=Clients(_client(row, moment, network.portal_url) for row in network.of("client") if row.radius),
        homes={row.name: _home(row, network) for row in network.of("home") if row.enabled},
        policy=Policy(map(rule, network.of("policy")), dictionary),
        route=realms(network).route,
        dress=Dresser(operator.operator_name if operator else "").dress,
        looped=partial(has_looped, tag=network.proxy_tag),
        place=Places(network).place,
        proxy_tag=network.proxy_tag,
        salted=dictionary.salted,
        limits=network.limits,
        version=network.version,
        plans={row.name: doors.plan(row) for row in network.of("plan")},
        device_key=network.device_key,
        written=dictionary.written,
        visit_key=network.visit_key if network.portal_url else b"",
    )


def of_the_road(network: Network) -> Network:
    """What a worker is told: gateways that send no RADIUS are left out, and so is every secret that the road never uses.

    The controllers' own (APIs, UAM, FAS) and those of orders belong to the pages, the jobs and the recorder: a worker
    reads strangers' octets all day, and what it does not hold it cannot lose.
    """
    unused = dict.fromkeys(("coa_secret", *declared.OPTION_SECRETS))
    clients: declared.Rows = {row.name: replace(row, **unused) for row in network.of("client") if row.radius}
    rows = dict(network.rows) | {"client": clients, "portal": {}, "ssid": {}, "district": {}}
    return replace(network, rows=rows)


def realms(network: Network) -> Realms:
    """Every realm's route; homes that are disabled are on none."""
    by_verdict = {verdict: [row.realm for row in network.of("hygiene") if row.verdict == verdict] for verdict in ("allow", "refuse")}
    enabled = frozenset(row.name for row in network.of("home") if row.enabled)
    return Realms((_realm(row, enabled) for row in network.of("realm")), by_verdict["allow"], by_verdict["refuse"])


def rule(row: declared.Policy) -> Rule:
    """One row as the road's rule."""
    values: dict[str, Any] = {each.name: getattr(row, each.name) for each in fields(row)}
    for name in ("realm", "site", "client", "home"):
        values[name] = values[name] or ""  # any
    for name in ("clamp", "add", "set", "refuse"):
        values[name] = {key: tuple(value) if isinstance(value, list) else value for key, value in values[name].items()}
    return Rule(**values)


def expires(network: Network, now: datetime) -> datetime | None:
    """When the next previous secret ends, so that the tables must be built anew; None for never."""
    moments = (row.previous_until for row in network.of("client") if row.previous_secret and row.previous_until)
    return min((moment for moment in moments if moment > now), default=None)


def _client(row: declared.Client, now: datetime, portal_url: str) -> road.Client:
    if row.secret is None:
        raise ValueError(f"client {row.name}: it has no secret")
    overlaps = row.previous_until is not None and row.previous_until > now
    return road.Client(
        name=row.name,
        secret=row.secret,
        networks=row.addresses,
        previous_secret=row.previous_secret if overlaps else None,
        nas=row.nas,
        site=row.site or "",
        require_message_authenticator=row.require_message_authenticator,
        coa_port=row.coa_port,
        coa_secret=row.coa_secret,
        rate=row.rate,
        gateway=doors.gateway(row, portal_url),
    )


def _home(row: declared.Home, network: Network) -> road.Home:
    if row.secret is None:
        raise ValueError(f"home {row.name}: it has no secret")
    return road.Home(
        name=row.name,
        address=row.address,
        secret=row.secret,
        port=row.port,
        acct_port=row.acct_port,
        transport=row.transport,
        source=row.source or network.source,
        status_server=row.status_server,
        require_message_authenticator=row.require_message_authenticator,
        foreign=row.foreign,
        timing=replace(network.timing, **row.timing) if row.timing else network.timing,
    )


def _realm(row: declared.Realm, enabled: frozenset[str]) -> RealmRow:
    homes = tuple(name for name in row.homes if name in enabled)
    dark = bool(row.homes) and not homes
    return RealmRow(
        match=row.match,
        action=road.Action.REJECT if dark else road.Action(row.action),
        homes=homes,
        balance=row.strategy == "balance",
        forward_accounting=row.accounting == "forward",
        reason=_DISABLED if dark else row.reason,
        institution=row.institution,
        country=row.country,
    )
