"""Which advert a page shows: of those that run here and now, one by weight; the same for the same visit, none where none fits.

Theory of operation. Each visit gives each campaign a number of its own, as even as chance, from a digest of both; divided
by its weight, the smallest wins (weighted rendezvous hashing). So the shares are the weights', whoever looks again sees the
same, and a campaign that comes or goes moves only its own share. The city's own are asked only where no shop wants the place. A cap
ends nothing for a visit that was counted already: the last one that it lets in sees the same again, too.

Days, weekdays and hours are those of the site's clock on the wall: what begins before midnight belongs to the day on which
it began, an hour that a change of clocks leaves out is not had, and one that comes twice counts twice. Pure.
Never knows who looks.
"""

from __future__ import annotations

import math
from datetime import timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple

from portal.cases.remainders import time_zone
from store.models import PlaceKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from store.adverts import Advert, Run

_EVEN: Final = 2**64


class Place(NamedTuple):
    """Where the guest stands; "" where that is not known."""

    access_point: str = ""
    site: str = ""
    district: str = ""
    timezone: str = "UTC"

    @property
    def names(self) -> frozenset[tuple[str, str]]:
        """Every place of a campaign that this is part of."""
        said = (
            (PlaceKind.ACCESS_POINT, self.access_point),
            (PlaceKind.SITE, self.site),
            (PlaceKind.DISTRICT, self.district),
        )
        return frozenset({(PlaceKind.CITY.value, ""), *((kind.value, name) for kind, name in said if name)})


class Shown(NamedTuple):
    """How often a campaign was shown."""

    today: int = 0
    ever: int = 0


def choose(
    running: Iterable[Run], place: Place, moment: datetime, visit: str, counts: Mapping[str, Shown], counted: str = ""
) -> Advert | None:
    """The advert of this visit, at this place, at this moment; `counts` by campaign, `counted` the one that this visit was shown."""
    names, here = place.names, moment.astimezone(time_zone(place.timezone))
    fits = [run for run in running if run.places & names and open_at(run, here) and (run.advert.campaign == counted or _left(run, counts))]
    wanted = [run for run in fits if not run.advert.house] or fits
    return min(wanted, key=lambda run: _turn(visit, run)).advert if wanted else None


def open_at(run: Run, here: datetime) -> bool:
    """Whether its days and hours say so; `here` is the site's time."""
    minute, day = here.hour * 60 + here.minute, here.date()
    if run.from_minute < run.until_minute:
        within = run.from_minute <= minute < run.until_minute
    else:  # across midnight
        within = run.from_minute != run.until_minute and (minute >= run.from_minute or minute < run.until_minute)
        if minute < run.until_minute:
            day -= timedelta(days=1)
    return within and bool(run.weekdays >> day.weekday() & 1) and running_on(run, day)


def running_on(run: Run, day: date) -> bool:
    """Whether this day lies between its first and its last."""
    return (run.first_day is None or run.first_day <= day) and (run.last_day is None or day <= run.last_day)


def _left(run: Run, counts: Mapping[str, Shown]) -> bool:
    """Whether its caps leave room."""
    if not run.capped:
        return True
    shown = counts.get(run.advert.campaign, Shown())
    return (run.day_cap is None or shown.today < run.day_cap) and (run.total_cap is None or shown.ever < run.total_cap)


def _turn(visit: str, run: Run) -> tuple[float, str]:
    """-ln(u) / weight, u even in (0, 1): the smallest of several is each one's with the share of its weight."""
    digest = blake2b(f"{visit} {run.advert.campaign}".encode(), digest_size=8).digest()
    even = (int.from_bytes(digest, "big") + 0.5) / _EVEN
    return -math.log(even) / run.weight, run.advert.campaign


def shops(running: Iterable[Run], places: frozenset[tuple[str, str]], day: date) -> list[Advert]:
    """One advert of each shop that is shown at one of these places these days, by name; not the city's own."""
    found = {run.advert.shop: run.advert for run in running if not run.advert.house and run.places & places and running_on(run, day)}
    return sorted(found.values(), key=lambda advert: (advert.name.casefold(), advert.shop))
