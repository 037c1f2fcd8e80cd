"""Businesses: which shops there are and how they stand; a new one, with the mail that lets its owner in.

An invitation asks for a fresh proof of who makes it: it lets somebody in. Never shows a link where mails are sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy import and_, func, select

from portal import languages
from portal.admin import business_places, entries, news
from portal.admin.desk import desk
from portal.admin.guard import audited, needs
from portal.admin.lists import Column, Filter, List, begins
from portal.admin.page import page
from portal.admin.tables import table
from portal.cases import businesses
from portal.cases.businesses import Invited, No, Wanted
from portal.cases.members import Unfit
from portal.permissions import Permission
from store import shops as shops_of
from store.models import Business, Campaign, CampaignState, Creative, CreativeState, ShopVersion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from portal.cases.members import Joined

blueprint = Blueprint("businesses", __name__, url_prefix="/businesses")
LONGEST: Final = 254  # characters of an address of mail; one more is read, so that none is cut to another
STATES: Final = {"active": later("can be shown"), "suspended": later("suspended"), "house": later("the city’s own")}
NOT: Final[Mapping[No | Unfit, tuple[str, Any]]] = {
    No.NAME: ("name", later("Give it a name, of at most 80 characters.")),
    No.SLUG: ("slug", later("An address has 1 to 64 of a-z, 0-9 and -, and begins and ends with a letter or a digit.")),
    No.KEPT: ("slug", later("This address is kept for the city’s own pages. Choose another one.")),
    No.TAKEN: ("slug", later("Another shop has this address. Choose another one.")),
    No.PLACES: ("places", later("Choose at least one place. What you typed has to be the id of a site or the name of an access point.")),
    No.FULL: ("", later("There are as many shops as there may be.")),
    Unfit.ADDRESS: ("email", later("That is no e-mail address that we can write to.")),
    Unfit.ELSEWHERE: ("email", later("Whoever has this address works here in another role. Ask the owner for another address.")),
    Unfit.THERE: ("email", later("They work for this shop already.")),
    Unfit.FULL: ("email", later("So many people work for this shop that there can be no more.")),
    Unfit.OFTEN: ("email", later("So many were invited to this shop within a day that nobody else can be before tomorrow.")),
    Unfit.SHARED: ("email", later("They work for another shop, too, and no mails are sent: nobody else may see their link.")),
}


class Row(NamedTuple):
    """A shop in the list."""

    shop: Business
    live: int  # adverts
    waiting: int  # for an answer of the city
    owners: Sequence[str]  # addresses

    @property
    def state(self) -> str:
        return "house" if self.shop.house else "suspended" if self.shop.suspended_at is not None else "active"


def _dressed(session: Session, shops: Sequence[Business]) -> list[Row]:
    """With what runs, what waits and whose they are: four statements for however many."""
    names = [shop.id for shop in shops]
    mine = select(Campaign.business_id, func.count()).where(Campaign.business_id.in_(names)).group_by(Campaign.business_id)
    live = _counted(session, mine.where(Campaign.state == CampaignState.LIVE))
    adverts = _counted(session, mine.join(Creative, Creative.campaign_id == Campaign.id).where(Creative.state == CreativeState.SUBMITTED))
    waits = ShopVersion.business_id.in_(names), ShopVersion.state == CreativeState.SUBMITTED
    pages = _counted(session, select(ShopVersion.business_id, func.count()).where(*waits).group_by(ShopVersion.business_id))
    owners = shops_of.owners(session, names)
    return [Row(shop, live.get(shop.id, 0), adverts.get(shop.id, 0) + pages.get(shop.id, 0), owners.get(shop.id, ())) for shop in shops]


def _counted(session: Session, query: Select[str, int]) -> dict[str, int]:
    return dict(session.execute(query).all())


def _in_state(value: str) -> ColumnElement[bool]:
    return {
        "house": and_(Business.house),
        "suspended": Business.suspended_at.is_not(None),
        "active": and_(Business.suspended_at.is_(None), ~Business.house),
    }[value]


COLUMNS: Final = (
    Column("slug", later("Address"), lambda row: row.shop.slug),
    Column("name", later("Name"), lambda row: row.shop.name),
    Column("state", later("State"), lambda row: row.state),
    Column("live", later("Adverts shown"), lambda row: row.live),
    Column("waiting", later("Waiting for review"), lambda row: row.waiting),
    Column("owners", later("Owners"), lambda row: " ".join(row.owners)),
    Column("since", later("Since"), lambda row: row.shop.created_at),
)
FILTERS: Final = (
    Filter("q", later("Begins with"), lambda value: begins(Business.name, value), hint=later("name")),
    Filter("state", later("State"), _in_state, STATES),
)


@blueprint.get("")
@needs(Permission.SPLASH)
def index() -> Any:
    """Every shop."""
    listed = List(select(Business), (Business.name, Business.id), COLUMNS, FILTERS, dress=_dressed)
    return table(listed, "businesses.html", "businesses", states=STATES)


@blueprint.route("/new", methods=["GET", "POST"])
@needs(Permission.SPLASH_ACT, fresh=True)
def new() -> ResponseReturnValue:
    """One more: its name, its owner's address, and where it may be shown."""
    if request.method == "GET":
        return _form({"language": g.language}, [])
    typed = {key: request.form.get(key, "").strip()[: LONGEST + 1] for key in ("name", "slug", "email", "language")}
    language = typed["language"] if typed["language"] in languages.LANGUAGES else g.language
    with desk().writing() as session:
        places = business_places.typed(session, request.form)
        wanted = Wanted(typed["name"], typed["slug"], typed["email"], language, [] if places.unknown else places.known)
        made = businesses.invite(session, desk().privacy, news.reach(), wanted, g.now)
        if isinstance(made, Invited):
            said = {"owner": (None, made.owner.staff.name), "places": (None, [f"{kind} {name}".strip() for kind, name in places.known])}
            audited(session, "invite", "business", made.shop.slug, fields=said)
    if not isinstance(made, Invited):
        return _form(typed, request.form.getlist("place"), made)
    return invited(made.shop.slug, made.shop.name, made.owner)


def invited(slug: str, name: str, joined: Joined) -> ResponseReturnValue:
    """To the shop's page; where no mails are sent, first the link, once."""
    if joined.secret and not desk().office.mails:
        where = news.reach().shops
        return page("business_link.html", name=name, slug=slug, who=joined.staff, link=f"{where}/setup/{joined.secret}" if where else "")
    said = _("A mail with a link is on its way. It works for 24 hours, once.") if joined.secret else _("They can sign in as before.")
    return entries.done(f"/businesses/{slug}", said)


def _form(typed: Mapping[str, str], chosen: Sequence[str], wrong: Sequence[No | Unfit] = ()) -> ResponseReturnValue:
    with desk().reading() as session:
        choices = business_places.choices(session)
    more = request.form.get("more", "")[: business_places.LONGEST]
    return page(
        "business_new.html", 422 if wrong else 200, typed=typed, chosen=chosen, more=more, choices=choices,
        wrong=dict(NOT[each] for each in wrong), under="/businesses",
    )  # fmt: skip
