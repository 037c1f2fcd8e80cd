"""/shops/<slug>/people: who works for the shop; its owners invite venue staff, send them another link, and take them off it.

Each change is in the audit log, and told by mail. Owners are the city's to invite and to take off. Never who works elsewhere.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, abort, g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later

from portal.admin import news
from portal.admin.desk import desk
from portal.admin.entries import done
from portal.admin.guard import audited, needs
from portal.admin.page import page
from portal.cases import members
from portal.cases.members import Unfit
from portal.permissions import Permission
from store import guesses, shops
from store.models import Role

if TYPE_CHECKING:
    from flask import Response
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from store.models import Staff

blueprint = Blueprint("shop_people", __name__, url_prefix="/shops/<slug>/people")
OFTEN, DAY = 30, timedelta(days=1)  # invitations and links of one shop
LONGEST: Final = 254  # characters of an address that are looked at
_WHY: Final = {
    Unfit.ADDRESS: later("That is no e-mail address that we can write to."),
    Unfit.ELSEWHERE: later("This address cannot be invited here. Ask the city, or give another address."),
    Unfit.THERE: later("They work for this shop already."),
    Unfit.FULL: later("So many people work for this shop that there can be no more. Take somebody off first."),
    Unfit.OFTEN: later("So many were invited to this shop within a day that nobody else can be before tomorrow."),
    Unfit.SHARED: later("This address cannot be invited here. Ask the city, or give another address."),
}


@blueprint.get("")
@needs(Permission.SHOP)
def index() -> Any:
    """Everybody who works for it."""
    return _page(200)


@blueprint.post("")
@needs(Permission.SHOP_PEOPLE)
def invite() -> ResponseReturnValue:
    """Somebody more, by mail."""
    typed, tools = request.form.get("address", "").strip()[: LONGEST + 1], desk()
    with tools.writing() as session:
        _bounded(session)
        outcome = members.join(session, tools.privacy, news.reach(), g.shop, typed, Role.VENUE_STAFF, g.language, g.now)
        if not isinstance(outcome, Unfit):
            audited(session, "invite", "business", g.shop.slug, fields={"venue staff": (None, outcome.staff.name)})
    if isinstance(outcome, Unfit):
        return _page(422, typed=typed, why=_WHY[outcome])
    return _invited(outcome.staff, outcome.secret)


@blueprint.post("/<member>/link")
@needs(Permission.SHOP_PEOPLE)
def link(member: str) -> ResponseReturnValue:
    """Another one, for whoever lost the first, or the password."""
    tools = desk()
    with tools.writing() as session:
        staff = _theirs(session, member)
        _bounded(session)
        secret = members.link(session, tools.privacy, news.reach(), g.shop, staff, g.now)
        if not isinstance(secret, Unfit):
            audited(session, "link", "business", g.shop.slug, fields={"venue staff": (None, staff.name)})
    if isinstance(secret, Unfit):
        return _page(409, why=_WHY[secret])
    return _invited(staff, secret)


@blueprint.post("/<member>/remove")
@needs(Permission.SHOP_PEOPLE)
def remove(member: str) -> ResponseReturnValue:
    """They work for this shop no more."""
    with desk().writing() as session:
        staff = _theirs(session, member)
        members.leave(session, g.shop, staff, g.now)
        audited(session, "remove", "business", g.shop.slug, fields={"venue staff": (staff.name, None)})
    return done(_here(), _("They are off the list, and see nothing of this shop any more."))


def _bounded(session: Session) -> None:
    """Nobody fills other people's mailboxes from a shop's page, whoever got hold of it."""
    name = guesses.named(desk().privacy, "shop invitations", g.shop.id.encode())
    if guesses.taken(session, name, g.now, most=OFTEN, window=DAY) is not None:
        abort(429)


def _theirs(session: Session, member: str) -> Staff:
    """Venue staff of this shop; nobody else is an owner's to change."""
    found = next((each for each in shops.members(session, g.shop.id) if each.id == member), None)
    if found is None or found.role is not Role.VENUE_STAFF:
        abort(404)
    return found


def _invited(staff: Staff, secret: str) -> ResponseReturnValue:
    """By mail; where none is sent the owner hands the link on, unless it opens another shop, too."""
    if desk().office.mails:
        return done(_here(), _("They get a mail that says how they get in."))
    with desk().reading() as session:
        alone = [g.shop.id] == [each.id for each in shops.all_of(session, staff.id)]
    if not (alone and secret):
        return done(_here(), _("They are on the list. Ask the city to give them a link: no mails are sent from here."))
    return page("shop_link.html", link=f"{desk().office.url}/setup/{secret}")


def _page(status: int, *, typed: str = "", why: Any = "") -> Response:
    with desk().reading() as session:
        everyone, since = shops.members(session, g.shop.id), shops.since(session, g.shop.id)
    return page("shop_people.html", status, everyone=everyone, since=since, typed=typed, why=why, owner=Role.BUSINESS_OWNER)


def _here() -> str:
    return f"/shops/{g.shop.slug}/people"
