"""One business: how it stands, its adverts and figures, where it may be shown, who works for it; suspended, restored, its people.

What lets somebody in or takes them off asks for a fresh proof. Never another link than by mail, where mails are sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, abort, g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy import select

from portal.admin import business_places, entries, news, schedule
from portal.admin.businesses import LONGEST, NOT, invited
from portal.admin.desk import desk
from portal.admin.guard import audited, needs
from portal.admin.page import page
from portal.admin.roles import ROLES
from portal.cases import advert_state, businesses, figures, members
from portal.cases.advert_state import Stand
from portal.cases.members import Unfit
from portal.cases.remainders import time_zone
from portal.messages.shops import Step
from portal.permissions import OF_SHOPS, Permission
from store import campaigns, shop_places, shops, versions
from store.models import Business, CreativeState, Role, ShopVersion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from store.campaigns import Line
    from store.models import Creative, Staff

blueprint = Blueprint("business_one", __name__, url_prefix="/businesses/<slug>")
STANDS: Final = {**advert_state.WORDS, Stand.WAITING: later("Handed in"), Stand.REJECTED: later("Not approved")}  # what it is to the city
_SEEN: Final = frozenset(CreativeState) - {CreativeState.DRAFT}


class Told(NamedTuple):
    """One advert of it."""

    line: Line
    stand: advert_state.Stand
    version: Creative | None  # that the city may look at: never a draft


@blueprint.get("")
@needs(Permission.SPLASH)
def show(slug: str) -> ResponseReturnValue:
    """How it stands."""
    return _shown(slug)


def _shown(slug: str, wrong: Mapping[str, Any] | None = None, status: int = 200) -> ResponseReturnValue:
    zone = time_zone(desk().zone())
    with desk().reading() as session:
        shop = _found(session, slug)
        lines = campaigns.of(session, shop.id)
        today = g.now.astimezone(zone).date()
        told = [Told(line, advert_state.stand(line, today, suspended=shop.suspended_at is not None), _seen(line)) for line in lines]
        places = _places(session, shop)
        named = schedule.places(places, shop_places.known(session, places))
        some = business_places.choices(session)
        ticked, more = business_places.apart(places, some)
        values = {
            "shop": shop,
            "adverts": told,
            "week": figures.week(session, shop.id, g.now, zone),
            "places": named,
            "choices": some,
            "chosen": request.form.getlist("place") or ticked,
            "more": request.form.get("more", more)[: business_places.LONGEST],
            "people": shops.members(session, shop.id),
            "version": _page_version(session, shop),
        }
    words = {"roles": ROLES, "becomes": sorted(OF_SHOPS), "stands": STANDS, "tones": advert_state.KINDS}
    guests = desk().office.guest_url
    return page(
        "business.html", status, **values, **words, wrong=wrong or {}, typed=request.form, most=businesses.WHY, guests=guests,
        longest=LONGEST, under="/businesses",
    )  # fmt: skip


def _seen(line: Line) -> Creative | None:
    return next((row for row in (line.newest, line.live) if row is not None and row.state in _SEEN), None)


def _page_version(session: Session, shop: Business) -> ShopVersion | None:
    """The newest of its page's that the city may look at."""
    return next((row for row in versions.history(session, ShopVersion, shop.id, 2) if row.state in _SEEN), None)


@blueprint.post("/places")
@needs(Permission.SPLASH_ACT)
def let(slug: str) -> ResponseReturnValue:
    """Where it may be shown from now on; adverts elsewhere are shown there no more."""
    lost: Sequence[shop_places.Place] = ()
    with desk().writing() as session:
        shop = _found(session, slug)
        typed = business_places.typed(session, request.form)
        if stands := not typed.unknown and bool(typed.known):
            before = sorted(map(_plain, _places(session, shop)))
            lost = shop_places.let(session, shop.id, typed.known)
            audited(session, "change", "business", shop.slug, fields={"places": (before, sorted(map(_plain, typed.known)))})
    if not stands:
        return _shown(slug, {"places": NOT[businesses.No.PLACES][1]}, 422)
    if lost:
        return entries.done(_at(slug), _("Saved. Adverts that were shown elsewhere are shown there no more."))
    return entries.done(_at(slug), _("Saved."))


