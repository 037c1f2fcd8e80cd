"""What small businesses show beside the sign-in: campaigns, their creatives in versions, pictures, and figures.

Whose they are: store/models/shops.py. A figure counts pages, never people: no row here can name a guest or a device.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.ids import new_id
from store.models.base import Base, closed


class CampaignState(StrEnum):
    """Whether a campaign runs."""

    DRAFT = "draft"
    LIVE = "live"
    PAUSED = "paused"
    ENDED = "ended"


class Campaign(Base):
    """When, how often and with which weight a business is shown. Dates and hours are the site's."""

    __tablename__ = "campaign"
    __table_args__ = (Index(None, "business_id"), Index(None, "state"))

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    business_id: Mapped[str] = mapped_column(ForeignKey("business.id", ondelete="CASCADE"))
    name: Mapped[str]
    state: Mapped[CampaignState] = mapped_column(closed(CampaignState), default=CampaignState.DRAFT)
    weight: Mapped[int] = mapped_column(default=1)  # the city's to say
    first_day: Mapped[date | None] = mapped_column(Date)
    last_day: Mapped[date | None] = mapped_column(Date)
    weekdays: Mapped[int] = mapped_column(default=0b1111111)  # bit 0 is Monday
    from_minute: Mapped[int] = mapped_column(default=0)  # of the day
    until_minute: Mapped[int] = mapped_column(default=1440)  # less than from_minute: across midnight
    day_cap: Mapped[int | None]  # impressions a day
    total_cap: Mapped[int | None]
    created_at: Mapped[datetime]
    began_at: Mapped[datetime | None]  # when its first day of being shown was told to its shop
    ended_at: Mapped[datetime | None]
    held: Mapped[bool] = mapped_column(default=False)  # paused by the city, which alone resumes it


class PlaceKind(StrEnum):
    """What a campaign's place names."""

    CITY = "city"  # everywhere; its name is ""
    DISTRICT = "district"
    SITE = "site"
    ACCESS_POINT = "access-point"


class CampaignPlace(Base):
    """One place where a campaign is shown."""

    __tablename__ = "campaign_place"

    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[PlaceKind] = mapped_column(closed(PlaceKind), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)


class CreativeState(StrEnum):
    """Where a version stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    REPLACED = "replaced"


class Creative(Base):
    """One version of a campaign: what it shows, and when and where that is wanted. The newest approved one is what runs."""

    __tablename__ = "creative"
    __table_args__ = (UniqueConstraint("campaign_id", "version"), Index(None, "state", "submitted_at"))

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"))
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[CreativeState] = mapped_column(closed(CreativeState), default=CreativeState.DRAFT)
    title: Mapped[dict[str, Any]] = mapped_column(default=dict)  # language -> at most 60 characters
    text: Mapped[dict[str, Any]] = mapped_column(default=dict)  # at most 200
    picture: Mapped[str] = mapped_column(default="")  # Media.sha
    alt: Mapped[dict[str, Any]] = mapped_column(default=dict)
    link: Mapped[str] = mapped_column(default="")  # https, outside: offered once the guest is online
    plan: Mapped[dict[str, Any]] = mapped_column(default=dict)  # days, hours, places and caps; the campaign's once it is approved
    reason: Mapped[str] = mapped_column(default="")  # why it was rejected
    edits: Mapped[int] = mapped_column(default=0)  # how often it was saved: a form that knows fewer is stale
    created_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(default="")  # who saved it last: Staff.id, like the others; "" for nobody that we know
    editors: Mapped[list[str]] = mapped_column(default=list)  # everybody who saved it
    submitted_by: Mapped[str] = mapped_column(default="")
    submitted_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(default="")  # never who saved or submitted it
    decided_at: Mapped[datetime | None]


class Media(Base):
    """A picture as it is served: re-encoded by us, named by its own digest."""

    __tablename__ = "media"

    sha: Mapped[str] = mapped_column(primary_key=True)  # sha256 of the octets, hexadecimal
    octets: Mapped[bytes] = mapped_column(LargeBinary)  # WebP
    width: Mapped[int]
    height: Mapped[int]
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]  # None: nobody was ever allowed to show it, and strangers are not


class Counted:
    """How often something was shown and clicked, for whichever table sums it."""

    impressions: Mapped[int] = mapped_column(default=0, sort_order=1)
    clicks: Mapped[int] = mapped_column(default=0, sort_order=1)


class PlacementHour(Counted, Base):
    """How often one creative was shown and clicked in one hour at one site, in one language."""

    __tablename__ = "placement_hour"
    __table_args__ = (Index(None, "campaign_id", "hour"), Index(None, "hour"))

    creative_id: Mapped[str] = mapped_column(ForeignKey("creative.id", ondelete="CASCADE"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"))


class CampaignDay(Counted, Base):
    """The same of a campaign on one day, wherever that was: so that a year is read by its days (store/placements.py)."""

    __tablename__ = "campaign_day"
    __table_args__ = (Index(None, "day"), {"sqlite_with_rowid": False})

    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[datetime] = mapped_column(primary_key=True)  # of the operator's zone, as midnight of UTC


class CampaignClock(Counted, Base):
    """The same of a campaign in one hour of the day, in four weeks."""

    __tablename__ = "campaign_clock"
    __table_args__ = (Index(None, "begins_at"), {"sqlite_with_rowid": False})

    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True)
    begins_at: Mapped[datetime] = mapped_column(primary_key=True)  # their first day, as above
    hour: Mapped[int] = mapped_column(primary_key=True)  # 0 to 23, in the operator's zone


class CampaignSpan(Counted, Base):
    """The same of a campaign at one site, in one language, in four weeks: so that places are read without their hours."""

    __tablename__ = "campaign_span"
    __table_args__ = (Index(None, "begins_at"), {"sqlite_with_rowid": False})

    campaign_id: Mapped[str] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True)
    begins_at: Mapped[datetime] = mapped_column(primary_key=True)  # their first day, as above
    site: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
