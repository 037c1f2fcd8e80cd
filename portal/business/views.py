"""One view in both apps: under the permission that each app names for it. Never a view without one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from flask import g
from flask_babel import lazy_gettext as later

from portal.admin.bodies import PICTURED, takes
from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.pace import Rate

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Blueprint

    from portal.permissions import Permission

UNDER = "/shops/<slug>"
HANDED_IN: Final = 30  # adverts and pages of one shop a day; told by TOO_OFTEN
_DAY: Final = 86_400.0
TOO_OFTEN: Final = later("So much was handed in today that the city cannot be asked once more. It is kept: hand it in tomorrow.")


def may_hand_in() -> bool:
    """Whether the city is asked once more: each time is a mail to everybody there who decides."""
    return desk().rates.take(f"hand in {g.shop.id}", Rate(HANDED_IN, _DAY), g.now.timestamp())


def add(blueprint: Blueprint, rule: str, view: Callable[..., Any], permission: Permission, *methods: str, picture: bool = False) -> None:
    """`rule` lies under the shop; `picture`: its form may hold one. The view is the app's own copy, for its own permission."""
    own = needs(permission)(partial(view))
    if picture:
        own = takes(PICTURED)(own)
    blueprint.add_url_rule(f"{UNDER}{rule}", view.__name__, own, methods=methods or ("GET",))
