"""Versions that the city decides on: of an advert (`Creative`) and of a shop's page (`ShopVersion`), by the same steps.

Theory of operation. An owner, which is a campaign or a shop, has versions counted from 1. The newest alone may be open: a
draft, submitted, or rejected. Before it lie one approved version, which goes on until the next is approved, and those that
were replaced or rejected. Each step takes the owner's row first and reads the version anew, so of two who act at once the
second sees what the first did: one who saves over it is stale (`edits` counts saves), and a step that is not the version's
any more is refused.

    draft --submit--> submitted --approve--> approved --(the next is approved)--> replaced
      ^--withdraw--------'   '----reject---> rejected --draft()--> a new draft with its words

Never lets anybody approve a version who saved or submitted it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from sqlalchemy import select, update
from sqlalchemy.orm import InstrumentedAttribute, object_session

from store import pictures
from store.models import Business, Campaign, Creative, CreativeState, ShopVersion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

Version = TypeVar("Version", Creative, ShopVersion)
FIELDS: Final[Mapping[type[Any], tuple[str, ...]]] = {
    Creative: ("title", "text", "picture", "alt", "link", "plan"),
    ShopVersion: ("name", "about", "address", "hours", "link", "picture", "alt"),
}
MOST: Final = 200  # versions that a history shows
LONGEST_REASON: Final = 1_000
OPEN: Final = frozenset({CreativeState.DRAFT, CreativeState.SUBMITTED, CreativeState.REJECTED})
_OWNERS: Final[Mapping[type[Any], tuple[type[Any], str]]] = {
    Creative: (Campaign, "campaign_id"),
    ShopVersion: (Business, "business_id"),
}


class StaleError(Exception):
    """Somebody else saved meanwhile; `newest` is what there is now."""

    def __init__(self, newest: Creative | ShopVersion) -> None:
        super().__init__()
        self.newest = newest


class StepError(Exception):
    """This version is not where this step begins: somebody was faster; `state` is where it stands, None where it is gone."""

    def __init__(self, state: CreativeState | None) -> None:
        super().__init__()
        self.state = state


class SamePersonError(Exception):
    """Whoever saved or submitted a version does not approve it."""


def newest(session: Session, model: type[Version], owner: str) -> Version | None:
    """The version that was made last, whatever became of it."""
    return next(iter(history(session, model, owner, 1)), None)


def live(session: Session, model: type[Version], owner: str) -> Version | None:
    """What guests may see: the approved one."""
    mine = select(model).where(_of(model) == owner, model.state == CreativeState.APPROVED)
    return session.scalars(mine.order_by(model.version.desc()).limit(1)).one_or_none()


def history(session: Session, model: type[Version], owner: str, most: int = MOST) -> Sequence[Version]:
    """The newest first."""
    return session.scalars(select(model).where(_of(model) == owner).order_by(model.version.desc()).limit(most)).all()


def latest(session: Session, model: type[Version], owner: str) -> Version | None:
    """The newest, as it is now; nobody else takes a step before this transaction is over. StepError where its owner is gone."""
    _alone(session, model, owner)
    mine = select(model).where(_of(model) == owner).order_by(model.version.desc()).limit(1)
    return session.scalars(mine.execution_options(populate_existing=True)).one_or_none()


def draft(session: Session, model: type[Version], owner: str, by: str, now: datetime) -> Version:
    """The one draft: what waits is withdrawn first; of what was decided it is a copy, of nothing it is empty."""
    last = latest(session, model, owner)
    if last is not None and last.state in (CreativeState.DRAFT, CreativeState.SUBMITTED):
        _withdrawn(last)
        return last
    fields = {} if last is None else fields_of(last)
    number = 1 if last is None else last.version + 1
    row = model(**{_OWNERS[model][1]: owner}, **fields, version=number, state=CreativeState.DRAFT, created_at=now, made_by=by)
    session.add(row)
    session.flush()
    return row


def save(row: Version, fields: Mapping[str, Any], edits: int, by: str) -> None:
    """Keep these fields, the others as they are. StaleError where it was saved since `edits`; what waits is withdrawn first."""
    _again(row)
    if row.edits != edits:
        raise StaleError(row)
    _must(row, CreativeState.DRAFT, CreativeState.SUBMITTED)
    _withdrawn(row)
    for name in FIELDS[type(row)]:
        if name in fields:
            setattr(row, name, fields[name])
    row.edits, row.made_by, row.editors = edits + 1, by, sorted({*row.editors, by})


def submit(row: Version, by: str, now: datetime) -> None:
    """Ask the city to look at it."""
    _again(row)
    _must(row, CreativeState.DRAFT)
    row.state, row.submitted_by, row.submitted_at = CreativeState.SUBMITTED, by, now


def withdraw(row: Version) -> None:
    """Ask no more; it is a draft again."""
    _again(row)
    _must(row, CreativeState.SUBMITTED)
    _withdrawn(row)


def approve(row: Version, by: str, now: datetime) -> None:
    """From now on guests see this one, and its picture may be fetched. SamePersonError where `by` had a hand in it."""
    session = _again(row)
    _must(row, CreativeState.SUBMITTED)
    if not by or by in hands(row):
        raise SamePersonError
    model = type(row)
    former = (_of(model) == owner_of(row), model.state == CreativeState.APPROVED)
    session.execute(update(model).where(*former).values(state=CreativeState.REPLACED))
    row.state, row.decided_by, row.decided_at = CreativeState.APPROVED, by, now
    if row.picture:
        pictures.publish(session, row.picture, now)
    session.flush()


def hands(row: Creative | ShopVersion) -> frozenset[str]:
    """Everybody who had a hand in it: they do not approve it."""
    return frozenset({*row.editors, row.made_by, row.submitted_by}) - {""}


def reject(row: Version, by: str, reason: str, now: datetime) -> None:
    """Say no, and why. Whoever submitted it may: it takes nobody's word away."""
    _again(row)
    _must(row, CreativeState.SUBMITTED)
    row.state, row.decided_by, row.decided_at, row.reason = CreativeState.REJECTED, by, now, reason[:LONGEST_REASON]


