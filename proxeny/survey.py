"""Everything `check` looks at, part by part: settings, machine, database, key, network.

A fault stops the controller or betrays its purpose; a warning is said and lived with. Never changes anything: an
installation that was never started has no database, and that is a note.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import inspect, make_url
from sqlalchemy.exc import DBAPIError

from proxeny import (
    declare,
    network_checks,
    opening,
    portal_checks,
    shop_checks,
    simulator,
    snapshot,
    survey_backup,
    survey_guests,
    survey_messages,
    voucher_checks,
)
from proxeny.addresses import is_ours
from proxeny.faults import Fault
from radius import dictionary
from store import check as shape
from store import schema
from store.faults import StoreError
from store.session import engine, reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxeny.network_checks import Finding
    from proxeny.settings import Settings

_RMEM: Final = Path("/proc/sys/net/core/rmem_max")
_LOW_PORTS: Final = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
_NETWORK: Final = "the stored network"


@dataclass(slots=True)
class Survey:
    """What was found."""

    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def survey(settings: Settings, rmem_max: int | None = None) -> Survey:
    """Look at everything. `rmem_max` is the kernel's ceiling for receive buffers, asked of it where not given."""
    found = Survey()
    file = str(settings.file or "environment")
    _data_dir(settings, found)
    _listeners(settings, file, found)
    _buffers(settings, file, found, _rmem_max() if rmem_max is None else rmem_max)
    _fticks(settings, file, found)
    found.faults += survey_guests.faults(settings, file, datetime.now(UTC))
    found.warnings += survey_guests.warnings(settings, file, datetime.now(UTC))
    found.warnings += survey_guests.duties(settings, file)
    found.faults += survey_messages.faults(settings, file)
    found.warnings += survey_messages.warnings(settings, file)
    found.warnings += survey_backup.warnings(settings, file)
    found.notes += survey_backup.notes(settings)
    if settings.not_served:
        words = ", ".join(f"[{name}]" for name in settings.not_served)
        found.notes.append(f"Not served by this version, and without effect: {words}")
    try:
        _database(settings, found)
    except StoreError as fault:
        found.faults.append(Fault(file, "database", str(fault)))
    except DBAPIError as fault:
        words = str(fault.orig).strip().splitlines()[0]
        found.faults.append(Fault(file, "database.url", words, _remedy(settings.database.url)))
    return found


def _remedy(url: str) -> str:
    if url.startswith("sqlite"):
        return "Is the file ours to write, and whole? proxeny db check tells more; proxeny db restore FILE puts a backup in its place"
    return "Is the server up and reachable from here?"


def _data_dir(settings: Settings, found: Survey) -> None:
    """What would keep the controller from writing there; where it is missing, it can be made."""
    place = settings.data_dir
    if place.exists() and not place.is_dir():
        found.faults.append(Fault(str(settings.file or "environment"), "data_dir", f"{place} is no folder", "Name another place"))
    elif place.exists() and os.geteuid() != 0 and not os.access(place, os.R_OK | os.W_OK | os.X_OK):
        found.faults.append(Fault("data_dir", "", f"{place} is not ours to write", f"As root: chown -R {os.geteuid()}: {place}"))


def _listeners(settings: Settings, file: str, found: Survey) -> None:
    radius, metrics = settings.radius, settings.metrics
    listens = [("metrics.listen", metrics.listen)] if metrics else []
    if settings.guest:
        listens.append(("guest.listen", settings.guest.listen))
    if radius:
        listens += [("radius.auth", at) for at in radius.auth] + [("radius.acct", at) for at in radius.acct]
        if radius.source and not is_ours(radius.source):
            found.faults.append(Fault(file, "radius.source", f"no interface here has {radius.source}", "See `ip address`"))
    else:
        found.notes.append("There is no [radius] section: the road is off")
    for key, at in listens:
        if not is_ours(at.host):
            found.faults.append(Fault(file, key, f"no interface here has {at.host}", 'See `ip address`; "0.0.0.0" and "[::]" mean all'))
        elif at.port < _first_free_port() and os.geteuid() != 0:
            remedy = "Start as root with [run] user, or by the systemd unit in config/, which grants CAP_NET_BIND_SERVICE"
            found.warnings.append(Fault(file, key, f"port {at.port} is for root only", remedy))


def _buffers(settings: Settings, file: str, found: Survey, most: int) -> None:
    """The peers overflow default buffers at some hundred requests in flight; ours are sized, if the kernel allows it."""
    if settings.radius and settings.radius.receive_buffer > most and os.geteuid() != 0:
        what = f"the kernel allows {most} octets, {settings.radius.receive_buffer} are wanted"
        remedy = f"Run: sysctl -w net.core.rmem_max={settings.radius.receive_buffer}; config/sysctl has the file that keeps it"
        found.warnings.append(Fault(file, "radius.receive_buffer", what, remedy))


def _fticks(settings: Settings, file: str, found: Survey) -> None:
    if settings.fticks and (key := settings.fticks.key_file):
        try:
            if not key.read_bytes().strip():
                found.faults.append(Fault(file, "fticks.key_file", f"{key} is empty"))
        except OSError as fault:
            remedy = f"Make one: (umask 077; head -c 32 /dev/urandom | base64 > {key})"
            found.faults.append(Fault(file, "fticks.key_file", f"{key}: {fault.strerror}", remedy))


def _database(settings: Settings, found: Survey) -> None:
    """Its shape, its key and what it holds; nothing is created."""
    url = settings.database.url
    path = Path(str(make_url(url).database))
    if (url.startswith("sqlite") and not path.exists()) or not inspect(engine(url)).get_table_names():
        found.notes.append(f"The database {schema.shown(url)} is empty yet: `proxeny apply` and `proxeny run` give it its shape")
        return
    opening.enter(settings)
    broken = shape.check(url)
    found.faults += [Fault(str(settings.file or "environment"), "database", line) for line in broken]
    if not broken:
        _network(settings, found)


def _network(settings: Settings, found: Survey) -> None:
    database, seal = opening.store(settings)
    with reading(database) as session:
        network = snapshot.read(session, seal)
        found.warnings += map(_fault, voucher_checks.warnings(session, network, datetime.now(UTC)))
        found.warnings += map(_fault, shop_checks.warnings(session, network))
    book = dictionary.load()
    wrong = list(declare.findings(network, settings, book))
    found.faults += map(_fault, wrong)
    found.warnings += map(_fault, declare.warnings(network, settings))
    if not wrong:
        _built(lambda: snapshot.tables(snapshot.with_settings(network, settings), book), found)
    found.notes += map(str, simulator.simulated(network, portal_checks.portal_of))
    found.notes.append(f"The network, version {network.version}: {network_checks.count(network)}")


def _built(build: Callable[[], object], found: Survey) -> None:
    try:
        build()
    except ValueError as fault:
        found.faults.append(Fault(_NETWORK, "", str(fault)))


def _fault(finding: Finding) -> Fault:
    return Fault(_NETWORK, finding.called, finding.what, finding.remedy)


def _rmem_max() -> int:
    return _number(_RMEM, 1 << 62)


def _first_free_port() -> int:
    return _number(_LOW_PORTS, 1024)


def _number(path: Path, default: int) -> int:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return default
