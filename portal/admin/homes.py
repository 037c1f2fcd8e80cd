"""Home servers: how each is just now, how its logins went, its settings, its secret, and a real request to it.

State comes from the running controller, success from the trace. Never shows a secret, and never keeps what is typed to test.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy import or_, select

from portal.admin import entries, forms, home_fields, live_homes, referrers
from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.admin.lists import Column, Filter, List, begins
from portal.admin.page import page
from portal.admin.tables import table
from portal.permissions import Permission
from store import network_use
from store.models import Home

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from portal.admin.desk import Wrong
    from portal.admin.live_homes import Live
    from store.models import HomeChange
    from store.network_use import Logins

blueprint = Blueprint("homes", __name__)
LATELY: Final = timedelta(hours=1)
TOLD: Final = 10  # changes of health on a home's page


class Row(NamedTuple):
    """A home in the list."""

    home: Home
    live: Live
    logins: Logins
    change: HomeChange | None  # the last


def _dressed(session: Session, homes: Sequence[Home]) -> list[Row]:
    names = [home.name for home in homes]
    seen = live_homes.live(desk().status())
    logins = network_use.by_home(session, names, g.now - LATELY)
    changes = network_use.last_changes(session, names)
    return [Row(home, live_homes.of(home, seen), logins[home.name], changes.get(home.name)) for home in homes]


COLUMNS: Final = (
    Column("name", later("Name"), lambda row: row.home.name),
    Column("address", later("Address"), lambda row: row.home.address),
    Column("port", later("Port"), lambda row: row.home.port),
    Column("enabled", later("In use"), lambda row: str(row.home.enabled).lower()),
    Column("state", later("State"), lambda row: row.live.state),
    Column("changed_at", later("Last change"), lambda row: row.change.at if row.change else None),
    Column("accepted_last_hour", later("Accepted"), lambda row: row.logins.accepted),
    Column("rejected_last_hour", later("Rejected"), lambda row: row.logins.rejected),
    Column("unanswered_last_hour", later("Unanswered"), lambda row: row.logins.unanswered),
    Column("milliseconds", later("Milliseconds"), lambda row: round(row.logins.milliseconds, 1) if row.logins.milliseconds else None),
)


def _begins(text: str) -> ColumnElement[bool]:
    return or_(begins(Home.name, text), Home.address.startswith(text, autoescape=True))


LIST: Final = List(
    select(Home),
    (Home.name,),
    COLUMNS,
    (
        Filter("q", later("Begins with"), _begins, hint=later("name or address")),
        Filter("use", later("In use"), lambda value: Home.enabled.is_(value == "on"), {"on": later("yes"), "off": later("switched off")}),
    ),
    dress=_dressed,
)


@blueprint.get("/homes")
@needs(Permission.NETWORK)
def index() -> Any:
    """Every home, and how it is."""
    with desk().reading() as session:
        every = session.execute(select(Home.name, Home.enabled)).all()
    seen = live_homes.live(desk().status())
    ill = live_homes.ill(every, seen)
    return table(LIST, "homes.html", "homes", answers=bool(desk().status()), ill=ill, count=len(every))


@blueprint.route("/homes/new", methods=["GET", "POST"])
@needs(Permission.SECRETS, fresh=True)
def new() -> ResponseReturnValue:
    """One more; its secret is typed here, so they prove freshly who they are."""
    values: Mapping[str, Any] = {}
    wrongs: list[Wrong] = []
    if request.method == "POST":
        values = home_fields.read(home_fields.NEW, request.form)
        outcome = entries.write("home", "", values)
        if not isinstance(outcome, list):
            return entries.done(entries.at("/homes", str(values["name"])), _("Added. Name it in a realm, and logins go there."), outcome)
        wrongs = outcome
    shown = home_fields.shown(home_fields.NEW, values, wrongs, new=request.method == "GET")
    lede = _(
        "A RADIUS server that answers for realms: a university’s, or the federation’s above us. Its operator gives you address and secret."
    )
    return page("entry_new.html", 422 if wrongs else 200, heading=_("New home"), lede=lede, shown=shown, back="/homes")


@blueprint.get("/homes/<path:name>")
@needs(Permission.NETWORK)
def show(name: str) -> ResponseReturnValue:
    """How it is, and its settings."""
    return shown(name)


@blueprint.post("/homes/<path:name>")
@needs(Permission.NETWORK_ACT)
def save(name: str) -> ResponseReturnValue:
    """Other settings."""
    said = home_fields.read(home_fields.KEPT, request.form)
    return _written(name, said)


@blueprint.post("/homes/<path:name>/use")
@needs(Permission.NETWORK_ACT)
def use(name: str) -> ResponseReturnValue:
    """On or off."""
    outcome = entries.write("home", name, {"enabled": request.form.get("enabled") == "on"})
    where = entries.at("/homes", name)
    return entries.refused(where, outcome) if isinstance(outcome, list) else entries.done(where, _("Saved."), outcome)


@blueprint.route("/homes/<path:name>/secret", methods=["GET", "POST"])
@needs(Permission.SECRETS, fresh=True)
def secret(name: str) -> ResponseReturnValue:
    """Another secret: typed, never shown."""
    wrongs: list[Wrong] = []
    if request.method == "POST":
        said = forms.read(home_fields.SECRET, request.form)
        outcome = entries.write("home", name, said)
        if not isinstance(outcome, list):
            return entries.done(entries.at("/homes", name), _("The secret was set. It is in use from now on."))
        wrongs = outcome
    with desk().reading() as session:
        entry = entries.find(session, "home", Home, name)
    kept = forms.shown(home_fields.SECRET, entry.values, wrongs)
    return page("home_secret.html", 422 if wrongs else 200, entry=entry, shown=kept, where=entries.at("/homes", name))


def _written(name: str, said: Mapping[str, Any]) -> ResponseReturnValue:
    outcome = entries.write("home", name, said)
    return shown(name, said, outcome) if isinstance(outcome, list) else entries.done(entries.at("/homes", name), _("Saved."), outcome)


def shown(name: str, typed: Mapping[str, Any] | None = None, wrongs: Sequence[Wrong] = (), **more: Any) -> ResponseReturnValue:
    """A home's page; `typed` and `wrongs` of a form that was refused, `more` of a test that was made."""
    with desk().reading() as session:
        entry = entries.find(session, "home", Home, name)
        realms = [each for each in referrers.of_home(session, name) if each.path.startswith("/realms")]
        values = typed or {"port": entry.row.port, **entry.values}
        return page(
            "home.html",
            422 if wrongs else 200,
            entry=entry,
            row=_dressed(session, [entry.row])[0],
            shown=home_fields.shown(home_fields.PLAIN, values, wrongs, also=home_fields.TIMES),
            times=home_fields.shown(home_fields.TIMES, values, wrongs, also=home_fields.PLAIN),
            changes=network_use.changes(session, name, TOLD),
            realms=realms,
            sample=_sample([each.name for each in realms]),
            answers=bool(desk().status()),
            kinds=live_homes.KINDS,
            titles=live_homes.WORDS,
            to=entries.paths("/homes", name),
            **{"story": None, "asked": {}, **more},
        )


def _sample(realms: Sequence[str]) -> str:
    """A realm whose identities come here, for the test's form; where the entries name none, any."""
    named = (realm.replace("*.", "www.") for realm in realms if realm not in ("", "*") and not realm.startswith("~"))
    return next(named, "uni.example")


@blueprint.post("/homes/<path:name>/take-over")
@needs(Permission.NETWORK_ACT)
def take_over(name: str) -> ResponseReturnValue:
    """The app's from now on."""
    return entries.take_over("home", name, entries.at("/homes", name))


@blueprint.route("/homes/<path:name>/remove", methods=["GET", "POST"])
@needs(Permission.NETWORK_ACT)
def remove(name: str) -> ResponseReturnValue:
    """It goes, unless a realm names it."""
    where = entries.at("/homes", name)
    if request.method == "POST":
        return entries.remove("home", name, "/homes", where)
    with desk().reading() as session:
        entries.find(session, "home", Home, name)
        found = referrers.of_home(session, name)
    return entries.removal(name, where, "/homes", found, _("Its secret goes with it, and cannot be brought back."))