def discard(row: Version) -> None:
    """Throw a draft away: the version before it is the newest again."""
    session = _again(row)
    _must(row, CreativeState.DRAFT, CreativeState.SUBMITTED)
    session.delete(row)
    session.flush()


def fields_of(row: Creative | ShopVersion) -> dict[str, Any]:
    """What this version shows: the same keys that `save` takes."""
    found = {name: getattr(row, name) for name in FIELDS[type(row)]}
    return {name: dict(value) if isinstance(value, dict) else value for name, value in found.items()}


def changed(old: Creative | ShopVersion | None, new: Creative | ShopVersion) -> list[str]:
    """The fields in which they differ, in the order of `FIELDS`; of a first version those that say something."""
    said = {} if old is None else fields_of(old)
    return [name for name, value in fields_of(new).items() if value != said.get(name, type(value)())]


def owner_of(row: Creative | ShopVersion) -> str:
    """The campaign's id, or the shop's."""
    return str(getattr(row, _OWNERS[type(row)][1]))


def _of(model: type[Version]) -> InstrumentedAttribute[str]:
    return cast("InstrumentedAttribute[str]", getattr(model, _OWNERS[model][1]))


def _alone(session: Session, model: type[Version], owner: str) -> None:
    """Whoever takes a step takes the owner's row first; figures of it may be counted meanwhile. SQLite's writers are alone anyway."""
    kind = _OWNERS[model][0]
    if session.scalar(select(kind.id).where(kind.id == owner).with_for_update(key_share=True)) is None:
        raise StepError(None)


def _again(row: Version) -> Session:
    """Its session, once this version is as it is now and nobody else takes a step."""
    session = object_session(row)
    if session is None:
        raise StepError(None)
    model, name = type(row), row.id
    _alone(session, model, owner_of(row))
    if session.get(model, name, populate_existing=True) is None:
        raise StepError(None)
    return session


def _must(row: Version, *states: CreativeState) -> None:
    if row.state not in states:
        raise StepError(row.state)


def _withdrawn(row: Version) -> None:
    row.state, row.submitted_by, row.submitted_at = CreativeState.DRAFT, "", None
