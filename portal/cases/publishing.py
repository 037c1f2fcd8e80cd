"""Open data before anybody has it: what would be published, what of it is withheld and why; published.

A month is published when it is over and its visitors are counted to the end. Whoever publishes names the preview that they saw
(`seen`): what became different meanwhile is shown to them first. Never publishes without terms, and never a month that runs.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import select

from portal.cases import open_files
from portal.cases.disclosure import Line, lines
from portal.cases.open_files import Hotspot
from store import publications, site_usage
from store.models import AccessPoint, Client, Dataset, Publication, Site, Ssid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from sqlalchemy.orm import Session

    from store.publications import Brief

SETTLES: Final = timedelta(days=3)  # after a month's end: visitors are counted to the end a day after it, late accounting comes sooner
BACK: Final = 24  # months that are offered


class Draft(NamedTuple):
    """What would be given out; `before`: what was, of the same period, the newest first."""

    octets: bytes
    told: int
    withheld: int
    before: Sequence[Brief]

    @property
    def digest(self) -> str:
        return publications.digest(self.octets)

    @property
    def number(self) -> int:
        """Which publication of its period it would be."""
        return self.before[0].number + 1 if self.before else 1

    @property
    def public(self) -> Brief | None:
        """What anybody has now."""
        return self.before[0] if self.before and self.before[0].withdrawn_at is None else None


class Preview(NamedTuple):
    """One site of a month, for whoever publishes it: what would be told; of a month that is public, what is.

    Never beside what was counted: reports leave out what would give a small count away, and here it could be read.
    """

    name: str
    line: Line


def hotspots(session: Session, today: date) -> Draft:
    """Every place that may be named."""
    sites = _sites(session)
    equipped = set(session.scalars(select(AccessPoint.site).distinct())) | set(session.scalars(select(Client.site).distinct()))
    ssids = "; ".join(session.scalars(select(Ssid.name).where(Ssid.profile == "portal").order_by(Ssid.name)))
    found = [
        Hotspot(
            site.id, site.name, site.address, site.district, site.latitude, site.longitude, ssids, site.indoor_outdoor,
            site.opening_hours, site.activated_on, _status(site, today, equipped=site.id in equipped), site.accessible_entrance,
        )
        for site in sites
    ]  # fmt: skip
    return Draft(open_files.geojson(found), len(found), 0, publications.earlier(session, Dataset.HOTSPOTS, ""))


def _status(site: Site, today: date, *, equipped: bool) -> str:
    return "planned" if not equipped or site.activated_on > today.isoformat() else "active"


def usage(session: Session, zone: tzinfo, first: date) -> tuple[Draft, list[Preview]]:
    """The month that begins on this day."""
    sites = {site.id: site for site in _sites(session)}
    before = publications.earlier(session, Dataset.USAGE, period(first))
    out = publications.octets(session, [each.id for each in before])
    told = lines(sites, site_usage.month(session, zone, first), [open_files.figures(out[each.id]) for each in before])
    octets = open_files.usage_csv(period(first), told)
    draft = Draft(octets, len(told), sum(each.figures is None for each in told), before)
    if draft.public is not None:
        told = [Line(*each) for each in open_files.figures(out[draft.public.id]).items()]
    names = {site.id: site.name for site in sites.values()}
    return draft, [Preview(names.get(each.site, each.site), each) for each in told]


def _sites(session: Session) -> Sequence[Site]:
    return session.scalars(select(Site).where(Site.published).order_by(Site.id)).all()


def months(session: Session, zone: tzinfo, now: datetime) -> list[date]:
    """The first days of the months that can be published, the newest first; none of which retention has taken a part."""
    cut, began = publications.cut(session), publications.first_hour(session)
    if began is None:
        return []
    found, first = [], (now - SETTLES).astimezone(zone).date().replace(day=1)
    least = began.astimezone(zone).date().replace(day=1)
    for _ in range(BACK):
        first = (first - timedelta(days=1)).replace(day=1)
        if first < least or (cut is not None and site_usage.midnight(first, zone) < cut):
            break
        found.append(first)
    return found


def publish(session: Session, dataset: Dataset, of: str, draft: Draft, by: str, now: datetime) -> Publication:
    """Give it out."""
    made = Publication(
        dataset=dataset, period=of, octets=draft.octets, told=draft.told, withheld=draft.withheld, published_at=now, published_by=by
    )
    publications.publish(session, made, draft.before)
    return made


def period(first: date) -> str:
    """ "2026-05"."""
    return f"{first:%Y-%m}"


def last_of(first: date) -> date:
    """The last day of the month that begins on this one."""
    return (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def first_of(said: str) -> date | None:
    """The first day of the month that is called so; None where it is no month."""
    try:
        first = date.fromisoformat(f"{said}-01")
    except ValueError:
        return None
    return first if period(first) == said else None
