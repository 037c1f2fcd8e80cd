"""What is kept for how long, as the settings say it: each class, what stands behind it, and what another preset would change.

Filled by the composition root, which alone reads settings. Never a number of our own: what the guests' page says, what the
purge goes by and what is shown here are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import func, literal_column, select

from store import deletions, retention
from store.retention import Kept

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from store.deletions import Overdue
    from store.models import RetentionRun

CAP: Final = 10_000  # rows that a preset would delete are counted up to
MONTH: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Setting:
    """One class as [retention] has it."""

    kept: Kept
    name: str  # the key
    days: int
    behind: int  # what it is where the key is not written: the preset's, else the default
    most: int  # that the settings take
    presets: Mapping[str, int]  # of each preset that says something about it

    @property
    def own(self) -> bool:
        """Whether the settings say something else than what stands behind."""
        return self.days != self.behind


@dataclass(frozen=True, slots=True)
class Keeping:
    """Everything that is set about it."""

    preset: str
    presets: tuple[str, ...]
    settings: tuple[Setting, ...]
    file: str  # where it is written
    most: int  # days that anything which tells of a person may be kept
    within: timedelta  # in which a request is answered
    alone: bool  # [privacy] break_glass
    told: bool  # whether [privacy] says to guests by which law

    def of(self, kept: Kept) -> Setting | None:
        return next((each for each in self.settings if each.kept is kept), None)

    @property
    def ages(self) -> dict[Kept, timedelta]:
        """Every class with its time, those that have one of their own, too."""
        return retention.ages({each.kept: timedelta(days=each.days) for each in self.settings})

    @property
    def days(self) -> dict[str, int]:
        """The same as the guests' pages have it."""
        return {each.kept.value: each.days for each in self.settings}


class Line(NamedTuple):
    """One class: what is set, and what was done."""

    kept: Kept
    age: timedelta
    setting: Setting | None  # None: its time is no setting
    run: RetentionRun | None
    gone: int  # within `MONTH`
    overdue: Overdue | None


def lines(session: Session, keeping: Keeping, now: datetime) -> list[Line]:
    """Every class, in few statements, however much is kept."""
    ages = keeping.ages
    runs = {run.kept: run for run in deletions.last(session)}
    gone = deletions.deleted_since(session, now - MONTH)
    kept = {each.kept: timedelta(days=each.days) for each in keeping.settings}
    late = {each.kept: each for each in deletions.overdue(session, kept, now)}
    return [
        Line(kind, ages[kind], keeping.of(kind), runs.get(kind.value), gone.get(kind.value, 0), late.get(kind))
        for kind in Kept
        if kind in ages
    ]


class Effect(NamedTuple):
    """What another preset does to one class, if nothing else is written for it."""

    setting: Setting
    days: int
    stays: bool  # the settings say their own, which goes over any preset
    goes: int  # rows that the next purge would delete; CAP + 1 for more


def effects(session: Session, keeping: Keeping, preset: str, now: datetime) -> list[Effect]:
    """The classes that a preset is about; counted where they would become shorter."""
    found = []
    for each in keeping.settings:
        if preset not in each.presets:
            continue
        days = each.days if each.own else each.presets[preset]
        goes = _goes(session, each.kept, now - timedelta(days=days)) if days < each.days else 0
        found.append(Effect(each, days, each.own, goes))
    return found


def _goes(session: Session, kind: Kept, before: datetime) -> int:
    """Rows that are over at this moment."""
    counted = 0
    for each in retention.too_old(kind, before):
        some: Select[Any] = each.with_only_columns(literal_column("1"), maintain_column_froms=True).limit(CAP + 1)
        counted += session.scalar(select(func.count()).select_from(some.subquery())) or 0
    return min(counted, CAP + 1)


def to_write(keeping: Keeping, preset: str) -> str:
    """The lines of the settings file that choose a preset and leave what is the file's own."""
    own = [f"{each.name} = {each.days}" for each in keeping.settings if each.own]
    return "\n".join(["[retention]", f'preset = "{preset}"', *own])


def presets_of(keeping: Keeping) -> Sequence[Setting]:
    """The classes that presets differ in."""
    return [each for each in keeping.settings if each.presets]
