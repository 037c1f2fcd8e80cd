"""NETWORK.toml -> a declared network, with every fault of every entry noted before anything is refused.

What an entry means by itself is in network_rows, what entries mean together in network_checks. Never touches the store.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from proxeny import network_rows, portal_rows
from proxeny.entry import Entry, Report
from proxeny.faults import Fault, FaultyError, did_you_mean
from proxeny.network import KEYS, Hygiene, Network, Row
from proxeny.network_rows import Sources

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from proxeny.network_checks import Finding


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a file declares, and what is wrong with it so far."""

    network: Network
    report: Report
    places: Mapping[tuple[str, str], int]  # (section, name) -> its place among the section's entries
    given: frozenset[tuple[str, str]]  # entries that name a secret: if it could not be had, that was noted already

    def note(self, finding: Finding) -> None:
        """A fault found among entries, told at the entry of this file, or at the stored row."""
        if finding.key == "secret" and (finding.section, finding.name) in self.given:
            return
        place = self.places.get((finding.section, finding.name))
        if place is None and finding.section not in {"operator", "hygiene"}:
            self.report.faults.append(Fault("the stored network", finding.called, finding.what, finding.remedy))
        else:
            path = (finding.section,) if place is None else (finding.section, place)
            self.report.note((*path, finding.key) if finding.key else path, finding.what, finding.remedy, finding.name)

    def refuse_faults(self) -> None:
        """Raise FaultyError if anything was noted."""
        if self.report.faults:
            raise FaultyError(sorted(self.report.faults, key=lambda fault: (fault.line is None, fault.line or 0)))


def read(file: Path, environ: Mapping[str, str]) -> Declaration:
    """The file's declaration. Raises FaultyError only where it cannot be read at all."""
    try:
        text = file.read_text("utf-8")
        tables = tomllib.loads(text)
    except FileNotFoundError:
        raise FaultyError([Fault(str(file), "", "there is no such file")]) from None
    except (tomllib.TOMLDecodeError, RecursionError) as fault:  # the latter: brackets within brackets, thousands deep
        raise FaultyError([Fault(str(file), "", f"is not TOML: {fault}", "See https://toml.io for the syntax")]) from None
    except (OSError, UnicodeDecodeError) as fault:
        raise FaultyError([Fault(str(file), "", f"cannot be read: {fault}")]) from None
    return parse(tables, Report(str(file), text), Sources(file.parent, environ))


def parse(tables: Mapping[str, Any], report: Report, sources: Sources) -> Declaration:
    """The same from tables already read."""
    for section in tables:
        if section not in KEYS:
            report.note((section,), "is no section of ours", did_you_mean(section, KEYS))
    rows: dict[str, dict[str, Row]] = {section: {} for section in KEYS}
    places: dict[tuple[str, str], int] = {}
    given = set()
    _operator(tables, report, rows)
    _hygiene(tables, report, rows)
    for section, reader in _readers(sources).items():
        for at, table in enumerate(_entries(tables, section, report)):
            entry = Entry(report, (section, at), table, KEYS[section])
            row = reader(entry)
            entry.done()
            name = getattr(row, KEYS[section])
            if table.keys() & {"secret", "secret_env", "secret_file"}:
                given.add((section, name))
            if places.setdefault((section, name), at) != at and (name or section == "realm"):
                entry.note(KEYS[section], "is there twice", f"The other one is entry {places[section, name] + 1} of [[{section}]]")
            rows[section].setdefault(name, row)
    return Declaration(Network(rows, whole=frozenset({"hygiene"} & tables.keys())), report, places, frozenset(given))


def _readers(sources: Sources) -> dict[str, Callable[[Entry], Row]]:
    return {
        "district": portal_rows.district,
        "plan": portal_rows.plan,
        "portal": portal_rows.portal,
        "ssid": portal_rows.ssid,
        "site": network_rows.site,
        "client": lambda entry: network_rows.client(entry, sources),
        "access_point": network_rows.access_point,
        "home": lambda entry: network_rows.home(entry, sources),
        "realm": network_rows.realm,
        "policy": network_rows.policy,
    }


def _entries(tables: Mapping[str, Any], section: str, report: Report) -> list[dict[str, Any]]:
    written = tables.get(section, [])
    if not isinstance(written, list) or not all(isinstance(table, dict) for table in written):
        report.note((section,), "must be a list of tables", f"Write [[{section}]] before each entry")
        return []
    return written


def _operator(tables: Mapping[str, Any], report: Report, rows: dict[str, dict[str, Row]]) -> None:
    if not isinstance(table := tables.get("operator"), dict):
        if table is not None:
            report.note(("operator",), "must be one table", "Write [operator] once")
        return
    entry = Entry(report, ("operator",), table)
    rows["operator"][""] = network_rows.operator(entry)
    entry.done()


def _hygiene(tables: Mapping[str, Any], report: Report, rows: dict[str, dict[str, Row]]) -> None:
    if not isinstance(table := tables.get("hygiene"), dict):
        if table is not None:
            report.note(("hygiene",), "must be one table", "Write [hygiene] once")
        return
    entry = Entry(report, ("hygiene",), table)
    for verdict in ("allow", "refuse"):
        for realm in entry.texts(verdict):
            if rows["hygiene"].setdefault(realm.lower(), row := Hygiene(realm.lower(), verdict)) != row:
                entry.note(verdict, f'has "{realm}", which the other list has too', "Keep it in one of them")
    entry.done()
