"""Gateways: whoever sends us RADIUS, or sends us guests: the list, and each one's state, checks and history.

State first: when it was last heard, what was dropped and what to do about it. Never a secret, and never a query for a row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import flask_babel
from flask import Blueprint, g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import select

from portal import causes
from portal.admin import entries, gateways_fields, tables
from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.admin.lists import Column, Filter, List
from portal.admin.page import page
from portal.permissions import Permission
from store import clients_heard
from store.models import AccessPoint, Client, DropMinute, ManagedBy, Policy, Site
from store.trace import PREVIOUS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from store.clients_heard import Heard

blueprint = Blueprint("gateways", __name__, url_prefix="/gateways")
WHERE: Final = "/gateways"
STRANGERS: Final = 5


class Line(NamedTuple):
    """One row of the list."""

    client: Client
    site: str
    heard: Heard

    @property
    def title(self) -> str:
        return gateways_fields.about(self.client.nas).title


_COLUMNS: Final = (
    Column("name", lazy_gettext("Name"), lambda row: row.client.name),
    Column("family", lazy_gettext("Family"), lambda row: row.client.nas),
    Column("addresses", lazy_gettext("Addresses"), lambda row: " ".join(row.client.addresses)),
    Column("site", lazy_gettext("Site"), lambda row: row.client.site or ""),
    Column("last_heard", lazy_gettext("Last heard"), lambda row: row.heard.at),
    Column("logins_1h", lazy_gettext("Logins, last hour"), lambda row: row.heard.logins),
    Column("dropped_1h", lazy_gettext("Dropped, last hour"), lambda row: row.heard.dropped),
    Column("wrong_secret_1h", lazy_gettext("Wrong secret, last hour"), lambda row: row.heard.unsigned),
    Column("previous_secret_1h", lazy_gettext("Previous secret, last hour"), lambda row: row.heard.previous),
    Column("managed_by", lazy_gettext("Kept by"), lambda row: row.client.managed_by.value),
)


@blueprint.get("")
@needs(Permission.NETWORK)
def index() -> Any:
    """All of them."""
    with desk().reading() as session:
        sites = names_of_sites(session)
        knocking = clients_heard.strangers(session, g.now, STRANGERS)
    return tables.table(listed(sites), "gateways.html", "gateways", knocking=knocking)


def listed(sites: Mapping[str, str]) -> List:
    """The list, with the sites that there are."""
    return List(select(Client), (Client.name,), _COLUMNS, _filters(sites), dress=lambda session, rows: _dressed(session, rows, sites))


def _troubled(said: str) -> ColumnElement[bool]:
    lately = select(DropMinute.client).where(DropMinute.minute >= g.now - clients_heard.HOUR)
    found = {
        "secret": DropMinute.reason.in_(clients_heard.UNSIGNED),
        "previous": DropMinute.reason == PREVIOUS,
        "drops": DropMinute.reason != PREVIOUS,
    }
    return Client.name.in_(lately.where(found[said]))


def _filters(sites: Mapping[str, str]) -> Sequence[Filter]:
    families = {name: about.title for name, about in gateways_fields.ABOUT.items()}
    return (
        Filter("name", _("Name"), lambda said: Client.name.startswith(said, autoescape=True), hint=_("begins with")),
        Filter("family", _("Family"), lambda said: Client.nas == said, families),
        Filter("site", _("Site"), lambda said: Client.site == said, sites),
        Filter(
            "trouble",
            _("Trouble in the last hour"),
            _troubled,
            {"secret": _("Wrong secret"), "previous": _("Previous secret"), "drops": _("Packets dropped")},
        ),
        Filter(
            "kept", _("Kept by"), lambda said: Client.managed_by == ManagedBy(said), {"file": _("Network file"), "app": _("These pages")}
        ),
    )


def names_of_sites(session: Session) -> dict[str, str]:
    """Id -> name, in the order of names."""
    return {id_: name for id_, name in session.execute(select(Site.id, Site.name).order_by(Site.name))}  # noqa: C416  rows to a dict


def _dressed(session: Session, rows: Sequence[Client], sites: Mapping[str, str]) -> Sequence[Line]:
    heard = clients_heard.heard(session, [each.name for each in rows], g.now)
    return [Line(each, sites.get(each.site or "", ""), heard[each.name]) for each in rows]


class Drop(NamedTuple):
    """Packets dropped for one reason, and what to do."""

    reason: str
    count: int  # type: ignore[assignment]  # in place of tuple.count
    told: causes.Told


@blueprint.get("/<path:name>")
@needs(Permission.NETWORK)
def show(name: str) -> ResponseReturnValue:
    """Its state."""
    with desk().reading() as session:
        found = entries.find(session, "client", Client, name)
        heard = clients_heard.heard(session, [name], g.now)[name]
        points = session.execute(select(AccessPoint.name).where(AccessPoint.client == name).order_by(AccessPoint.name).limit(13)).all()
        place = session.get(Site, found.row.site) if found.row.site else None
        orders = clients_heard.orders(session, name, g.now)
        checks = desk().tools["checks"](session, "client", name)
    drops = [Drop(reason, count, _told(name, reason, count)) for reason, count in heard.drops.most_common()]
    return page(
        "gateway.html",
        gateway=found.row,
        ours=found.ours,
        about=gateways_fields.about(found.row.nas),
        speaks=found.row.radius,
        heard=heard,
        drops=drops,
        points=[each.name for each in points],
        place=place,
        orders=orders,
        checks=checks,
        where=entries.at(WHERE, name),
        overlap=overlaps(found.row),
    )


def _told(name: str, reason: str, count: int) -> causes.Told:
    return causes.told(causes.Facts(reason=reason, client=name, count=count), flask_babel)


def overlaps(row: Client) -> bool:
    """Whether a previous secret is accepted now."""
    return row.previous_secret is not None and row.previous_until is not None and row.previous_until > g.now


@blueprint.get("/<path:name>/guide")
@needs(Permission.NETWORK)
def guide(name: str) -> ResponseReturnValue:
    """How it is set up, without its secrets."""
    with desk().reading() as session:
        found = entries.find(session, "client", Client, name)
        told = desk().tools["guide"](session, name)
    return page("gateway_guide.html", gateway=found.row, told=told, where=entries.at(WHERE, name), ours=found.ours)


@blueprint.post("/<path:name>/take-over")
@needs(Permission.NETWORK_ACT)
def take_over(name: str) -> ResponseReturnValue:
    """These pages keep it from now on."""
    return entries.take_over("client", name, entries.at(WHERE, name))


@blueprint.route("/<path:name>/remove", methods=["GET", "POST"])
@needs(Permission.NETWORK_ACT)
def remove(name: str) -> ResponseReturnValue:
    """It is not there any more: asked first."""
    where = entries.at(WHERE, name)
    if request.method == "POST":
        return entries.remove("client", name, WHERE, where)
    with desk().reading() as session:
        found = entries.find(session, "client", Client, name)
        needing = _referrers(session, name)
    words = _("Its packets are dropped from then on, and sessions that are open can be ended by no order.")
    return entries.removal(found.row.name, where, WHERE, needing, words)


def _referrers(session: Session, name: str) -> list[entries.Referrer]:
    points = session.scalars(select(AccessPoint.name).where(AccessPoint.client == name).order_by(AccessPoint.name).limit(20))
    rules = session.scalars(select(Policy.name).where(Policy.client == name).order_by(Policy.name).limit(20))
    return [
        *(entries.Referrer(_("Access point"), each, entries.at("/access-points", each)) for each in points),
        *(entries.Referrer(_("Rule"), each, entries.at("/policy", each)) for each in rules),
    ]
