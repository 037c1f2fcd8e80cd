"""One view in both apps: under the permission that each app names for it. Never a view without one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from portal.admin.bodies import takes
from portal.admin.guard import needs
from store.stills import LONGEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Blueprint

    from portal.permissions import Permission

UNDER = "/shops/<slug>"
_FORM = 1 << 20  # octets of a form beside its picture


def add(blueprint: Blueprint, rule: str, view: Callable[..., Any], permission: Permission, *methods: str, picture: bool = False) -> None:
    """`rule` lies under the shop; `picture`: its form may hold one. The view is the app's own copy, for its own permission."""
    own = needs(permission)(partial(view))
    if picture:
        own = takes(LONGEST + _FORM)(own)
    blueprint.add_url_rule(f"{UNDER}{rule}", view.__name__, own, methods=methods or ("GET",))
