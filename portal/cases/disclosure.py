"""Which figures of a site's month anybody may have: none that stands for fewer than ten people, and none that is exact.

Theory of operation. A site's line is told whole or withheld whole, by its own numbers alone: no total is published, so that taking a
site out, putting one in or withholding one says nothing about another. Visitors and sessions are rounded down to five (to the nearest,
"10" would be one of three numbers only), the rest to the nearest five. Of a line that is withheld it is told that the site has had fewer
than ten visitors, none among them: nought is withheld like nine.

The share of roaming is told of a thousand sessions or more, in twentieths: sessions are no people, and one student comes twenty days a
month. Then a share that is not nought stands for twenty-five sessions at least, and nought for none to twenty-four. There is no least
number of roaming sessions: where there were, the share of a line beside it would be that number's.

A month that was withdrawn may be published again, corrected. Whoever kept the old file then has two: so a number that changed by
less than fifteen as it is told keeps the value that it had, and a line that was withheld stays so until it is told of twenty-five.
Whatever the rounding, ten people at least stand behind a difference between two files of a month.

Pure. Never a figure of a site whose visitors nobody counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from store.site_usage import SiteMonth

FEWEST: Final = 10  # people, and sessions, that a line stands for
MANY: Final = 1_000  # sessions of a line that has a share
STEP: Final = 5
APART: Final = FEWEST + STEP  # rounded numbers that differ by so much differ by FEWEST at least
GIGABYTE: Final = 10**9


class Why(Enum):
    """Why a line has no figures."""

    FEW = "few"
    UNCOUNTED = "uncounted"  # before visitors were counted by site
    BEFORE = "before"  # it was withheld before, and the difference would tell of too few


@dataclass(frozen=True, slots=True)
class Figures:
    """What is told of a site's month."""

    sessions: int
    visitors: int
    minutes: int
    gb_down: int
    gb_up: int
    median: int | None  # minutes of a session
    share: int | None  # of a hundred sessions, those of visitors of institutions


class Line(NamedTuple):
    """One site's: its figures, or why there are none."""

    site: str
    figures: Figures | None
    why: Why | None = None


def lines(sites: Iterable[str], months: Iterable[SiteMonth], earlier: Sequence[Mapping[str, Figures | None]] = ()) -> list[Line]:
    """One for each of these sites; `earlier`: what was published of this month before, the newest first."""
    by_site = {month.site: month for month in months}
    found = []
    for site in sites:
        said = [each[site] for each in earlier if site in each]
        found.append(_steady(_line(site, by_site.get(site)), said))
    return found


def nearest(number: float) -> int:
    """Rounded to five, halves up."""
    return int((number + STEP / 2) // STEP) * STEP


def _line(site: str, month: SiteMonth | None) -> Line:
    if month is None:
        return Line(site, None, Why.FEW)
    if month.visitors is None:
        return Line(site, None, Why.UNCOUNTED)
    if month.visitors < FEWEST or month.sessions < FEWEST:
        return Line(site, None, Why.FEW)
    sessions = month.sessions // STEP * STEP
    return Line(
        site,
        Figures(
            sessions=sessions,
            visitors=month.visitors // STEP * STEP,
            minutes=nearest(month.minutes),
            gb_down=nearest(month.octets_down / GIGABYTE),
            gb_up=nearest(month.octets_up / GIGABYTE),
            median=nearest(month.median_minutes) if month.median_minutes is not None else None,
            share=nearest(100 * month.roaming_sessions / sessions) if sessions >= MANY else None,  # of what is told: it tells no more
        ),
    )


def _steady(line: Line, said: Sequence[Figures | None]) -> Line:
    """As it may be told beside what was said of it before."""
    now = line.figures
    if now is None or not said:
        return line
    before = [each for each in said if each is not None]
    close = next((each for each in before if abs(each.sessions - now.sessions) < APART), None)
    told = replace(
        close or now,  # what is reckoned from the sessions goes with them
        visitors=_kept([each.visitors for each in before], now.visitors),
        minutes=_kept([each.minutes for each in before], now.minutes),
    )
    if None in said and min(told.visitors, now.visitors) < FEWEST + APART:
        return Line(line.site, None, Why.BEFORE)
    return Line(line.site, told)


def _kept(said: Sequence[int], number: int) -> int:
    return next((each for each in said if abs(each - number) < APART), number)
