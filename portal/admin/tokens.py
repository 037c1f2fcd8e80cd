"""Tokens for the API: which programs may do what, until when; a new one, shown once; taken back with a reason.

What a token can be is portal/cases/tokens.py's to judge. Never shows a token twice, and never one that its maker could not use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, abort, g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy import and_, select

from portal.admin import entries, roles
from portal.admin.desk import desk
from portal.admin.guard import audited, needs
from portal.admin.lists import Column, Filter, List
from portal.admin.page import page
from portal.admin.reveal import reason
from portal.admin.tables import table
from portal.cases import tokens as cases
from portal.cases.tokens import State, Unfit, Wanted
from portal.permissions import ALLOWED, Permission, grantable
from store import tokens
from store.models import ApiToken, Role, Staff

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

blueprint = Blueprint("tokens", __name__, url_prefix="/tokens")
STATES: Final = {
    State.WORKS: later("works"),
    State.ENDS: later("ends soon"),
    State.ENDED: later("has ended"),
    State.REVOKED: later("was taken back"),
    State.ORPHANED: later("its maker is disabled"),
}
TONES: Final = {State.WORKS: "good", State.ENDS: "warn", State.ENDED: "quiet", State.REVOKED: "quiet", State.ORPHANED: "bad"}
LASTS: Final = {7: later("7 days"), 30: later("30 days"), 90: later("90 days"), 180: later("180 days"), 366: later("a year")}
USUAL: Final = 90
_UNFIT: Final = {
    Unfit.NAME: later("A name has 1 to 60 characters."),
    Unfit.TAKEN: later("A token of this name works. Give this one another, so that the audit log tells them apart."),
    Unfit.ROLE: later("No token can have this role, or yours may less."),
    Unfit.SCOPES: later("Tick at least one, and only what this role may do."),
    Unfit.NETWORKS: later("One network a line, such as 192.0.2.0/24 or 2001:db8::/48; sixteen at most."),
    Unfit.LASTS: later("A token ends within a year."),
    Unfit.MANY: later("A hundred tokens work already. Take back those that nobody uses first."),
}


class Row(NamedTuple):
    """One token of a list."""

    token: ApiToken
    maker: str
    state: State

    @property
    def changes(self) -> int:
        """How many of its scopes change something."""
        return sum(map(changing, self.token.scopes))

    @property
    def reads(self) -> int:
        return len(self.token.scopes) - self.changes


def dressed(session: Session, rows: Sequence[ApiToken]) -> list[Row]:
    """With the names of their makers: one statement."""
    makers = {each.id: each for each in session.scalars(select(Staff).where(Staff.id.in_({row.staff_id for row in rows})))}
    return [Row(row, makers[row.staff_id].name, cases.state(tokens.Found(row, makers[row.staff_id]), g.now)) for row in rows]


COLUMNS: Final = (
    Column("id", later("Id"), lambda row: row.token.id),
    Column("name", later("Name"), lambda row: row.token.name),
    Column("maker", later("Made by"), lambda row: row.maker),
    Column("role", later("Role"), lambda row: row.token.role.value),
    Column("scopes", later("May"), lambda row: " ".join(row.token.scopes)),
    Column("networks", later("From"), lambda row: " ".join(row.token.networks)),
    Column("made", later("Made"), lambda row: row.token.created_at),
    Column("used", later("Last used"), lambda row: row.token.used_at),
    Column("ends", later("Ends"), lambda row: row.token.expires_at),
    Column("taken_back", later("Taken back"), lambda row: row.token.revoked_at),
    Column("state", later("State"), lambda row: row.state.value),
)


def _in_state(value: str) -> ColumnElement[bool]:
    gone = select(Staff.id).where(Staff.disabled_at.is_not(None))
    running = and_(ApiToken.revoked_at.is_(None), ApiToken.expires_at > g.now)
    soon = ApiToken.expires_at <= g.now + cases.SOON
    orphaned = ApiToken.staff_id.in_(gone)
    clauses: dict[State, ColumnElement[bool]] = {
        State.WORKS: and_(running, ~orphaned, ~soon),
        State.ENDS: and_(running, ~orphaned, soon),
        State.ENDED: and_(ApiToken.revoked_at.is_(None), ApiToken.expires_at <= g.now),
        State.REVOKED: ApiToken.revoked_at.is_not(None),
        State.ORPHANED: and_(running, orphaned),
    }
    return clauses[State(value)]


def _made_by(value: str) -> ColumnElement[bool]:
    return ApiToken.staff_id.in_(select(Staff.id).where(Staff.name == value))


FILTERS: Final = (
    Filter("state", later("State"), _in_state, {state.value: title for state, title in STATES.items()}),
    Filter("role", later("Role"), lambda said: ApiToken.role == Role(said), {role.value: roles.ROLES[role] for role in cases.OFFERED}),
    Filter("maker", later("Made by"), _made_by, hint=later("a whole name")),
    Filter("name", later("Name"), lambda said: ApiToken.name == said, hint=later("a whole name")),
)
EVERY: Final = List(select(ApiToken), (ApiToken.created_at, ApiToken.id), COLUMNS, FILTERS, descending=True, dress=dressed)


@blueprint.get("")
@needs(Permission.TOKENS)
def index() -> Any:
    """Every token that is or was."""
    return table(EVERY, "tokens.html", "tokens", **_words())


@blueprint.get("/new")
@needs(Permission.TOKENS_ACT, fresh=True)
def choose() -> ResponseReturnValue:
    """One more: of which role, then what it may do of that."""
    return _form(_role(request.args.get("role", Role.AUDITOR.value)), {"lasts": str(USUAL)}, frozenset())


@blueprint.post("/new")
@needs(Permission.TOKENS_ACT, fresh=True)
def new() -> ResponseReturnValue:
    """It is made, and shown this once."""
    typed = {key: request.form.get(key, "") for key in ("name", "networks", "lasts")}
    scopes = frozenset(request.form.getlist("scope"))
    role = _role(request.form.get("becomes", ""))
    days = int(typed["lasts"]) if typed["lasts"] in map(str, LASTS) else 0
    wanted = Wanted(typed["name"], role.value, scopes, [each for each in typed["networks"].split("\n") if each.strip()], days)
    with desk().writing() as session:
        outcome = cases.make(session, wanted, session.get_one(Staff, g.staff.id), g.now)
        if isinstance(outcome, list):
            return _form(role, typed, scopes, outcome)
        row, secret = outcome
        audited(session, "add", "token", row.id, fields=cases.fields(row))
    return page("token_made.html", row=row, secret=secret, url=desk().office.url, **_words())


def _form(role: Role, typed: dict[str, str], ticked: frozenset[str], wrongs: Sequence[Unfit] = ()) -> ResponseReturnValue:
    said = {each.value: _UNFIT[each] for each in wrongs if each is not Unfit.TAKEN}
    if Unfit.TAKEN in wrongs:
        said[Unfit.NAME.value] = _UNFIT[Unfit.TAKEN]
    reads, changes = groups(role)
    return page(
        "token_new.html", 422 if wrongs else 200, becomes=role, typed=typed, ticked=ticked, wrongs=said, reads=reads, changes=changes,
        choices=[each for each in cases.OFFERED if grantable(each) <= grantable(g.staff.role)], times=LASTS, **_words(),
    )  # fmt: skip


def groups(role: Role) -> tuple[list[Permission], list[Permission]]:
    """What a token of this role may be given: what reads, and what changes; in the table's order."""
    offered = [each for each in Permission if each in grantable(role)]
    changes = [each for each in offered if changing(each.name)]
    return [each for each in offered if each not in changes], changes


