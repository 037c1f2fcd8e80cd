"""What shops hand in and the city decides on: the queue, one version beside the one before, and the two answers.

Who looked decides on what they saw: a version that was withdrawn, or saved once more, since the page was made is refused, and so is
one that somebody else decided on meanwhile. Approving asks again whether the city lets the shop be shown where the version wants
to be. Never lets whoever made or handed in a version approve it (store/versions.py).
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from sqlalchemy import func, select

from portal.cases.campaigns import called
from portal.cases.remainders import time_zone
from store import campaigns, shop_places, versions
from store.models import Business, Campaign, Creative, CreativeState, Membership, Operator, ShopVersion, Staff

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

MOST: Final = 200  # that the queue shows, the oldest first
LONGEST: Final = versions.LONGEST_REASON
_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5  # of datetime.weekday()


class No(Enum):
    """Why it was not decided; the value is its line of documentation."""

    GONE = "It is not there any more."
    DECIDED = "Somebody else has decided on it, or it was withdrawn."
    CHANGED = "It was changed since you looked at it."
    OWN = "You made it, or handed it in: somebody else decides."
    PLACES = "It asks for places at which the city does not let this shop be shown."
    PLAN = "What it says of days, hours and places is not whole."
    PASSED = "Its last day has passed: it would be approved, and over."
    REASON = "Say why, so that it can be mended."


class RefusedError(Exception):
    """Nothing was decided; `places` are those of `No.PLACES`."""

    def __init__(self, why: No, places: Sequence[shop_places.Place] = ()) -> None:
        super().__init__(why.value)
        self.why, self.places = why, places


class Item(NamedTuple):
    """One version with whose it is."""

    version: Creative | ShopVersion
    shop: Business
    campaign: Campaign | None

    @property
    def kind(self) -> str:
        return "advert" if self.campaign is not None else "page"

    def due(self, review: timedelta, zone: str) -> datetime | None:
        """Until when the city promises to answer."""
        return answer_by(self.version.submitted_at, review, zone) if self.version.submitted_at is not None else None

    def passed(self, today: date) -> bool:
        """Whether its last day has."""
        return isinstance(self.version, Creative) and passed(self.version, today)

    def made_by(self, staff: str) -> bool:
        """Whether this person made it, or handed it in."""
        return staff in versions.hands(self.version)


def answer_by(handed_in: datetime, review: timedelta, zone: str) -> datetime:
    """So long after it was handed in by the clock of this zone; Saturdays and Sundays do not count, holidays do."""
    by, left = _worked(handed_in.astimezone(time_zone(zone))), review
    while left >= _DAY:
        by, left = _worked(by + _DAY), left - _DAY
    return _worked(by + left)


def _worked(at: datetime) -> datetime:
    """The same hour of the next day that counts."""
    while at.weekday() >= _SATURDAY:
        at += _DAY
    return at


def last_day(row: Creative) -> date | None:
    """Of what it plans, where that can be read."""
    try:
        return campaigns.read(row.plan).last_day
    except ValueError:
        return None


def passed(row: Creative, today: date) -> bool:
    """Whether its last day lies before this one: nobody would see it."""
    last = last_day(row)
    return last is not None and last < today


def zone(session: Session) -> str:
    """Of the operator's clock."""
    return session.scalar(select(Operator.timezone)) or "UTC"


def waiting(session: Session) -> int:
    """How many wait for an answer."""
    submitted = CreativeState.SUBMITTED
    return sum(session.scalar(select(func.count()).where(model.state == submitted)) or 0 for model in (Creative, ShopVersion))


def queue(session: Session, most: int = MOST) -> list[Item]:
    """Those that wait, the oldest first: two statements."""
    adverts = (
        select(Creative, Business, Campaign)
        .join(Campaign, Campaign.id == Creative.campaign_id)
        .join(Business, Business.id == Campaign.business_id)
        .where(Creative.state == CreativeState.SUBMITTED)
        .order_by(Creative.submitted_at, Creative.id)
        .limit(most)
    )
    pages = (
        select(ShopVersion, Business)
        .join(Business, Business.id == ShopVersion.business_id)
        .where(ShopVersion.state == CreativeState.SUBMITTED)
        .order_by(ShopVersion.submitted_at, ShopVersion.id)
        .limit(most)
    )
    found = [Item(version, shop, campaign) for version, shop, campaign in session.execute(adverts)]
    found += [Item(version, shop, None) for version, shop in session.execute(pages)]
    return sorted(found, key=lambda item: (item.version.submitted_at or item.version.created_at, item.version.id))[:most]


