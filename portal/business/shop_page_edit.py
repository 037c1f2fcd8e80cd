"""The form of a shop's public page: one page that a phone can fill in.

Kept as a draft whatever is missing, handed in when nothing is. Of two who edit at once the second is told, with everything they
typed still in the form; whoever saves what is with the city takes it back first. Never changes what guests see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, g, redirect, request
from flask_babel import gettext as _

from portal.admin import news
from portal.admin.desk import desk
from portal.admin.guard import audited
from portal.admin.page import page
from portal.business import media, shop_page_form
from portal.business.shop_page import KIND, at, handed_in
from portal.business.views import add, kept, saves
from portal.cases import campaigns, pictures
from portal.cases import shop_page as form
from portal.messages.shops import Step
from store import versions
from store.models import CreativeState, ShopVersion
from store.versions import StaleError, StepError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from portal.cases.campaigns import Fault
    from portal.permissions import Permission


def blueprint(see: Permission, act: Permission) -> Blueprint:  # noqa: ARG001  an editor is for who may act
    """For one app."""
    made = Blueprint("shop_page_edit", __name__)
    add(made, "/page/edit", edit_page, act)
    add(made, "/page/edit", save_page, act, "POST", picture=True)
    return made


def edit_page() -> Any:
    """The draft, where there is one; else what is there."""
    with desk().reading() as session:
        row = versions.newest(session, ShopVersion, g.shop.id)
    fields = form.fields_of(g.shop, row)
    return _shown(row, fields, faults=form.faults(fields) if row is not None and (row.edits or request.args.get("mend")) else [])


def save_page() -> Any:
    """Keep the draft, and hand it in where that was pressed and nothing is missing. A picture is decoded, and kept, before all else."""
    fields, seen = form.typed(request.form), request.form.get("seen", "")
    found: Any = media.sent(request.form.get("crop", ""))
    if found is not None and not isinstance(found, str):
        fields["picture"] = media.kept(found)
    try:
        with desk().writing() as session:
            if request.form.get("do") == "monday":
                return _shown(versions.newest(session, ShopVersion, g.shop.id), fields, faults=_pictured(found), seen=seen)
            answer = _kept(session, _draft(session, seen), fields, found)
        return answer()
    except StaleError:
        with desk().reading() as session:
            return _shown(versions.newest(session, ShopVersion, g.shop.id), fields, status=409, stale=True)
    except StepError:
        return redirect(at(done=_("Somebody else was faster, and nothing was changed. This is how it stands now.")), 303)


def _draft(session: Session, seen: str) -> ShopVersion:
    """The draft, where the form was made from what is newest now. StaleError where it was not."""
    was = versions.latest(session, ShopVersion, g.shop.id)
    stood, waited = saves(was), was is not None and was.state is CreativeState.SUBMITTED
    row = form.draft(session, g.shop, g.staff.id, g.now)
    if seen != stood:
        raise StaleError(row)
    if waited:
        news.step(session, Step.WITHDRAWN, g.shop, None, row)
    return row


def _kept(session: Session, row: ShopVersion, fields: dict[str, Any], found: Any) -> Callable[[], Any]:
    """Write it down; what the page says is made once the transaction is over."""
    if fields["picture"] != row.picture and pictures.shown(session, g.shop.id, fields["picture"]) is None:
        fields["picture"] = ""  # nobody's digest but one of its own
    before = versions.fields_of(row)
    versions.save(row, fields, row.edits, g.staff.id)
    changed = ", ".join(key for key, value in fields.items() if before[key] != value)
    audited(session, "save", KIND, g.shop.slug, fields={"version": (None, row.version), "changed": (None, changed)})
    faults = [*form.faults(fields), *_pictured(found)]
    hands_in = request.form.get("do") == "submit"
    if hands_in and not faults:
        told = handed_in(session, row)
        return lambda: told
    if hands_in or _pictured(found):
        return lambda: _shown(row, fields, status=422, faults=faults)
    done = kept(len(faults))
    return lambda: redirect(at("/edit", done=done), 303)


def _pictured(found: Any) -> list[Fault]:
    """Why the picture that was chosen is not taken."""
    return [campaigns.Fault("picture", found)] if isinstance(found, str) else []


def _shown(
    row: Any, fields: Mapping[str, Any], *, status: int = 200, faults: Sequence[Fault] = (), stale: bool = False, seen: str | None = None
) -> Any:
    g.frames = "; frame-src 'self'"
    return page(
        "shop_page_edit.html",
        status,
        row=row,
        form=shop_page_form.shown(fields, faults),
        fields=fields,
        seen=saves(row) if seen is None else seen,
        waits=row is not None and row.state is CreativeState.SUBMITTED,
        rejected=row.reason if row is not None and row.state is CreativeState.REJECTED else "",
        stale=stale,
        unkept=stale or seen is not None,
        at=at,
        upload=media.where("x").replace("/x.webp", ""),
        src=media.where(fields["picture"]),
        pictures=pictures,
    )
