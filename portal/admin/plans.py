"""Plans: what guests get, how many are online under each now, where it is used, and what gateways said to its last change.

Whatever is written goes through `entries`; gateways are told by who follows the network (proxeny/quota_watch.py). Never a guest:
stays and sessions are counted here, and listed on another page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, abort, g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from flask_babel import ngettext
from sqlalchemy import select

from portal.admin import entries, forms, plan_fields, plan_told, referrers
from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.admin.lists import Column, Filter, List, begins
from portal.admin.page import page
from portal.admin.plan_fields import FIELDS, NAME
from portal.admin.tables import table
from portal.permissions import Permission
from store import plan_use
from store.models import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from portal.admin.desk import Wrong

blueprint = Blueprint("plans", __name__)
WHERE: Final = "/plans"


class Row(NamedTuple):
    """A plan in the list."""

    plan: Plan
    use: plan_use.Use


def _dressed(session: Session, plans: Sequence[Plan]) -> list[Row]:
    use = plan_use.of_all(session, g.now)
    return [Row(plan, use.get(plan.name, plan_use.Use())) for plan in plans]


def _column(key: str) -> Column:
    return Column(key, plan_fields.TITLES[key], lambda row: getattr(row.plan, key))


COLUMNS: Final = (
    Column("name", later("Name"), lambda row: row.plan.name),
    *map(_column, ("session", "day_time", "day_data", "month_data", "down", "up", "devices", "simultaneous", "idle")),
    Column("extend_times", plan_fields.TITLES["extend.times"], lambda row: row.plan.extend_times),
    Column("extend_by", plan_fields.TITLES["extend.by"], lambda row: row.plan.extend_by),
    Column("stays", later("Stays that run"), lambda row: row.use.stays),
    Column("online", later("Online"), lambda row: row.use.online),
)


def _begins(text: str) -> ColumnElement[bool]:
    return begins(Plan.name, text)


_LIST: Final = List(
    select(Plan), (Plan.name,), COLUMNS, (Filter("q", later("Begins with"), _begins, hint=later("its name")),), dress=_dressed
)


@blueprint.get("/plans")
@needs(Permission.NETWORK)
def index() -> Any:
    """Every plan."""
    return table(_LIST, "plans.html", "plans", offer=plan_fields.offer)


@blueprint.route("/plans/new", methods=["GET", "POST"])
@needs(Permission.NETWORK_ACT)
def new() -> ResponseReturnValue:
    """One more; `from`: with what another one has, so that those who are online keep what they were told."""
    values: Mapping[str, Any] = {}
    wrongs: Sequence[Wrong] = ()
    if request.method == "POST":
        values = plan_fields.read(request.form, new=True)
        outcome = entries.write("plan", "", values)
        if not isinstance(outcome, list):
            said = _("Added. Choose it for a portal, a way in or vouchers, so that guests come under it.")
            return entries.done(entries.at(WHERE, str(values["name"])), said, outcome)
        wrongs = outcome
    elif like := request.args.get("from", ""):
        with desk().reading() as session:
            values = {**(desk().entry(session, "plan", like) or {}), "name": None}
    shown = forms.shown((NAME, *FIELDS), values, wrongs, new=request.method == "GET")
    return page("plan_new.html", 422 if wrongs else 200, shown=shown)


@blueprint.get("/plans/<path:name>")
@needs(Permission.NETWORK)
def show(name: str) -> ResponseReturnValue:
    """What it gives, who has it, and its settings."""
    return _shown(name)


@blueprint.post("/plans/<path:name>")
@needs(Permission.NETWORK_ACT)
def save(name: str) -> ResponseReturnValue:
    """Other limits: open sessions are told within seconds, where their gateways can be."""
    said = plan_fields.read(request.form)
    outcome = entries.write("plan", name, said)
    return _shown(name, said, outcome) if isinstance(outcome, list) else entries.done(entries.at(WHERE, name), _("Saved."), outcome)


def _shown(name: str, typed: Mapping[str, Any] | None = None, wrongs: Sequence[Wrong] = ()) -> ResponseReturnValue:
    tools = desk().tools
    with desk().reading() as session:
        entry = entries.find(session, "plan", Plan, name)
        at = plan_use.at_clients(session, name)
        able, unable = tools["told_by"](at)
        batches = plan_use.batches(session, name, g.now)
        return page(
            "plan.html",
            422 if wrongs else 200,
            entry=entry,
            shown=forms.shown(FIELDS, typed or entry.values, wrongs),
            offer=plan_fields.offer(entry.row),
            stays=plan_use.stays(session, name, g.now),
            online=sum(at.values()),
            able=able,
            unable=unable,
            near=plan_use.near(session, entry.row, g.now),
            change=plan_told.last(session, name, able, g.now),
            portals=referrers.of_plan(session, name),
            batches=batches[: plan_use.BATCHES],
            more=len(batches) > plan_use.BATCHES,
            to=entries.paths(WHERE, name),
        )


@blueprint.post("/plans/<path:name>/take-over")
@needs(Permission.NETWORK_ACT)
def take_over(name: str) -> ResponseReturnValue:
    """The app's from now on."""
    return entries.take_over("plan", name, entries.at(WHERE, name))


@blueprint.route("/plans/<path:name>/remove", methods=["GET", "POST"])
@needs(Permission.NETWORK_ACT)
def remove(name: str) -> ResponseReturnValue:
    """It goes, unless a portal offers it."""
    if request.method == "POST":
        return entries.remove("plan", name, WHERE, entries.at(WHERE, name))
    with desk().reading() as session:
        if session.get(Plan, name) is None:
            abort(404)
        found = referrers.of_plan(session, name)
        online = sum(plan_use.at_clients(session, name).values())
        batches = len(plan_use.batches(session, name, g.now))
    said = []
    if online:
        told = ngettext("%(num)s session is open under it", "%(num)s sessions are open under it", online)
        said.append(_("%(told)s: they end within seconds, for a plan that is gone allows nothing.", told=told))
    if batches:
        said.append(_("There are vouchers for it that can still be used: they would let nobody in any more."))
    return entries.removal(name, entries.at(WHERE, name), WHERE, found, " ".join(said))
