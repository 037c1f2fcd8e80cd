"""Sites, districts and SSIDs: where guests are, what is there, and the names in the air. State first, then settings.

Whatever is written goes through `entries`. Never a guest: open sessions are counted here, and listed on another page.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import available_timezones

from flask import Blueprint, abort, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy import func, or_, select

from portal.admin import entries, forms, referrers
from portal.admin.desk import desk
from portal.admin.forms import Field, Kind
from portal.admin.guard import needs
from portal.admin.lists import Column, Filter, List, begins
from portal.admin.page import page
from portal.admin.tables import table
from portal.permissions import Permission
from store import network_use
from store.models import AccessPoint, Client, District, Portal, Site

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from portal.admin.desk import Wrong
    from store.network_use import Use

blueprint = Blueprint("sites", __name__)
SHOWN: Final = 12  # of what is at a site, before "all of them"


class Row(NamedTuple):
    """A site in the list, with what is there."""

    site: Site
    use: Use


def _dressed(session: Session, sites: Sequence[Site]) -> list[Row]:
    use = network_use.at_sites(session, [site.id for site in sites])
    return [Row(site, use[site.id]) for site in sites]


COLUMNS: Final = (
    Column("id", later("Id"), lambda row: row.site.id),
    Column("name", later("Name"), lambda row: row.site.name),
    Column("district", later("District"), lambda row: row.site.district),
    Column("address", later("Address"), lambda row: row.site.address),
    Column("latitude", later("Latitude"), lambda row: row.site.latitude),
    Column("longitude", later("Longitude"), lambda row: row.site.longitude),
    Column("timezone", later("Time zone"), lambda row: row.site.timezone),
    Column("portal", later("Portal"), lambda row: row.site.portal),
    Column("opening_hours", later("Opening hours"), lambda row: row.site.opening_hours),
    Column("indoor_outdoor", later("Indoors or outdoors"), lambda row: row.site.indoor_outdoor),
    Column("accessible_entrance", later("Entrance without steps"), lambda row: row.site.accessible_entrance),
    Column("activated_on", later("Wi-Fi since"), lambda row: row.site.activated_on),
    Column("published", later("Open data may name this site"), lambda row: row.site.published),
    Column("access_points", later("Access points"), lambda row: row.use.points),
    Column("gateways", later("Gateways"), lambda row: row.use.clients),
    Column("online", later("Online"), lambda row: row.use.sessions),
)


def _begins(text: str) -> ColumnElement[bool]:
    return or_(begins(Site.name, text), begins(Site.id, text))


def listed(districts: Sequence[str]) -> List:
    """The list, with the districts that there are."""
    choices = {name: name for name in districts}
    filters = (
        Filter("q", later("Begins with"), _begins, hint=later("name or id")),
        Filter("district", later("District"), lambda value: Site.district == value, choices),
    )
    return List(select(Site), (Site.name, Site.id), COLUMNS, filters, dress=_dressed)


@lru_cache(maxsize=1)
def _zones() -> tuple[str, ...]:
    return ("UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/", "US/"))))


def fields(session: Session, kept: str = "") -> list[Field]:
    """Of a site's form; `kept`: a time zone that may be none of the usual names."""
    portals = {name: name for name in session.scalars(select(Portal.name).order_by(Portal.name))}
    zones = dict.fromkeys((*_zones(), *([kept] if kept else [])))
    districts = list(session.scalars(select(District.name).order_by(District.name)))
    known = _("One of: %(names)s", names=", ".join(districts)) if districts else ""
    return [
        Field("name", later("Name"), needed=True),
        Field("district", later("District"), hint=known),
        Field("address", later("Address")),
        Field("latitude", later("Latitude"), Kind.NUMBER, hint=later("Degrees, such as 43.5885; south is negative")),
        Field("longitude", later("Longitude"), Kind.NUMBER, hint=later("Degrees, such as -79.6441; west is negative")),
        Field("timezone", later("Time zone"), Kind.CHOICE, choices={name: name for name in zones}, default=desk().zone(), needed=True),
        Field("portal", later("Portal"), Kind.CHOICE, choices=portals, hint=later("None: the only portal that there is")),
        *_PUBLIC,
    ]


