"""`apply`'s work on the store: judge the network as it would become, then write what differs, all or nothing.

Everything happens in one transaction that is alone from its first look (`alone`). Never writes a row that is the
same already: applying twice changes nothing, not even the version.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from proxeny import acts, network_checks, portal_checks, snapshot
from proxeny.difference import Change, difference
from proxeny.network import KEYS, ORDERED, SECRETS, Network, merged
from radius.policy import Policy
from store import models, portal_versions
from store import network as store
from store.sealed import Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from proxeny import network as declared
    from proxeny.network_checks import Finding
    from proxeny.network_file import Declaration
    from proxeny.settings import Settings
    from radius.dictionary import Dictionary
    from store.sealed import Seal

MODELS: Final[dict[str, Any]] = {
    "operator": models.Operator,
    "district": models.District,
    "plan": models.Plan,
    "portal": models.Portal,
    "ssid": models.Ssid,
    "site": models.Site,
    "client": models.Client,
    "access_point": models.AccessPoint,
    "home": models.Home,
    "realm": models.Realm,
    "policy": models.Policy,
    "hygiene": models.Hygiene,
}


def plan(stored: Network, declaration: Declaration, settings: Settings, dictionary: Dictionary, *, prune: bool) -> Network:
    """The network as it would become. Raises FaultyError with everything that is wrong with it."""
    wanted = merged(stored, declaration.network, prune=prune)
    for finding in findings(wanted, settings, dictionary):
        declaration.note(finding)
    declaration.refuse_faults()
    snapshot.tables(wanted, dictionary)  # what the road itself would refuse is refused here; nothing should be left by now
    return wanted


def findings(network: Network, settings: Settings, dictionary: Dictionary) -> Iterator[Finding]:
    """Everything wrong among a network's rows under these settings."""

    def judge(row: declared.Policy) -> None:
        Policy((snapshot.rule(row),), dictionary)

    yield from network_checks.findings(network, settings.radius, judge)
    yield from portal_checks.findings(network, settings)


def warnings(network: Network, settings: Settings) -> Iterator[Finding]:
    """What may stand and is said aloud."""
    yield from network_checks.warnings(network)
    yield from portal_checks.warnings(network, settings)


alone: Final = store.alone


def write(session: Session, seal: Seal, stored: Network, wanted: Network, by: str = "") -> tuple[Change, ...]:
    """Write what differs; the changes that were made. `by`: who is named where a portal has one more version."""
    changes = difference(stored, wanted)
    now = datetime.now(UTC)
    touched = {(change.section, change.name) for change in changes if change.sign != "-"}
    rows = [_model(section, name, wanted, seal, place) for section in KEYS for place, name in _to_write(section, stored, wanted, touched)]
    for section, kind in MODELS.items():  # first, so that what is unique may pass to another row
        gone = [change.name for change in changes if change.sign == "-" and change.section == section]
        if gone:
            store.remove(session, kind, gone, now)
    if rows:
        store.free_keys(session, {row.key for row in rows if isinstance(row, models.Client) and row.key})
        store.put(session, rows, now)
    _versions(session, stored, wanted, changes, by, now)
    return changes


def _versions(session: Session, stored: Network, wanted: Network, changes: tuple[Change, ...], by: str, now: datetime) -> None:
    """Every portal whose keys differ has one more version, whoever changed it."""
    for change in changes:
        if change.section != "portal" or change.sign == "-":
            continue
        before, after = (
            {key: value for key, value in acts.table("portal", row).items() if key != "name"} if row is not None else None
            for row in (network.rows["portal"].get(change.name) for network in (stored, wanted))
        )
        if after is not None and before != after:
            portal_versions.record(session, change.name, before, after, by, now)


def _to_write(section: str, stored: Network, wanted: Network, touched: set[tuple[str, str]]) -> Iterator[tuple[int, str]]:
    """Rows that changed, and in an ordered section those that others pushed to another place."""
    before = {name: place for place, name in enumerate(stored.rows[section])}
    for place, name in enumerate(wanted.rows[section]):
        if (section, name) in touched or (section in ORDERED and before.get(name) != place):
            yield place, name


def _model(section: str, name: str, wanted: Network, seal: Seal, place: int) -> Any:
    row = wanted.rows[section][name]
    values: dict[str, Any] = {}
    for each in fields(row):
        value = getattr(row, each.name)
        if each.name in SECRETS and value is not None:
            value = seal.close(value.octets, Where(section, name, each.name))
        elif isinstance(value, tuple):
            value = list(value)
        elif each.name == "key" and not value:
            continue  # the store makes one
        values[each.name] = value
    if section in ORDERED:
        values["position"] = place
    if section == "operator":
        values["id"] = 1
    managed = models.ManagedBy.APP if (section, name) in wanted.app else models.ManagedBy.FILE
    return MODELS[section](**values, managed_by=managed)
