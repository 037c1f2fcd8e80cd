"""The business app: the staff's own ways in over another office, and the pages of the shops.

Never reads a setting, the environment or a clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from portal.admin import assets, me, prove, second, setup, sign_in
from portal.audience_app import made
from portal.business import (
    advert_edit,
    advert_preview,
    adverts,
    figures,
    front,
    link,
    media,
    people,
    shop_page,
    shop_page_edit,
    shop_page_preview,
)
from portal.permissions import Permission
from portal.proxies import Proxies

if TYPE_CHECKING:
    from flask import Blueprint, Flask

    from portal.admin.desk import Desk

_VIEWS: Final = (assets, sign_in, second, setup, prove, me, link, front, people)
# Pages that the staff app has, too, for the city's own adverts: each module's blueprint(see, act).
_BOTH: Final[tuple[object, ...]] = (media, adverts, advert_edit, advert_preview, figures, shop_page, shop_page_edit, shop_page_preview)


def business_app(desk: Desk) -> Flask:
    """The pages of those who own shops, and of who works for them."""
    app = made(desk, "business", "staff")
    for views in _VIEWS:
        app.register_blueprint(views.blueprint)
    for each in of_a_shop(Permission.SHOP, Permission.SHOP_ACT):
        app.register_blueprint(each)
    app.wsgi_app = Proxies(app.wsgi_app, desk.office.trusted_proxies)  # type: ignore[method-assign, assignment]  # as Flask's own guide does
    return app


def of_a_shop(see: Permission, act: Permission) -> list[Blueprint]:
    """What both apps have under /shops/<slug>/, made for one of them."""
    return [views.blueprint(see, act) for views in _BOTH]  # type: ignore[attr-defined]
