"""Open data as it was published: what anybody was given, frozen, and who gave it.

Never a row per person, and never octets that change: what was published again has a number of its own.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.ids import new_id
from store.models.base import Base, closed


class Dataset(StrEnum):
    """What is published."""

    HOTSPOTS = "hotspots"  # where the Wi-Fi is
    USAGE = "usage"  # one month of it


class Publication(Base):
    """One dataset as it was at one press of the button. Of those of one period the newest alone counts: it is public until withdrawn."""

    __tablename__ = "publication"
    __table_args__ = (UniqueConstraint("dataset", "period", "number"),)

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    dataset: Mapped[Dataset] = mapped_column(closed(Dataset))
    period: Mapped[str] = mapped_column(default="")  # 2026-05 of usage; "" of hotspots
    number: Mapped[int] = mapped_column(default=1)  # 1, 2, 3, ... of this period
    published_at: Mapped[datetime]
    published_by: Mapped[str] = mapped_column(default="")
    octets: Mapped[bytes]  # GeoJSON of hotspots, CSV of usage
    digest: Mapped[str]  # SHA-256 of it, in hexadecimal
    told: Mapped[int] = mapped_column(default=0)  # sites in it
    withheld: Mapped[int] = mapped_column(default=0)  # of these, how many have no figures
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str] = mapped_column(default="")
    withdrawn_why: Mapped[str] = mapped_column(default="")  # for everybody to read
