"""Places at which adverts run, and that a network has not: they are shown there no more, and nobody who runs a shop did that.

Never judges an advert.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from proxeny.network_checks import Finding
from store.models import Campaign, CampaignPlace, CampaignState, PlaceKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from proxeny.network import Network

MOST: Final = 20  # places that are named one by one
_CALLED: Final = {PlaceKind.SITE: "site", PlaceKind.DISTRICT: "district", PlaceKind.ACCESS_POINT: "access_point"}


def warnings(session: Session, network: Network) -> Iterator[Finding]:
    """Each such place, with how many adverts that run or are paused name it: one statement."""
    runs = Campaign.state.in_((CampaignState.LIVE, CampaignState.PAUSED))
    named = (
        select(CampaignPlace.kind, CampaignPlace.name, func.count())
        .join(Campaign, Campaign.id == CampaignPlace.campaign_id)
        .where(runs, CampaignPlace.kind != PlaceKind.CITY)
        .group_by(CampaignPlace.kind, CampaignPlace.name)
        .order_by(CampaignPlace.kind, CampaignPlace.name)
    )
    there = {PlaceKind.SITE: set(network.rows["site"]), PlaceKind.ACCESS_POINT: set(network.rows["access_point"])}
    there[PlaceKind.DISTRICT] = {site.district for site in network.of("site")}
    gone = [(kind, name, count) for kind, name, count in session.execute(named) if name not in there[kind]]
    for kind, name, count in gone[:MOST]:
        what = f"is not there: {count} advert{'s' * (count > 1)} of shops cannot be shown at it"
        yield Finding(_CALLED[kind], name, "", what, "Declare it, or let the shops choose another place")
    if gone[MOST:]:
        yield Finding("site", "", "", f"and {len(gone) - MOST} more places of adverts are not there")
