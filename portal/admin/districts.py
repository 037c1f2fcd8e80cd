"""Districts and SSIDs: names that the network declares, with little else to say. Districts are shown with the sites.

Never a page that another knows better: what is open under an SSID is counted here, and listed with the sessions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, abort, redirect, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy import func, select

from portal.admin import entries, forms, referrers
from portal.admin.desk import desk
from portal.admin.forms import Field, Kind
from portal.admin.guard import needs
from portal.admin.page import page
from portal.permissions import Permission
from store.models import District, Session, SessionStatus, Ssid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask.typing import ResponseReturnValue

    from portal.admin.desk import Wrong

blueprint = Blueprint("districts", __name__)
PROFILES: Final = {"portal": later("Open, with the guests’ page"), "eduroam": later("eduroam"), "openroaming": later("OpenRoaming")}
NEW: Final = (
    Field("name", later("Name"), hint=later("As devices see it: at most 32 octets, capitals count"), needed=True),
    Field("profile", later("Whom it is for"), Kind.CHOICE, choices=PROFILES, default="portal", needed=True),
)
MOST: Final = 200  # names that are in the air


class Name(NamedTuple):
    """One SSID: declared (its row) or only seen, and how many are online under it."""

    name: str
    row: Ssid | None
    online: int


@blueprint.get("/districts")
@needs(Permission.NETWORK)
def districts() -> ResponseReturnValue:
    """They are shown with the sites."""
    return redirect("/sites#districts", 303)


@blueprint.post("/districts")
@needs(Permission.NETWORK_ACT)
def new_district() -> ResponseReturnValue:
    """One more."""
    outcome = entries.write("district", "", {"name": request.form.get("name", "").strip() or None})
    return entries.refused("/sites", outcome) if isinstance(outcome, list) else entries.done("/sites", _("Added."), outcome)


@blueprint.post("/districts/<path:name>/take-over")
@needs(Permission.NETWORK_ACT)
def take_over_district(name: str) -> ResponseReturnValue:
    """The app's from now on."""
    return entries.take_over("district", name, "/sites")


@blueprint.route("/districts/<path:name>/remove", methods=["GET", "POST"])
@needs(Permission.NETWORK_ACT)
def remove_district(name: str) -> ResponseReturnValue:
    """It goes, unless sites belong to it."""
    with desk().reading() as session:
        if session.get(District, name) is None:
            abort(404)
        found = referrers.of_district(session, name)
    if request.method == "GET" or found:
        return entries.removal(name, "/sites", "/sites", found)
    return entries.remove("district", name, "/sites", "/sites")


@blueprint.get("/ssids")
@needs(Permission.NETWORK)
def ssids() -> ResponseReturnValue:
    """Every name in the air."""
    return _listed()


@blueprint.post("/ssids")
@needs(Permission.NETWORK_ACT)
def new_ssid() -> ResponseReturnValue:
    """One more."""
    said = forms.read(NEW, request.form)
    outcome = entries.write("ssid", "", said)
    return _listed(said, outcome) if isinstance(outcome, list) else entries.done("/ssids", _("Added."), outcome)


def _listed(typed: Mapping[str, Any] | None = None, wrongs: Sequence[Wrong] = ()) -> ResponseReturnValue:
    with desk().reading() as session:
        open_now = select(Session.ssid, func.count()).where(Session.status == SessionStatus.OPEN, Session.ssid != "").group_by(Session.ssid)
        online = dict(session.execute(open_now.limit(MOST)).all())
        declared = {row.name: row for row in session.scalars(select(Ssid))}
    names = [Name(name, declared.get(name), online.get(name, 0)) for name in sorted({*declared, *online})]
    shown = forms.shown(NEW, typed or {}, wrongs, new=typed is None)
    return page("ssids.html", 422 if wrongs else 200, names=names, shown=shown, profiles=PROFILES, under="/sites")


@blueprint.post("/ssids/<path:name>")
@needs(Permission.NETWORK_ACT)
def save_ssid(name: str) -> ResponseReturnValue:
    """For somebody else."""
    outcome = entries.write("ssid", name, {"profile": request.form.get("profile", "")})
    return entries.refused("/ssids", outcome) if isinstance(outcome, list) else entries.done("/ssids", _("Saved."), outcome)


@blueprint.post("/ssids/<path:name>/take-over")
@needs(Permission.NETWORK_ACT)
def take_over_ssid(name: str) -> ResponseReturnValue:
    """The app's from now on."""
    return entries.take_over("ssid", name, "/ssids")


@blueprint.route("/ssids/<path:name>/remove", methods=["GET", "POST"])
@needs(Permission.NETWORK_ACT)
def remove_ssid(name: str) -> ResponseReturnValue:
    """It goes: nothing refers to it."""
    if request.method == "POST":
        return entries.remove("ssid", name, "/ssids", "/ssids")
    with desk().reading() as session:
        if session.get(Ssid, name) is None:
            abort(404)
    return entries.removal(name, "/ssids", "/ssids", (), _("Access points go on sending it: this takes it out of our lists alone."))
