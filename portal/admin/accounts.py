"""Accounts: everybody whose address, card or code was verified, listed; and one of them with all that is kept of it, and until when.

A contact is in part, in the list and on the page, and in no export; a whole one is looked up by being posted. Never a station.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, abort, g, redirect, request
from flask_babel import lazy_gettext as later
from sqlalchemy import and_, func, or_, select

from portal.admin import entries, helping, telling
from portal.admin.account_acts import erased
from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.admin.lists import Column, Filter, List
from portal.admin.page import page
from portal.admin.tables import table
from portal.cases import desk_account, desk_find, desk_guest
from portal.permissions import Permission
from store import belongings, requests
from store.models import Account, Device, Grant, PortalTerms, Session, Site, Way
from store.sessions import RECENT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from flask.typing import ResponseReturnValue
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session as Database

blueprint = Blueprint("accounts", __name__, url_prefix="/accounts")
SHOWN: Final = 25  # rows of a kind on one account's page; the export holds them all
STATES: Final = {"online": later("may be online"), "away": later("not just now")}


class Row(NamedTuple):
    """One account of the list."""

    account: Account
    contact: str  # in part
    devices: int
    until: datetime | None  # it may be online


def rows(session: Database, accounts: Sequence[Account]) -> list[Row]:
    """With their devices and stays: two statements, however many there are."""
    names = [each.id for each in accounts]
    counted = select(Device.account_id, func.count()).where(Device.account_id.in_(names)).group_by(Device.account_id)
    devices = dict(session.execute(counted).all())
    live = select(Grant.account_id, func.max(Grant.ends_at)).where(Grant.account_id.in_(names), *_alive()).group_by(Grant.account_id)
    until = dict(session.execute(live).all())
    return [Row(each, helping.masked(each), devices.get(each.id, 0), until.get(each.id)) for each in accounts]


def _alive() -> tuple[ColumnElement[bool], ...]:
    return Grant.revoked_at.is_(None), Grant.ends_at > g.now


def _in_state(value: str) -> ColumnElement[bool]:
    online = Account.id.in_(select(Grant.account_id).where(Grant.account_id.is_not(None), *_alive()))
    return online if value == "online" else ~online


def _at(site: str) -> ColumnElement[bool]:
    """Who is there, or was within a day: who was somewhere longer ago is no list, and takes two people (store/incidents.py)."""
    lately = Grant.ends_at > g.now - RECENT, or_(Grant.revoked_at.is_(None), Grant.revoked_at > g.now - RECENT)
    return Account.id.in_(select(Grant.account_id).where(Grant.site == site, Grant.account_id.is_not(None), *lately))


COLUMNS: Final = (
    Column("id", "", lambda row: row.account.id),
    Column("way", "", lambda row: row.account.way.value),
    Column("language", "", lambda row: row.account.language),
    Column("verified_at", "", lambda row: row.account.created_at),
    Column("last_seen", "", lambda row: row.account.last_seen),
    Column("devices", "", lambda row: row.devices),
    Column("online_until", "", lambda row: row.until),
)
FILTERS: Final = (
    Filter(
        "way",
        later("Verified by"),
        lambda value: Account.way == Way(value),
        {way.value: helping.WAYS[way] for way in Way if way is not Way.TERMS},
    ),
    Filter("state", later("State"), _in_state, STATES),
    Filter("site", later("Signed in at"), _at, hint=later("a site’s id; since a day ago")),
    Filter(
        "days",
        later("Seen within"),
        lambda value: Account.last_seen >= g.now - timedelta(days=int(value)),
        {"1": later("a day"), "7": later("7 days"), "30": later("30 days")},
    ),
)
EVERYBODY: Final = List(select(Account), (Account.last_seen, Account.id), COLUMNS, FILTERS, descending=True, dress=rows)


@blueprint.get("")
@needs(Permission.GUESTS)
def index() -> Any:
    """All of them, who was seen last first."""
    return table(EVERYBODY, "accounts.html", "accounts", ways=helping.WAYS)


@blueprint.post("")
@needs(Permission.GUESTS)
def find() -> ResponseReturnValue:
    """The account of this very contact, code or support number."""
    typed = request.form.get("q", "").strip()[: desk_find.LONGEST]
    with desk().reading() as session:
        name = desk_find.find(session, helping.world(), typed, g.now)
        found = desk_guest.guest(session, helping.world(), name, g.now) if name else None
    if found is not None and found.account is not None:
        return redirect(entries.at("/accounts", found.account.id), 303)
    where = entries.at("/desk", name) if name else ""
    return page("accounts_none.html", 404 if typed else 422, where=where)


@blueprint.get("/<name>")
@needs(Permission.GUESTS)
def show(name: str) -> ResponseReturnValue:
    """One of them; of one that was erased, what stays until when."""
    return shown(name)


def shown(name: str, wrong: str = "", status: int = 200) -> ResponseReturnValue:
    """Its page, with what was wrong with a form of it."""
    with desk().reading() as session:
        account = session.get(Account, name)
        if account is None:
            return erased(session, name)
        values = _told(session, account)
    return page("account.html", status, account=account, wrong=wrong, there=entries.at("/accounts", name), ways=helping.WAYS, **values)


def _told(session: Database, account: Account) -> dict[str, Any]:
    """Everything that is kept of it, the newest of each kind."""
    world = helping.world()
    guest = desk_guest.guest(session, world, account.id, g.now)
    if guest is None:
        abort(404)
    granted = belongings.granted(session, account.id)
    return {
        "guest": guest,
        "shown": helping.shown(guest),
        "left": helping.left(guest),
        "contact": helping.contact(session, account),
        "devices": desk_account.owned(session, world, account, g.now),
        "granted": granted[:SHOWN],
        "sessions": _newest(session, account),
        "sites": dict(session.execute(select(Site.id, Site.name).where(Site.id.in_({each.site for each in granted[:SHOWN]}))).all()),
        "used": belongings.used(session, account.id)[:SHOWN],
        "consents": (agreed := belongings.consents(session, account.id)[:SHOWN]),
        "texts": _texts(session, {each.digest for each in agreed}),
        "sent": telling.SENT,
        "messages": belongings.messages(session, account)[:SHOWN],
        "asked": requests.open_of(session, account.id),
    }


def _texts(session: Database, digests: set[str]) -> dict[str, str]:
    """The words behind these digests, as far as they are kept."""
    rows = session.execute(select(PortalTerms.digest, PortalTerms.text).where(PortalTerms.digest.in_(sorted(digests - {""}))))
    return dict(rows.all())


def _newest(session: Database, account: Account) -> Sequence[Session]:
    mine = select(Session).join(Grant, and_(Grant.id == Session.grant_id, Grant.account_id == account.id))
    return session.scalars(mine.order_by(Session.started_at.desc(), Session.id).limit(SHOWN)).all()
