"""/sign-in/link: a link by e-mail in place of the password, for whoever works for a shop.

Asking changes nothing but their mailbox; looking at the link uses up nothing (mail programs look at links): its button does. It is
good once, for fifteen minutes. Whoever has a second factor is asked for it afterwards.

Never tells whether an address is somebody's: the answer is the same, and takes as long.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from flask import Blueprint, abort, g, request

from portal.admin import doorway, guard
from portal.admin.desk import desk
from portal.admin.guard import at_step
from portal.admin.page import page
from portal.cases.shop_news import send
from portal.messages.sign_in import mail_link
from portal.pace import Rate
from portal.rates import address
from store import guesses
from store import staff as people
from store.models import LinkPurpose, Role, Staff, Step

if TYPE_CHECKING:
    from flask import Response
    from sqlalchemy.orm import Session

blueprint = Blueprint("link", __name__)
SOON, SOME = timedelta(minutes=15), 3  # mails to one person
DAY, MANY = timedelta(days=1), 10
NEAR: Final = Rate(20, 3_600.0)  # questions from one address: a market hall behind one router
_ANYBODY = (None, Step.SETUP, Step.SECOND, Step.WHOLE)


@blueprint.get("/sign-in/link")
@at_step(*_ANYBODY)
def ask() -> Any:
    """What is your address?"""
    return _form(200)


@blueprint.post("/sign-in/link")
@at_step(*_ANYBODY)
def mail() -> Any:
    """Look into your mailbox."""
    typed, onward = doorway.typed_name(request.form.get("address", "")), guard.onward(request.form.get("next", "/"))
    if "@" not in typed:
        return _form(422, wrong=True, typed=typed)
    if not desk().office.mails:
        abort(404)
    if not desk().rates.take(f"link {address()}", NEAR, g.now.timestamp()):
        abort(429)
    with desk().reading() as session:
        staff = doorway.able(people.named(session, typed))
    with desk().writing() as session:
        with session.begin_nested() as attempt:
            decoy = _decoy(session, typed)
            known = _send(session, staff or decoy, onward) and staff is not None
            if not known:
                attempt.rollback()  # all of it was done, so that time tells nothing
            else:
                session.delete(decoy)
        if not known:
            guesses.counted(session, guesses.named(desk().privacy, "shop strangers", b""), g.now)  # as many commits as for a member
    return page("link_sent.html", minutes=_minutes())


@blueprint.get("/sign-in/link/<secret>")
@at_step(*_ANYBODY)
def look(secret: str) -> Any:
    """Is it you?"""
    with desk().reading() as session:
        staff = doorway.able(people.invited(session, secret, g.now, LinkPurpose.SIGN_IN))
    return page("link_use.html", who=staff) if staff is not None else _form(404, gone=True)


@blueprint.post("/sign-in/link/<secret>")
@at_step(*_ANYBODY)
def use(secret: str) -> Any:
    """It is: signed in."""
    if doorway.asked_too_often():
        abort(429)
    with desk().writing() as session:
        staff = doorway.able(people.invited(session, secret, g.now, LinkPurpose.SIGN_IN))
        if staff is None or people.by_link(session, secret, g.now) is None:
            return _form(404, gone=True)
        step = doorway.next_step(session, staff)
        cookie = doorway.admit(session, staff, step, "link by mail")
    return doorway.go(cookie, step, _onward())


@blueprint.app_template_global("office_mails")
def mails() -> bool:
    """Whether a link can be mailed."""
    return desk().office.mails


def _room(session: Session, staff: Staff) -> bool:
    """Whether one more mail is in order: nobody fills somebody's mailbox from here, nor uses up what their own browser may ask for."""
    whose = f"{staff.id}\0{mark}".encode() if (mark := doorway.known(staff.name)) else staff.id.encode()
    bounds = (("shop link", SOME, SOON), ("shop links", MANY, DAY))
    return all(
        guesses.taken(session, guesses.named(desk().privacy, kind, whose), g.now, most=most, window=window) is None
        for kind, most, window in bounds
    )


def _decoy(session: Session, typed: str) -> Staff:
    """Somebody who is nobody, until the transaction takes them back."""
    made = Staff(name=desk().entropy(16).hex(), email=typed, role=Role.VENUE_STAFF, created_at=g.now)
    session.add(made)
    session.flush()
    return made


def _send(session: Session, staff: Staff, onward: str) -> bool:
    """A mail with a link, if there is room for one more."""
    room = _room(session, staff)
    secret = people.sign_in_link(session, staff, g.now)
    there = f"{desk().office.url}/sign-in/link/{secret}" + (f"?next={quote(onward, safe='')}" if onward != "/" else "")
    send(session, desk().privacy, staff, mail_link(staff.language or g.language, there, _minutes()), g.now, people.LINK_LASTS)
    doorway.note(session, doorway.SOMEBODY, staff.name, "link", {"to": "sign in, by mail"})
    return room


def _minutes() -> int:
    return round(people.LINK_LASTS / timedelta(minutes=1))


def _onward() -> str:
    return guard.onward(request.values.get("next", "/"))


def _form(status: int, **what: Any) -> Response:
    onward = _onward()
    return page("link.html", status, onward=onward if onward != "/" else "", mails=desk().office.mails, **what)
