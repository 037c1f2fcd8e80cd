"""What staff may do about sessions: end one or many, change a guest's plan, let a guest stay longer; each with a reason, on record.

An order is committed with the change that is its cause; then the page waits some seconds for the NAS's answer, and shows it, or
that it is still awaited. Never says that it worked before the NAS has said so.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlencode

from flask import Blueprint, abort, g, redirect, request
from flask_babel import gettext as _
from sqlalchemy import select

from portal.admin import sessions, telling
from portal.admin.answers import answer
from portal.admin.desk import desk
from portal.admin.guard import audited, needs
from portal.admin.page import page
from portal.admin.reveal import reason
from portal.cases.standing import KICKED
from portal.permissions import Permission
from store import grants
from store.models import Grant, Order, OrderKind, Plan, Session

if TYPE_CHECKING:
    from collections.abc import Collection

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session as Database

PATIENCE: Final = 5.0  # seconds that a page waits for the NAS
LOOK: Final = 0.05
MANY: Final = 200  # sessions that are ended at once
EXTENSION: Final = timedelta(hours=1)
blueprint = Blueprint("session_orders", __name__)


class Outcome(NamedTuple):
    """Of one session of many."""

    session: Session
    order: Order | None
    answer: Any

    @property
    def named(self) -> str:
        """What its gateway calls it, without the station."""
        return telling.unnamed(self.session.acct_session_id) or self.session.id


@blueprint.post("/sessions/<name>/disconnect")
@needs(Permission.SESSIONS_ACT)
def disconnect(name: str) -> ResponseReturnValue:
    """Ask its NAS to end it; a guest's grant ends with it, or the next request would be accepted."""
    if not (why := reason()):
        return _unreasoned(name)
    with desk().writing() as session:
        order = ended(session, _find(session, name), why)
    return _answered(name, [order])


@blueprint.post("/sessions/disconnect")
@needs(Permission.SESSIONS_ACT)
def disconnect_many() -> ResponseReturnValue:
    """The same for those that are ticked."""
    names = list(dict.fromkeys(request.form.getlist("session")))[:MANY]
    why = reason()
    if not names or not why:
        return page("sessions_asked.html", 422, outcomes=[], wrong=_("Tick at least one session, and say why."))
    with desk().writing() as session:
        found = {row.id: row for row in session.scalars(select(Session).where(Session.id.in_(names)))}
        mine = sorted({row.grant_id for row in found.values() if row.grant_id})
        session.execute(
            select(Grant.id).where(Grant.id.in_(mine)).order_by(Grant.id).with_for_update()
        )  # before the feed (store/grants.py)
        queued = {name: ended(session, found[name], why) for name in names if name in found}
    wait([order for order in queued.values() if order is not None])
    return redirect(f"/sessions/asked?{urlencode([('order', order) for order in queued.values() if order is not None])}", 303)


@blueprint.get("/sessions/asked")
@needs(Permission.SESSIONS)
def asked() -> ResponseReturnValue:
    """How those orders stand."""
    numbers = [int(each) for each in request.args.getlist("order")[:MANY] if each.isascii() and each.isdigit() and len(each) < 16]
    with desk().reading() as session:
        rows = session.execute(
            select(Session, Order).join(Order, Order.session_id == Session.id).where(Order.id.in_(numbers)).order_by(Order.id)
        ).all()
    outcomes = [Outcome(accounting, order, answer(order)) for accounting, order in rows]
    return page(
        "sessions_asked.html", outcomes=outcomes, wrong="", waiting=any(each.order.settled_at is None for each in outcomes if each.order)
    )


@blueprint.post("/sessions/<name>/plan")
@needs(Permission.SESSIONS_ACT)
def plan(name: str) -> ResponseReturnValue:
    """Another plan for the guest whose session it is; every open session of the grant is told."""
    if not (why := reason()):
        return _unreasoned(name)
    with desk().writing() as session:
        queued = replanned(session, _find(session, name), request.form.get("plan", ""), why)
    if queued is None:
        return sessions.shown(name, _("The stay has ended, or there is no such plan."))
    return _answered(name, queued)


