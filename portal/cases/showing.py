"""Why an advert is not on the screens just now, or that it is: one line for each site, with what it shares the place with.

The answer is that of the choice itself (portal/cases/adverts.py): the same hours, caps and weights, asked for one advert. Of other
shops it says how many there are and which share is left, never whose they are. Pure.
"""

from __future__ import annotations

from datetime import MAXYEAR, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from portal.cases.adverts import Place, Shown, open_at
from portal.cases.remainders import time_zone
from store.models import CampaignState, PlaceKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from store.adverts import Run
    from store.campaigns import Line
    from store.offers import Offer

SITES: Final = 12  # that are told one by one
_AHEAD: Final = 370  # days that are looked at for the next time


class Why(Enum):
    """What keeps an advert off the screens; the value is its line of documentation."""

    SUSPENDED = "the shop is suspended"
    UNAPPROVED = "no version was approved yet"
    ENDED = "it was ended, or its last day is over"
    PAUSED = "its owner paused it"
    HELD = "the city paused it"
    NO_WEIGHT = "the city gave it no weight"
    TOTAL_CAP = "it was shown as often as it may be"
    DAY_CAP = "it was shown as often as it may be on one day"
    NOWHERE = "no access point is in its places"
    FULL = "as many adverts run as may, and older ones go first"


class Here(NamedTuple):
    """One site. `now`: it is shown; `next`: when it will be; neither: its days do not bring it there again."""

    title: str
    zone: str
    now: bool
    next: datetime | None
    others: int  # of other shops, that want the same place at that time
    share: int  # hundredths of the visits, as the weights have it
    points: int  # access points


class Showing(NamedTuple):
    """Everything the panel says."""

    whys: Sequence[Why]
    sites: Sequence[Here]
    more: int  # sites that are not told one by one

    @property
    def on(self) -> bool:
        """Whether guests see it somewhere, just now."""
        return not self.whys and any(each.now for each in self.sites)

    @property
    def told(self) -> Sequence[Here]:
        """The sites of which there is more to say than their names, where it is held back as a whole."""
        return [each for each in self.sites if not self.whys or not each.points or each.now or each.next]


def showing(
    line: Line,
    run: Run | None,
    others: Iterable[Run],
    offers: Sequence[Offer],
    shown: Shown,
    now: datetime,
    *,
    suspended: bool = False,
    full: bool = False,
) -> Showing:
    """Of one advert; `run` is what it runs by, `others` all that run (`full`: without room for it), `offers` where its shop may be."""
    sites = _sites(run, offers) if run is not None else {}
    whys = [*_standing(line, run, suspended=suspended, now=now, zones=[each.zone for each in sites])]
    if run is None:
        return Showing(whys, (), 0)
    whys += _caps(run, shown)
    if not any(sites.values()):
        whys.append(Why.NOWHERE)
    if full and not whys:
        whys.append(Why.FULL)
    rivals = [each for each in others if each.advert.campaign != run.advert.campaign]
    told = [_here(site, points, run, rivals, now, off=bool(whys)) for site, points in list(sites.items())[:SITES]]
    return Showing(whys, told, max(0, len(sites) - SITES))


def _standing(line: Line, run: Run | None, *, suspended: bool, now: datetime, zones: Sequence[str]) -> list[Why]:
    over = (
        run is not None
        and run.last_day is not None
        and all(now.astimezone(time_zone(each)).date() > run.last_day for each in zones or ["UTC"])
    )
    found = {
        Why.SUSPENDED: suspended,
        Why.UNAPPROVED: line.live is None,
        Why.ENDED: line.campaign.state is CampaignState.ENDED or over,
        Why.PAUSED: line.campaign.state is CampaignState.PAUSED and not line.campaign.held,
        Why.HELD: line.campaign.held and line.campaign.state is CampaignState.PAUSED,
        Why.NO_WEIGHT: run is not None and run.weight < 1,
    }
    return [why for why, holds in found.items() if holds]


def _caps(run: Run, shown: Shown) -> list[Why]:
    if run.total_cap is not None and shown.ever >= run.total_cap:
        return [Why.TOTAL_CAP]
    return [Why.DAY_CAP] if run.day_cap is not None and shown.today >= run.day_cap else []


def _sites(run: Run, offers: Sequence[Offer]) -> dict[Offer, list[Place]]:
    """Every site that the advert's places reach, with the access points there at which it is shown."""
    found: dict[str, Offer] = {}
    points: dict[str, list[Place]] = {}
    for each in offers:
        if each.kind is PlaceKind.SITE or (each.kind is PlaceKind.ACCESS_POINT and each.site not in found):
            found[each.site] = each
        if each.kind is PlaceKind.ACCESS_POINT:
            place = Place(each.name, each.site, each.district, each.zone)
            if run.places & place.names:
                points.setdefault(each.site, []).append(place)
    wanted = [each for site, each in found.items() if site in points or run.places & Place("", site, each.district).names]
    return {each: points.get(each.site, []) for each in wanted}


def _here(site: Offer, points: Sequence[Place], run: Run, rivals: Iterable[Run], now: datetime, *, off: bool) -> Here:
    place = points[0] if points else Place("", site.site, site.district, site.zone)
    zone = time_zone(site.zone)
    open_now = open_at(run, now.astimezone(zone))
    at = now if open_now else following(run, now, site.zone)
    weights = [each.weight for each in rivals if at is not None and _wants(each, place, at)] if not run.advert.house else []
    share = round(100 * run.weight / (run.weight + sum(weights))) if run.weight else 0
    return Here(site.title, site.zone, open_now and not off and bool(points), None if open_now else at, len(weights), share, len(points))


def _wants(run: Run, place: Place, moment: datetime) -> bool:
    """Another shop's; the city's own waits for what is left."""
    return not run.advert.house and bool(run.places & place.names) and open_at(run, moment.astimezone(time_zone(place.timezone)))


def following(run: Run, now: datetime, zone: str) -> datetime | None:
    """When its hours begin next at a site of this zone; None where no day to come has them."""
    here = now.astimezone(time_zone(zone))
    start = max(here.date(), run.first_day) if run.first_day is not None else here.date()
    for ahead in range(_AHEAD if start.year < MAXYEAR else 0):
        day = start + timedelta(days=ahead)
        if run.last_day is not None and day > run.last_day:
            return None
        begins = here.replace(
            year=day.year, month=day.month, day=day.day, hour=run.from_minute // 60, minute=run.from_minute % 60, second=0
        )
        # an hour that a change of clocks leaves out: what follows it
        for at in (begins, begins + timedelta(hours=1)):
            real = at.replace(microsecond=0, fold=0).astimezone(time_zone("UTC"))
            if real > now and open_at(run, real.astimezone(here.tzinfo)):
                return real
    return None
