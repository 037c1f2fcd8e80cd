"""The overview: who is online where, how logins go at each institution, homes, certificates, alerts, what failed last.

Right as it is loaded, and fetched again every five seconds while somebody looks. A bounded number of statements, however large
the city is; the sums of the day are kept hour by hour (portal/admin/pulse.py). Never a person's name or device.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pygal
from flask import Blueprint, g
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select, text

from portal import causes
from portal.admin import alerts as alert_pages
from portal.admin import live_homes
from portal.admin.charts import PLAIN, picture, size
from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.admin.page import page, when
from portal.admin.pulse import Beat, pulse_of_desk
from portal.cases import review
from portal.permissions import Permission, may
from store import alerts, pulse
from store.models import Alert, AuthEvent, Home, LoginVerdict, Realm, Site
from store.models.trace import FAILED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from flask import Response
    from sqlalchemy.orm import Session

    from store.pulse import Sum

blueprint = Blueprint("overview", __name__)
SHOWN: Final = 8  # sites, institutions, homes
CALM: Final = ("alive", "off")  # homes of which their number says enough
FAILURES: Final = 8
ALERTS: Final = 6
RECENT: Final = timedelta(hours=1)


@dataclass(slots=True)
class Tally:
    """How logins went in a window."""

    all: int = 0
    accepted: int = 0
    rejected: int = 0
    unanswered: int = 0
    milliseconds: float = 0.0  # of the accepted
    slow: int = 0

    def add(self, some: Sum) -> None:
        self.all += some.logins
        self.slow += some.slow
        if some.verdict is LoginVerdict.ACCEPT:
            self.accepted += some.logins
            self.milliseconds += some.milliseconds
        self.rejected += some.logins * (some.verdict is LoginVerdict.REJECT)
        self.unanswered += some.logins * (some.verdict is LoginVerdict.NO_ANSWER)

    @property
    def share(self) -> int | None:
        """Of a hundred, rounded down: never a hundred where one failed."""
        return self.accepted * 100 // self.all if self.all else None

    @property
    def mean(self) -> int | None:
        """Milliseconds of an accepted login, all in all."""
        return round(self.milliseconds / self.accepted) if self.accepted else None


class Line(NamedTuple):
    """One institution."""

    name: str
    hour: Tally
    day: Tally

    @property
    def tone(self) -> str:
        """Whether something is amiss: most of at least five fail, or nobody answers."""
        if self.hour.unanswered * 5 > self.hour.all:
            return "bad"
        return "warn" if self.hour.all >= 5 and self.hour.accepted * 2 < self.hour.all else "good" if self.hour.all else "quiet"


class Failure(NamedTuple):
    """A login that failed."""

    event: AuthEvent
    cause: str


def institutions(session: Session) -> dict[str, str]:
    """Rule -> whose it is; a realm without an institution is its own."""
    ours = dict.fromkeys(causes.OURS, _("Guests of the portal"))
    return ours | {match: name or match for match, name in session.execute(select(Realm.match, Realm.institution))}


def lines(beat: Beat, names: Mapping[str, str]) -> tuple[list[Line], Tally, Tally]:
    """The institutions, those with most logins first; and all of them together, in an hour and a day."""
    found: dict[str, Line] = {}
    whole = (Tally(), Tally())
    for place, some in enumerate((beat.hour, beat.day), start=1):
        for each in some:
            name = names.get(each.rule, each.rule)
            whole[place - 1].add(each)
            found.setdefault(name, Line(name, Tally(), Tally()))[place].add(each)  # type: ignore[union-attr]  # 1 and 2 are tallies
    ranked = sorted(found.values(), key=lambda line: (line.tone not in ("bad", "warn"), -line.day.all, line.name))
    return ranked, *whole


def _failures(session: Session, names: Mapping[str, str], now: datetime) -> list[Failure]:
    query = select(AuthEvent).where(text(FAILED), AuthEvent.at >= now - RECENT)
    rows = session.scalars(query.order_by(AuthEvent.at.desc(), AuthEvent.id.desc()).limit(FAILURES)).all()
    return [Failure(row, causes.told(causes.facts(row, names), _Voice()).cause) for row in rows]


class _Voice:
    """This page's language."""

    gettext = staticmethod(_)
    ngettext = staticmethod(ngettext)


def _sites(session: Session, names: Mapping[str, str]) -> tuple[int, list[tuple[str, str, int]], int]:
    """(online, (id, name, online) of the fullest, how many more sites have somebody)."""
    counts = pulse.online(session)
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return sum(counts.values()), [(site, names.get(site, site), count) for site, count in ranked[:SHOWN]], max(len(ranked) - SHOWN, 0)


