"""What a page changes of the network: the same reading, the same checks and the same writing as `proxeny apply`.

An edit is keys over the stored entry, written as the network file writes them; the whole network is judged as it would
become. Each entry that differs leaves an audit entry in the same transaction. Never writes anything unless all of it stands.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from portal.admin.desk import Edit, Made, Wrong
from proxeny import acts, declare, network_file, snapshot
from proxeny.difference import difference
from proxeny.entry import Report
from proxeny.network import KEYS, ORDERED, Client, Network, merged
from proxeny.network_rows import Sources
from radius import dictionary
from store import audit
from store import network as store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.admin.desk import Actor
    from proxeny.settings import Settings
    from store.privacy import Privacy

POSITION: Final = "position"  # of a realm or a policy among the others: 0 is the first
OVERLAP: Final = "secret_overlap_until"  # of a client: until then the secret that it had is accepted beside the new one
_OURS: Final = (POSITION, OVERLAP)
_TABLES: Final = ("operator", "hygiene")  # one of each, without a name
_VERDICTS: Final = ("allow", "refuse")


class Noted(Report):
    """Faults by the place of the entry, not by a line of a file."""

    def __init__(self) -> None:
        super().__init__("", "")
        self.wrongs: list[tuple[str, int, str, str, str]] = []  # section, place, key, what, remedy

    def note(self, path: tuple[str | int, ...], what: str, remedy: str = "", name: str = "") -> None:  # noqa: ARG002  Report's
        place = path[1] if len(path) > 1 and isinstance(path[1], int) else 0
        keys = [str(step) for step in path[1:] if not isinstance(step, int)]
        self.wrongs.append((str(path[0]), place, ".".join(keys), what, remedy))


@dataclass(frozen=True, slots=True)
class Edits:
    """`Desk.change` and `Desk.entry`, over these settings."""

    settings: Callable[[], Settings]
    privacy: Privacy
    now: Callable[[], datetime]

    def entry(self, session: Session, section: str, name: str) -> dict[str, Any] | None:
        """One entry's keys, without its secrets; None where there is none."""
        row = session.get(declare.MODELS[section], 1 if section == "operator" else name)
        return acts.table(section, snapshot.declared_row(section, row, self.privacy.seal)) if row is not None else None

    def change(self, session: Session, edits: Sequence[Edit], actor: Actor, *, dry: bool = False) -> Made | list[Wrong]:
        """Write them all, or say what is wrong with them; `dry`: as if."""
        if not dry:  # a look holds nobody up
            store.alone(session)
        stored = snapshot.read(session, self.privacy.seal)
        wrongs = [wrong for at, edit in enumerate(edits) if (wrong := _refused(at, edit, stored)) is not None]
        if wrongs:
            return wrongs
        tables, places = _tables(edits, stored)
        noted = Noted()
        declaration = network_file.parse(tables, noted, Sources(Path(), {}))
        wanted = _wanted(stored, merged(stored, declaration.network, prune=False), edits)
        wrongs = [Wrong(places.get((section, at), -1), key, what, remedy) for section, at, key, what, remedy in noted.wrongs]
        told = {(wrong.at, wrong.key) for wrong in wrongs}  # of what cannot be read nothing more is said
        wrongs += [wrong for wrong in self._among(stored, wanted, edits, places, declaration.places) if (wrong.at, wrong.key) not in told]
        if wrongs:
            return wrongs
        if dry:
            return Made(tuple(map(str, difference(stored, wanted))), stored.version)
        changes = declare.write(session, self.privacy.seal, stored, wanted, actor.name)
        audit.record_all(session, self.privacy, acts.acts(stored, wanted, changes, actor.name, actor.source), self.now())
        return Made(tuple(map(str, changes)), store.version(session))

    def _among(
        self,
        stored: Network,
        wanted: Network,
        edits: Sequence[Edit],
        places: Mapping[tuple[str, int], int],
        named: Mapping[tuple[str, str], int],
    ) -> Iterator[Wrong]:
        """What entries mean together, and what the road itself would refuse.

        A fault elsewhere that was there before is nobody's here: else where two are, neither could be mended by itself.
        """
        book = dictionary.load()
        removed = {(edit.section, edit.name): at for at, edit in enumerate(edits) if edit.fields is None}
        found = list(declare.findings(wanted, self.settings(), book))
        before = set(declare.findings(stored, self.settings(), book)) if found else set()
        stands = True
        for finding in found:
            place = named.get((finding.section, finding.name))
            at = places.get((finding.section, place if place is not None else -1), -1)
            if at < 0 and finding in before:
                continue
            stands = False
            if at >= 0:
                yield Wrong(at, finding.key, finding.what, finding.remedy)
            else:
                alone = next(iter(removed.values())) if len(removed) == 1 else -1
                yield Wrong(alone, "", f"{finding.called}: {finding.what}", finding.remedy)
        if stands and (fault := self._on_the_road(wanted)) and not self._on_the_road(stored):
            yield Wrong(-1, "", fault)

    def _on_the_road(self, network: Network) -> str:
        """Why a worker would refuse it; "" where it would not."""
        try:
            snapshot.tables(snapshot.with_settings(network, self.settings()), dictionary.load())
        except ValueError as fault:
            return str(fault)
        return ""


