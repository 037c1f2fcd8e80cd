"""/house: the city's own adverts, which fill what shops leave free: made at first use, edited under /shops/<slug> by the shops' own editor.

Never a second of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, g, redirect, request
from flask_babel import gettext as _

from portal.admin import entries
from portal.admin.desk import desk
from portal.admin.guard import audited, needs
from portal.admin.page import page
from portal.cases import businesses
from portal.messages.letter import line
from portal.permissions import Permission

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("house", __name__, url_prefix="/house")
_ADVERTS: Final = "/shops/{}/adverts"


@blueprint.get("")
@needs(Permission.SPLASH)
def index() -> ResponseReturnValue:
    """Its adverts; before the first, what that is."""
    with desk().reading() as session:
        own = businesses.own(session)
    return redirect(_ADVERTS.format(own.slug), 302) if own is not None else page("house.html", typed="", wrong="")


@blueprint.post("")
@needs(Permission.SPLASH_ACT)
def begin() -> ResponseReturnValue:
    """There is one from now on."""
    typed = line(request.form.get("name", "")[: businesses.NAME * 4])
    if not typed or len(typed) > businesses.NAME:
        return page("house.html", 422, typed=typed, wrong=_("Give it a name, of at most 80 characters."))
    with desk().writing() as session:
        if (own := businesses.own(session)) is None:
            own = businesses.house(session, typed, g.now)
            audited(session, "add", "business", own.slug, fields={"name": (None, own.name)})
        slug = own.slug
    return entries.done(_ADVERTS.format(slug), _("Write the first advert: it fills what shops leave free."))
