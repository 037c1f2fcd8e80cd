"""The guest desk: one box, one guest, how they stand, and the few things that somebody on the telephone can do for them.

What is typed is posted, and leads to an id: nothing of a person is in an address, a log or a link. Each deed is in the audit log,
and its result is on the page. Never a contact or a station in whole, but to who asked for it with a reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, abort, g, redirect, request
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from portal.admin import entries, helping, reveal, session_orders, telling
from portal.admin.answers import KINDS, answer
from portal.admin.desk import desk
from portal.admin.guard import actor, needs
from portal.admin.page import page, when
from portal.cases import card, desk_acts, desk_find, desk_guest, finding
from portal.cases.desk_acts import Barred, Done
from portal.permissions import Permission
from store import requests
from store.models import Account, Challenge, RequestKind, Session, Site

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session as Database

    from portal.cases.desk_guest import Guest
    from portal.cases.desk_world import Doer, Helping

    Deed = Callable[[Database, Helping, Guest, Doer, Any], Done | Barred]

blueprint = Blueprint("guest_desk", __name__, url_prefix="/desk")
SHOWN: Final = 5  # stays on the page
HEARD: Final = 200  # sessions that are looked through for the newest of each
_FULL: Final = (desk_acts.Bar.WAIT, desk_acts.Bar.ENOUGH)


@blueprint.get("")
@needs(Permission.GUESTS)
def index() -> ResponseReturnValue:
    """The box."""
    return page("desk.html", typed="", missing=False, plans=_printable())


@blueprint.post("")
@needs(Permission.GUESTS)
def find() -> ResponseReturnValue:
    """To whom these words mean; where nobody is found, what else they may be."""
    typed = request.form.get("q", "").strip()[: desk_find.LONGEST]
    with desk().reading() as session:
        name = desk_find.find(session, helping.world(), typed, g.now)
        if name:
            return redirect(entries.at("/desk", name), 303)
        blocked = card.blocked(session, desk().privacy, typed, g.now) if typed and "@" not in typed else None
    return page("desk.html", 404 if typed else 422, typed=typed, missing=True, blocked=blocked, plans=_printable())


@blueprint.post("/card")
@needs(Permission.GUESTS_ACT)
def unblock_card() -> ResponseReturnValue:
    """What was tried against a library card is counted no more."""
    typed = request.form.get("q", "").strip()[: desk_find.LONGEST]
    with desk().writing() as session:
        done = desk_acts.unblock_card(session, helping.world(), typed, actor(), g.now)
    words = helping.barred(done) if isinstance(done, Barred) else _("The card can be tried again at once.")
    return page("desk.html", 409 if isinstance(done, Barred) else 200, typed=typed, missing=False, told=words, plans=_printable())


@blueprint.get("/<name>")
@needs(Permission.GUESTS)
def show(name: str) -> ResponseReturnValue:
    """One guest."""
    return _shown(name)


@blueprint.post("/<name>/resend")
@needs(Permission.GUESTS_ACT)
def resend(name: str) -> ResponseReturnValue:
    """Another code."""
    return _do(
        name,
        desk_acts.resend,
        lambda done: _("Another code is on its way. It is good until %(time)s; the one before counts no more.", time=when(done.at)),
    )


@blueprint.post("/<name>/extend")
@needs(Permission.GUESTS_ACT)
def extend(name: str) -> ResponseReturnValue:
    """An hour more."""

    def told(done: Done) -> Any:
        if done.number and not done.orders:
            return _(
                "The stay lasts until %(time)s. Its gateway cannot be told meanwhile, and hears of it when it asks next.",
                time=when(done.at),
            )
        return _("The stay lasts until %(time)s.", time=when(done.at))

    return _do(name, desk_acts.extend, told)


@blueprint.post("/<name>/sign-out")
@needs(Permission.GUESTS_ACT)
def sign_out(name: str) -> ResponseReturnValue:
    """The stay ends."""

    def told(done: Done) -> Any:
        if done.orders:
            return _("The stay has ended; what the gateway answered is below.")
        if done.number:
            return _("The stay has ended here. Its gateway takes no such order, and hears of it when it asks next.")
        return _("The stay has ended. No gateway had to be told.")

    return _do(name, desk_acts.sign_out, told)


@blueprint.post("/<name>/unblock")
@needs(Permission.GUESTS_ACT)
def unblock(name: str) -> ResponseReturnValue:
    """Wrong tries are forgotten."""
    return _do(
        name,
        desk_acts.unblock,
        lambda done: ngettext("Unblocked: one count was lifted.", "Unblocked: %(num)s counts were lifted.", done.number),
    )


@blueprint.post("/<name>/request")
@needs(Permission.GUESTS_ACT)
def ask(name: str) -> ResponseReturnValue:
    """What a guest asks of their data, written down for whoever answers it."""
    kind = next((each for each in RequestKind if each.value == request.form.get("kind", "")), None)
    typed = " ".join(request.form.get("contact", "").split())[: requests.LONGEST]
    if kind is None or not typed.isprintable():
        abort(400)
    with desk().writing() as session:
        row = desk_acts.take_down(session, helping.world(), _find(session, name), kind, typed, actor(), g.now)
        due = row.due_at if row is not None else None
    if due is None:
        return _shown(name, _("Write down where the answer goes."), 422)
    return entries.done(entries.at("/desk", name), _("Written down. It is to be answered by %(day)s.", day=when(due)))


@blueprint.post("/<name>/reveal")
@needs(Permission.REVEAL)
def uncover(name: str) -> ResponseReturnValue:
    """The whole address, for a quarter of an hour, for a reason that is on record."""
    here, said = entries.at("/desk", name), reveal.reason()
    if not said:
        return helping.reasonless(here)
    with desk().writing() as session:
        about = _contacted(_find(session, name))
        if about is None:
            abort(404)
        helping.uncover(session, about, said)
    return redirect(here, 303)


def _do(name: str, deed: Deed, words: Callable[[Done], Any]) -> ResponseReturnValue:
    """In one transaction; then the page, once the gateways have answered or have had their time, with what was done or why not."""
    with desk().writing() as session:
        done = deed(session, helping.world(), _find(session, name), actor(), g.now)
    if isinstance(done, Barred):
        return _shown(name, helping.barred(done), 429 if done.why in _FULL else 409)
    session_orders.wait(done.orders)
    return entries.done(entries.at("/desk", name), words(done))


def _find(session: Database, name: str) -> Guest:
    found = desk_guest.guest(session, helping.world(), name, g.now)
    if found is None:
        abort(404)
    return found


def _contacted(guest: Guest) -> Account | Challenge | None:
    return guest.account or guest.challenge


def _shown(name: str, wrong: str = "", status: int = 200) -> ResponseReturnValue:
    with desk().reading() as session:
        guest = _find(session, name)
        login = guest.login
        site = session.scalar(select(Site.name).where(Site.id == guest.grant.site)) if guest.grant is not None else None
        values = {
            "contact": helping.contact(session, _contacted(guest)),
            "head": telling.headline(login, finding.institutions(session, [login])) if login is not None else None,
            "site": site or (guest.grant.site if guest.grant is not None else ""),
            "sessions": _sessions(session, guest),
            "asked": requests.open_of(session, guest.account.id) if guest.account is not None else (),
        }
    order = guest.order
    return page(
        "desk_one.html", status, guest=guest, shown=helping.shown(guest), left=helping.left(guest), wrong=wrong, **values,
        stays=guest.stays[:SHOWN], there=entries.at("/desk", name), ways=helping.WAYS, plans=_printable(), device=_device(guest),
        order=order, order_title=KINDS[order.kind] if order is not None else "", answered=answer(order) if order is not None else None,
    )  # fmt: skip


def _sessions(session: Database, guest: Guest) -> dict[str, Any]:
    """The newest session of each stay that is shown."""
    names = [each.id for each in guest.stays[:SHOWN]]
    rows = (
        session.scalars(select(Session).where(Session.grant_id.in_(names)).order_by(Session.started_at.desc()).limit(HEARD)).all()
        if names
        else []
    )
    return {each.grant_id or "": each for each in reversed(rows)}


def _device(guest: Guest) -> str:
    """The device as everybody sees it."""
    found = guest.open[0].station_hash if guest.open else b""
    return telling.device(found) if found else ""


def _printable() -> list[str]:
    """Plans that a voucher can be of: where some sign-in page takes one. The first is what those pages offer."""
    known = desk().tools["guests"]()
    if known is None:
        return []
    doors = known.doors.by_key.values()
    first = sorted({door.ways["voucher"].name for door in doors if "voucher" in door.ways})
    return [*first, *sorted({name for door in doors for name in door.plans} - set(first))] if first else []
