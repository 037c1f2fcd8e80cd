"""A shop's campaigns: made, paused, resumed, ended, copied, and given what an approved version says of days, hours, caps and places.

What a version plans stands in `Creative.plan`, as the owner typed it, and becomes the campaign's when the city approves it. Each
function takes the shop's id, or a row that was found by it. Whoever changes a campaign takes its row first, as store/versions.py
does. Never finds another shop's.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.orm import object_session

from store import versions
from store.models import Business, Campaign, CampaignPlace, CampaignState, Creative, CreativeState, PlaceKind
from store.session import take

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

MOST: Final = 60  # campaigns of one shop
PLACES: Final = 100  # of one campaign
EVERY_DAY: Final = 0b1111111
MIDNIGHT: Final = 1440
LARGEST: Final = 10_000_000  # impressions that a cap can name
WEIGHTS: Final = range(1, 101)  # the city's to choose among; 1 where it says nothing


class Plan(NamedTuple):
    """When, how often and where a version wants to be shown; days and minutes are the site's."""

    first_day: date | None = None
    last_day: date | None = None
    weekdays: int = EVERY_DAY
    from_minute: int = 0
    until_minute: int = MIDNIGHT
    day_cap: int | None = None
    total_cap: int | None = None
    places: tuple[tuple[PlaceKind, str], ...] = ()


class Line(NamedTuple):
    """One campaign as a list tells of it: with its newest version, and the one that guests may see."""

    campaign: Campaign
    newest: Creative | None
    live: Creative | None


class FullError(Exception):
    """The shop has as many campaigns as it may."""


def read(said: Mapping[str, Any]) -> Plan:
    """A version's plan. ValueError where it is not whole: nobody approves what cannot be kept."""
    try:
        places = tuple(dict.fromkeys((PlaceKind(kind), str(name)) for kind, name in said.get("places") or ()))
        plan = Plan(
            first_day=_day(said.get("first_day")),
            last_day=_day(said.get("last_day")),
            weekdays=_whole(said.get("weekdays", EVERY_DAY), 1, EVERY_DAY),
            from_minute=_whole(said.get("from_minute", 0), 0, MIDNIGHT - 1),
            until_minute=_whole(said.get("until_minute", MIDNIGHT), 0, MIDNIGHT),
            day_cap=_cap(said.get("day_cap")),
            total_cap=_cap(said.get("total_cap")),
            places=places,
        )
    except (TypeError, AttributeError) as fault:
        raise ValueError(str(fault)) from fault
    if not places or len(places) > PLACES or plan.from_minute == plan.until_minute:
        raise ValueError("a plan names places, and a time of the day")
    if plan.first_day is not None and plan.last_day is not None and plan.last_day < plan.first_day:
        raise ValueError("a plan ends after it began")
    return plan


def _day(said: Any) -> date | None:
    return date.fromisoformat(said) if said else None


def _cap(said: Any) -> int | None:
    return None if said is None else _whole(said, 1, LARGEST)


def _whole(said: Any, least: int, most: int) -> int:
    if type(said) is not int or not least <= said <= most:
        raise ValueError(f"{said!r} is no number from {least} to {most}")
    return said


def written(plan: Plan) -> dict[str, Any]:
    """The same as `Creative.plan` keeps it."""
    return {
        **plan._asdict(),
        "first_day": plan.first_day.isoformat() if plan.first_day else None,
        "last_day": plan.last_day.isoformat() if plan.last_day else None,
        "places": [[kind.value, name] for kind, name in plan.places],
    }


def plan_of(session: Session, campaign: Campaign) -> Plan:
    """What it runs by."""
    mine = select(CampaignPlace).where(CampaignPlace.campaign_id == campaign.id).order_by(CampaignPlace.kind, CampaignPlace.name)
    places = tuple((row.kind, row.name) for row in session.scalars(mine.limit(PLACES)))
    return Plan(**{name: getattr(campaign, name) for name in Plan._fields[:-1]}, places=places)


def of(session: Session, business: str) -> list[Line]:
    """Every campaign of a shop, the newest first; two statements, however many there are."""
    mine = select(Campaign).where(Campaign.business_id == business).order_by(Campaign.created_at.desc(), Campaign.id.desc())
    rows = session.scalars(mine.limit(MOST)).all()
    names = [row.id for row in rows]
    last = select(Creative.campaign_id, func.max(Creative.version).label("top")).where(Creative.campaign_id.in_(names))
    tops = last.group_by(Creative.campaign_id).subquery()
    either = (Creative.version == tops.c.top) | (Creative.state == CreativeState.APPROVED)
    found = session.scalars(
        select(Creative).join(tops, Creative.campaign_id == tops.c.campaign_id).where(either).order_by(Creative.version)
    )
    newest: dict[str, Creative] = {}
    live: dict[str, Creative] = {}
    for row in found:
        newest[row.campaign_id] = row
        if row.state is CreativeState.APPROVED:
            live[row.campaign_id] = row
    return [Line(row, newest.get(row.id), live.get(row.id)) for row in rows]


def find(session: Session, business: str, name: str) -> Campaign | None:
    """This shop's campaign of this id."""
    return session.scalars(select(Campaign).where(Campaign.id == name, Campaign.business_id == business)).one_or_none()


