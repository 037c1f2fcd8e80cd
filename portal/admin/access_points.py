"""Access points: the list with what was heard of each, one's page, a new one.

The list costs the same few statements however long it is. Never a station: sessions are counted, and listed by another page.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, abort, g, redirect, request
from flask_babel import gettext, lazy_gettext
from sqlalchemy import func, or_, select

from portal.admin import entries, forms, undo
from portal.admin.access_points_csv import spelled
from portal.admin.desk import desk
from portal.admin.forms import Field, Kind
from portal.admin.guard import needs
from portal.admin.lists import Column, Filter, List, begins
from portal.admin.page import page
from portal.admin.tables import table
from portal.permissions import Permission
from store import heard
from store.heard import Heard, State
from store.models import AccessPoint, Client, ManagedBy, Site, UnknownAccessPoint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from portal.admin.desk import Wrong

blueprint = Blueprint("access_points", __name__, url_prefix="/access-points")
_ = gettext
SECTION: Final = "access_point"
HERE: Final = "/access-points"
STATES: Final[Mapping[str, Any]] = {
    State.OK: lazy_gettext("Heard"),
    State.SILENT: lazy_gettext("Silent"),
    State.NEVER: lazy_gettext("Never heard"),
}
KINDS: Final[Mapping[str, str]] = {State.OK: "good", State.SILENT: "warn", State.NEVER: "quiet"}  # of badge


_ODD: Final = re.compile(r"new|unknown|import(/mend)?|map|map\.json|bulk|undo|entry|\.{1,2}|.*//.*|/.*|.*/test", re.DOTALL)


def where(name: str) -> str:
    """The page of an access point: its name is the path, but for names that other pages have."""
    return entries.queried(HERE, "name", name).page if _ODD.fullmatch(name) else entries.at(HERE, name)


class Row(NamedTuple):
    """An access point in the list. `site`: its own, else its gateway's."""

    point: AccessPoint
    site: str
    site_name: str
    heard: Heard
    state: State

    @property
    def where(self) -> str:
        return where(self.point.name)


class Around(NamedTuple):
    """What an access point may belong to."""

    sites: Mapping[str, str]  # id -> name
    clients: Mapping[str, str]  # name -> its site's id, "" for none
    districts: Sequence[str]


def around(session: Session) -> Around:
    """All sites, gateways and districts: a choice is made of all of them."""
    sites = session.execute(select(Site.id, Site.name, Site.district).order_by(Site.name)).all()
    clients = session.execute(select(Client.name, Client.site).order_by(Client.name)).all()
    return Around(
        {each.id: each.name for each in sites},
        {each.name: each.site or "" for each in clients},
        sorted({each.district for each in sites} - {""}),
    )


def dressed(session: Session, points: Sequence[AccessPoint]) -> list[Row]:
    """With the place and the last word of each: three statements."""
    words = heard.heard(session, [point.name for point in points])
    places = around(session)
    rows = []
    for point in points:
        site = point.site or places.clients.get(point.client or "", "")
        said = words.get(point.name, Heard(None, 0))
        rows.append(Row(point, site, places.sites.get(site, site), said, said.state(g.now)))
    return rows


COLUMNS: Final = (  # those of the import first: a file that was exported may be imported
    Column("name", lazy_gettext("Name"), lambda row: row.point.name),
    Column("mac", lazy_gettext("MAC"), lambda row: row.point.mac),
    Column("site", lazy_gettext("Site"), lambda row: row.point.site),
    Column("gateway", lazy_gettext("Gateway"), lambda row: row.point.client),
    Column("latitude", lazy_gettext("Latitude"), lambda row: row.point.latitude),
    Column("longitude", lazy_gettext("Longitude"), lambda row: row.point.longitude),
    Column("state", lazy_gettext("State"), lambda row: row.state.value),
    Column("last_heard", lazy_gettext("Last heard"), lambda row: row.heard.at),
    Column("sessions", lazy_gettext("Online"), lambda row: row.heard.open),
    Column("managed_by", lazy_gettext("Kept by"), lambda row: row.point.managed_by.value),
)


def _place() -> ColumnElement[str | None]:
    """The site it counts for: its own, else its gateway's."""
    return func.coalesce(AccessPoint.site, select(Client.site).where(Client.name == AccessPoint.client).scalar_subquery())


def _begins(text: str) -> ColumnElement[bool]:
    return or_(begins(AccessPoint.name, text), AccessPoint.mac == spelled(text))


def _in_district(value: str) -> ColumnElement[bool]:
    return _place().in_(select(Site.id).where(Site.district == value))


def listed(places: Around) -> List:
    """The list, with the filters that there are."""
    filters = (
        Filter("q", lazy_gettext("Name or MAC"), _begins, hint=lazy_gettext("begins with")),
        Filter("site", lazy_gettext("Site"), lambda value: _place() == value, places.sites),
        Filter("district", lazy_gettext("District"), _in_district, {name: name for name in places.districts}),
        Filter("client", lazy_gettext("Gateway"), lambda value: AccessPoint.client == value, {name: name for name in places.clients}),
        Filter("state", lazy_gettext("State"), lambda value: heard.is_state(State(value), g.now), STATES),
        Filter("kept", lazy_gettext("Kept by"), lambda value: AccessPoint.managed_by == ManagedBy(value), _KEPT),
    )
    return List(select(AccessPoint), (AccessPoint.name.expression,), COLUMNS, filters, dress=dressed)


