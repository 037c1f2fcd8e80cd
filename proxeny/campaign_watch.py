"""Campaigns that begin and end by themselves, found by the jobs process: told to their shop once, and to whoever asked for the event.

Theory of operation. Once a minute the campaigns are read that may have begun (live, and nobody was told), or may be over (their last
day, or their last view). Days are those of the sites' clocks: a campaign begins with the first of its places and ends with the last,
after the night that its last day began. Each is taken in a transaction of its own that holds its row and looks again, so that
of two processes one does it, and an approval meanwhile is heeded. What is written, told and entered in the log is there whole or not.

Days are acted upon only while the clock is believed (decision 54): what is told of an end cannot be taken back when the clock is.

Never shows or hides an advert: what guests see is decided at each page (portal/cases/adverts.py).
"""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, func, or_, select

from portal.cases.remainders import time_zone
from portal.cases.shop_news import Happening, tell
from portal.messages.shops import Step
from proxeny.lines import Carried, Waiting, moment
from proxeny.shop_reach import reach
from store import adverts, audit, campaigns, versions
from store.models import Business, Campaign, CampaignDay, CampaignPlace, CampaignState, Creative, PlaceKind
from store.session import reading, transaction

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime, tzinfo

    from sqlalchemy.orm import Session as Database

    from portal.cases.shop_news import Reach
    from proxeny.lines import Tools
    from proxeny.network import Network

NAME: Final = "campaigns.db"
EVERY: Final = 60.0  # seconds between turns
MOST: Final = 500  # campaigns of one turn that something is done to: the others have the next
LOOKED_AT: Final = 5_000  # campaigns that may have come to something, the oldest first
SETTLES: Final = 600.0  # seconds for which a clock goes as the monotonic one does before its days are believed
STEP: Final = 60.0  # seconds by which it was set, then, and not nudged
ACTOR: Final = "proxeny"  # of the audit log: nobody did it
_DAY: Final = timedelta(days=1)
_RUNS: Final = (CampaignState.LIVE, CampaignState.PAUSED)


class Trust:
    """Whether the clock has gone on evenly since it was first looked at, or last set: one that is far off is mostly set right soon."""

    def __init__(self) -> None:
        self._apart, self._since = 0.0, float("inf")

    def settled(self, now: datetime, monotonic: float) -> bool:
        """Asked at each look."""
        apart = now.timestamp() - monotonic
        if monotonic < self._since or abs(apart - self._apart) > STEP:
            self._apart, self._since = apart, monotonic
        return monotonic - self._since >= SETTLES


class Campaigns:
    """The work."""

    name, done, quiet, file, threads = "campaigns", "turned", "watchers_quiet", NAME, 1

    def __init__(self) -> None:
        self._next = 0.0
        self._trust = Trust()

    def waiting(self, session: Database, tools: Tools, now: datetime) -> list[Waiting]:  # noqa: ARG002  as other work asks
        if tools.network() is None or time.monotonic() < self._next:
            return []
        self._next = time.monotonic() + EVERY
        return [Waiting(0, "")]

    def tidy(self, tools: Tools, now: datetime) -> int:  # noqa: ARG002  nothing of it is ever too old
        return 0

    def carry(self, row: int, tools: Tools) -> Carried | None:  # noqa: ARG002  there is one turn
        network, now = tools.network(), moment()
        settled = self._trust.settled(now, time.monotonic())
        turned = turn(tools, network, now, settled=settled) if network is not None else 0
        return Carried("", heard=True, end="done") if turned else None


def turn(tools: Tools, network: Network, now: datetime, *, settled: bool = True) -> int:
    """Begin and end what has come to it; how many. `settled`: the clock is believed; else what no day decides is done alone."""
    with reading(tools.database) as session:
        found = _candidates(session, now)
        places = _places(session, [row.id for row in found])
        spent = _spent(session, [row.id for row in found if row.total_cap is not None])
    clocks = {row.id: [now.astimezone(zone) for zone in _zones(places.get(row.id, ()), network) if settled] for row in found}
    due = [row.id for row in found if row.id in spent or _step(row, clocks[row.id]) is not None]
    told = reach(tools.settings())
    return sum(_taken(tools, name, clocks[name], told, now, spent=name in spent) for name in due[:MOST])


def over(campaign: Campaign, here: Collection[datetime]) -> bool:
    """Whether its last day is, at each of its places; `here` is the time on their clocks, nothing where none is believed."""
    return campaign.last_day is not None and bool(here) and all(campaign.last_day < _day(campaign, each) for each in here)