def find(session: Session, kind: str, name: str) -> Item | None:
    """One version, wherever it stands; a draft is its shop's alone."""
    if kind == "page":
        page = session.get(ShopVersion, name)
        if page is None or page.state is CreativeState.DRAFT:
            return None
        return Item(page, session.get_one(Business, page.business_id), None)
    advert = session.get(Creative, name) if kind == "advert" else None
    if advert is None or advert.state is CreativeState.DRAFT:
        return None
    campaign = session.get_one(Campaign, advert.campaign_id)
    return Item(advert, session.get_one(Business, campaign.business_id), campaign)


def others(session: Session, item: Item) -> list[Creative | ShopVersion]:
    """The decided versions before it, the newest first: what it can be compared with."""
    row = item.version
    past: Sequence[Creative | ShopVersion]
    if isinstance(row, Creative):
        past = versions.history(session, Creative, row.campaign_id)
    else:
        past = versions.history(session, ShopVersion, row.business_id)
    return [each for each in past if each.version < row.version and each.state is not CreativeState.DRAFT]


def before(rows: Sequence[Creative | ShopVersion]) -> Creative | ShopVersion | None:
    """Of those, the one that guests see; where they see none, the last."""
    return next((row for row in rows if row.state is CreativeState.APPROVED), rows[0] if rows else None)


def names(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """Staff.id -> how others see them."""
    rows = session.execute(select(Staff.id, Staff.shown, Staff.name).where(Staff.id.in_({each for each in ids if each})))
    return {row.id: row.shown or row.name for row in rows}


def approve(session: Session, item: Item, by: str, edits: int, weight: int, now: datetime) -> None:
    """Guests see it as it is planned, from now on. RefusedError where they do not."""
    row = item.version
    session.execute(select(Business.id).where(Business.id == item.shop.id).with_for_update(key_share=True))  # its places stay meanwhile
    try:
        if isinstance(row, ShopVersion):
            versions.approve(row, by, now)
            _written(item.shop, row)
        else:
            if passed(row, now.astimezone(time_zone(zone(session))).date()):
                raise RefusedError(No.PASSED)
            if beyond := shop_places.beyond(session, item.shop, campaigns.read(row.plan).places):
                raise RefusedError(No.PLACES, beyond)
            campaign = campaigns.approve(row, by, weight, now)
            if row.version > 1:  # the first is called so already
                campaign.name = called(row.title)
    except ValueError:
        raise RefusedError(No.PLAN) from None
    except (versions.StepError, versions.SamePersonError) as fault:
        raise RefusedError(_why(fault)) from None
    _seen(row, edits)
    if _theirs(session, item, by):
        raise RefusedError(No.OWN)


def reject(item: Item, by: str, edits: int, reason: str, now: datetime) -> None:
    """It is not shown, and its shop reads why. RefusedError where it could not be."""
    if not reason.strip():
        raise RefusedError(No.REASON)
    row = cast("Creative", item.version)  # either kind: the step is the same
    try:
        versions.reject(row, by, reason.strip(), now)
    except versions.StepError as fault:
        raise RefusedError(_why(fault)) from None
    _seen(row, edits)


def _theirs(session: Session, item: Item, by: str) -> bool:
    """Whether somebody with the address of whoever decides works for the shop, or had a hand in it, by another account."""
    works = Staff.id.in_(select(Membership.staff_id).where(Membership.business_id == item.shop.id))
    rows = session.execute(select(Staff.id, Staff.name, Staff.email).where(works | Staff.id.in_({by, *versions.hands(item.version)})))
    named = {row.id: {row.name.lower(), row.email.lower()} - {""} for row in rows}
    mine = named.pop(by, set())
    return any(mine & each for each in named.values())


def _seen(row: Creative | ShopVersion, edits: int) -> None:
    """Asked once the step has it alone: the caller's transaction goes back where it is another than was looked at."""
    if row.edits != edits:
        raise RefusedError(No.CHANGED)


def _why(fault: versions.StepError | versions.SamePersonError) -> No:
    if isinstance(fault, versions.SamePersonError):
        return No.OWN
    return No.GONE if fault.state is None else No.DECIDED


def _written(shop: Business, row: ShopVersion) -> None:
    """The shop's row says what its page does."""
    for name, value in versions.fields_of(row).items():
        if name != "name" or value:
            setattr(shop, name, value)
