"""The register of requests about data: what waits, the most urgent first; one of them, what to do about it, and its answer.

What is done to an account is done on the account's pages, and settles its requests. Where to answer is sealed: shown for a quarter
of an hour to whoever asks for it, on record. Never a person in an answer's words, and never an answer that is changed afterwards.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, abort, g, redirect, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy import select

from portal.admin import entries, reveal
from portal.admin.desk import desk
from portal.admin.guard import audited, needs
from portal.admin.lists import Column, Filter, List
from portal.admin.page import page
from portal.admin.privacy import kept
from portal.admin.tables import table
from portal.cases.remainders import time_zone
from portal.kept_words import CLASSES
from portal.permissions import Permission
from store import requests
from store.faults import SealError
from store.models import Account, PrivacyRequest, RequestKind, RequestState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

blueprint = Blueprint("privacy_requests", __name__, url_prefix="/privacy/requests")
KINDS: Final[dict[str, Any]] = {
    RequestKind.ACCESS.value: later("A copy of what is kept"),
    RequestKind.ERASE.value: later("Erase it"),
    RequestKind.CORRECT.value: later("Correct it"),
    RequestKind.OBJECT.value: later("Stop using it"),
}
STATES: Final[dict[str, Any]] = {
    RequestState.OPEN.value: later("open"),
    RequestState.DONE.value: later("answered"),
    RequestState.REFUSED.value: later("refused"),
}
OUTCOMES: Final[dict[str, Any]] = {  # what the pages themselves write down
    "downloaded": later("The owner downloaded it, or it was exported for them."),
    "erased": later("The account was erased."),
    "done": later("Done."),
}
LEAST: Final = 8  # characters of what was done
LONGEST: Final = 1_000
BACK: Final = timedelta(days=90)  # that a letter may have lain


class Row(NamedTuple):
    """One of a list."""

    request: PrivacyRequest
    tone: str
    state: Any
    days: int  # left; below nothing: over


def _rows(_session: Session, found: Sequence[PrivacyRequest]) -> list[Row]:
    return [row(each) for each in found]


def row(each: PrivacyRequest) -> Row:
    """As it stands now."""
    left = each.due_at - g.now
    if each.state is not RequestState.OPEN:
        return Row(each, "good" if each.state is RequestState.DONE else "quiet", STATES[each.state.value], 0)
    tone = "bad" if left <= timedelta() else "warn" if left <= requests.SOON else ""
    return Row(each, tone, _("overdue") if tone == "bad" else STATES["open"], left.days)


COLUMNS: Final = (
    Column("id", "", lambda row: row.request.id),
    Column("kind", "", lambda row: row.request.kind.value),
    Column("state", "", lambda row: row.request.state.value),
    Column("received_at", "", lambda row: row.request.received_at),
    Column("due_at", "", lambda row: row.request.due_at),
    Column("received_by", "", lambda row: row.request.received_by),
    Column("settled_at", "", lambda row: row.request.settled_at),
    Column("settled_by", "", lambda row: row.request.settled_by),
    Column("outcome", "", lambda row: row.request.outcome),
)
_KIND: Final = Filter("kind", later("What is asked"), lambda value: PrivacyRequest.kind == RequestKind(value), KINDS)
_STATE: Final = Filter("state", later("State"), lambda value: PrivacyRequest.state == RequestState(value), STATES)
_OPEN: Final = select(PrivacyRequest).where(PrivacyRequest.state == RequestState.OPEN)
OPEN: Final = List(_OPEN, (PrivacyRequest.due_at, PrivacyRequest.id), COLUMNS, (_KIND,), dress=_rows)
ALL: Final = List(
    select(PrivacyRequest), (PrivacyRequest.received_at, PrivacyRequest.id), COLUMNS, (_STATE, _KIND), descending=True, dress=_rows
)


@blueprint.get("")
@needs(Permission.PRIVACY)
def index() -> ResponseReturnValue:
    """Those that wait, the most urgent first."""
    return table(OPEN, "privacy_requests.html", "privacy-requests", kinds=KINDS, waiting=True)  # type: ignore[no-any-return]


@blueprint.get("/all")
@needs(Permission.PRIVACY)
def every() -> ResponseReturnValue:
    """The answered, too, the newest first."""
    return table(ALL, "privacy_requests.html", "privacy-requests", kinds=KINDS, waiting=False)  # type: ignore[no-any-return]


@blueprint.route("/new", methods=["GET", "POST"])
@needs(Permission.GUESTS_ACT)
def new() -> ResponseReturnValue:
    """Write down what somebody asked by mail, by telephone or at a desk."""
    typed = {name: request.values.get(name, "").strip() for name in ("kind", "account", "contact", "received")}
    wrongs: dict[str, Any] = {}
    if request.method == "POST":
        with desk().writing() as session:
            found = received(session, typed, wrongs)
        if found is not None:
            return entries.done(f"/privacy/requests/{found}", _("Written down."))
    return page(
        "privacy_request_new.html", 422 if wrongs else 200, typed=typed, wrongs=wrongs, kinds=KINDS, within=kept().within.days,
        longest=requests.LONGEST,
    )  # fmt: skip


def received(session: Session, typed: Mapping[str, str], wrongs: dict[str, Any]) -> str | None:
    """Its id; None where something is wrong with what was typed."""
    at = _day(typed["received"])
    if typed["kind"] not in KINDS:
        wrongs["kind"] = _("Choose what is asked.")
    if typed["account"] and session.get(Account, typed["account"]) is None:
        wrongs["account"] = _("There is no such account. Leave it empty where there is none.")
    if len(typed["contact"]) > requests.LONGEST or not typed["contact"].isprintable():
        wrongs["contact"] = _("One line of at most %(num)s characters.", num=requests.LONGEST)
    elif not typed["contact"] and not typed["account"]:
        wrongs["contact"] = _("Say where to answer, or which account it is about.")
    if at is None:
        wrongs["received"] = _("A day of the last %(num)s, as 2026-03-08.", num=BACK.days)
    if wrongs or at is None:
        return None
    made = requests.receive(
        session, desk().privacy, RequestKind(typed["kind"]), typed["account"], typed["contact"], g.staff.name, at, kept().within
    )
    audited(session, "receive", "privacy_request", made.id, fields={"kind": (None, typed["kind"])}, subject=typed["account"])
    return made.id


def _day(said: str) -> datetime | None:
    """The noon of a day, or now where none is said: never later, and not long ago."""
    if not said:
        at: datetime = g.now
        return at
    try:
        noon = datetime.combine(date.fromisoformat(said), time(12), time_zone(desk().zone())).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    at = min(noon, g.now)
    return at if noon - at < timedelta(days=1) and g.now - at <= BACK else None


@blueprint.get("/<name>")
@needs(Permission.PRIVACY)
def show(name: str) -> ResponseReturnValue:
    """One of them."""
    return _shown(name)


def _shown(name: str, wrong: str = "", typed: str = "") -> ResponseReturnValue:
    with desk().reading() as session:
        found = session.get(PrivacyRequest, name)
        if found is None:
            abort(404)
        account = session.get(Account, found.account_id) if found.account_id else None
        until = reveal.asked(session, "privacy_request", name)
    return page(
        "privacy_request.html", 422 if wrong else 200, row=row(found), kinds=KINDS, account=account is not None, until=until, wrong=wrong,
        contact=_contact(found) if until is not None else "", typed=typed, least=LEAST, longest=LONGEST,
        outcome=OUTCOMES.get(found.outcome, found.outcome), stays=[(_WORDS.get(each), *_stay(said)) for each, said in found.left.items()],
    )  # fmt: skip


_WORDS: Final = {kind.value: words for kind, words in CLASSES.items()}


def _stay(said: Any) -> tuple[int, datetime | None]:
    """How many rows, until when."""
    until = said.get("until") if isinstance(said, dict) else None
    return (said.get("rows", 0) if isinstance(said, dict) else 0), datetime.fromisoformat(until) if until else None


def _contact(found: PrivacyRequest) -> str:
    try:
        return requests.contact(desk().privacy, found)
    except SealError:
        return str(_("cannot be opened: its key is away"))


@blueprint.post("/<name>/contact")
@needs(Permission.PRIVACY_ACT)
def contact(name: str) -> ResponseReturnValue:
    """Where the answer goes, for a quarter of an hour in this browser; on record."""
    with desk().writing() as session:
        found = _find(session, name)
        if found.contact is not None:
            audited(session, reveal.ACTION, "privacy_request", name, subject=found.account_id)
    return redirect(f"/privacy/requests/{name}", 303)


@blueprint.post("/<name>/settle")
@needs(Permission.PRIVACY_ACT)
def settle(name: str) -> ResponseReturnValue:
    """Answered, or refused; with what was done, or why not."""
    said, refused = " ".join(request.form.get("outcome", "").split()), request.form.get("as", "") == "refused"
    if not (LEAST <= len(said) <= LONGEST and said.isprintable()):
        return _shown(name, _("Say what was done, or why not, in %(least)s to %(most)s characters.", least=LEAST, most=LONGEST), said)
    with desk().writing() as session:
        done = settled(session, _find(session, name), said, refused=refused)
    if not done:
        return _shown(name, _("Somebody settled it before you."))
    return entries.done(f"/privacy/requests/{name}", _("Settled. Where to answer is wiped."))


def settled(session: Session, found: PrivacyRequest, said: str, *, refused: bool) -> bool:
    """Answered with these words, or refused; False where somebody was faster."""
    if not requests.settle(session, found, said, g.staff.name, g.now, refused=refused):
        return False
    fields = {"state": ("open", found.state.value)}
    audited(session, "settle", "privacy_request", found.id, fields=fields, reason=said, subject=found.account_id)
    return True


def _find(session: Session, name: str) -> PrivacyRequest:
    found = session.get(PrivacyRequest, name)
    if found is None:
        abort(404)
    return found