def begun(campaign: Campaign, here: Iterable[datetime]) -> bool:
    """Whether its first day is there at some place of it."""
    return campaign.first_day is None or any(campaign.first_day <= each.date() for each in here)


def _step(campaign: Campaign, here: Collection[datetime]) -> Step | None:
    """What its days have brought; None for nothing new."""
    if over(campaign, here):
        return Step.ENDED
    fresh = campaign.state is CampaignState.LIVE and campaign.began_at is None
    return Step.LIVE if fresh and begun(campaign, here) else None


def _day(campaign: Campaign, here: datetime) -> date:
    """The day whose hours these may be: a night belongs to the day on which it began."""
    night = campaign.from_minute > campaign.until_minute > here.hour * 60 + here.minute
    return (here - _DAY if night else here).date()


def _candidates(session: Database, now: datetime) -> list[Campaign]:
    """Those that may have come to it: days are a little wide, for the sites' clocks decide."""
    begins = and_(
        Campaign.state == CampaignState.LIVE,
        Campaign.began_at.is_(None),
        or_(Campaign.first_day.is_(None), Campaign.first_day <= (now + _DAY).date()),
        Business.suspended_at.is_(None),
    )
    shown = select(func.sum(CampaignDay.impressions)).where(CampaignDay.campaign_id == Campaign.id).scalar_subquery()
    capped = and_(Campaign.state == CampaignState.LIVE, Campaign.total_cap <= shown)  # those that are not spent stand before nobody
    last = and_(Campaign.state.in_(_RUNS), Campaign.last_day <= now.date())
    some = select(Campaign).join(Business, Business.id == Campaign.business_id).where(or_(begins, capped, last))
    return list(session.scalars(some.order_by(Campaign.created_at, Campaign.id).limit(LOOKED_AT)))


def _places(session: Database, names: Collection[str]) -> dict[str, list[tuple[PlaceKind, str]]]:
    found: dict[str, list[tuple[PlaceKind, str]]] = {}
    for row in session.scalars(select(CampaignPlace).where(CampaignPlace.campaign_id.in_(names))):
        found.setdefault(row.campaign_id, []).append((row.kind, row.name))
    return found


def _spent(session: Database, capped: Collection[str]) -> set[str]:
    """Of these, those that were shown as often as they may be."""
    shown = adverts.shown(session, capped) if capped else {}
    caps = session.execute(select(Campaign.id, Campaign.total_cap).where(Campaign.id.in_(shown)))
    return {name for name, cap in caps if cap is not None and shown[name] >= cap}


def _zones(places: Iterable[tuple[PlaceKind, str]], network: Network) -> list[tzinfo]:
    """Of the sites that these places are in; the operator's where there is none."""
    sites = {row.id: row for row in network.of("site")}
    points = {row.name: row.site for row in network.of("access_point")}
    found: set[str] = set()
    for kind, name in places:
        if kind is PlaceKind.CITY:
            found.update(row.timezone for row in sites.values())
        elif kind is PlaceKind.DISTRICT:
            found.update(row.timezone for row in sites.values() if row.district == name)
        else:
            site = sites.get((points.get(name) or "") if kind is PlaceKind.ACCESS_POINT else name)
            found.update([site.timezone] if site is not None else [])
    operator = network.operator
    return [time_zone(name) for name in sorted(found or {operator.timezone if operator is not None else "UTC"})]


def _taken(tools: Tools, name: str, here: Collection[datetime], to: Reach, now: datetime, *, spent: bool) -> bool:
    """Look at it again, alone, and do what has come; whether something had."""
    with transaction(tools.database) as session:
        held = select(Campaign).where(Campaign.id == name).with_for_update(key_share=True)
        campaign = session.scalars(held.execution_options(populate_existing=True)).one_or_none()
        if campaign is None or campaign.state not in _RUNS:
            return False
        step = Step.ENDED if spent and name in _spent(session, [name]) else _step(campaign, here)
        if step is None:
            return False
        if step is Step.ENDED:
            campaigns.end(campaign, now)
        else:
            campaign.began_at = now
        shop = session.get_one(Business, campaign.business_id)
        tell(session, tools.marks, to, Happening(step, shop, campaign, versions.live(session, Creative, campaign.id)), now)
        audit.record(session, tools.marks, audit.Act(ACTOR, step.value, "advert", campaign.id), now)  # last: everybody waits for the log
        return True
