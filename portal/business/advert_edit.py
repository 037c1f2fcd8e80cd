"""The form of an advert: one page that a phone can fill in, kept as a draft whatever is missing, handed in when nothing is.

Of two who edit at once the second is told, with everything they typed still in the form. Whoever saves what is with the city takes
it back first: nobody approves words that they did not see. Never changes what guests see.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, g, redirect, request
from flask_babel import gettext as _

from portal.admin import news
from portal.admin.desk import desk
from portal.admin.guard import audited
from portal.admin.page import page
from portal.business import advert_form, media
from portal.business.adverts import KIND, at, find, handed_in, today
from portal.business.views import add, kept, saves
from portal.cases import campaigns as form
from portal.cases import pictures
from portal.messages.shops import Step
from store import campaigns, offers, versions
from store.campaigns import FullError
from store.models import Campaign, CampaignState, Creative, CreativeState
from store.versions import StaleError, StepError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from portal.cases.campaigns import Fault
    from portal.permissions import Permission
    from store.offers import Offer

_TWICE: Final = timedelta(seconds=30)


class Sent(NamedTuple):
    """What a form brought."""

    fields: dict[str, Any]
    wrong: str  # why the picture that was chosen is not taken
    seen: str  # the version and its saves, as the form knew them
    hands_in: bool


def blueprint(see: Permission, act: Permission) -> Blueprint:  # noqa: ARG001  an editor is for who may act
    """For one app."""
    made = Blueprint("advert_edit", __name__)
    add(made, "/adverts/new", new, act)
    add(made, "/adverts/new", make, act, "POST", picture=True)
    add(made, "/adverts/<name>/edit", edit, act)
    add(made, "/adverts/<name>/edit", save, act, "POST", picture=True)
    return made


def new() -> Any:
    """An empty form: everywhere, every day."""
    with desk().reading() as session:
        offered = offers.offered(session, g.shop)
    return _shown(None, form.blank(offered), offered)


def make() -> Any:
    """A campaign with its first draft."""
    sent = _sent()
    try:
        with desk().writing() as session:
            if (twice := _again(session, sent)) is not None:
                return redirect(at(twice), 303)
            row = campaigns.begin(session, g.shop.id, form.called(sent.fields["title"]), g.staff.id, g.now)
            audited(session, "create", KIND, row.campaign_id)
            answer = _kept(session, session.get_one(Campaign, row.campaign_id), row, sent)
        return answer()
    except FullError:
        with desk().reading() as session:
            offered = offers.offered(session, g.shop, form.places(sent.fields))
        full = _("There are %(most)s adverts already. Remove one that guests never saw, then save this one.", most=campaigns.MOST)
        return _shown(None, sent.fields, offered, 409, full=full)


def _again(session: Session, sent: Sent) -> str | None:
    """The advert that this very form has made already: a thumb pressed twice."""
    campaigns.alone(session, g.shop.id)
    line = next(iter(campaigns.of(session, g.shop.id)), None)
    if line is None or line.newest is None or line.newest.version > 1 or g.now - line.campaign.created_at > _TWICE:
        return None
    kept = versions.fields_of(line.newest)
    same = all(kept[key] == value for key, value in sent.fields.items() if key != "picture")
    return line.campaign.id if same and line.newest.made_by == g.staff.id else None


def edit(name: str) -> Any:
    """The draft, where there is one; else what its newest version says."""
    with desk().reading() as session:
        campaign = find(session, name)
        row = versions.newest(session, Creative, name)
        offered = offers.offered(session, g.shop, form.places(versions.fields_of(row)) if row is not None else ())
        fields = versions.fields_of(row) if row is not None else form.blank(offered)
        if not fields["plan"]:
            fields["plan"] = campaigns.written(campaigns.plan_of(session, campaign))
        faults = form.faults(fields, offered, today()) if row is not None and (row.edits or request.args.get("mend")) else []
        return _shown(row, fields, offered, faults=faults)


def save(name: str) -> Any:
    """Keep the draft, and hand it in where that was pressed and nothing is missing."""
    sent = _sent()
    try:
        with desk().writing() as session:
            campaign = find(session, name)
            answer = _kept(session, campaign, _draft(session, campaign, sent.seen), sent)
        return answer()
    except StaleError:
        with desk().reading() as session:
            find(session, name)
            newest = versions.newest(session, Creative, name)
            offered = offers.offered(session, g.shop, form.places(sent.fields))
            return _shown(newest, sent.fields, offered, 409, stale=True)
    except StepError:
        return redirect(at(name, done=_("Somebody else was faster, and nothing was changed. This is how it stands now.")), 303)


def _sent() -> Sent:
    """A picture is decoded, and kept, before anything else is written: that may take seconds."""
    fields = form.typed(request.form)
    found: Any = media.sent(request.form.get("crop", ""))
    wrong = found if isinstance(found, str) else ""
    if found is not None and not wrong:
        fields["picture"] = media.kept(found)
    return Sent(fields, wrong, request.form.get("seen", ""), request.form.get("do") == "submit")


def _draft(session: Session, campaign: Campaign, seen: str) -> Creative:
    """The draft, where the form was made from what is newest now. StaleError where it was not."""
    was = versions.latest(session, Creative, campaign.id)
    waited = was is not None and was.state is CreativeState.SUBMITTED
    row = campaigns.draft(session, campaign, g.staff.id, g.now)
    again = row if was is None or row.id == was.id else was
    if seen != saves(again):
        raise StaleError(row)
    if waited:
        news.step(session, Step.WITHDRAWN, g.shop, campaign, row)
    return row


def _kept(session: Session, campaign: Campaign, row: Creative, sent: Sent) -> Callable[[], Any]:
    """Write it down; what the page says is made once the transaction is over."""
    fields, offered = sent.fields, offers.offered(session, g.shop, form.places(sent.fields))
    if fields["picture"] and fields["picture"] != row.picture and pictures.shown(session, g.shop.id, fields["picture"]) is None:
        fields["picture"] = ""  # nobody's digest but one of its own
    before = versions.fields_of(row)
    versions.save(row, fields, row.edits, g.staff.id)
    if campaign.state is CampaignState.DRAFT:
        campaign.name = form.called(fields["title"])
    faults = form.faults(fields, offered, today())
    if sent.wrong:
        faults.append(form.Fault("picture", sent.wrong))
    changed = ", ".join(key for key, value in fields.items() if before[key] != value)
    audited(session, "save", KIND, campaign.id, fields={"version": (None, row.version), "changed": (None, changed)})
    if sent.hands_in and not faults:
        told = handed_in(session, campaign, row)
        return lambda: told
    if sent.wrong or sent.hands_in:
        return lambda: _shown(row, fields, offered, 422, faults=faults)
    return lambda: redirect(at(campaign.id, "/edit", done=kept(len(faults))), 303)


def _shown(
    row: Creative | None,
    fields: Mapping[str, Any],
    offered: Sequence[Offer],
    status: int = 200,
    *,
    faults: Sequence[Fault] = (),
    stale: bool = False,
    full: str = "",
) -> Any:
    g.frames = "; frame-src 'self'"
    return page(
        "advert_edit.html",
        status,
        row=row,
        form=advert_form.shown(fields, offered, faults, g.now),
        fields=fields,
        seen=saves(row),
        waits=row is not None and row.state is CreativeState.SUBMITTED,
        rejected=row.reason if row is not None and row.state is CreativeState.REJECTED else "",
        failed=status == 422,
        stale=stale,
        full=full,
        to=at(row.campaign_id, "/edit") if row is not None else at("new"),
        back=at(row.campaign_id) if row is not None else at(),
        preview=at("preview"),
        upload=media.where("x").replace("/x.webp", ""),
        src=media.where(fields["picture"]),
        pictures=pictures,
    )
