"""/: the shop of whoever signed in, or their list of shops; /welcome; /shops/<slug>/: how a shop stands; /healthz.

Never a shop that they do not work for.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, redirect

from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.admin.page import page
from portal.permissions import Permission
from store import shops

blueprint = Blueprint("front", __name__)


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
    return page("shop.html")


def healthz() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


healthz.open = True  # type: ignore[attr-defined]  # a probe signs in nowhere
blueprint.add_url_rule("/healthz", view_func=healthz)
