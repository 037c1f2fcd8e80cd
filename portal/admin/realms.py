"""Realms: who answers for whom, in the order in which an identity meets them. Two thousand of them stay a list one can use.

A realm's name may be nothing at all, or an expression with slashes: it is in the query, never in the path.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, abort, g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy import or_, select

from portal.admin import entries, forms, live_homes, realm_fields, referrers
from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.admin.lists import Column, Filter, List, begins
from portal.admin.page import page
from portal.admin.tables import table
from portal.permissions import Permission
from store import network_use
from store.models import Home, Realm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from portal.admin.desk import Wrong
    from store.network_use import Logins

blueprint = Blueprint("realms", __name__)
LATELY: Final = timedelta(days=1)


class Row(NamedTuple):
    """A realm in the list, with how its logins went."""

    realm: Realm
    logins: Logins
    kind: str  # exact, suffix, expression, rest, none

    @property
    def title(self) -> Any:
        return realm_fields.KINDS[self.kind]

    @property
    def to(self) -> entries.Paths:
        return to(self.realm.match)


def to(match: str) -> entries.Paths:
    """A realm's page, and where its forms go."""
    return entries.queried("/realms", "match", match)


def _dressed(session: Session, realms: Sequence[Realm]) -> list[Row]:
    logins = network_use.by_rule(session, [realm.match for realm in realms], g.now - LATELY)
    return [Row(realm, logins[realm.match], realm_fields.kind(realm.match)) for realm in realms]


COLUMNS: Final = (
    Column("match", later("Realm"), lambda row: row.realm.match),
    Column("institution", later("Institution"), lambda row: row.realm.institution),
    Column("country", later("Country"), lambda row: row.realm.country),
    Column("action", later("What happens"), lambda row: row.realm.action.value),
    Column("homes", later("Homes"), lambda row: " ".join(row.realm.homes)),
    Column("strategy", later("Among several"), lambda row: row.realm.strategy.value),
    Column("accounting", later("Accounting"), lambda row: row.realm.accounting.value),
    Column("profile", later("Instructions"), lambda row: row.realm.profile),
    Column("reason", later("Reason"), lambda row: row.realm.reason),
    Column("logins_last_day", later("Logins, 1 day"), lambda row: row.logins.all),
    Column("accepted_last_day", later("Accepted"), lambda row: row.logins.accepted),
)


def _begins(text: str) -> ColumnElement[bool]:
    """Of the realm, with or without its "*.", or of the institution's name."""
    said = text.lower()
    below = (Realm.match.startswith(each, autoescape=True) for each in (said, f"*.{said}", f"~{text}"))
    return or_(*below, begins(Realm.institution, text))


LIST: Final = List(
    select(Realm),
    (Realm.position, Realm.match),
    COLUMNS,
    (
        Filter("q", later("Begins with"), _begins, hint=later("realm or institution")),
        Filter("home", later("Home"), network_use.names_home, hint=later("its whole name")),
        Filter("action", later("What happens"), lambda value: Realm.action == value, realm_fields.ACTIONS),
        Filter("country", later("Country"), lambda value: Realm.country == value.upper(), hint=later("CA")),
    ),
    dress=_dressed,
)


@blueprint.get("/realms")
@needs(Permission.NETWORK)
def index() -> Any:
    """Every realm, in order."""
    return table(LIST, "realms.html", "realms", actions=realm_fields.ACTIONS, strategies=realm_fields.STRATEGIES, under="/homes")


@blueprint.route("/realms/new", methods=["GET", "POST"])
@needs(Permission.NETWORK_ACT)
def new() -> ResponseReturnValue:
    """One more: the last of its kind."""
    values: Mapping[str, Any] = {"homes": request.args.getlist("home"), "match": request.args.get("match", "")}
    wrongs: list[Wrong] = []
    with desk().reading() as session:
        wanted = realm_fields.new(session)
    if request.method == "POST":
        values = forms.read(wanted, request.form)
        said = {key: value for key, value in values.items() if key != realm_fields.NONE}
        if values[realm_fields.NONE]:
            said["match"] = ""
        outcome = entries.write("realm", "", said)
        if not isinstance(outcome, list):
            return entries.done(to(realm_fields.stored(said["match"])).page, _("Added. It is in use within two seconds."), outcome)
        wrongs = outcome
    shown = forms.shown(wanted, values, wrongs, new=request.method == "GET")
    lede = _("Whose logins go where: an institution’s realm, and the homes that answer for it.")
    return page("entry_new.html", 422 if wrongs else 200, heading=_("New realm"), lede=lede, shown=shown, back="/realms", under="/homes")


