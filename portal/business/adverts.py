"""A shop's adverts: the list, one advert with how it stands and why it is not shown, and the steps that its owner takes.

Every step is told and written down in the transaction that takes it (portal/admin/news.py). Never another shop's advert: it is
looked for among `g.shop`'s own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from flask import Blueprint, abort, g, redirect
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy.orm.exc import StaleDataError

from portal.admin import news
from portal.admin.desk import desk
from portal.admin.guard import audited
from portal.admin.page import page, when
from portal.business import media
from portal.business.views import TOO_OFTEN, add, may_hand_in
from portal.cases import advert_state as states
from portal.cases import campaigns as form
from portal.cases.adverts import Shown, running_on
from portal.cases.remainders import time_zone
from portal.cases.review import answer_by, passed
from portal.cases.showing import showing
from portal.messages.shops import About, Step
from store import adverts, campaigns, offers, versions
from store.adverts import Advert, Run
from store.campaigns import FullError, Line
from store.models import Creative, CreativeState
from store.versions import StepError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from sqlalchemy.orm import Session

    from portal.cases.showing import Showing
    from portal.permissions import Permission
    from store.models import Campaign

KIND: Final = About.ADVERT.value  # as the audit log has it


def blueprint(see: Permission, act: Permission) -> Blueprint:
    """For one app."""
    made = Blueprint("shop_adverts", __name__)
    add(made, "/adverts", every, see)
    add(made, "/adverts/<name>", one, see)
    add(made, "/adverts/<name>/<verb>", step, act, "POST")
    return made


def at(name: str = "", more: str = "", **query: str) -> str:
    """The path of an advert, or of the list."""
    said = f"?{urlencode(query)}" if query else ""
    return f"/shops/{g.shop.slug}/adverts{f'/{name}' if name else ''}{more}{said}"


def today() -> date:
    """The shop's day: the operator's."""
    return g.now.astimezone(time_zone(desk().zone())).date()  # type: ignore[no-any-return]


def find(session: Session, name: str) -> Campaign:
    """This shop's campaign of this id; 404 of any other."""
    found = campaigns.find(session, g.shop.id, name)
    if found is None:
        abort(404)
    return found


def every() -> Any:
    """The list: what needs somebody first, then the newest."""
    with desk().reading() as session:
        lines = campaigns.of(session, g.shop.id)
    rows = [(line, stand) for line in lines for stand in [states.stand(line, today(), suspended=g.shop.suspended_at is not None)]]
    rows.sort(key=lambda row: _ORDER.index(row[1]))
    return page("adverts.html", rows=rows, states=states, change=states.change, src=media.where, at=at, most=campaigns.MOST)


_ORDER: Final = [
    states.Stand.REJECTED,
    states.Stand.DRAFT,
    states.Stand.SUSPENDED,
    states.Stand.SHOWN,
    states.Stand.COMING,
    states.Stand.PAUSED,
    states.Stand.WAITING,
    states.Stand.OVER,
]


def one(name: str) -> Any:
    """How it stands, what to do, why it is not shown, and its versions."""
    with desk().reading() as session:
        campaign = find(session, name)
        past = versions.history(session, Creative, name)
        newest = past[0] if past else None
        line = Line(campaign, newest, versions.live(session, Creative, name))
        shown = [place for row in (newest, line.live) if row is not None for place in form.places(versions.fields_of(row))]
        offered = offers.offered(session, g.shop, shown)
        fields = versions.fields_of(newest) if newest is not None else form.blank(offered)
        g.frames = "; frame-src 'self'"
        return page(
            "advert.html",
            line=line,
            stand=states.stand(line, today(), suspended=g.shop.suspended_at is not None),
            states=states,
            change=states.change(line),
            past=past,
            seen=_showing(session, line, offered),
            faults=form.faults(fields, offered, today()) if states.change(line) or line.live is None else [],
            removable=line.live is None,
            due=when(answer_by(newest.submitted_at, desk().office.review, desk().zone()))
            if newest is not None and newest.submitted_at is not None
            else "",
            over=newest is not None and newest.state is CreativeState.SUBMITTED and passed(newest, today()),
            at=at,
            src=media.where,
        )


