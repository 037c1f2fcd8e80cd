"""A shop's public page on the shop's own pages: how it stands, how it looks, its versions, and the steps that its owner takes.

Every step is told and written down in the transaction that takes it (portal/admin/news.py). Never another shop's page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from flask import Blueprint, abort, g, redirect
from flask_babel import gettext as _

from portal.admin import news
from portal.admin.desk import desk
from portal.admin.guard import audited
from portal.admin.page import page, when
from portal.business.views import TOO_OFTEN, add, may_hand_in
from portal.cases import advert_state as states
from portal.cases import shop_page as form
from portal.cases.advert_state import Stand
from portal.cases.review import answer_by
from portal.messages.shops import About, Step
from store import shop_pages, versions
from store.models import ShopVersion
from store.versions import StepError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from portal.permissions import Permission

KIND: Final = About.PAGE.value  # as the audit log has it


def blueprint(see: Permission, act: Permission) -> Blueprint:
    """For one app."""
    made = Blueprint("shop_page", __name__)
    add(made, "/page", public_page, see)
    add(made, "/page/<verb>", page_step, act, "POST")
    return made


def at(more: str = "", **query: str) -> str:
    """The path of the page about it."""
    return f"/shops/{g.shop.slug}/page{more}{f'?{urlencode(query)}' if query else ''}"


def public_page() -> Any:
    """How it stands."""
    with desk().reading() as session:
        past = versions.history(session, ShopVersion, g.shop.id)
        newest = past[0] if past else None
        stands = g.shop.suspended_at is None and shop_pages.stands(session, g.shop.id)
    wanted = states.OPEN.get(newest.state) if newest is not None else Stand.DRAFT
    g.frames = "; frame-src 'self'"
    return page(
        "shop_page.html",
        newest=newest,
        past=past,
        stands=stands,
        suspended=g.shop.suspended_at is not None,
        wanted=wanted,
        states=states,
        faults=form.faults(form.fields_of(g.shop, newest)) if wanted is Stand.DRAFT else [],
        due=when(answer_by(newest.submitted_at, desk().office.review, desk().zone()))
        if newest is not None and newest.submitted_at is not None
        else "",
        at=at,
        address=f"{desk().office.guest_url}/p/{g.shop.slug}" if desk().office.guest_url else "",
    )


def page_step(verb: str) -> Any:
    """One of `_VERBS`; what somebody else was faster with is said, and nothing changes."""
    take = _VERBS.get(verb)
    if take is None:
        abort(404)
    try:
        with desk().writing() as session:
            return take(session, _newest(session))
    except StepError:
        return redirect(at(done=_("Somebody else was faster, and nothing was changed. This is how it stands now.")), 303)


def _newest(session: Session) -> ShopVersion:
    row = versions.latest(session, ShopVersion, g.shop.id)
    if row is None:
        raise StepError(None)
    return row


def _submit(session: Session, row: ShopVersion) -> Any:
    """One with faults goes back to its form, which names them."""
    if form.faults(versions.fields_of(row)):
        return redirect(at("/edit", mend="1"), 303)
    return handed_in(session, row)


def handed_in(session: Session, row: ShopVersion) -> Any:
    """Of a version without faults."""
    if not may_hand_in():
        return redirect(at(done=str(TOO_OFTEN)), 303)
    versions.submit(row, g.staff.id, g.now)
    news.step(session, Step.SUBMITTED, g.shop, None, row)
    return redirect(
        at(done=_("Handed in. The city answers by %(when)s.", when=when(answer_by(g.now, desk().office.review, desk().zone())))), 303
    )


def _withdraw(session: Session, row: ShopVersion) -> Any:
    versions.withdraw(row)
    news.step(session, Step.WITHDRAWN, g.shop, None, row)
    return redirect(at(done=_("Taken back. It is a draft again.")), 303)


def _discard(session: Session, row: ShopVersion) -> Any:
    """Throw the draft of a change away; what guests see stays."""
    if row.version == 1:
        raise StepError(row.state)
    versions.discard(row)
    audited(session, "discard", KIND, g.shop.slug, fields={"version": (row.version, None)})
    return redirect(at(done=_("The draft is gone. What was approved stays as it is.")), 303)


_VERBS: Final[dict[str, Callable[[Any, Any], Any]]] = {"submit": _submit, "withdraw": _withdraw, "discard": _discard}
