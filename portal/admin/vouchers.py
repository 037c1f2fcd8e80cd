"""Vouchers: the batches and what became of each; one batch with its vouchers; one voucher. Never a code, but its last four characters."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pygal
from babel.dates import format_date
from flask import Blueprint, abort, g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy import ColumnElement, and_, func, select

from portal import words
from portal.admin.charts import PLAIN, every, picture, size
from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.admin.lists import Column, Filter, List, begins
from portal.admin.page import page
from portal.admin.tables import table
from portal.cases import batches as cases
from portal.cases.batches import Note
from portal.cases.remainders import time_zone
from portal.permissions import Permission
from store import batches
from store.batches import Standing
from store.models import Grant, Plan, Voucher, VoucherBatch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from flask import Response
    from sqlalchemy.orm import Session

    from store.batches import Usage

blueprint = Blueprint("vouchers", __name__)
DAYS: Final = 31  # on which vouchers were used first, that a page shows
STATES: Final[Mapping[str, Any]] = {
    "making": later("In the making"),
    "good": later("Good"),
    "closed": later("Good, closed"),
    "over": later("Over"),
}
STANDINGS: Final[Mapping[Standing, Any]] = {
    Standing.UNUSED: later("unused"),
    Standing.IN_USE: later("in use"),
    Standing.OVER: later("over"),
    Standing.EXPIRED: later("expired unused"),
    Standing.REVOKED: later("taken back"),
}
TONES: Final = {Standing.IN_USE: "good", Standing.REVOKED: "bad", Standing.OVER: "quiet", Standing.EXPIRED: "quiet", Standing.UNUSED: ""}
NOTES: Final[Mapping[Note, Any]] = {
    Note.NO_PLAN: later("Its plan is not in the network any more: its codes let nobody in."),
    Note.NO_PORTAL: later("No portal asks for a code yet: add “voucher” to the ways in of one."),
    Note.TURNS: later("The plan lets fewer devices of one guest be online at a time than may use one voucher: they take turns."),
}


class Kept(NamedTuple):
    """A voucher in a list."""

    voucher: Voucher
    tail: str
    standing: Standing


def _clause(state: str) -> ColumnElement[bool]:
    whole = VoucherBatch.whole_at.is_not(None)
    if state == "making":
        return ~whole
    if state == "over":
        return and_(whole, VoucherBatch.expires_at <= g.now)
    good = and_(whole, VoucherBatch.expires_at > g.now)
    return and_(good, VoucherBatch.closed_at.is_not(None) if state == "closed" else VoucherBatch.closed_at.is_(None))


def state(batch: VoucherBatch) -> str:
    """Of `STATES`."""
    if batch.whole_at is None:
        return "making"
    return "over" if batch.expires_at <= g.now else "closed" if batch.closed_at is not None else "good"


COLUMNS: Final = (
    Column("id", later("Id"), lambda row: row.batch.id),
    Column("name", later("Batch"), lambda row: row.batch.name),
    Column("state", later("State"), lambda row: state(row.batch)),
    Column("plan", later("Plan"), lambda row: row.batch.plan),
    Column("devices", later("Devices"), lambda row: row.batch.devices),
    Column("lasts", later("Good for"), lambda row: row.batch.lasts),
    Column("wanted", later("Ordered"), lambda row: row.batch.wanted),
    Column("made", later("Made"), lambda row: row.made),
    Column("used", later("Used"), lambda row: row.used),
    Column("revoked", later("Taken back"), lambda row: row.revoked),
    Column("online", later("Online"), lambda row: row.online),
    Column("begin_by", later("Begin by"), lambda row: row.batch.expires_at),
    Column("made_by", later("Ordered by"), lambda row: row.batch.made_by),
    Column("created_at", later("Ordered at"), lambda row: row.batch.created_at),
    Column("closed_at", later("Closed at"), lambda row: row.batch.closed_at),
)


def _dressed(session: Session, rows: Sequence[VoucherBatch]) -> list[Usage]:
    return batches.counted(session, rows, g.now)


@blueprint.get("/vouchers")
@needs(Permission.VOUCHERS)
def index() -> Any:
    """Every batch, the newest first."""
    return listed()


def listed(wrong: str = "") -> Any:
    """The same, with what is wrong with a code that was typed."""
    with desk().reading() as session:
        plans = session.scalars(select(VoucherBatch.plan).distinct().order_by(VoucherBatch.plan).limit(200)).all()
    of = of_batches(plans)
    answer = table(of, "vouchers.html", "vouchers", state=state, states=STATES, wrong=wrong)
    if wrong:
        answer.status_code = 422
    return answer


def of_batches(plans: Sequence[str] = ()) -> List:
    """The batches; `plans`: those that the filter offers."""
    filters = (
        Filter("q", later("Name begins with"), lambda said: begins(VoucherBatch.name, said)),
        Filter("state", later("State"), _clause, STATES),
        Filter("plan", later("Plan"), lambda said: VoucherBatch.plan == said, {name: name for name in plans}),
    )
    return List(select(VoucherBatch), (VoucherBatch.created_at, VoucherBatch.id), COLUMNS, filters, descending=True, dress=_dressed)


@blueprint.get("/vouchers/<name>")
@needs(Permission.VOUCHERS)
def show(name: str) -> Any:
    """One batch: how far it is, what became of it, its vouchers."""
    return shown(name)


def shown(name: str, wrong: str = "") -> Any:
    """The same, with what is wrong with what was asked of it."""
    with desk().reading() as session:
        batch = found(session, name)
        (use,) = batches.counted(session, [batch], g.now)
        days = batches.by_day(session, batch, time_zone(desk().zone()))
        notes = [NOTES[note] for note in cases.notes(session, batch)] if batch.expires_at > g.now else []
        plan = session.get(Plan, batch.plan)
    of = of_vouchers(batch)
    values = {"use": use, "batch": batch, "state": state(batch), "states": STATES, "notes": notes, "plan": plan, "wrong": wrong}
    answer = table(of, "voucher_batch.html", "voucher-batch", **values, days=days[-DAYS:], all_days=len(days), **_SHARED)
    if wrong:
        answer.status_code = 422
    return answer


def of_vouchers(batch: VoucherBatch) -> List:
    """Those of one batch; of one that is not whole, none."""
    filters = (
        Filter(
            "state",
            later("State"),
            lambda said: batches.those(Standing(said), batch, g.now),
            {each.value: title for each, title in STANDINGS.items()},
        ),
    )
    mine = Voucher.batch_id == (batch.id if batch.whole_at is not None else "")
    dress = lambda session, rows: [kept(row, batch) for row in rows]  # noqa: E731, ARG005  nothing more is read
    return List(select(Voucher).where(mine), (Voucher.id,), _VOUCHERS, filters, dress=dress)


def kept(row: Voucher, batch: VoucherBatch) -> Kept:
    """A voucher as a page shows it."""
    return Kept(row, batches.masked(desk().privacy, row), batches.standing(row, batch, g.now))


_VOUCHERS: Final = (
    Column("voucher", later("Voucher"), lambda row: row.voucher.id),
    Column("ends_with", later("Ends with"), lambda row: row.tail),
    Column("state", later("State"), lambda row: row.standing.value),
    Column("used_at", later("Used"), lambda row: row.voucher.used_at),
    Column("ends_at", later("Ends"), lambda row: row.voucher.ends_at),
    Column("revoked_at", later("Taken back"), lambda row: row.voucher.revoked_at),
)


def begin_by(at: datetime) -> str:
    """The last day on which one can begin; with its hour, where that is not midnight."""
    zone = desk().zone()
    here = at.astimezone(time_zone(zone))
    if (here.hour, here.minute) == (0, 0):
        return words.day(at - timedelta(minutes=1), zone)
    return words.stamp(at.isoformat(), zone)


_SHARED: Final = {"standings": STANDINGS, "tones": TONES, "begin_by": begin_by}


def found(session: Session, name: str) -> VoucherBatch:
    """The batch of this id."""
    batch = session.get(VoucherBatch, name)
    if batch is None:
        abort(404)
    return batch


@blueprint.get("/vouchers/<name>/used.svg")
@needs(Permission.VOUCHERS)
def used(name: str) -> Response:
    """How many were used first, day by day."""
    with desk().reading() as session:
        days = batches.by_day(session, found(session, name), time_zone(desk().zone()))[-DAYS:]
    shape = size(640, 200)
    chart = pygal.Bar(show_legend=False, x_label_rotation=30, truncate_label=-1, show_minor_x_labels=False, **shape, **PLAIN)
    chart.x_labels = labels = [_short(day) for day, _count in days]
    chart.x_labels_major = labels[:: every(len(labels), shape["width"])]
    chart.add(_("Used"), [count for _day, count in days])
    return picture(chart, 60)


def _short(day: date) -> str:
    return str(format_date(day, "d MMM", locale=g.locale))


@blueprint.get("/vouchers/<name>/of/<voucher>")
@needs(Permission.VOUCHERS)
def one(name: str, voucher: str) -> Any:
    """One voucher: how it stands, and whose it became."""
    return shown_one(name, voucher)


def shown_one(name: str, voucher: str, wrong: str = "") -> Any:
    """The same, with what is wrong with what was asked of it."""
    with desk().reading() as session:
        batch = found(session, name)
        row = session.get(Voucher, voucher)
        if row is None or row.batch_id != batch.id or batch.whole_at is None:
            abort(404)
        used_by = select(func.count(Grant.device_hash.distinct())).where(Grant.account_id == row.account_id)
        devices = int(session.scalar(used_by) or 0) if row.account_id else 0
        values = {"batch": batch, "row": kept(row, batch), "devices": devices, "wrong": wrong}
        return page("voucher_one.html", 422 if wrong else 200, **values, **_SHARED)