def _showing(session: Session, line: Line, offered: list[offers.Offer]) -> Showing:
    """What is chosen among is read as the guests' pages read it."""
    running = adverts.running(session, g.now)
    mine, full = next((run for run in running if run.advert.campaign == line.campaign.id), None), False
    if mine is None and line.live is not None:
        plan = campaigns.plan_of(session, line.campaign)
        places = frozenset((kind.value, name) for kind, name in plan.places)
        bare = Advert(line.live.id, line.campaign.id, g.shop.slug, g.shop.name, {}, {}, house=g.shop.house)
        mine = Run(bare, places, line.campaign.weight, *plan[:-1])
        full = running_on(mine, today())
    counts = Shown()
    if mine is not None and mine.capped:
        day, whole = (adverts.shown(session, [line.campaign.id], first) for first in (today(), None))
        counts = Shown(day.get(line.campaign.id, 0), whole.get(line.campaign.id, 0))
    return showing(line, mine, running, offered, counts, g.now, suspended=g.shop.suspended_at is not None, full=full)


def step(name: str, verb: str) -> Any:
    """One of `_VERBS`; what somebody else was faster with is said, and nothing changes."""
    take = _VERBS.get(verb)
    if take is None:
        abort(404)
    try:
        with desk().writing() as session:
            return take(session, find(session, name))
    except StaleDataError:  # a thumb pressed twice, or two people
        return redirect(at(done=_("Somebody has removed it meanwhile.")), 303)
    except StepError:
        return _told(name, _("Somebody else was faster, and nothing was changed. This is how it stands now."))
    except FullError:
        return _told(name, _("There are %(most)s adverts already. Remove one that guests never saw, then try again.", most=campaigns.MOST))


def _told(name: str, words: str) -> Any:
    return redirect(at(name, done=words), 303)


def _newest(session: Session, campaign: Campaign) -> Creative:
    row = versions.latest(session, Creative, campaign.id)
    if row is None:
        raise StepError(None)
    return row


def submit(session: Session, campaign: Campaign) -> Any:
    """Hand in the draft; one with faults goes back to its form, which names them."""
    row = _newest(session, campaign)
    fields = versions.fields_of(row)
    if form.faults(fields, offers.offered(session, g.shop, form.places(fields)), today()):
        return redirect(at(campaign.id, "/edit", mend="1"), 303)
    return handed_in(session, campaign, row)


def handed_in(session: Session, campaign: Campaign, row: Creative) -> Any:
    """Of a version without faults."""
    if not may_hand_in():
        return _told(campaign.id, str(TOO_OFTEN))
    versions.submit(row, g.staff.id, g.now)
    news.step(session, Step.SUBMITTED, g.shop, campaign, row)
    return _told(
        campaign.id, _("Handed in. The city answers by %(when)s.", when=when(answer_by(g.now, desk().office.review, desk().zone())))
    )


def _withdraw(session: Session, campaign: Campaign) -> Any:
    row = _newest(session, campaign)
    versions.withdraw(row)
    news.step(session, Step.WITHDRAWN, g.shop, campaign, row)
    return _told(campaign.id, _("Taken back. It is a draft again."))


def _turn(act: Callable[[Campaign], bool], taken: Step, words: Any) -> Callable[[Session, Campaign], Any]:
    def take(session: Session, campaign: Campaign) -> Any:
        if not act(campaign):
            raise StepError(None)
        news.step(session, taken, g.shop, campaign)
        return _told(campaign.id, str(words))

    return take


def _copy(session: Session, campaign: Campaign) -> Any:
    row = campaigns.copy(session, campaign, campaign.name, g.staff.id, g.now)
    audited(session, "copy", KIND, row.campaign_id, fields={"of": (None, campaign.id)})
    return redirect(at(row.campaign_id, "/edit", done=_("This is the copy. Its days are empty: choose new ones.")), 303)


def _discard(session: Session, campaign: Campaign) -> Any:
    """Throw the draft of a change away; what guests see stays."""
    row = _newest(session, campaign)
    if row.version == 1:
        raise StepError(row.state)
    versions.discard(row)
    audited(session, "discard", KIND, campaign.id, fields={"version": (row.version, None)})
    return _told(campaign.id, _("The draft is gone. What was approved stays as it is."))


def _remove(session: Session, campaign: Campaign) -> Any:
    if not campaigns.remove(campaign):
        return _told(campaign.id, _("Guests have seen it, so its figures stay. End it instead."))
    audited(session, "remove", KIND, campaign.id, fields={"name": (campaign.name, None)})
    return redirect(at(done=_("Removed.")), 303)


_VERBS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "submit": submit,
    "withdraw": _withdraw,
    "pause": _turn(campaigns.pause, Step.PAUSED, later("Paused: guests do not see it.")),
    "resume": _turn(campaigns.resume, Step.RESUMED, later("Resumed: guests see it when its hours come.")),
    "end": _turn(lambda campaign: campaigns.stop(campaign, g.now), Step.ENDED, later("Over. Its figures stay.")),
    "copy": _copy,
    "discard": _discard,
    "remove": _remove,
}
