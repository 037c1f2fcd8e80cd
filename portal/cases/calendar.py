"""What runs where, in one week: of each site and day the adverts that guests there may be shown, gaps and crowds.

An advert is there on a day on which its hours begin. Caps are not looked at: what they will have left by then nobody knows. Read in
a bounded number of statements, whatever the city's size; the rest is counted here. Never a draft, and nothing of a suspended shop.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import func, select

from store.adverts import MOST, places_of
from store.models import AccessPoint, Business, Campaign, CampaignState, Creative, CreativeState, PlaceKind, Site

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from store.shop_places import Place

SITES: Final = 50  # of one page
CROWDED: Final = 6  # shops' adverts at one place: more than that, and each is shown to fewer than one in six
DAYS: Final = 7
FIRST, LAST = date(2020, 1, 6), date(2099, 12, 28)  # weeks that there are


@dataclass(frozen=True, slots=True)
class Run:
    """One campaign in the week that was asked for."""

    campaign: str
    name: str
    shop: str
    house: bool
    places: frozenset[Place]
    days: int  # bit 0 is Monday
    from_minute: int
    until_minute: int
    weight: int


class Spot(NamedTuple):
    """One site, with what it lies within and its access points."""

    id: str
    name: str
    district: str
    names: frozenset[Place]


class Cell(NamedTuple):
    """One site on one day."""

    day: date
    runs: Sequence[Run]  # shops' first

    @property
    def shops(self) -> int:
        """How many adverts of shops there are."""
        return sum(not run.house for run in self.runs)

    @property
    def crowded(self) -> bool:
        return self.shops > CROWDED


class Row(NamedTuple):
    """One site's week."""

    spot: Spot
    cells: Sequence[Cell]


def monday(day: date) -> date:
    """The first day of its week, among those that there are."""
    found = day - timedelta(days=day.weekday())
    return min(max(found, FIRST), LAST)


def runs(session: Session, first: date) -> list[Run]:
    """Every campaign that may be shown in the week from this Monday on: two statements."""
    last = first + timedelta(days=DAYS - 1)
    approved = select(Creative.id).where(Creative.campaign_id == Campaign.id, Creative.state == CreativeState.APPROVED)
    query = (
        select(Campaign, Business)
        .join(Business, Business.id == Campaign.business_id)
        .where(
            Campaign.state == CampaignState.LIVE,
            Business.suspended_at.is_(None),
            func.coalesce(Campaign.first_day, last) <= last,
            func.coalesce(Campaign.last_day, first) >= first,
            approved.exists(),
        )
        .order_by(Campaign.created_at, Campaign.id)
        .limit(MOST)
    )
    found = [(campaign, shop) for campaign, shop in session.execute(query)]
    places = places_of(session, [campaign.id for campaign, _ in found])
    made = [
        Run(
            campaign.id, campaign.name, shop.name, shop.house, places.get(campaign.id, frozenset()), _mask(campaign, first),
            campaign.from_minute, campaign.until_minute, campaign.weight,
        )
        for campaign, shop in found
    ]  # fmt: skip
    return sorted((run for run in made if run.days), key=lambda run: (run.house, run.shop.casefold(), run.name.casefold(), run.campaign))


def _mask(campaign: Campaign, first: date) -> int:
    """On which days of this week it is shown."""
    begins, ends = campaign.first_day or date.min, campaign.last_day or date.max
    return sum(1 << day for day in range(DAYS) if campaign.weekdays >> day & 1 and begins <= first + timedelta(days=day) <= ends)


def spots(session: Session, district: str = "", after: tuple[str, str] | None = None, most: int = SITES) -> list[Spot]:
    """Sites by name, of one district or of all, from one on: two statements."""
    query = select(Site.id, Site.name, Site.district).order_by(Site.name, Site.id).limit(most)
    if district:
        query = query.where(Site.district == district)
    if after is not None:
        query = query.where((Site.name > after[0]) | ((Site.name == after[0]) & (Site.id > after[1])))
    rows = session.execute(query).all()
    points: dict[str, set[Place]] = {}
    mine = select(AccessPoint.site, AccessPoint.name).where(AccessPoint.site.in_([row.id for row in rows]))
    for site, name in session.execute(mine):
        points.setdefault(site or "", set()).add((PlaceKind.ACCESS_POINT, name))
    return [Spot(row.id, row.name, row.district, _within(row.id, row.district) | points.get(row.id, set())) for row in rows]


def _within(site: str, district: str) -> frozenset[Place]:
    named = ((PlaceKind.SITE, site), (PlaceKind.DISTRICT, district))
    return frozenset({(PlaceKind.CITY, ""), *(place for place in named if place[1])})


def week(running: Sequence[Run], some: Sequence[Spot], first: date) -> list[Row]:
    """Each of these sites, day by day."""
    days = [first + timedelta(days=day) for day in range(DAYS)]
    made = []
    for spot in some:
        here = [run for run in running if run.places & spot.names]
        made.append(Row(spot, [Cell(day, [run for run in here if run.days >> at & 1]) for at, day in enumerate(days)]))
    return made


def only_at(run: Run, spot: Spot) -> list[str]:
    """The access points that it is shown at, where it is not shown at the whole site; else none."""
    within = run.places & _within(spot.id, spot.district)
    return [] if within else sorted(name for kind, name in run.places & spot.names if kind is PlaceKind.ACCESS_POINT)


def districts(session: Session) -> Sequence[str]:
    """Those that any site names."""
    return session.scalars(select(Site.district).where(Site.district != "").distinct().order_by(Site.district).limit(300)).all()


def free(rows: Sequence[Row]) -> Mapping[str, int]:
    """How many days of these sites no shop wants, and how many more than CROWDED want."""
    cells = [cell for row in rows for cell in row.cells]
    return {"free": sum(not cell.shops for cell in cells), "crowded": sum(cell.crowded for cell in cells)}
