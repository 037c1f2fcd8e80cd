"""How an advert stands, in one word for lists and one sentence for its own page; and whether a change of it waits.

Of a campaign, its newest version and the one that guests may see. Pure: says nothing of whether it is shown at this minute, which
is portal/cases/showing.py's.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from flask_babel import lazy_gettext as later

from store.models import CampaignState, CreativeState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from typing import Any

    from store.campaigns import Line


class Stand(StrEnum):
    """One advert."""

    DRAFT = "draft"
    WAITING = "waiting"  # for the city's first word about it
    REJECTED = "rejected"
    COMING = "coming"  # approved; its first day is to come
    SHOWN = "shown"
    PAUSED = "paused"
    OVER = "over"
    SUSPENDED = "suspended"  # its shop is


WORDS: Final[Mapping[Stand, Any]] = {
    Stand.DRAFT: later("Draft"),
    Stand.WAITING: later("With the city"),
    Stand.REJECTED: later("Please mend"),
    Stand.COMING: later("Planned"),
    Stand.SHOWN: later("Running"),
    Stand.PAUSED: later("Paused"),
    Stand.OVER: later("Over"),
    Stand.SUSPENDED: later("Suspended"),
}
KINDS: Final[Mapping[Stand, str]] = {  # of a badge
    Stand.DRAFT: "quiet",
    Stand.WAITING: "",
    Stand.REJECTED: "bad",
    Stand.COMING: "",
    Stand.SHOWN: "good",
    Stand.PAUSED: "warn",
    Stand.OVER: "quiet",
    Stand.SUSPENDED: "bad",
}
NEXT: Final[Mapping[Stand, Any]] = {  # what its owner does about it
    Stand.DRAFT: later("Finish it and hand it in."),
    Stand.WAITING: later("Nothing to do: the city looks at it."),
    Stand.REJECTED: later("Read why, mend it and hand it in again."),
    Stand.COMING: later("Nothing to do: it begins by itself."),
    Stand.SHOWN: later("Look at its figures."),
    Stand.PAUSED: later("Resume it when you want it to be shown again."),
    Stand.OVER: later("Copy it to begin anew."),
    Stand.SUSPENDED: later("Ask the city what is to be done."),
}
CHANGES: Final[Mapping[CreativeState, Any]] = {  # of one that guests see, or saw: what its newest version is
    CreativeState.DRAFT: later("A change is a draft"),
    CreativeState.SUBMITTED: later("A change is with the city"),
    CreativeState.REJECTED: later("A change was not approved"),
}
OPEN: Final[Mapping[CreativeState, Stand]] = {  # of what guests do not see yet: a first version's, or a page's newest
    CreativeState.DRAFT: Stand.DRAFT,
    CreativeState.SUBMITTED: Stand.WAITING,
    CreativeState.REJECTED: Stand.REJECTED,
}


def stand(line: Line, today: date, *, suspended: bool = False) -> Stand:
    """How it stands; `today` is the shop's."""
    campaign, newest = line.campaign, line.newest
    if line.live is None or campaign.state is CampaignState.DRAFT:
        return OPEN.get(newest.state, Stand.DRAFT) if newest is not None else Stand.DRAFT
    if campaign.state is CampaignState.ENDED or (campaign.last_day is not None and campaign.last_day < today):
        return Stand.OVER
    if suspended:
        return Stand.SUSPENDED
    if campaign.state is CampaignState.PAUSED:
        return Stand.PAUSED
    return Stand.COMING if campaign.first_day is not None and campaign.first_day > today else Stand.SHOWN


def change(line: Line) -> CreativeState | None:
    """Where the change stands that would take the place of what guests see; None for none."""
    newest = line.newest
    if line.live is None or newest is None or newest.id == line.live.id or newest.state not in CHANGES:
        return None
    return newest.state