def changing(scope: str) -> bool:
    """Whether it lets anything be changed."""
    return scope.endswith(("_ACT", "_BATCH")) or scope == Permission.SECRETS.name


@blueprint.get("/<name>")
@needs(Permission.TOKENS)
def show(name: str) -> ResponseReturnValue:
    """One token: how it is, what it may do, and what was done to it."""
    return _shown(name)


def _shown(name: str, wrong: str = "") -> ResponseReturnValue:
    with desk().reading() as session:
        found = _found(session, name)
        state = cases.state(found, g.now)
        idle = sorted(set(found.token.scopes) - {each.name for each in cases.effective(found)})
    return page("token.html", 422 if wrong else 200, row=Row(found.token, found.maker.name, state), idle=idle, wrong=wrong, **_words())


@blueprint.post("/<name>/revoke")
@needs(Permission.TOKENS_ACT, fresh=True)
def revoke(name: str) -> ResponseReturnValue:
    """It is worth nothing from now on."""
    why = reason()
    if not why:
        return _shown(name, _("Say why, in a few words: it goes into the audit log."))
    with desk().writing() as session:
        found = _found(session, name)
        done = tokens.revoke(session, found.token, g.now)
        if done:
            audited(session, "revoke", "token", name, fields={"name": (found.token.name, None)}, reason=why)
    said = _("Taken back: whoever uses it is refused from now on.") if done else _("It was worth nothing before.")
    return entries.done(entries.at("/tokens", name), said)


def _found(session: Session, name: str) -> tokens.Found:
    found = tokens.named(session, name)
    if found is None:
        abort(404)
    return found


def _role(said: str) -> Role:
    found = {role.value: role for role in cases.OFFERED}.get(said)
    if found is None:
        abort(400)
    return found


def _words() -> dict[str, Any]:
    return {"roles": roles.ROLES, "says": roles.PERMISSIONS, "states": STATES, "tones": TONES, "allowed": ALLOWED}
