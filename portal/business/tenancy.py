"""Whose page it is: every view under /shops/<slug> gets the shop in `g.shop`, or there is no such page.

On the business pages a shop is theirs whom a membership ties to it; on the staff's there are the city's own alone. The slug is
taken out of what the view is handed: a view asks the store by `g.shop.id` and by nothing that came with the request. Of a
suspended shop everything is seen and nothing changed.

Never tells a shop that there is not from one that is somebody else's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import abort, current_app, g, request

from portal.admin.desk import desk
from portal.admin.page import page
from portal.pace import Rate
from portal.permissions import OF_SHOPS, Permission, may
from store import shops

if TYPE_CHECKING:
    from store.models import Business

UNDER: Final = "/shops/<slug>/"
FORMS: Final = Rate(600, 3_600.0)  # forms of one person of a shop
CHANGES: Final = frozenset({Permission.SHOP_ACT, Permission.SHOP_PEOPLE, Permission.SPLASH_ACT})


def admit() -> Any:
    """None lets the request through."""
    if _changes_too_much():
        abort(429)
    if request.url_rule is None or not request.url_rule.rule.startswith(UNDER):
        return None
    assert request.view_args is not None  # noqa: S101  for the type checker: the rule has a slug
    shop = _theirs(request.view_args.pop("slug"))
    if shop is None:
        abort(404)
    g.shop = shop
    acts = Permission.SHOP_ACT if g.staff.role in OF_SHOPS else Permission.SPLASH_ACT
    g.acts = may(g.staff.role, acts) and shop.suspended_at is None
    view: Any = current_app.view_functions[request.endpoint or ""]
    if shop.suspended_at is not None and view.needs in CHANGES:
        g.why = "suspended"
        return page("shop_suspended.html", 403)
    return None


def _changes_too_much() -> bool:
    """Whether somebody of a shop sends more forms than a person can: each is a line of the log, which is kept for years."""
    view: Any = current_app.view_functions.get(request.endpoint or "")
    if request.method != "POST" or g.staff is None or g.staff.role not in OF_SHOPS or not hasattr(view, "needs"):
        return False
    return not desk().rates.take(f"changes {g.staff.id}", FORMS, g.now.timestamp())


def _theirs(slug: str) -> Business | None:
    if len(slug) > shops.LONGEST_SLUG:
        return None
    with desk().reading() as session:
        if g.staff.role in OF_SHOPS:
            return shops.of(session, g.staff.id, slug)
        return shops.house(session, slug)
