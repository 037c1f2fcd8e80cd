"""Shops: the tenants that adverts belong to, who works for them, where they may be shown, their page in versions, their pictures.

A person of a shop is a row of staff with a role of the business pages. Never a row that two shops share.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.ids import new_id
from store.models.adverts import CreativeState, PlaceKind
from store.models.base import Base, closed


class Business(Base):
    """One shop: the tenant that campaigns belong to. What its public page shows is its newest approved `ShopVersion`'s."""

    __tablename__ = "business"
    __table_args__ = (UniqueConstraint("slug"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str]  # of its public page: /p/<slug>
    name: Mapped[str]
    house: Mapped[bool] = mapped_column(default=False)  # the city's own: its adverts fill what others leave free
    about: Mapped[dict[str, Any]] = mapped_column(default=dict)  # language -> text
    address: Mapped[str] = mapped_column(default="")
    hours: Mapped[dict[str, Any]] = mapped_column(default=dict)  # language -> text
    link: Mapped[str] = mapped_column(default="")  # https
    picture: Mapped[str] = mapped_column(default="")  # Media.sha
    alt: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    suspended_at: Mapped[datetime | None]  # by the city: nothing of it is shown, and nobody of it may change anything
    suspended_why: Mapped[str] = mapped_column(default="")  # for its owner


class BusinessPlace(Base):
    """One place where the city lets a shop be shown: its campaigns choose among these, and the access points in them."""

    __tablename__ = "business_place"

    business_id: Mapped[str] = mapped_column(ForeignKey("business.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[PlaceKind] = mapped_column(closed(PlaceKind), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)  # "" of the city


class Membership(Base):
    """Somebody works for a shop; their role says as what."""

    __tablename__ = "membership"
    __table_args__ = (Index(None, "business_id"),)

    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    business_id: Mapped[str] = mapped_column(ForeignKey("business.id", ondelete="CASCADE"), primary_key=True)
    created_at: Mapped[datetime]


class ShopVersion(Base):
    """One version of a shop's public page."""

    __tablename__ = "shop_version"
    __table_args__ = (UniqueConstraint("business_id", "version"), Index(None, "state", "submitted_at"))

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    business_id: Mapped[str] = mapped_column(ForeignKey("business.id", ondelete="CASCADE"))
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[CreativeState] = mapped_column(closed(CreativeState), default=CreativeState.DRAFT)
    name: Mapped[str] = mapped_column(default="")
    about: Mapped[dict[str, Any]] = mapped_column(default=dict)
    address: Mapped[str] = mapped_column(default="")
    hours: Mapped[dict[str, Any]] = mapped_column(default=dict)
    link: Mapped[str] = mapped_column(default="")
    picture: Mapped[str] = mapped_column(default="")
    alt: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reason: Mapped[str] = mapped_column(default="")
    edits: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(default="")
    editors: Mapped[list[str]] = mapped_column(default=list)
    submitted_by: Mapped[str] = mapped_column(default="")
    submitted_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]


class Picture(Base):
    """A shop sent this picture: it may use it, and see it before anybody else does. Two that sent the same have a row each."""

    __tablename__ = "picture"
    __table_args__ = (Index(None, "sha"),)

    business_id: Mapped[str] = mapped_column(ForeignKey("business.id", ondelete="CASCADE"), primary_key=True)
    sha: Mapped[str] = mapped_column(primary_key=True)  # Media.sha
    created_at: Mapped[datetime]
