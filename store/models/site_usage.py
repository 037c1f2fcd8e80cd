"""What each site was used for, summed so that a page need not look at sessions: hours, lengths of stays, visitors of a month.

`roaming` tells a visitor whom an institution vouches for (a User-Name with a realm) from a guest of the portal. The site "" is one
nobody declared; of visitors it is the whole city. Never holds a person: a mark is a keyed hash whose key is destroyed
(store/models/visitors.py), and it goes before its key does.
"""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from store.models.base import Base


class Used:
    """What was used in a time, for whichever table sums it."""

    sessions: Mapped[int] = mapped_column(BigInteger, default=0, sort_order=1)  # begun in it
    seconds: Mapped[int] = mapped_column(BigInteger, default=0, sort_order=1)
    input_octets: Mapped[int] = mapped_column(BigInteger, default=0, sort_order=1)
    output_octets: Mapped[int] = mapped_column(BigInteger, default=0, sort_order=1)


class SiteHour(Used, Base):
    """Sums of one hour at one site."""

    __tablename__ = "site_hour"
    __table_args__ = ({"sqlite_with_rowid": False},)  # read by ranges of its key

    hour: Mapped[datetime] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(primary_key=True)
    roaming: Mapped[bool] = mapped_column(primary_key=True)


class CityHour(Used, Base):
    """The same of all sites together."""

    __tablename__ = "city_hour"
    __table_args__ = ({"sqlite_with_rowid": False},)

    hour: Mapped[datetime] = mapped_column(primary_key=True)
    roaming: Mapped[bool] = mapped_column(primary_key=True)


class SiteDay(Used, Base):
    """The same of one site in a whole day of UTC: what lies within the days of any zone, but for the hours at both ends."""

    __tablename__ = "site_day"
    __table_args__ = ({"sqlite_with_rowid": False},)

    day: Mapped[datetime] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(primary_key=True)
    roaming: Mapped[bool] = mapped_column(primary_key=True)


class Dwell(Base):
    """How many sessions begun on this day at this site lasted so long; one that goes on counts as long as it has lasted."""

    __tablename__ = "dwell"
    __table_args__ = ({"sqlite_with_rowid": False},)

    day: Mapped[datetime] = mapped_column(primary_key=True)  # midnight of the operator's time zone
    site: Mapped[str] = mapped_column(primary_key=True)
    roaming: Mapped[bool] = mapped_column(primary_key=True)
    minutes: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # at least; store/dwell.py has the steps
    sessions: Mapped[int] = mapped_column(BigInteger, default=0)


class DwellWeek(Base):
    """The same of the days that begin in one week of UTC, from Monday; whoever roams and whoever does not together."""

    __tablename__ = "dwell_week"
    __table_args__ = ({"sqlite_with_rowid": False},)

    week: Mapped[datetime] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(primary_key=True)
    minutes: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sessions: Mapped[int] = mapped_column(BigInteger, default=0)


class SiteMark(Base):
    """Somebody was at this site in this month, first on this day; deleted with the month's key."""

    __tablename__ = "site_mark"

    begins_at: Mapped[datetime] = mapped_column(primary_key=True)
    mark: Mapped[bytes] = mapped_column(primary_key=True)  # 16 octets, of the site, too
    site: Mapped[str]
    day: Mapped[int]  # of the month
    again: Mapped[bool] = mapped_column(default=False)  # seen on another day, too


class SiteVisitors(Base):
    """How many different visitors a site had in a month, and how many of them came on more than one day."""

    __tablename__ = "site_visitors"

    begins_at: Mapped[datetime] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(primary_key=True)
    visitors: Mapped[int] = mapped_column(default=0)
    came_again: Mapped[int] = mapped_column(default=0)
    frozen_at: Mapped[datetime | None]  # when its marks and its key were destroyed
