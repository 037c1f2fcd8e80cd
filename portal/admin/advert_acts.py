"""One advert as the city acts on it at once: its weight among others, paused, resumed, ended; and the page on which it is looked at.

What it shows is changed by nobody here: that is its shop's, and reviewed. Never a draft.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, abort, g, redirect, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later

from portal.admin import entries, news
from portal.admin.desk import desk
from portal.admin.guard import audited, needs
from portal.cases.shop_news import review_of
from portal.messages.shops import About, Step
from portal.permissions import Permission
from store import campaigns, versions
from store.models import Business, Campaign, Creative, CreativeState
from store.session import take

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

blueprint = Blueprint("advert_acts", __name__, url_prefix="/adverts/<name>")
_STEPS: Final[Mapping[str, tuple[Step, Callable[[Campaign], bool], Any]]] = {
    "pause": (
        Step.PAUSED,
        campaigns.hold,
        later("Paused: within seconds it is not shown, until somebody here resumes it; its shop cannot."),
    ),
    "resume": (Step.RESUMED, campaigns.release, later("It is shown again. Whoever owns it reads so in a mail.")),
    "end": (Step.ENDED, lambda campaign: campaigns.stop(campaign, g.now), later("It is over. Whoever owns it reads so in a mail.")),
}


@blueprint.get("")
@needs(Permission.SPLASH)
def show(name: str) -> ResponseReturnValue:
    """Where its newest version is looked at."""
    with desk().reading() as session:
        campaign = _found(session, name)
        return redirect(_where(session, campaign), 302)


def _where(session: Session, campaign: Campaign) -> str:
    rows = versions.history(session, Creative, campaign.id, 2)
    row = next((each for each in rows if each.state is not CreativeState.DRAFT), None)
    if row is not None:
        return review_of(row)
    return entries.at("/businesses", session.get_one(Business, campaign.business_id).slug)


@blueprint.post("/weight")
@needs(Permission.SPLASH_ACT)
def weight(name: str) -> ResponseReturnValue:
    """How often it is shown beside others."""
    said = request.form.get("weight", "")
    if not (said.isascii() and said.isdigit() and len(said) < 7 and int(said) in campaigns.WEIGHTS):
        abort(400)
    with desk().writing() as session:
        campaign = _found(session, name)
        take(session, campaign, key_share=True)
        before, campaign.weight = campaign.weight, int(said)
        where = _where(session, campaign)
        if before != campaign.weight:
            audited(session, "change", About.ADVERT.value, campaign.id, fields={"weight": (before, campaign.weight)})
    return entries.done(where, _("Saved. Guests’ pages know it within seconds."))


@blueprint.post("/<any(pause, resume, end):verb>")
@needs(Permission.SPLASH_ACT)
def step(name: str, verb: str) -> ResponseReturnValue:
    """At once."""
    taken, make, words = _STEPS[verb]
    with desk().writing() as session:
        campaign = _found(session, name)
        if done := make(campaign):
            news.step(session, taken, session.get_one(Business, campaign.business_id), campaign)
        where = _where(session, campaign)
    return entries.done(where, str(words) if done else _("Nothing was changed: it stands otherwise by now."))


def _found(session: Session, name: str) -> Campaign:
    found = session.get(Campaign, name)
    if found is None:
        abort(404)
    return found
