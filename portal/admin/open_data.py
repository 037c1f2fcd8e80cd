"""Open data: what would be published and what of it is withheld, shown before anybody has it; published, withdrawn, and its history.

Whoever publishes names the preview that they saw: of two at once, and of what changed meanwhile, the second is told. Never
publishes a month that runs or that is out already, and never withdraws without a reason that everybody may read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from babel.dates import format_date
from flask import Blueprint, Response, abort, g, redirect, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from portal import open_words
from portal.admin.desk import desk
from portal.admin.guard import audited, needs
from portal.admin.page import page
from portal.admin.portals_edit import told
from portal.cases import publishing
from portal.cases.disclosure import MANY, Why
from portal.cases.remainders import time_zone
from portal.permissions import Permission
from store import publications
from store.models import Dataset, Site
from store.session import take

if TYPE_CHECKING:
    from datetime import date, tzinfo

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from portal.cases.publishing import Draft
    from portal.doors import Terms

blueprint = Blueprint("open_data", __name__, url_prefix="/open-data")
LEAST: Final = 10  # characters of a reason
BACKLOG: Final = 1_000  # accounting records that wait: some dozens always do
SHOWN: Final = 500  # sites of a preview; what is published has all
WHYS: Final = {
    Why.FEW: later("Fewer than 10 visitors or sessions"),
    Why.UNCOUNTED: later("Its visitors were not counted then"),
    Why.BEFORE: later("Withheld when it was published before, and still too few to tell the difference"),
}
_KINDS: Final = {Dataset.HOTSPOTS: "application/geo+json", Dataset.USAGE: "text/csv"}


def terms() -> Terms | None:
    """Those of the settings."""
    found: Terms | None = desk().tools["open_data"]()
    return found


@blueprint.get("")
@needs(Permission.REPORTS)
def index() -> ResponseReturnValue:
    """What anybody has now, what could be published, and what was."""
    with desk().reading() as session:
        newest, past = publications.newest(session), publications.history(session)
        offered = publishing.months(session, _zone(), g.now)
        unnamed = _unnamed(session)
    known = {each.period: each for each in newest if each.dataset is Dataset.USAGE}
    periods = [publishing.period(first) for first in offered]
    periods += sorted((period for period in known if period not in periods), reverse=True)
    return page(
        "open_data.html",
        hotspots=next((each for each in newest if each.dataset is Dataset.HOTSPOTS), None),
        months=[(period, titled(period), known.get(period)) for period in periods],
        past=[(_called(each.dataset, each.period), each) for each in past],
        unnamed=unnamed,
        terms=terms(),
        public=f"{desk().office.guest_url}/open-data/" if desk().office.guest_url else "",
        most=publications.HISTORY,
    )


@blueprint.get("/hotspots")
@needs(Permission.REPORTS)
def hotspots() -> ResponseReturnValue:
    """The list as it would be."""
    return _hotspots()


@blueprint.post("/hotspots")
@needs(Permission.OPEN_DATA_ACT)
def publish_hotspots() -> ResponseReturnValue:
    """Anybody has it from now on."""
    return _published(Dataset.HOTSPOTS, "") or _hotspots(stale=True)


@blueprint.get("/usage/<month>")
@needs(Permission.REPORTS)
def usage(month: str) -> ResponseReturnValue:
    """A month as it would be, with what is withheld and why."""
    return _usage(month)


@blueprint.post("/usage/<month>")
@needs(Permission.OPEN_DATA_ACT)
def publish_usage(month: str) -> ResponseReturnValue:
    """Anybody has it from now on, and it does not change."""
    _first(month)
    return _published(Dataset.USAGE, month) or _usage(month, stale=True)


@blueprint.get("/of/<name>")
@needs(Permission.REPORTS)
def file(name: str) -> ResponseReturnValue:
    """What was given out, withdrawn or not."""
    with desk().reading() as session:
        row = publications.find(session, name)
        if row is None:
            abort(404)
        answer = Response(row.octets, content_type=_KINDS[row.dataset])
        ending = "geojson" if row.dataset is Dataset.HOTSPOTS else "csv"
        said = "-".join(part for part in (row.dataset.value, row.period, str(row.number)) if part)
    answer.headers["Content-Disposition"] = f'attachment; filename="{said}.{ending}"'
    return answer


@blueprint.route("/of/<name>/withdraw", methods=["GET", "POST"])
@needs(Permission.OPEN_DATA_ACT)
def withdraw(name: str) -> ResponseReturnValue:
    """Is it to go, and why?"""
    why = "".join(each for each in request.form.get("why", "") if each.isprintable()).strip()
    short = len(why) < LEAST or len(why) > publications.LONGEST_WHY
    with desk().writing() if request.method == "POST" else desk().reading() as session:
        row = publications.find(session, name)
        if row is None:
            abort(404)
        if request.method == "POST":  # of two at once the second reads that it is withdrawn
            take(session, row)
        public = row.withdrawn_at is None and row.id in {each.id for each in publications.newest(session)}
        title = _called(row.dataset, row.period)
        if request.method == "GET" or short or not public:
            status = 200 if request.method == "GET" else 422 if public else 409
            wrong = short and request.method == "POST"
            limits = {"least": LEAST, "longest": publications.LONGEST_WHY}
            return page("open_data_withdraw.html", status, row=row, title=title, public=public, why=why, wrong=wrong, **limits)
        publications.withdraw(row, g.staff.name, why, g.now)
        audited(session, "withdraw", *_object(row.dataset, row.period), reason=why)
    return redirect(told("/open-data", _("Withdrawn. Copies that others keep are theirs for a quarter of an hour, or for good.")), 303)


def _published(dataset: Dataset, period: str) -> ResponseReturnValue | None:
    """Once it was; None where it is not what they saw any more."""
    if terms() is None:
        return redirect(told("/open-data", _("Nothing can be published without [open_data] in the settings.")), 303)
    try:
        with desk().writing() as session:
            draft = _draft(session, dataset, period)
            if not may_be(dataset, draft) or request.form.get("seen") != seen(draft):
                return None
            publishing.publish(session, dataset, period, draft, g.staff.name, g.now)
            fields = {"sites": (None, draft.told), "withheld": (None, draft.withheld), "digest": (None, draft.digest)}
            audited(session, "publish", *_object(dataset, period), fields=fields)
    except IntegrityError:  # somebody else was faster by a moment
        return None
    return redirect(told("/open-data", _("Published. Anybody can fetch it from now on.")), 303)


def _draft(session: Session, dataset: Dataset, period: str) -> Draft:
    if dataset is Dataset.HOTSPOTS:
        return publishing.hotspots(session, g.now.astimezone(_zone()).date())
    return publishing.usage(session, _zone(), _first(period))[0]


def may_be(dataset: Dataset, draft: Draft) -> bool:
    """Whether there is something to publish: a month that is not out already, a list that is another than the public one."""
    if draft.told == draft.withheld or len(draft.before) >= publications.MOST_OF_A_MONTH:
        return False
    public = draft.public
    return public is None or (dataset is Dataset.HOTSPOTS and public.digest != draft.digest)


def seen(draft: Draft) -> str:
    """What names a preview, in its form."""
    return f"{draft.number}-{draft.digest}"


def _hotspots(*, stale: bool = False) -> ResponseReturnValue:
    with desk().reading() as session:
        draft = _draft(session, Dataset.HOTSPOTS, "")
        unnamed = _unnamed(session)
    from portal.cases.open_files import hotspots as of  # noqa: PLC0415  a view has its name

    rows = of(draft.octets)
    values = {
        "rows": rows[:SHOWN],
        "more": len(rows) - SHOWN,
        "unnamed": unnamed,
        "may_be": may_be(Dataset.HOTSPOTS, draft),
        "seen": seen(draft),
    }
    return page("open_data_hotspots.html", 409 if stale else 200, draft=draft, stale=stale, terms=terms(), **values)


def _usage(month: str, *, stale: bool = False) -> ResponseReturnValue:
    first = _first(month)
    with desk().reading() as session:
        draft, rows = publishing.usage(session, _zone(), first)
        unnamed = _unnamed(session)
    values = {
        "rows": rows[:SHOWN],
        "more": len(rows) - SHOWN,
        "unnamed": unnamed,
        "may_be": may_be(Dataset.USAGE, draft),
        "seen": seen(draft),
        "whys": WHYS,
        "many": MANY,
    }
    waiting = desk().status().get("spool_backlog") or 0
    values |= {"backlog": waiting if waiting >= BACKLOG else 0}
    values |= {"title": titled(month), "period": month, "terms": terms(), "days": (first, publishing.last_of(first))}
    return page("open_data_usage.html", 409 if stale else 200, draft=draft, stale=stale, **values)


def _first(month: str) -> date:
    """Of a month that is over, or 404."""
    first = publishing.first_of(month)
    with desk().reading() as session:
        if first is None or first not in publishing.months(session, _zone(), g.now):
            abort(404)
    return first


def _unnamed(session: Session) -> int:
    """How many sites open data may not name."""
    return session.scalar(select(func.count()).select_from(Site).where(~Site.published)) or 0


def _zone() -> tzinfo:
    return time_zone(desk().zone())


def _called(dataset: Dataset, period: str) -> str:
    return str(open_words.HOTSPOTS.title) if dataset is Dataset.HOTSPOTS else titled(period)


def _object(dataset: Dataset, period: str) -> tuple[str, str]:
    """Its kind and name in the audit log, which knows their pages."""
    return ("open data", "hotspots") if dataset is Dataset.HOTSPOTS else ("open data month", period)


def titled(period: str) -> str:
    """ "May 2026"."""
    first = publishing.first_of(period)
    return str(format_date(first, "LLLL y", locale=g.locale)) if first is not None else period
