"""The review queue: what shops handed in, with until when the city promised an answer; one version beside the one before; yes or no.

A reason is one of ours, in the language of whoever handed it in, or typed. Never decided by whoever made it, and never but as it
was looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, abort, g, request
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later

from portal import languages
from portal.admin import entries, news, schedule
from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.admin.page import page
from portal.cases import comparing, open_hours, review
from portal.cases.remainders import time_zone
from portal.cases.review import No, RefusedError
from portal.messages.shops import Step
from portal.permissions import Permission
from store import campaigns, shop_places, versions
from store.models import Staff

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from portal.cases.comparing import Difference
    from portal.cases.review import Item
    from store.models import Creative, ShopVersion

blueprint = Blueprint("review", __name__, url_prefix="/review")
NOT: Final = {
    No.GONE: later("It is not there any more."),
    No.DECIDED: later("Somebody else has decided on it meanwhile, or its shop took it back. Nothing was changed."),
    No.CHANGED: later("Its shop changed it after you opened this page. Look at it again: what you see now is what is decided on."),
    No.OWN: later("You made it, or handed it in: somebody else decides."),
    No.PLACES: later("It asks for places at which this shop may not be shown: %(places)s. Let it be shown there, or reject it."),
    No.PLAN: later("What it says of days, hours and places is not whole. Reject it: its shop sees what is missing."),
    No.PASSED: later("Its last day has passed: it would not be shown. Reject it, and its shop chooses later days."),
    No.REASON: later("Choose a reason or write one, so that it can be mended."),
}
REASONS: Final = {
    "claim": later("It promises something that nobody can check."),
    "words": later("There are mistakes in the words, or they are hard to understand."),
    "languages": later("The English and the French words do not say the same."),
    "picture": later("The picture is unclear, or does not belong to the words."),
    "alt": later("The description of the picture does not say what is in it."),
    "link": later("The link does not lead to what the words promise."),
    "when": later("The days, hours or places do not fit what it says."),
    "over": later("Its last day has passed meanwhile. Choose later days, and hand it in again."),
    "rules": later("It is for something that the city’s rules do not allow."),
}
TITLES: Final = {
    "title": later("Title"),
    "text": later("Text"),
    "picture": later("Picture"),
    "alt": later("Description of the picture"),
    "link": later("Link"),
    "name": later("Name"),
    "about": later("About"),
    "address": later("Address"),
    "week": later("Opening hours"),
    "hours": later("Beside the hours"),
    **{f"plan.{key}": title for key, title in schedule.TITLES.items()},
}
STATES: Final = {
    "draft": later("draft"),
    "submitted": later("handed in"),
    "approved": later("approved"),
    "rejected": later("rejected"),
    "replaced": later("replaced"),
}


class Beside(NamedTuple):
    """What a version is compared with, and how they differ."""

    row: Creative | ShopVersion | None
    others: Sequence[Creative | ShopVersion]
    differing: Sequence[Difference]


@blueprint.get("")
@needs(Permission.SPLASH)
def index() -> ResponseReturnValue:
    """What waits, the oldest first."""
    with desk().reading() as session:
        items = review.queue(session)
        names = review.names(session, [item.version.submitted_by for item in items])
    return page("review.html", items=items, names=names, promised=desk().office.review, most=review.MOST, today=_today())


@blueprint.get("/<kind>/<name>")
@needs(Permission.SPLASH)
def show(kind: str, name: str) -> ResponseReturnValue:
    """One version, beside the one before."""
    return _shown(kind, name)


def _today() -> date:
    return g.now.astimezone(time_zone(desk().zone())).date()  # type: ignore[no-any-return]


def _shown(kind: str, name: str, wrong: Any = "", status: int = 200) -> ResponseReturnValue:
    with desk().reading() as session:
        item = _found(session, kind, name)
        beside = _beside(session, item)
        row = item.version
        names = review.names(session, [row.made_by, row.submitted_by, row.decided_by])
    g.frames = "; frame-src 'self'"
    return page(
        "review_one.html",
        status,
        item=item,
        beside=beside,
        names=names,
        wrong=wrong,
        reasonless=status == 422,
        titles=TITLES,
        states=STATES,
        reasons=REASONS,
        weights=campaigns.WEIGHTS,
        longest=review.LONGEST,
        promised=desk().office.review,
        passed=item.passed(_today()),
        seen_in=_language(request.args.get("show_language", "")),
        typed=request.form,
        under="/review",
    )


def _beside(session: Session, item: Item) -> Beside:
    """With the version that `against` names, else with what guests see, else with the last one."""
    others = review.others(session, item)
    asked = request.args.get("against", "")
    row = next((each for each in others if str(each.version) == asked), None) or review.before(others)
    former = _said(session, item, row) if row is not None else {}
    differing = comparing.differences(former, _said(session, item, item.version), list(TITLES))
    return Beside(row, others, [each for each in differing if each.before or each.after])


def _said(session: Session, item: Item, row: Creative | ShopVersion) -> dict[str, Any]:
    """Its fields, with what it plans in words."""
    fields = versions.fields_of(row)
    plan = fields.pop("plan", None)
    if plan is None:
        lines = open_hours.lines(fields["hours"])
        week = "\n".join(f"{line.days}: {line.hours}" for line in lines)
        return fields | {"week": week, "hours": open_hours.words(fields["hours"])}
    try:
        read = campaigns.read(plan) if plan or item.campaign is None else campaigns.plan_of(session, item.campaign)
    except ValueError:
        return fields
    told = schedule.said(read, shop_places.known(session, read.places))
    return fields | {f"plan.{key}": value for key, value in told.items()}


def _language(asked: str) -> str:
    return asked if asked in languages.LANGUAGES else g.language if g.language in languages.LANGUAGES else languages.SOURCE


@blueprint.post("/<kind>/<name>/approve")
@needs(Permission.SPLASH_ACT)
def approve(kind: str, name: str) -> ResponseReturnValue:
    """Guests see it from now on, as it is planned."""
    edits, weight = _number("edits"), _number("weight", 1)
    try:
        with desk().writing() as session:
            item = _found(session, kind, name)
            review.approve(session, item, g.staff.id, edits, weight, g.now)
            fields = {"weight": (None, weight)} if item.campaign is not None else {}
            news.step(session, Step.APPROVED, item.shop, item.campaign, item.version, fields=fields)
    except RefusedError as fault:
        return _refused(kind, name, fault)
    return entries.done("/review", _("Approved. Whoever owns it reads so in a mail."))


@blueprint.post("/<kind>/<name>/reject")
@needs(Permission.SPLASH_ACT)
def reject(kind: str, name: str) -> ResponseReturnValue:
    """Its shop reads why, mends it, and hands it in again."""
    edits = _number("edits")
    try:
        with desk().writing() as session:
            item = _found(session, kind, name)
            reason = _reason(session, item)
            review.reject(item, g.staff.id, edits, reason, g.now)
            news.step(session, Step.REJECTED, item.shop, item.campaign, item.version, reason=reason)
    except RefusedError as fault:
        return _refused(kind, name, fault)
    return entries.done("/review", _("Rejected. Whoever owns it reads the reason in a mail."))


def _reason(session: Session, item: Item) -> str:
    """What was chosen, as whoever handed it in reads it, and what was typed."""
    owner = session.get(Staff, item.version.submitted_by)
    spoken = owner.language if owner is not None and owner.language in languages.LANGUAGES else g.language
    with force_locale(languages.locale(spoken, "CA")):
        chosen = [str(REASONS[key]) for key in request.form.getlist("reason")[: len(REASONS)] if key in REASONS]
    return " ".join([*chosen, request.form.get("why", "").strip()])[: review.LONGEST].strip()


def _refused(kind: str, name: str, fault: RefusedError) -> ResponseReturnValue:
    words = str(NOT[fault.why])
    if fault.places:
        with desk().reading() as session:
            there = shop_places.known(session, fault.places)
        words %= {"places": ", ".join(schedule.places(fault.places, there))}
    return _shown(kind, name, words, 422 if fault.why is No.REASON else 409)


def _found(session: Session, kind: str, name: str) -> Item:
    found = review.find(session, kind, name)
    if found is None:
        abort(404)
    return found


def _number(key: str, default: int = 0) -> int:
    said = request.form.get(key, "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 7 else default
