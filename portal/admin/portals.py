"""Portal pages: which there are, who sees them, what guests may do there; each is edited as a draft, and published.

Whatever is written goes through `Desk.change`. Never removes a portal that guests are sent to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, abort, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy import func, select

from portal.admin import entries, forms, portal_fields
from portal.admin.desk import desk
from portal.admin.entries import Referrer
from portal.admin.forms import Field, Kind
from portal.admin.guard import needs
from portal.admin.lists import Column, Filter, List, begins
from portal.admin.page import page
from portal.admin.tables import table
from portal.permissions import Permission
from store import portal_versions
from store.models import Client, Plan, Portal, Site

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from portal.admin.desk import Wrong

blueprint = Blueprint("portals", __name__)
WHERE: Final = "/portals"
NAMED: Final = 3  # sites of a portal that a list names
MOST: Final = 50  # that its own page names


class Use(NamedTuple):
    """Whose guests see a portal: so many sites, the first of them; `only`: every gateway's, for it is the only one."""

    sites: int = 0
    names: Sequence[tuple[str, str]] = ()  # id, name
    only: bool = False


class Row(NamedTuple):
    """A portal in the list."""

    portal: Portal
    use: Use
    version: portal_versions.Newest | None
    draft: bool


def uses(session: Session, names: Sequence[str], most: int = NAMED) -> dict[str, Use]:
    """Of these portals."""
    counted = dict(session.execute(select(Site.portal, func.count()).where(Site.portal.in_(names)).group_by(Site.portal)).all())
    place = func.row_number().over(partition_by=Site.portal, order_by=Site.name).label("place")
    ranked = select(Site.portal, Site.id, Site.name, place).where(Site.portal.in_(names)).subquery()
    found: dict[str, list[tuple[str, str]]] = {}
    for row in session.execute(select(ranked).where(ranked.c.place <= most).order_by(ranked.c.portal, ranked.c.place)):
        found.setdefault(row.portal, []).append((row.id, row.name))
    only = session.scalar(select(func.count()).select_from(Portal)) == 1
    return {name: Use(counted.get(name, 0), found.get(name, ()), only) for name in names}


def _dressed(session: Session, portals: Sequence[Portal]) -> list[Row]:
    names = [row.name for row in portals]
    versions, drafts = portal_versions.summaries(session, names)
    use = uses(session, names)
    return [Row(row, use[row.name], versions.get(row.name), row.name in drafts) for row in portals]


COLUMNS: Final = (
    Column("name", later("Name"), lambda row: row.portal.name),
    Column("sites", later("Sites"), lambda row: row.use.sites),
    Column("ways", later("Ways in"), lambda row: " ".join(row.portal.ways)),
    Column("plan", later("Plan"), lambda row: row.portal.plan),
    Column("languages", later("Languages"), lambda row: " ".join(row.portal.languages)),
    Column("version", later("Version"), lambda row: row.version.number if row.version else None),
    Column("published_at", later("Published"), lambda row: row.version.at if row.version else None),
    Column("published_by", later("By"), lambda row: row.version.by if row.version else ""),
    Column("draft", later("Draft"), lambda row: "yes" if row.draft else ""),
)
_FILTERS: Final = (Filter("q", later("Begins with"), lambda value: begins(Portal.name, value), hint=later("name")),)


@blueprint.get("/portals")
@needs(Permission.NETWORK)
def index() -> Any:
    """Every portal."""
    listed = List(select(Portal), (Portal.name,), COLUMNS, _FILTERS, dress=_dressed)
    return table(listed, "portals.html", "portals", called=portal_fields.way_called, spoken_as=portal_fields.called)


def _fields(session: Session) -> list[Field]:
    plans = {name: name for name in session.scalars(select(Plan.name).order_by(Plan.name))}
    return [
        Field("name", later("Name"), hint=later("For staff and the network file; guests do not read it. It stays."), needed=True),
        Field("plan", later("Plan"), Kind.CHOICE, choices=plans, hint=later("What its guests get"), needed=True),
    ]


@blueprint.route("/portals/new", methods=["GET", "POST"])
@needs(Permission.NETWORK_ACT)
def new() -> ResponseReturnValue:
    """One more: with our own words, and the terms alone as its way in."""
    values: Mapping[str, Any] = {}
    wrongs: Sequence[Wrong] = []
    with desk().reading() as session:
        wanted = _fields(session)
    if request.method == "POST":
        values = forms.read(wanted, request.form)
        outcome = entries.write("portal", "", values)
        if not isinstance(outcome, list):
            return entries.done(entries.at(WHERE, str(values["name"])), _("Added. Choose its ways in and its words here, then publish."))
        wrongs = outcome
    shown = forms.shown(wanted, values, wrongs, new=request.method == "GET")
    lede = _("The page that guests of some sites sign in on. A new one is used nowhere until a site names it.")
    return page("entry_new.html", 422 if wrongs else 200, heading=_("New portal"), lede=lede, shown=shown, back=WHERE)


@blueprint.post("/portals/<path:name>/take-over")
@needs(Permission.NETWORK_ACT)
def take_over(name: str) -> ResponseReturnValue:
    """The app's from now on."""
    return entries.take_over("portal", name, entries.at(WHERE, name))


@blueprint.route("/portals/<path:name>/remove", methods=["GET", "POST"])
@needs(Permission.NETWORK_ACT)
def remove(name: str) -> ResponseReturnValue:
    """It goes, unless guests are sent to it; its versions stay, and come back with a portal of its name."""
    with desk().reading() as session:
        if session.get(Portal, name) is None:
            abort(404)
        found = _referrers(session, name)
    if request.method == "GET" or found:
        words = _("Its versions and the words that guests agreed to stay.")
        return entries.removal(name, entries.at(WHERE, name), WHERE, found, words)
    return entries.remove("portal", name, WHERE, entries.at(WHERE, name))


def _referrers(session: Session, name: str) -> list[Referrer]:
    """The sites that name it; where it is the only one, the gateways whose guests see it."""
    use = uses(session, [name], MOST)[name]
    sites = [Referrer(_("Site"), called, entries.at("/sites", key)) for key, called in use.names]
    if not use.only:
        return sites
    clients = session.scalars(select(Client.name).where(Client.nas.not_in(("generic", "hostapd"))).order_by(Client.name).limit(MOST))
    return [*sites, *(Referrer(_("Gateway"), each, entries.at("/gateways", each)) for each in clients)]
