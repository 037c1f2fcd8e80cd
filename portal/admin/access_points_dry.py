"""What an import of access points would do: each line added, changed, the same already, or bad and why.

The judge is `Desk.change` itself, asked as if; what it refuses is taken out and the rest asked again, until the rest would
stand together. Never writes, and never lets a good line go with a bad one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import select

from portal.admin.access_points_csv import KEYS, fields
from portal.admin.desk import Edit, Made, desk
from store.models import AccessPoint, Client, Site

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from portal.admin.access_points_csv import Line, Sheet
    from portal.admin.desk import Actor, Wrong

SECTION: Final = "access_point"
ROUNDS: Final = 12  # each takes out what the judge named; what a whole network is judged for comes in three or four


class Fate(StrEnum):
    """What becomes of a line."""

    ADD = "add"
    CHANGE = "change"
    SAME = "same"
    BAD = "bad"


class Judged(NamedTuple):
    """A line and its fate. `differs`: key, before, after; `why`: of a bad one."""

    line: Line
    fate: Fate
    differs: tuple[tuple[str, Any, Any], ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Dry:
    """A whole file judged. `blocked`: what is wrong with the network itself, so that nothing can be written; "" for nothing."""

    sheet: Sheet
    lines: tuple[Judged, ...]
    edits: tuple[Edit, ...] = ()
    blocked: str = ""
    counts: Mapping[Fate, int] = field(default_factory=dict)

    @property
    def bad(self) -> list[Judged]:
        return [each for each in self.lines if each.fate is Fate.BAD]

    @property
    def good(self) -> int:
        """Lines that stand, those that change nothing among them."""
        return len(self.lines) - self.counts.get(Fate.BAD, 0)

    def of(self, fate: str) -> list[Judged]:
        return [each for each in self.lines if each.fate == fate]


class _Stored(NamedTuple):
    """What the network has by now: what a line is compared with."""

    points: Mapping[str, Mapping[str, Any]]
    names: Mapping[str, str]  # folded -> name
    sites: Mapping[str, str]  # id, or name where only one has it, folded -> id
    clients: Mapping[str, str]  # folded -> name


def judge(session: Session, sheet: Sheet, actor: Actor) -> Dry:
    """What would become of each line."""
    stored = _stored(session)
    lines = [_compared(line, stored) for line in sheet.lines]
    blocked = ""
    for _round in range(ROUNDS):
        places = [at for at, each in enumerate(lines) if each.fate in (Fate.ADD, Fate.CHANGE)]
        edits = [_edit(lines[at]) for at in places]
        outcome = desk().change(session, edits, actor, dry=True) if edits else Made((), 0)
        if isinstance(outcome, Made):
            break
        named = [wrong for wrong in outcome if wrong.at >= 0]
        if not named:
            blocked = " ".join(_words(wrong) for wrong in outcome)
            break
        for wrong in reversed(named):  # the first that is said of a line is what stays
            at = places[wrong.at]
            lines[at] = lines[at]._replace(fate=Fate.BAD, why=_words(wrong))
    else:
        blocked = _("The good lines could not be told from the bad ones: mend what is named here first.")
    edits = [_edit(each) for each in lines if each.fate in (Fate.ADD, Fate.CHANGE)]
    counts = {fate: sum(each.fate is fate for each in lines) for fate in Fate}
    return Dry(sheet, tuple(lines), tuple(edits), blocked, counts)


def _stored(session: Session) -> _Stored:
    points = {
        row.name: {key: getattr(row, key) for key in KEYS} for row in session.execute(select(*(getattr(AccessPoint, key) for key in KEYS)))
    }
    sites: dict[str, str] = {}
    rows = session.execute(select(Site.id, Site.name)).all()
    names = [row.name.casefold() for row in rows]
    sites |= {row.name.casefold(): row.id for row in rows if names.count(row.name.casefold()) == 1}
    sites |= {row.id.casefold(): row.id for row in rows}
    return _Stored(
        points, {name.casefold(): name for name in points}, sites, {name.casefold(): name for name in session.scalars(select(Client.name))}
    )


def _compared(line: Line, stored: _Stored) -> Judged:
    if line.fault:
        return Judged(line, Fate.BAD, why=line.fault)
    said = dict(line.said)
    for key, known in (("site", stored.sites), ("client", stored.clients)):
        if said.get(key):
            said[key] = known.get(said[key].casefold(), said[key])
    wanted = fields(said)
    before = stored.points.get(line.said["name"])
    if before is None and (other := stored.names.get(line.said["name"].casefold())):  # a NAS-Identifier may have either
        return Judged(line, Fate.BAD, why=_("is there as “%(name)s”: write it so, or choose another name.", name=other))
    if before is None:
        return Judged(line, Fate.ADD, tuple((key, None, value) for key, value in wanted.items() if key != "name" and value is not None))
    differs = tuple((key, before[key], value) for key, value in wanted.items() if before[key] != value)
    return Judged(line, Fate.CHANGE if differs else Fate.SAME, differs)


def _edit(each: Judged) -> Edit:
    name = each.line.said["name"]
    said = {key: after for key, _before, after in each.differs}
    return Edit(SECTION, name, said) if each.fate is Fate.CHANGE else Edit(SECTION, "", {"name": name, **said})


def _words(wrong: Wrong) -> str:
    key = {"client": _("gateway")}.get(wrong.key, wrong.key)
    told = f"{key}: {wrong.what}" if key else wrong.what
    return f"{told}. {wrong.remedy}.".replace("..", ".") if wrong.remedy else f"{told}."


def mended(dry: Dry) -> list[Sequence[str]]:
    """The bad lines as they came, with why: a file to mend and bring again."""
    width = max([len(dry.sheet.headers), *(len(each.line.cells) for each in dry.bad)])
    headers = [*dry.sheet.headers, *[""] * (width - len(dry.sheet.headers))]
    return [
        [*headers, "line", "reason"],
        *([*each.line.cells, *[""] * (width - len(each.line.cells)), str(each.line.number), each.why] for each in dry.bad),
    ]