@blueprint.post("/sessions/<name>/extend")
@needs(Permission.SESSIONS_ACT)
def extend(name: str) -> ResponseReturnValue:
    """An hour more for the guest whose session it is."""
    if not (why := reason()):
        return _unreasoned(name)
    with desk().writing() as session:
        queued = prolonged(session, _find(session, name), why)
    if queued is None:
        return sessions.shown(name, _("The stay has ended: it cannot be made longer. The guest signs in again at the portal."))
    return _answered(name, queued)


# What is done, for the pages and for the API: orders' numbers, None for those that their gateway takes not


def ended(session: Database, accounting: Session, why: str) -> int | None:
    """The order's number; None where its NAS takes no such order."""
    order = _ask(session, OrderKind.DISCONNECT, accounting)
    grant = session.get(Grant, accounting.grant_id) if accounting.grant_id else None
    if grant is not None:
        grants.revoke(session, grant, KICKED, g.now)
    audited(session, "disconnect", "session", accounting.id, reason=why)
    return order


def replanned(session: Database, accounting: Session, wanted: str, why: str) -> list[int | None] | None:
    """Another plan; None where the stay is over, or there is no such plan."""
    grant = _running(session, accounting)
    if grant is None or session.get(Plan, wanted) is None:
        return None
    before, grant.plan = grant.plan, wanted
    grants.touch(session, [grant])
    audited(session, "limit", "session", accounting.id, fields={"plan": (before, wanted)}, reason=why)
    return _tell(session, grant)


def prolonged(session: Database, accounting: Session, why: str) -> list[int | None] | None:
    """An hour more; None where the stay is over."""
    grant = _running(session, accounting)
    before = grant.ends_at if grant is not None else None
    if grant is None or before is None or not grants.extend(session, grant, grant.extensions + 1, round(EXTENSION.total_seconds()), g.now):
        return None
    audited(session, "extend", "session", accounting.id, fields={"ends_at": (before.isoformat(), grant.ends_at.isoformat())}, reason=why)
    return _tell(session, grant)


def _find(session: Database, name: str) -> Session:
    found = session.get(Session, name)
    if found is None:
        abort(404)
    return found


def _running(session: Database, accounting: Session) -> Grant | None:
    """The grant of this session, where it is not over."""
    grant = session.get(Grant, accounting.grant_id, with_for_update=True) if accounting.grant_id else None
    return grant if grant is not None and grant.revoked_at is None and grant.ends_at > g.now else None


def _unreasoned(name: str) -> ResponseReturnValue:
    return sessions.shown(name, _("Say why, in a few words: it goes into the audit log."))


def _ask(session: Database, kind: OrderKind, accounting: Session) -> int | None:
    order = desk().tools["order"](session, kind, accounting, g.now)
    return order.id if order is not None else None


def _tell(session: Database, grant: Grant) -> list[int | None]:
    return [_ask(session, OrderKind.LIMIT, each) for each in grants.open_sessions(session, grant)]


def _answered(name: str, queued: Collection[int | None]) -> ResponseReturnValue:
    """The session's page, once the NAS has answered or has had its time."""
    waited = [order for order in queued if order is not None]
    wait(waited)
    if not queued:
        said = _("Done. No session of this stay is open, so no gateway had to be told.")
    elif not waited:
        said = _("Done here; the gateway takes no such order, and hears of it when it asks next.")
    else:
        said = _("Asked. What the gateway answered is below.")
    return redirect(f"/sessions/{name}?{urlencode({'done': said})}", 303)


def wait(orders: Collection[int]) -> None:
    """Until all are settled, `PATIENCE` at most: reads alone, and no transaction is held meanwhile."""
    until = time.monotonic() + PATIENCE
    while orders and time.monotonic() < until:
        with desk().reading() as session:
            open_ = session.scalar(select(Order.id).where(Order.id.in_(orders), Order.settled_at.is_(None)).limit(1))
        if open_ is None:
            return
        time.sleep(LOOK)
