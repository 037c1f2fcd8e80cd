"""/businesses/<slug>/figures: a shop's own figures as the city sees them; the same pages, files and rules as its owner has.

Never more of them than the shop itself is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, abort, g
from sqlalchemy import select

from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.business import figures
from portal.permissions import Permission
from store.models import Business

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("business_figures", __name__, url_prefix="/businesses/<slug>")


@blueprint.get("/figures")
@needs(Permission.SPLASH)
def business_figures(slug: str) -> ResponseReturnValue:
    """The page."""
    _found(slug)
    return figures.figures()


@blueprint.get("/figures/<what>.svg")
@needs(Permission.SPLASH)
def business_figures_drawn(slug: str, what: str) -> ResponseReturnValue:
    """One of its pictures."""
    _found(slug)
    return figures.figures_drawn(what)


@blueprint.get("/figures.csv")
@needs(Permission.SPLASH)
def business_figures_csv(slug: str) -> ResponseReturnValue:
    """Every line of it."""
    _found(slug)
    return figures.figures_csv()


@blueprint.get("/figures.pdf")
@needs(Permission.SPLASH)
def business_figures_pdf(slug: str) -> ResponseReturnValue:
    """On paper."""
    _found(slug)
    return figures.figures_pdf()


def _found(slug: str) -> None:
    """Whose figures these are: any shop's."""
    with desk().reading() as session:
        g.shop = session.scalar(select(Business).where(Business.slug == slug)) or abort(404)