def _homes(session: Session) -> tuple[Counter[str], list[tuple[str, live_homes.Live]]]:
    """(state -> how many, those that are not well)."""
    seen = live_homes.live(desk().status())
    rows = [(row.name, live_homes.of(row, seen)) for row in session.execute(select(Home.name, Home.enabled).order_by(Home.name))]
    ranked = sorted((pair for pair in rows if pair[1].state not in CALM), key=lambda pair: (_rank(pair[1].state), pair[0]))
    return Counter(each.state for _name, each in rows), ranked[:SHOWN]


def _rank(state: str) -> int:
    order = ("dead", "zombie", "reviving", "unknown")
    return order.index(state) if state in order else 0


class Seen(NamedTuple):
    """What there is to see now, for the page and for the API."""

    online: int
    fullest: list[tuple[str, str, int]]  # id, name, online
    more_sites: int
    sites: Mapping[str, str]
    states: Counter[str]  # of homes
    homes: list[tuple[str, live_homes.Live]]
    lines: list[Line]
    more_lines: int
    hour: Tally
    day: Tally
    beat: Beat
    failures: list[Failure]
    alerts: Sequence[alert_pages.Row]
    alert_count: int


def look() -> Seen:
    """As it is now, in a bounded number of statements."""
    with desk().reading() as session:
        beat = pulse_of_desk().beat(session, g.now)
        names = institutions(session)
        sites = {row.id: row.name for row in session.execute(select(Site.id, Site.name))}
        online, fullest, more_sites = _sites(session, sites)
        states, homes = _homes(session)
        failures = _failures(session, names, g.now)
        count, told = _alerts(session)
    ranked, hour, day = lines(beat, names)
    more_lines = max(len(ranked) - SHOWN, 0)
    return Seen(online, fullest, more_sites, sites, states, homes, ranked[:SHOWN], more_lines, hour, day, beat, failures, told, count)


@blueprint.get("/")
@needs(Permission.OVERVIEW)
def index() -> Any:
    """Now."""
    seen = look()
    values: dict[str, Any] = {**seen._asdict(), "certificates": _certificates(), "words_of": live_homes.WORDS, "kinds": live_homes.KINDS}
    values |= {"running": bool(desk().status()), "whole_day": seen.beat.since <= g.now - timedelta(hours=23)}
    return page("overview.html", waiting=_waiting(), **values)


def _waiting() -> int | None:
    """How many adverts and pages of shops wait for review; None for whoever does not see them."""
    if not may(g.staff.role, Permission.SPLASH):
        return None
    with desk().reading() as session:
        return review.waiting(session)


def _alerts(session: Session) -> tuple[int, Sequence[alert_pages.Row]]:
    """(how many are open, the newest of them that nobody took notice of first)."""
    if not may(g.staff.role, Permission.ALERTS):
        return 0, ()
    count = sum(alerts.counts(session).values())
    order = (Alert.acknowledged_at.is_not(None), Alert.opened_at.desc(), Alert.id)
    rows = session.scalars(select(Alert).where(Alert.closed_at.is_(None)).order_by(*order).limit(ALERTS)).all()
    return count, alert_pages.shown(rows, alerts.silent(session, g.now))


def _certificates() -> Iterable[Any]:
    asked = desk().tools.get("certificates")
    return asked(g.now) if asked is not None else ()


@blueprint.get("/charts/logins.svg")
@needs(Permission.OVERVIEW)
def logins() -> Response:
    """Logins per minute, of the last hour. The page has the same as a table."""
    with desk().reading() as session:
        minutes = pulse_of_desk().beat(session, g.now).minutes
    counts = [count for _at, count in minutes]
    top = _ceiling(max(counts))
    look = {**size(960, 180), "spacing": 0, "show_legend": False, "range": (0, top), "y_labels": [0, top // 2, top]}
    chart = pygal.Bar(
        show_minor_x_labels=False, x_labels_major_every=10, truncate_label=-1, value_formatter=lambda count: f"{count:.0f}", **PLAIN, **look
    )
    chart.x_labels = [when(at) for at, _count in minutes]
    chart.add(_("Logins per minute"), counts)
    return picture(chart, 5)


def _ceiling(most: int) -> int:
    """An even number above it that is easily read: 4, 10, 20, 40, 100, ..."""
    top = 4
    while top < most:
        top = top * 5 // 2 if str(top)[0] == "4" else top * 2
    return top