@blueprint.get("/realms/entry")
@needs(Permission.NETWORK)
def show() -> ResponseReturnValue:
    """How its logins went, where they go, and its settings."""
    return _shown(_match())


@blueprint.post("/realms/entry")
@needs(Permission.NETWORK_ACT)
def save() -> ResponseReturnValue:
    """Other settings."""
    match = _match()
    with desk().reading() as session:
        said = forms.read(realm_fields.kept(session), request.form)
    outcome = entries.write("realm", match, said)
    return _shown(match, said, outcome) if isinstance(outcome, list) else entries.done(to(match).page, _("Saved."), outcome)


def _match() -> str:
    if "match" not in request.args:
        abort(404)
    return request.args["match"]


def _shown(match: str, typed: Mapping[str, Any] | None = None, wrongs: Sequence[Wrong] = ()) -> ResponseReturnValue:
    with desk().reading() as session:
        entry = entries.find(session, "realm", Realm, match)
        homes = {home.name: home for home in session.scalars(select(Home).where(Home.name.in_(entry.row.homes)))}
        seen = live_homes.live(desk().status())
        return page(
            "realm.html",
            422 if wrongs else 200,
            entry=entry,
            row=_dressed(session, [entry.row])[0],
            homes=[(name, live_homes.of(homes[name], seen) if name in homes else None) for name in entry.row.homes],
            shown=forms.shown(realm_fields.kept(session), typed or {**realm_fields.UNSAID, **entry.values}, wrongs),
            under="/homes",
            to=to(match),
        )


@blueprint.post("/realms/move")
@needs(Permission.NETWORK_ACT)
def move() -> ResponseReturnValue:
    """An expression before, or behind, its neighbour: among expressions alone the order decides."""
    match, back = _match(), to(_match()).page if request.form.get("here") else "/realms?q=~"
    with desk().reading() as session:
        order = list(session.scalars(select(Realm.match).order_by(Realm.position, Realm.match)))
    place = _beside(order, match, up=request.form.get("to") == "up")
    if place is None:
        return entries.done(back, _("It is there already."))
    outcome = entries.write("realm", match, {"position": place})
    return entries.refused(back, outcome) if isinstance(outcome, list) else entries.done(back, _("Moved."))


def _beside(order: Sequence[str], match: str, *, up: bool) -> int | None:
    """The place of the expression before or behind this one; None where it is the outermost, or none at all."""
    expressions = [each for each in order if each.startswith("~")]
    if match not in expressions:
        abort(404)
    other = expressions.index(match) + (-1 if up else 1)
    return order.index(expressions[other]) if 0 <= other < len(expressions) else None


@blueprint.post("/realms/take-over")
@needs(Permission.NETWORK_ACT)
def take_over() -> ResponseReturnValue:
    """The app's from now on."""
    return entries.take_over("realm", _match(), to(_match()).page)


@blueprint.route("/realms/remove", methods=["GET", "POST"])
@needs(Permission.NETWORK_ACT)
def remove() -> ResponseReturnValue:
    """It goes; rules about it stand, and do nothing."""
    match = _match()
    if request.method == "POST":
        return entries.remove("realm", match, "/realms", to(match).page)
    with desk().reading() as session:
        if session.get(Realm, match) is None:
            abort(404)
        found = referrers.of_realm(session, match)
    words = _("Its logins go by the next rule that fits from then on, or are refused. “Try a route” tells which.")
    return entries.removal(match, to(match).page, "/realms", found, words)
