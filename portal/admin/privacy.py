"""What is kept of people and for how long: every class, the proof that it goes, and what another preset would change.

Days are the settings file's: the pages say which lines to write, and write none. Never a number that guests are not told.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, g, request
from flask_babel import lazy_gettext as later
from sqlalchemy import func, select

from portal import kept_words
from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.admin.lists import Column, Filter, List
from portal.admin.page import page
from portal.admin.tables import table
from portal.cases import keeping
from portal.kept_words import CLASSES
from portal.permissions import Permission, may
from store import incidents, keys, requests, visitors
from store.audit import KEY as AUDIT
from store.faults import SealError
from store.models import NamedKey, PrivacyRequest, RequestState, RetentionRun
from store.retention import Kept

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from portal.cases.keeping import Keeping

blueprint = Blueprint("privacy", __name__, url_prefix="/privacy")
KEYS: Final[dict[str, Any]] = {
    keys.TRACE: later("Logins and sessions: devices and user names become hashes with it"),
    keys.DEVICE: later("Guests’ devices become hashes with it"),
    keys.ACCOUNT: later("Accounts, codes and vouchers become hashes with it"),
    keys.VISIT: later("It seals what the road and the guests’ pages tell each other"),
    AUDIT: later("The audit log’s chain"),
}
COLUMNS: Final = (
    Column("number", later("Number"), lambda row: row.id),
    Column("at", later("When"), lambda row: row.at),
    Column("class", later("Class"), lambda row: row.kept),
    Column("cutoff", later("Older than"), lambda row: row.cutoff),
    Column("deleted", later("Deleted"), lambda row: row.deleted),
    Column("oldest_left", later("Oldest left"), lambda row: row.oldest),
)
FILTERS: Final = (
    Filter("class", later("Class"), lambda value: RetentionRun.kept == value, {kind.value: words.title for kind, words in CLASSES.items()}),
)
RUNS: Final = List(select(RetentionRun), (RetentionRun.at, RetentionRun.id), COLUMNS, FILTERS, descending=True)


def kept() -> Keeping:
    """What the settings say."""
    found: Keeping = desk().tools["keeping"]()
    return found


@blueprint.get("")
@needs(Permission.PRIVACY)
def index() -> ResponseReturnValue:
    """Every class, the keys, and what waits for somebody."""
    said = kept()
    with desk().reading() as session:
        lines = keeping.lines(session, said, g.now)
        last = session.scalar(select(func.max(RetentionRun.at)))
        named = dict(session.execute(select(NamedKey.name, NamedKey.created_at).where(NamedKey.name.in_(KEYS))).all())
        due, marks = _due(session), visitors.opened(session)
        asked = incidents.waiting(session, g.now) if may(g.staff.role, Permission.INCIDENTS) else ()
    return page(
        "privacy.html", said=said, lines=lines, last=last, classes=CLASSES, presets=kept_words.PRESETS, asked=asked, keys=KEYS, named=named,
        sealing=_sealing(), due=due, marks=marks, guest_url=desk().office.guest_url, month=keeping.MONTH,
        late=[line for line in lines if line.overdue], running=bool(desk().status()),
    )  # fmt: skip


def _due(session: Session) -> dict[str, int]:
    """Open requests: all, and those that are urgent or over."""
    mine = PrivacyRequest.state == RequestState.OPEN
    soon = func.count().filter(PrivacyRequest.due_at <= g.now + requests.SOON)
    over = func.count().filter(PrivacyRequest.due_at <= g.now)
    row = session.execute(select(func.count(), soon, over).where(mine)).one()
    return dict(zip(("open", "soon", "over"), row, strict=True))


class Sealing(NamedTuple):
    """The key file: how many keys it holds beside the one in use, and since when it is as it is."""

    retired: int
    since: datetime


def _sealing() -> Sealing | None:
    """None where it is away, which Settings health tells."""
    seal = desk().privacy.seal
    try:
        return Sealing(len(seal.keys) - 1, datetime.fromtimestamp(seal.path.stat().st_mtime, UTC))
    except (OSError, SealError):
        return None


@blueprint.get("/presets")
@needs(Permission.PRIVACY)
def presets() -> ResponseReturnValue:
    """Side by side; and what one of them would change."""
    said, chosen = kept(), request.args.get("to", "")
    effects = []
    if chosen in said.presets:
        with desk().reading() as session:
            effects = keeping.effects(session, said, chosen, g.now)
    return page(
        "privacy_presets.html", said=said, rows=keeping.presets_of(said), classes=CLASSES, presets=kept_words.PRESETS, effects=effects,
        chosen=chosen if chosen in said.presets else "", text=keeping.to_write(said, chosen) if effects else "", cap=keeping.CAP,
    )  # fmt: skip


@blueprint.get("/runs")
@needs(Permission.PRIVACY)
def runs() -> ResponseReturnValue:
    """The proof: each purge of each class."""
    names = {kind.value: CLASSES[kind].title for kind in Kept if kind in CLASSES}
    return table(RUNS, "privacy_runs.html", "deletions", names=names)  # type: ignore[no-any-return]
