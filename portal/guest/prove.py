"""/s/<token>/me: who signed in proves it once more, and the account's pages open; /s/<token>/kept: what is kept of this one sign-in.

A stay's token says which device signed in, and a gateway may have said so: it opens no account. Never shows more of an
account than how it is proven.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, g, request
from flask_babel import gettext as _

from portal.capabilities import Capability, Me, seal_account
from portal.cases import addresses, card, codes, email, kept, prove, sms
from portal.cases.proof import Denied, No
from portal.guard import open_to
from portal.guest import card as cards
from portal.guest import codes as sent
from portal.guest import cookie, visits
from portal.guest.page import away, href, page
from portal.kit import kit
from portal.rates import address
from portal.troubles import Trouble, TroubleError
from portal.words import date, moment
from portal.writing import writing
from store import challenges
from store.challenges import Refusal
from store.models import Purpose, Way
from store.session import reading

if TYPE_CHECKING:
    from store.models import Account

blueprint = Blueprint("prove", __name__)
LONGEST: Final = 256  # characters of a name, and of a password


@blueprint.get("/s/<token>/kept")
@open_to(Capability.STAY)
def ledger(token: str) -> Any:
    """What is kept about this guest, why, until when."""
    g.token = token
    tools, grant = kit(), visits.granted()
    with reading(tools.database) as session:
        lines = kept.of_grant(session, grant, tools.house.kept)
        owned = prove.account_of(session, grant.id) is not None
    return page("kept.html", lines=lines, owned=owned, zone=_zone(), stay=token)


@blueprint.get("/s/<token>/me")
@open_to(Capability.STAY)
def ask(token: str) -> Any:
    """How will the guest prove it? Who just has, on this device, need not."""
    g.token = token
    account = _account()
    if account is None:
        return away(href(f"/s/{token}/kept"))
    if me := cookie.me(g.stay, account.id):
        return away(href(f"/me/{me}"))
    return _form(account)


@blueprint.post("/s/<token>/me/send")
@open_to(Capability.STAY)
def send(token: str) -> Any:
    """A code to the account's own address."""
    g.token = token
    tools, account = kit(), _account()
    if account is None or account.way not in codes.KINDS:
        raise TroubleError(Trouble.NOT_FOUND)
    contact = tools.privacy.opened(account.contact, "account", account.id, "contact").decode()
    caps = sms.caps(contact, tools.house.sms_per_day) if account.way is Way.SMS else email.caps(contact)
    client = g.door.gateway.name if g.door is not None else ""
    wanted = codes.wanted(
        tools.privacy, account.way, contact, _device(), purpose=Purpose.ACCOUNT, client=client, language=g.language, caps=caps
    )
    with writing() as session:
        done = codes.ask(session, sent.desk(), wanted, date(tools.now()))
    if isinstance(done, Denied):
        return _form(account, sent.said(done), sent.status_of(done))
    return away(href(f"/s/{token}/me", sent="1"))


@blueprint.post("/s/<token>/me")
@open_to(Capability.STAY)
def answer(token: str) -> Any:
    """The proof."""
    g.token = token
    account = _account()
    if account is None or account.way not in prove.WAYS:
        raise TroubleError(Trouble.NOT_FOUND)
    denied = _card(account) if account.way is Way.CARD else _typed(account)
    if denied is not None:
        g.why = denied.why.name
        status = 503 if denied.why is No.AWAY else 429 if denied.why is No.WAIT else 422
        return _form(account, _said(account, denied), status)
    return away(href(f"/me/{door_to(account.id)}"))


def door_to(account: str) -> str:
    """The token of the account's pages, with as much of the visit as they need."""
    tools = kit()
    return seal_account(tools.tokens, Me(account, cookie.slim(g.stay.visit)), tools.now())


def _typed(account: Account) -> Denied | None:
    tools, now = kit(), date(kit().now())
    typed = request.form.get("code", "")[:64]
    with writing() as session:
        if account.way is Way.VOUCHER:
            whose = f"{g.stay.visit.arrival.station} {address()}".encode()
            return prove.by_voucher(session, tools.privacy, account, _device(), whose, typed, now)
        found = prove.by_code(session, tools.privacy, account, _device(), addresses.code(typed) or "-", now)
    return found if isinstance(found, Denied) else None


def _card(account: Account) -> Denied | None:
    tools = kit()
    began = tools.now()
    name, password = request.form.get("name", "").strip()[:LONGEST], request.form.get("password", "")
    if not name or not password or len(password) > LONGEST:
        return Denied(No.WRONG)
    with writing() as session:
        denied = card.counted(session, tools.privacy, _device(), name, date(began))
    if denied is not None:
        return denied
    found = cards.ask(name, password)
    with writing() as session:
        denied = prove.by_card(session, tools.privacy, account, _device(), name, found, date(began))
    if denied is not None and denied.why is No.WRONG:
        cards.slowly(began)
    return denied


def _form(account: Account, error: str = "", status: int = 200) -> Any:
    """The page of its way."""
    tools = kit()
    waits = False
    if account.way in codes.KINDS:
        with reading(tools.database) as session:
            found = challenges.stands(session, _device(), account.way, Purpose.ACCOUNT, date(tools.now()))
            waits = not isinstance(found, Refusal) and found.settled_at is None
    may = account.way in prove.WAYS
    return page("prove.html", status, stay=g.token, way=account.way.value, may=may, waits=waits, error=error, sent="sent" in request.args)


def _account() -> Account | None:
    grant = visits.granted()
    with reading(kit().database) as session:
        return prove.account_of(session, grant.id)


def _said(account: Account, denied: Denied) -> str:
    """Why not, and what to do."""
    if account.way in codes.KINDS:
        return sent.said(denied)
    match denied.why:
        case No.WAIT:
            at = moment(date(denied.at or kit().now()), _zone(), date(kit().now()))
            return str(_("There were several wrong tries. The next is taken at %(time)s.", time=at))
        case No.AWAY:
            return str(_("The library’s directory does not answer. Try again in a minute."))
    return str(_("That is not what this device signed in with."))


def _device() -> bytes:
    return kit().privacy.device(g.stay.visit.arrival.station)


def _zone() -> str:
    zone: str = g.door.timezone if g.door is not None else g.doors.timezone
    return zone