def _places(session: Session, shop: Business) -> Sequence[shop_places.Place]:
    return [(row.kind, row.name) for row in shops.places(session, shop.id)]


def _plain(place: shop_places.Place) -> str:
    return f"{place[0].value} {place[1]}".strip()


@blueprint.post("/suspend")
@needs(Permission.SPLASH_ACT)
def suspend(slug: str) -> ResponseReturnValue:
    """Nothing of it is shown until it is restored; its owners read why."""
    why = " ".join(request.form.get("why", "").split())[: businesses.WHY]
    if not why:
        return _shown(slug, {"why": _("Say why: its owners read it.")}, 422)
    with desk().writing() as session:
        shop = _found(session, slug)
        if done := businesses.suspend(session, shop, why, g.now):
            news.step(session, Step.SUSPENDED, shop, reason=why)
    return entries.done(_at(slug), _("Suspended: within seconds nothing of it is shown.") if done else _("It was suspended already."))


@blueprint.post("/restore")
@needs(Permission.SPLASH_ACT)
def restore(slug: str) -> ResponseReturnValue:
    """What was approved is shown again."""
    with desk().writing() as session:
        shop = _found(session, slug)
        if done := businesses.restore(session, shop):
            news.step(session, Step.RESTORED, shop)
    return entries.done(_at(slug), _("What was approved is shown again.") if done else _("It was not suspended."))


@blueprint.post("/members")
@needs(Permission.SPLASH_ACT, fresh=True)
def join(slug: str) -> ResponseReturnValue:
    """Somebody more works for it."""
    role = {each.value: each for each in OF_SHOPS}.get(request.form.get("becomes", ""), Role.BUSINESS_OWNER)
    with desk().writing() as session:
        shop = _found(session, slug)
        if shop.house:
            abort(409)  # the city's own is the city's staff's
        typed = request.form.get("email", "").strip()[: LONGEST + 1]
        joined = members.join(session, desk().privacy, news.reach(), shop, typed, role, g.language, g.now)
        if not isinstance(joined, Unfit):
            audited(session, "invite", "business", slug, fields={role.value: (None, joined.staff.name)})
        name = shop.name
    if isinstance(joined, Unfit):
        return _shown(slug, {"email": NOT[joined][1]}, 422)
    return invited(slug, name, joined)


@blueprint.post("/members/<member>/link")
@needs(Permission.SPLASH_ACT, fresh=True)
def link(slug: str, member: str) -> ResponseReturnValue:
    """Another one, for whoever lost the first, or the password."""
    with desk().writing() as session:
        shop = _found(session, slug)
        staff = _member(session, shop, member)
        secret = members.link(session, desk().privacy, news.reach(), shop, staff, g.now)
        if not isinstance(secret, Unfit):
            audited(session, "link", "business", slug, fields={staff.role.value: (None, staff.name)})
        joined, name = members.Joined(staff, "" if isinstance(secret, Unfit) else secret), shop.name
    if isinstance(secret, Unfit):
        return _shown(slug, {"email": NOT[secret][1]}, 409)
    return invited(slug, name, joined)


@blueprint.post("/members/<member>/remove")
@needs(Permission.SPLASH_ACT, fresh=True)
def remove(slug: str, member: str) -> ResponseReturnValue:
    """They work for it no more."""
    with desk().writing() as session:
        shop = _found(session, slug)
        staff = _member(session, shop, member)
        members.leave(session, shop, staff, g.now)
        audited(session, "remove", "business", slug, fields={staff.role.value: (staff.name, None)})
    return entries.done(_at(slug), _("They work for it no more, and see nothing of it."))


def _member(session: Session, shop: Business, name: str) -> Staff:
    found = next((each for each in shops.members(session, shop.id) if each.id == name), None)
    if found is None:
        abort(404)
    return found


def _found(session: Session, slug: str) -> Business:
    found = session.scalars(select(Business).where(Business.slug == slug)).first() if len(slug) <= shops.LONGEST_SLUG else None
    if found is None:
        abort(404)
    return found


def _at(slug: str) -> str:
    return entries.at("/businesses", slug)
