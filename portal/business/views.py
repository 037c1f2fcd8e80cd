"""What the views of both apps have in common: added under the permission that each app names, handed in, kept as a draft.

Never a view without a permission.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from flask_babel import ngettext

from portal.admin.bodies import PICTURED, takes
from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.pace import Rate

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Blueprint

    from portal.permissions import Permission
    from store.models import Creative, ShopVersion

UNDER = "/shops/<slug>"
HANDED_IN: Final = 30  # adverts and pages of one shop a day; told by TOO_OFTEN
_DAY: Final = 86_400.0
TOO_OFTEN: Final = later("So much was handed in today that the city cannot be asked once more. It is kept: hand it in tomorrow.")


def may_hand_in() -> bool:
    """Whether the city is asked once more: each time is a mail to everybody there who decides."""
    return desk().rates.take(f"hand in {g.shop.id}", Rate(HANDED_IN, _DAY), g.now.timestamp())


def saves(row: Creative | ShopVersion | None) -> str:
    """What a form knows of the version that it was made from: of two who edit at once the second is told."""
    return f"{row.version}.{row.edits}" if row is not None else ""


def kept(missing: int) -> str:
    """What whoever saved a draft reads: how much is left to do."""
    done = str(_("Kept as a draft. Guests see nothing of it yet."))
    if missing:
        left = ngettext(
            "%(num)s thing to put right before you can hand it in.", "%(num)s things to put right before you can hand it in.", missing
        )
        done = f"{done} {left}"
    return done


def add(blueprint: Blueprint, rule: str, view: Callable[..., Any], permission: Permission, *methods: str, picture: bool = False) -> None:
    """`rule` lies under the shop; `picture`: its form may hold one. The view is the app's own copy, for its own permission."""
    own = needs(permission)(partial(view))
    if picture:
        own = takes(PICTURED)(own)
    blueprint.add_url_rule(f"{UNDER}{rule}", view.__name__, own, methods=methods or ("GET",))
