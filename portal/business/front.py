"""/: the shop of whoever signed in, or their list of shops; /welcome; /shops/<slug>/: how a shop stands; /healthz.

Never a shop that they do not work for.
"""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, g, redirect

from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.admin.page import page
from portal.business import todo
from portal.cases import advert_state as states
from portal.cases import figures
from portal.cases.advert_state import Stand
from portal.cases.remainders import time_zone
from portal.permissions import Permission
from store import campaigns, shops, versions
from store.models import ShopVersion

blueprint = Blueprint("front", __name__)
SHOWN: Final = 8  # adverts
_FIRST: Final = (Stand.REJECTED, Stand.SHOWN, Stand.WAITING, Stand.COMING, Stand.DRAFT, Stand.PAUSED, Stand.SUSPENDED, Stand.OVER)


@blueprint.get("/")
@needs(Permission.SELF)
def front() -> Any:
    """Their shop; with several, which."""
    with desk().reading() as session:
        mine = shops.all_of(session, g.staff.id)
    if len(mine) == 1:
        return redirect(f"/shops/{mine[0].slug}/", 303)
    return page("shops.html", shops=mine)


@blueprint.get("/welcome")
@needs(Permission.SELF)
def welcome() -> Any:
    """After the first password: a passkey, for whoever wants one."""
    return page("welcome.html")


@blueprint.get("/shops/<slug>/")
@needs(Permission.SHOP)
def overview() -> Any:
    """How the shop stands, and what to do next."""
    zone = time_zone(desk().zone())
    today = g.now.astimezone(zone).date()
    with desk().reading() as session:
        lines, week = campaigns.of(session, g.shop.id), figures.week(session, g.shop.id, g.now, zone)
        newest, live = (find(session, ShopVersion, g.shop.id) for find in (versions.newest, versions.live))
        places, several = shops.places(session, g.shop.id), len(shops.all_of(session, g.staff.id)) > 1
    suspended = g.shop.suspended_at is not None
    rows = [(line, states.stand(line, today, suspended=suspended)) for line in lines]
    return page(
        "shop.html",
        rows=sorted(rows, key=lambda row: _FIRST.index(row[1]))[:SHOWN],
        more=max(0, len(rows) - SHOWN),
        states=states,
        tasks=todo.tasks(lines, newest, len(places), today, asks=bool(desk().office.help)) if g.acts else [],
        week=week,
        live=live,
        several=several,
    )


def healthz() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


healthz.open = True  # type: ignore[attr-defined]  # a probe signs in nowhere
blueprint.add_url_rule("/healthz", view_func=healthz)
