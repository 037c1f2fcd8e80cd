"""Access points that spoke and that nobody has declared: listed by their last word, and adopted, one or many, into a site.

A name is proposed; whoever adopts may give another. Never adopts what it was not asked to, nor half of what it was.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, abort, redirect, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from sqlalchemy import delete, func, select

from portal.admin import undo
from portal.admin.access_points import HERE, SECTION, Around, around
from portal.admin.desk import Edit, Made, Wrong, desk
from portal.admin.guard import actor, audited, needs
from portal.admin.lists import Column, Filter, List
from portal.admin.page import page
from portal.admin.tables import table
from portal.permissions import Permission
from store.models import AccessPoint, UnknownAccessPoint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

blueprint = Blueprint("access_points_unknown", __name__, url_prefix=f"{HERE}/unknown")
MOST: Final = 200  # adopted at once: a page has fifty
BLOCK: Final = 44  # bits that the sixteen addresses of one radio have in common
_ODD: Final = re.compile(r"[^\w.-]+")


class Row(NamedTuple):
    """One of them, with the name that is proposed; `beside`: how many of its block spoke too."""

    point: UnknownAccessPoint
    proposed: str
    beside: int


def _dressed(session: Session, points: Sequence[UnknownAccessPoint]) -> list[Row]:
    """With names that nobody has, and how many belong to one radio: two statements."""
    wanted = {point.id: _proposed(point) for point in points}
    taken = set(session.scalars(select(AccessPoint.name).where(AccessPoint.name.in_(list(wanted.values())))))
    block = func.substr(UnknownAccessPoint.bssid, 1, 16)
    near = select(UnknownAccessPoint.client, block, func.count()).where(block.in_([point.bssid[:-1] for point in points]))
    blocks = {(client, start): count for client, start, count in session.execute(near.group_by(UnknownAccessPoint.client, block))}
    rows = []
    for point in points:
        name = wanted[point.id]
        if name in taken and point.bssid:
            name = f"{name[:50]}-{point.bssid[-5:].replace('-', '').lower()}"
        taken.add(name)
        rows.append(Row(point, name, blocks.get((point.client, point.bssid[:-1]), 1) - 1))
    return rows


def _proposed(point: UnknownAccessPoint) -> str:
    """What its controller calls it, else by its address."""
    said = _ODD.sub("-", point.nas_identifier).strip("-.")[:50]
    if said and said != point.client:
        return said
    return f"ap-{point.bssid.replace('-', '').lower()[-6:]}" if point.bssid else f"ap-{point.id}"


_COLUMNS: Final = (
    Column("mac", lazy_gettext("BSSID"), lambda row: row.point.bssid),
    Column("nas_identifier", lazy_gettext("NAS-Identifier"), lambda row: row.point.nas_identifier),
    Column("gateway", lazy_gettext("Gateway"), lambda row: row.point.client),
    Column("ssid", lazy_gettext("Network"), lambda row: row.point.ssid),
    Column("first_seen", lazy_gettext("First heard"), lambda row: row.point.first_seen),
    Column("last_seen", lazy_gettext("Last heard"), lambda row: row.point.last_seen),
    Column("sightings", lazy_gettext("Sightings"), lambda row: row.point.sightings),
    Column("name", lazy_gettext("Name"), lambda row: row.proposed),
)


def listed(places: Around) -> List:
    """The list, with the gateways that there are."""
    filters = (
        Filter(
            "client", lazy_gettext("Gateway"), lambda value: UnknownAccessPoint.client == value, {name: name for name in places.clients}
        ),
        Filter("mac", lazy_gettext("BSSID begins with"), lambda text: UnknownAccessPoint.bssid.startswith(_spelled(text), autoescape=True)),
    )
    order = (UnknownAccessPoint.last_seen.expression, UnknownAccessPoint.id.expression)
    return List(select(UnknownAccessPoint), order, _COLUMNS, filters, descending=True, dress=_dressed)


def _spelled(text: str) -> str:
    digits = re.sub(r"[^0-9A-Fa-f]", "", text).upper()[:12]
    return "-".join(digits[at : at + 2] for at in range(0, len(digits), 2))


@blueprint.get("")
@needs(Permission.NETWORK)
def index() -> ResponseReturnValue:
    """The list, each row with a box and a name."""
    with desk().reading() as session:
        places = around(session)
    return table(listed(places), "access_points_unknown.html", "unknown-access-points", places=places)  # type: ignore[no-any-return]


@blueprint.post("")
@needs(Permission.NETWORK_ACT)
def adopt() -> ResponseReturnValue:
    """Those chosen become access points of a site; or they are forgotten, until they speak again."""
    chosen = [int(each) for each in request.form.getlist("row")[: MOST + 1] if each.isascii() and each.isdigit() and len(each) < 19]
    do = request.form.get("do", "adopt")
    if do not in ("adopt", "forget") or len(chosen) > MOST:
        abort(400)
    with desk().writing() as session:
        points = session.scalars(select(UnknownAccessPoint).where(UnknownAccessPoint.id.in_(chosen)).order_by(UnknownAccessPoint.id)).all()
        if not points:
            return redirect(undo.told(f"{HERE}/unknown", _("None was chosen: tick some first."), ""), 303)
        if do == "forget":
            return _forgotten(session, points)
        names = {point.id: request.form.get(f"name-{point.id}", "").strip() for point in points}
        edits = adopting(session, points, names, request.form.get("site", ""), whole=request.form.get("covers") == "block")
        before = undo.newest(session)
        outcome = desk().change(session, edits, actor())
        link = undo.span(session, before, SECTION) if isinstance(outcome, Made) else ""
    if isinstance(outcome, list):
        return _refused(points, edits, outcome)
    words = ngettext("%(num)s access point was adopted.", "%(num)s access points were adopted.", len(edits))
    return redirect(undo.told(HERE, words, link), 303)


def adopting(session: Session, points: Sequence[UnknownAccessPoint], names: Mapping[int, str], site: str, *, whole: bool) -> list[Edit]:
    """One entry for each, or one for each block of sixteen where `whole` blocks are asked for."""
    places = around(session)
    made: dict[str, Edit] = {}
    for point in points:
        fields: dict[str, Any] = {"name": names.get(point.id) or _proposed(point)}
        if point.bssid:
            fields["mac"] = f"{point.bssid[:-1]}0/{BLOCK}" if whole else point.bssid
        if site:
            fields["site"] = site
        if point.client in places.clients:
            fields["client"] = point.client
        made.setdefault(fields["mac"] if whole and point.bssid else str(point.id), Edit(SECTION, "", fields))
    return list(made.values())


def forget(session: Session, points: Sequence[UnknownAccessPoint]) -> None:
    """They are listed no more, until they speak again."""
    session.execute(delete(UnknownAccessPoint).where(UnknownAccessPoint.id.in_([point.id for point in points])))
    audited(session, "forget", "unknown_access_point", reason=", ".join(point.bssid or point.nas_identifier for point in points)[:200])


def _forgotten(session: Session, points: Sequence[UnknownAccessPoint]) -> ResponseReturnValue:
    forget(session, points)
    words = ngettext("%(num)s was forgotten, until it speaks again.", "%(num)s were forgotten, until they speak again.", len(points))
    return redirect(undo.told(f"{HERE}/unknown", words, ""), 303)


def _refused(points: Sequence[UnknownAccessPoint], edits: Sequence[Edit], wrongs: Sequence[Wrong]) -> ResponseReturnValue:
    """Why none was adopted, each named."""
    named = [
        wrong._replace(what=f"{(edits[wrong.at].fields or {}).get('name', '')}: {wrong.key} {wrong.what}") if wrong.at >= 0 else wrong
        for wrong in wrongs
    ]
    return page("refused.html", 409, wrongs=named, where=f"{HERE}/unknown", points=points)