_KEPT: Final = {"app": lazy_gettext("These pages"), "file": lazy_gettext("The network file")}


@blueprint.get("")
@needs(Permission.NETWORK)
def index() -> ResponseReturnValue:
    """Every access point, and how many wait to be adopted."""
    with desk().reading() as session:
        places = around(session)
        unknown = waiting(session)
    shown = {"places": places, "unknown": unknown, "states": STATES, "kinds": KINDS, "undo": request.args.get("undo", "")}
    return table(listed(places), "access_points.html", "access-points", **shown)  # type: ignore[no-any-return]


def waiting(session: Session) -> int:
    """Undeclared access points that spoke."""
    return session.scalar(select(func.count()).select_from(UnknownAccessPoint)) or 0


def fields(places: Around, *, new: bool) -> list[Field]:
    """The form's."""
    name = [
        Field("name", _("Name"), needed=True, hint=_("At most 64 characters. It does not change afterwards: the trace knows it by this."))
    ]
    sites = {key: f"{title} ({key})" if title != key else title for key, title in places.sites.items()}
    return [
        *(name if new else []),
        Field("mac", _("MAC"), hint=_("AA-BB-CC-DD-EE-FF; AA-BB-CC-DD-EE-F0/44 covers the sixteen that it may send under.")),
        Field("site", _("Site"), Kind.CHOICE, _("None: its gateway’s."), sites),
        Field("client", _("Gateway"), Kind.CHOICE, _("None: it may speak through any."), {each: each for each in places.clients}),
        Field("latitude", _("Latitude"), Kind.NUMBER, _("Degrees, like 43.5885. None: its site’s.")),
        Field("longitude", _("Longitude"), Kind.NUMBER, _("Degrees, like -79.6441.")),
    ]


@blueprint.get("/new")
@needs(Permission.NETWORK_ACT)
def new() -> ResponseReturnValue:
    """An empty form; what a link says of it is in it already."""
    with desk().reading() as session:
        asked = fields(around(session), new=True)
    given = {each.key: request.args[each.key] for each in asked if each.key in request.args}
    return page("access_point_new.html", form=forms.shown(asked, given, new=True))


@blueprint.post("/new")
@needs(Permission.NETWORK_ACT)
def add() -> ResponseReturnValue:
    """One more, or the form with what is wrong."""
    with desk().reading() as session:
        asked = fields(around(session), new=True)
    said = forms.read(asked, request.form)
    outcome = entries.write(SECTION, "", said)
    if not isinstance(outcome, list):
        return entries.done(
            entries.at(HERE, said["name"]), _("“%(name)s” is there. The first login through it makes it heard.", name=said["name"])
        )
    return page("access_point_new.html", 422, form=forms.shown(asked, said, outcome))


@blueprint.get("/<path:name>")
@needs(Permission.NETWORK)
def one(name: str) -> ResponseReturnValue:
    """What was heard of it, then its settings."""
    return _one(name)


@blueprint.get("/entry")
@needs(Permission.NETWORK)
def odd() -> ResponseReturnValue:
    """The same of one whose name another page has."""
    return _one(request.args.get("name", ""))


def _one(name: str, said: Mapping[str, Any] | None = None, wrongs: Sequence[Wrong] = ()) -> ResponseReturnValue:
    with desk().reading() as session:
        entry = entries.find(session, SECTION, AccessPoint, name)
        (row,) = dressed(session, [entry.row])
        form = forms.shown(fields(around(session), new=False), entry.values if said is None else said, wrongs)
        shown = {"states": STATES, "kinds": KINDS, "undo": request.args.get("undo", "")}
        return page("access_point.html", 422 if wrongs else 200, row=row, form=form, ours=entry.ours, where=where(name), **shown)


@blueprint.post("/<path:name>")
@needs(Permission.NETWORK_ACT)
def act(name: str) -> ResponseReturnValue:
    """Save, take over or remove, as the button says."""
    return _act(name)


@blueprint.post("/entry")
@needs(Permission.NETWORK_ACT)
def act_on_odd() -> ResponseReturnValue:
    """The same of one whose name another page has."""
    return _act(request.args.get("name", ""))


def _act(name: str) -> ResponseReturnValue:
    do, here = request.form.get("do", "save"), where(name)
    if do == "take-over":
        return entries.take_over(SECTION, name, here)
    if do not in ("save", "remove"):
        abort(400)
    with desk().reading() as session:
        entries.find(session, SECTION, AccessPoint, name)
        said = forms.read(fields(around(session), new=False), request.form)
    with desk().writing() as session:
        outcome, link = undo.change(session, SECTION, {name: None if do == "remove" else said})
    if isinstance(outcome, list):
        return _one(name, said, outcome) if do == "save" else entries.refused(here, outcome)
    if do == "remove":
        return redirect(undo.told(HERE, _("“%(name)s” was removed.", name=name), link), 303)
    return redirect(undo.told(here, _("Saved.") if outcome.changes else _("Nothing was different."), link), 303)