# What open data says of it
_PUBLIC: Final = (
    Field("opening_hours", later("Opening hours"), hint=later("When the Wi-Fi can be reached, such as Mo-Fr 09:00-21:00; Sa 10:00-17:00")),
    Field(
        "indoor_outdoor",
        later("Indoors or outdoors"),
        Kind.CHOICE,
        choices={"indoor": later("Indoors"), "outdoor": later("Outdoors"), "both": later("Both")},
    ),
    Field(
        "accessible_entrance",
        later("Entrance without steps"),
        Kind.CHOICE,
        choices={"yes": later("Yes"), "limited": later("With help, or another entrance"), "no": later("No")},
    ),
    Field("activated_on", later("Wi-Fi since"), hint=later("A day, such as 2026-05-01")),
    Field("published", later("Open data may name this site"), Kind.FLAG, default=True),
)
_ID: Final = Field("id", later("Id"), hint=later("A short name for lists and files, such as central-library; it stays"), needed=True)


@blueprint.get("/sites")
@needs(Permission.NETWORK)
def index() -> Any:
    """Every site, and the districts."""
    with desk().reading() as session:
        counted = dict(session.execute(select(Site.district, func.count()).group_by(Site.district)).all())
        declared = {row.name: row for row in session.scalars(select(District).order_by(District.name))}
    names = sorted({*declared, *counted} - {""})
    districts = [(name, declared.get(name), counted.get(name, 0)) for name in names]
    return table(listed(names), "sites.html", "sites", districts=districts)


@blueprint.route("/sites/new", methods=["GET", "POST"])
@needs(Permission.NETWORK_ACT)
def new() -> ResponseReturnValue:
    """One more site."""
    values, wrongs = {}, []
    with desk().reading() as session:
        wanted = [_ID, *fields(session)]
    if request.method == "POST":
        values = forms.read(wanted, request.form)
        outcome = entries.write("site", "", values)
        if not isinstance(outcome, list):
            return entries.done(entries.at("/sites", str(values["id"])), _("Added."), outcome)
        wrongs = outcome
    shown = forms.shown(wanted, values, wrongs, new=request.method == "GET")
    lede = _("A building or a square. Access points and gateways are placed at it, and its guests meet its portal.")
    return page("entry_new.html", 422 if wrongs else 200, heading=_("New site"), lede=lede, shown=shown, back="/sites")


@blueprint.get("/sites/<path:name>")
@needs(Permission.NETWORK)
def show(name: str) -> ResponseReturnValue:
    """What is there, and its settings."""
    return _shown(name)


@blueprint.post("/sites/<path:name>")
@needs(Permission.NETWORK_ACT)
def save(name: str) -> ResponseReturnValue:
    """Other settings."""
    with desk().reading() as session:
        said = forms.read(fields(session), request.form)
    outcome = entries.write("site", name, said)
    return _shown(name, said, outcome) if isinstance(outcome, list) else entries.done(entries.at("/sites", name), _("Saved."), outcome)


def _shown(name: str, typed: Mapping[str, Any] | None = None, wrongs: Sequence[Wrong] = ()) -> ResponseReturnValue:
    with desk().reading() as session:
        entry = entries.find(session, "site", Site, name)
        points, clients = (
            session.scalars(select(model).where(model.site == name).order_by(model.name).limit(SHOWN)).all()
            for model in (AccessPoint, Client)
        )
        return page(
            "site.html",
            422 if wrongs else 200,
            entry=entry,
            shown=forms.shown(fields(session, entry.row.timezone), typed or {"timezone": "UTC", **entry.values}, wrongs),
            use=network_use.at_sites(session, [name])[name],
            points=points,
            clients=clients,
            to=entries.paths("/sites", name),
        )


@blueprint.post("/sites/<path:name>/take-over")
@needs(Permission.NETWORK_ACT)
def take_over(name: str) -> ResponseReturnValue:
    """The app's from now on."""
    return entries.take_over("site", name, entries.at("/sites", name))


@blueprint.get("/sites/<path:name>/remove")
@needs(Permission.NETWORK_ACT)
def removal(name: str) -> ResponseReturnValue:
    """Is it to go?"""
    with desk().reading() as session:
        if session.get(Site, name) is None:
            abort(404)
        found = referrers.of_site(session, name)
    return entries.removal(name, entries.at("/sites", name), "/sites", found)


@blueprint.post("/sites/<path:name>/remove")
@needs(Permission.NETWORK_ACT)
def remove(name: str) -> ResponseReturnValue:
    """It goes."""
    return entries.remove("site", name, "/sites", entries.at("/sites", name))