def _refused(at: int, edit: Edit, stored: Network) -> Wrong | None:
    """An edit of what is not there, or not the app's to change."""
    if edit.section == "hygiene":
        ours = all(("hygiene", realm) in stored.app for realm in stored.rows["hygiene"])
        return None if ours or edit.take_over else Wrong(at, "", "Declared in the network file", "Take it over to change it here")
    if _adds(edit):
        name = str((edit.fields or {}).get(KEYS[edit.section], ""))
        if name in stored.rows[edit.section]:
            return Wrong(at, KEYS[edit.section], f'"{name}" is there already', "Choose another name, or change that one")
        return None
    if edit.name not in stored.rows[edit.section] and edit.section != "operator":
        return Wrong(at, "", f'"{edit.name}" is not there any more', "Somebody removed it meanwhile")
    if (edit.section, edit.name) not in stored.app and not edit.take_over and edit.section != "operator":
        return Wrong(at, "", "Declared in the network file", "Take it over to change it here")
    return None


def _adds(edit: Edit) -> bool:
    """Whether it is a new entry. A realm's name may be "", for identities without one: then it is new where its keys name it."""
    said = edit.fields is not None and KEYS[edit.section] in edit.fields
    return not edit.name and edit.section != "operator" and (edit.section != "realm" or said)


def _tables(edits: Sequence[Edit], stored: Network) -> tuple[dict[str, Any], dict[tuple[str, int], int]]:
    """The network file's tables of these edits; (section, place among them) -> which edit."""
    tables: dict[str, Any] = {}
    places: dict[tuple[str, int], int] = {}
    for at, edit in enumerate(edits):
        if edit.fields is None:
            continue
        table = _over(_kept(edit, stored), {key: value for key, value in edit.fields.items() if key not in _OURS})
        if edit.section in _TABLES:
            tables[edit.section], places[edit.section, 0] = table, at
            continue
        if edit.name:
            table[KEYS[edit.section]] = edit.name  # a name stays
        entries = tables.setdefault(edit.section, [])
        places[edit.section, len(entries)] = at
        entries.append(table)
    return tables, places


def _kept(edit: Edit, stored: Network) -> dict[str, Any]:
    """The keys that are stored."""
    if edit.section == "hygiene":
        return {verdict: [row.realm for row in stored.of("hygiene") if row.verdict == verdict] for verdict in _VERDICTS}
    row = stored.rows[edit.section].get(edit.name) if not _adds(edit) else None  # a realm's name may be ""
    return acts.table(edit.section, row) if row is not None else {}


def _over(kept: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """These keys over those; None takes one out, a table is gone through by its own keys."""
    both = dict(kept)
    for key, value in said.items():
        if value is None:
            both.pop(key, None)
        elif isinstance(value, dict) and key == "options":
            both[key] = _over(both.get(key, {}), value)
        else:
            both[key] = value
    return both


def _wanted(stored: Network, both: Network, edits: Sequence[Edit]) -> Network:
    """With what is removed gone, what is moved in its place, and all that was edited the app's."""
    rows = {section: dict(entries) for section, entries in both.rows.items()}
    app = set(stored.app)
    for edit in edits:
        if edit.section == "hygiene":
            _relisted(rows["hygiene"], app, edit)
            continue
        name = edit.name or str((edit.fields or {}).get(KEYS[edit.section], "")) if edit.section != "operator" else ""
        if edit.section == "realm" and not name.startswith("~"):
            name = name.lower()
        if edit.fields is None:
            rows[edit.section].pop(name, None)
            app.discard((edit.section, name))
            continue
        app.add((edit.section, name))
        if edit.fields.get(POSITION) is not None and edit.section in ORDERED:  # None takes out what no entry holds
            rows[edit.section] = _moved(rows[edit.section], name, int(edit.fields[POSITION]))
        until, row, old = edit.fields.get(OVERLAP), rows[edit.section].get(name), stored.rows[edit.section].get(name)
        if until is not None and isinstance(row, Client) and isinstance(old, Client):
            rows[edit.section][name] = replace(row, previous_secret=old.secret, previous_until=until)
    return replace(both, rows=rows, app=frozenset(each for each in app if each[1] in rows[each[0]]))


def _relisted(kept: dict[str, Any], app: set[tuple[str, str]], edit: Edit) -> None:
    """Its lists are whole: what is in none of them any more goes, and what is there is the app's."""
    for realm, row in list(kept.items()):
        listed = (edit.fields or {}).get(row.verdict)
        if row.verdict in (edit.fields or {}) and realm not in {str(each).lower() for each in listed or ()}:
            del kept[realm]
    app |= {("hygiene", realm) for realm in kept}


def _moved(entries: Mapping[str, Any], name: str, place: int) -> dict[str, Any]:
    names = [each for each in entries if each != name]
    names.insert(max(0, min(place, len(names))), name)
    return {each: entries[each] for each in names if each in entries}
