"""What guests are offered: districts, SSIDs, plans and portals. Rows of the network, from the file or the staff app.

Texts are language -> text. Never a guest in them.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.ids import new_id
from store.models.base import Base
from store.models.network import Managed
from store.models.places import refer


class District(Managed, Base):
    """Sites that belong together: a shopping street, a campus."""

    __tablename__ = "district"

    name: Mapped[str] = mapped_column(primary_key=True)


class Ssid(Managed, Base):
    """One name in the air, and whom it is for."""

    __tablename__ = "ssid"

    name: Mapped[str] = mapped_column(primary_key=True)
    profile: Mapped[str] = mapped_column(default="portal")  # portal, eduroam, openroaming


class Plan(Managed, Base):
    """One `[[plan]]`: seconds, octets, bit/s; None is no limit."""

    __tablename__ = "plan"

    name: Mapped[str] = mapped_column(primary_key=True)
    session: Mapped[int | None]
    day_time: Mapped[int | None]
    day_data: Mapped[int | None] = mapped_column(BigInteger)
    month_data: Mapped[int | None] = mapped_column(BigInteger)
    up: Mapped[int | None] = mapped_column(BigInteger)
    down: Mapped[int | None] = mapped_column(BigInteger)
    devices: Mapped[int | None]
    simultaneous: Mapped[int | None]
    idle: Mapped[int | None]
    extend_times: Mapped[int] = mapped_column(default=0)
    extend_by: Mapped[int] = mapped_column(default=0)


class Portal(Managed, Base):
    """One `[[portal]]`: which ways in, under which plan, in which words."""

    __tablename__ = "portal"

    name: Mapped[str] = mapped_column(primary_key=True)
    ways: Mapped[list[str]] = mapped_column(default=list)  # in the page's order; the first is the big button
    plan: Mapped[str] = mapped_column(refer("plan.name"))
    plans: Mapped[dict[str, Any]] = mapped_column(default=dict)  # way -> plan, where it differs
    languages: Mapped[list[str]] = mapped_column(default=list)
    logo: Mapped[str] = mapped_column(default="")
    accent: Mapped[str] = mapped_column(default="")  # #rrggbb
    welcome: Mapped[dict[str, Any]] = mapped_column(default=dict)
    help: Mapped[dict[str, Any]] = mapped_column(default=dict)
    terms: Mapped[dict[str, Any]] = mapped_column(default=dict)
    privacy: Mapped[dict[str, Any]] = mapped_column(default=dict)  # beside what the privacy page says by itself
    provisional: Mapped[int] = mapped_column(default=600)  # seconds
    sponsors: Mapped[list[str]] = mapped_column(default=list)  # addresses, or domains with "@" before them, that may let guests in


class PortalVersion(Base):
    """A portal's pages as they were, are, or may become: a draft until somebody publishes it."""

    __tablename__ = "portal_version"
    __table_args__ = (UniqueConstraint("portal", "number"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    portal: Mapped[str]  # no reference: words that guests agreed to outlive the portal
    number: Mapped[int]  # 1, 2, 3, ...
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)  # the portal's keys as the network file has them
    note: Mapped[str] = mapped_column(default="")  # what was changed, in its editor's words
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(default="")
    published_at: Mapped[datetime | None]
    published_by: Mapped[str] = mapped_column(default="")


class PortalTerms(Base):
    """Words that guests agree to, by the digest that their grants and consents have: kept, whatever becomes of the portal."""

    __tablename__ = "portal_terms"

    digest: Mapped[str] = mapped_column(primary_key=True)  # store.consents.words
    language: Mapped[str] = mapped_column(default="")
    portal: Mapped[str] = mapped_column(default="")  # that had them first
    text: Mapped[str]
    at: Mapped[datetime]  # since when
