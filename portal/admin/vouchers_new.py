"""Vouchers that staff order: a batch, which others make in the background; or one, at once, for whoever stands at the desk.

Never a code in the answer: what is printed is asked for on its own page.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, g, redirect, request
from flask_babel import lazy_gettext as later
from sqlalchemy import select

from portal.admin.desk import desk
from portal.admin.guard import actor, needs
from portal.admin.page import page
from portal.cases import batches as cases
from portal.cases.batches import Bad
from portal.cases.remainders import time_zone
from portal.permissions import Permission
from store.minting import DEVICES, MOST, NAME, Wanted
from store.models import Plan, Portal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue

blueprint = Blueprint("vouchers_new", __name__)
VALID: Final = 30  # days, where nobody says otherwise
AT_THE_DESK: Final = 7  # the same of one voucher
UNITS: Final[Mapping[str, tuple[timedelta, Any]]] = {
    "hours": (timedelta(hours=1), later("hours")),
    "days": (timedelta(days=1), later("days")),
}
WRONG: Final[Mapping[Bad, Any]] = {
    Bad.NAME: later("At most %(most)s characters that can be printed.", most=NAME),
    Bad.PLAN: later("Choose a plan of the network."),
    Bad.COUNT: later("A whole number from 1 to 10,000."),
    Bad.DEVICES: later("A whole number from 1 to %(most)s.", most=DEVICES),
    Bad.LASTS: later("A number of hours or days, a year at most."),
    Bad.BEGIN_BY: later("A day from today on, within five years."),
}
_FAR: Final = datetime(1970, 1, 1, tzinfo=UTC)  # what is no day: out of bounds


@blueprint.get("/vouchers/new")
@needs(Permission.VOUCHERS_BATCH)
def form() -> ResponseReturnValue:
    """What is wanted?"""
    day = (g.now + timedelta(days=VALID)).astimezone(time_zone(desk().zone())).date()
    return _form({"count": "100", "devices": "1", "lasts_unit": "days", "begin_by": day.isoformat()})


@blueprint.post("/vouchers/new")
@needs(Permission.VOUCHERS_BATCH)
def order() -> ResponseReturnValue:
    """Ordered: its page shows how it is made."""
    typed = {key: value.strip() for key, value in request.form.items() if key != "token"}
    wanted = Wanted(
        " ".join(typed.get("name", "").split()), typed.get("plan", ""), _number(typed.get("count", "")), _end(typed.get("begin_by", "")),
        _number(typed.get("devices", "")), _lasts(typed),
    )  # fmt: skip
    with desk().writing() as session:
        done = cases.order(session, desk().privacy, wanted, actor(), g.now)
        if not isinstance(done, list):
            return redirect(f"/vouchers/{done.id}", 303)
    return _form(typed, {bad.value[0]: WRONG[bad] for bad in done})


def _form(typed: Mapping[str, str], wrong: Mapping[str, Any] | None = None) -> ResponseReturnValue:
    values = {"typed": typed, "wrong": wrong or {}, "units": {key: title for key, (_unit, title) in UNITS.items()}, "most": MOST}
    return page("vouchers_new.html", 422 if wrong else 200, **values, **_plans(), most_devices=DEVICES, longest=NAME)


def _plans() -> dict[str, Any]:
    """The plans; that of the first portal that takes vouchers; whether any does."""
    with desk().reading() as session:
        plans = session.scalars(select(Plan).order_by(Plan.name)).all()
        portals = [row for row in session.scalars(select(Portal).order_by(Portal.name)) if "voucher" in row.ways]
    usual = portals[0].plans.get("voucher", portals[0].plan) if portals else ""
    return {"plans": plans, "usual": usual, "asked": bool(portals)}


@blueprint.get("/vouchers/one")
@needs(Permission.VOUCHERS_ACT)
def ask() -> ResponseReturnValue:
    """For how many devices, under which plan?"""
    return _one()


@blueprint.post("/vouchers/one")
@needs(Permission.VOUCHERS_ACT)
def make() -> ResponseReturnValue:
    """It is there, and its page prints it."""
    zone = time_zone(desk().zone())
    until = _midnight((g.now + timedelta(days=AT_THE_DESK + 1)).astimezone(zone))
    wanted = Wanted("", request.form.get("plan", ""), 1, until, _number(request.form.get("devices", "1")))
    with desk().writing() as session:
        done = cases.one(session, desk().privacy, wanted, desk().zone(), actor(), g.now)
        if not isinstance(done, list):
            return redirect(f"/vouchers/{done.batch_id}/of/{done.id}/print", 303)
    return _one({bad.value[0]: WRONG[bad] for bad in done})


def _one(wrong: Mapping[str, Any] | None = None) -> ResponseReturnValue:
    return page("vouchers_one.html", 422 if wrong else 200, wrong=wrong or {}, **_plans(), days=AT_THE_DESK, most_devices=DEVICES)


def _number(said: str) -> int:
    """0, which nothing may be, where it is none."""
    said = said.replace(",", "").replace("\u202f", "").replace("\u00a0", "").replace(" ", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 9 else 0


def _lasts(typed: Mapping[str, str]) -> timedelta | None:
    if not typed.get("lasts"):
        return None
    unit = UNITS.get(typed.get("lasts_unit", ""), UNITS["days"])[0]
    return _number(typed["lasts"]) * unit if _number(typed["lasts"]) < 100_000 else timedelta(0)


def _end(said: str) -> datetime:
    """The midnight that ends this day, the operator's."""
    try:
        day = datetime.strptime(said, "%Y-%m-%d").replace(tzinfo=time_zone(desk().zone()))
        return _midnight(day + timedelta(days=1))
    except (ValueError, OverflowError):
        return _FAR


def _midnight(at: datetime) -> datetime:
    """At which this day began."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