def alone(session: Session, business: str) -> None:
    """Nobody else begins one of this shop's before this transaction is over. SQLite's writers are alone anyway."""
    session.execute(select(Business.id).where(Business.id == business).with_for_update(key_share=True))


def begin(session: Session, business: str, name: str, by: str, now: datetime) -> Creative:
    """A new campaign's first draft. FullError where there are as many as may be."""
    alone(session, business)
    if (session.scalar(select(func.count()).select_from(Campaign).where(Campaign.business_id == business)) or 0) >= MOST:
        raise FullError
    row = Campaign(business_id=business, name=name, created_at=now)
    session.add(row)
    session.flush()
    return versions.draft(session, Creative, row.id, by, now)


def draft(session: Session, campaign: Campaign, by: str, now: datetime) -> Creative:
    """Its one draft (store/versions.py); where no version ever said when and where, it says what the campaign runs by."""
    row = versions.draft(session, Creative, campaign.id, by, now)
    if not row.plan:
        row.plan = written(plan_of(session, campaign))
    return row


def copy(session: Session, campaign: Campaign, name: str, by: str, now: datetime) -> Creative:
    """A new campaign with this one's newest words, as a draft; its days are over, or soon will be, and are left out."""
    last = versions.newest(session, Creative, campaign.id)
    fields = versions.fields_of(last) if last is not None else {}
    plan = fields.get("plan") or written(plan_of(session, campaign))
    row = begin(session, campaign.business_id, name, by, now)
    versions.save(row, {**fields, "plan": {**plan, "first_day": None, "last_day": None}}, row.edits, by)
    return row


def approve(row: Creative, by: str, weight: int, now: datetime) -> Campaign:
    """Let guests see this version as it is planned, by this weight; a campaign that its owner paused stays so.

    What store.versions.approve raises; ValueError where the plan is not whole. What is over begins anew.
    """
    plan = read(row.plan)
    versions.approve(row, by, now)
    session = _session(row)
    campaign = session.get_one(Campaign, row.campaign_id, populate_existing=True)
    for name in Plan._fields[:-1]:
        setattr(campaign, name, getattr(plan, name))
    campaign.weight = min(max(weight, WEIGHTS.start), WEIGHTS[-1])
    if campaign.state is CampaignState.ENDED:
        campaign.began_at = campaign.ended_at = None
        campaign.held = False  # whoever approves it wants it shown
    if campaign.state is not CampaignState.PAUSED:
        campaign.state = CampaignState.LIVE
    session.execute(delete(CampaignPlace).where(CampaignPlace.campaign_id == campaign.id))
    session.add_all(CampaignPlace(campaign_id=campaign.id, kind=kind, name=name) for kind, name in plan.places)
    session.flush()
    return campaign


def pause(campaign: Campaign) -> bool:
    """It is not shown until it is resumed; whether it was."""
    return _turn(campaign, CampaignState.LIVE, CampaignState.PAUSED)


def resume(campaign: Campaign) -> bool:
    """It is shown again; whether it was paused, and not by the city."""
    _alone(campaign)
    return not campaign.held and _turn(campaign, CampaignState.PAUSED, CampaignState.LIVE)


def hold(campaign: Campaign) -> bool:
    """The city pauses it, also where its owner had: until the city releases it. Whether it was not held before."""
    _alone(campaign)
    if campaign.held or campaign.state not in (CampaignState.LIVE, CampaignState.PAUSED):
        return False
    campaign.state, campaign.held = CampaignState.PAUSED, True
    return True


def release(campaign: Campaign) -> bool:
    """The city resumes it, whoever paused it; whether it was paused."""
    resumed = _turn(campaign, CampaignState.PAUSED, CampaignState.LIVE)
    campaign.held = campaign.held and not resumed
    return resumed


def stop(campaign: Campaign, now: datetime) -> bool:
    """`end`, by somebody's word: what waits for the city is a draft again, for approving it would begin what was just ended."""
    ended = end(campaign, now)
    last = versions.latest(_session(campaign), Creative, campaign.id) if ended else None
    if last is not None and last.state is CreativeState.SUBMITTED:
        versions.withdraw(last)
    return ended


def end(campaign: Campaign, now: datetime) -> bool:
    """It is over; whether it was not, and ever began. Figures stay, and so does what waits for the city: it may have later days."""
    ended = any(_turn(campaign, state, CampaignState.ENDED) for state in (CampaignState.LIVE, CampaignState.PAUSED))
    if ended:
        campaign.ended_at = now
    return ended


def remove(campaign: Campaign) -> bool:
    """Drop one that guests never saw, with its versions; whether it could be: what was shown keeps its figures."""
    session = _alone(campaign)
    if versions.live(session, Creative, campaign.id) is not None:  # one is, from the first that was approved on
        return False
    session.delete(campaign)
    session.flush()
    return True


def _turn(campaign: Campaign, before: CampaignState, after: CampaignState) -> bool:
    _alone(campaign)
    if campaign.state is not before:
        return False
    campaign.state = after
    return True


def _alone(campaign: Campaign) -> Session:
    """As it is now, and nobody else changes it before we are done; figures of it may be counted meanwhile."""
    session = _session(campaign)
    session.flush()
    take(session, campaign, key_share=True)
    return session


def _session(row: Campaign | Creative) -> Session:
    session = object_session(row)
    if session is None:
        raise ValueError("a row of no session")
    return session
