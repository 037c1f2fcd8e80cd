"""What the editor of an advert asks of the composition root: the guests' own page with that advert on it, and no other.

It is the preview of portals (proxeny/staff_portals.py), a guest app of its own in this process, over the network as it stands:
the page is that of the portal which guests at the advert's site are shown. Never counts what it shows.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from proxeny.network import Plan, Portal, Site
from proxeny.staff_portals import Previews, Seen, Sight, before
from store.adverts import Advert, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from portal.kit import Kit
    from proxeny.network import Network
    from proxeny.settings import Settings
    from store.privacy import Privacy

_NONE: tuple[Run, ...] = ()
_RUNNING: ContextVar[tuple[Run, ...]] = ContextVar("running", default=_NONE)
_NAME = "preview"


def tools(settings: Callable[[], Settings], database: Engine, privacy: Privacy) -> Mapping[str, Callable[..., Any]]:
    """By name, for `Desk.tools`."""
    return {"shop_preview": ShopPreviews(settings, database, privacy).advert}


class ShopPreviews(Previews):
    """The guest app with one advert."""

    def advert(self, session: Session, advert: Advert, sight: Sight) -> Seen:
        """The page of `sight` with this advert on it."""
        network, row = portal_at(self.network(session), sight.site)
        held = _RUNNING.set((Run(advert),))
        try:
            query = {"scheme": sight.scheme, **({"lang": sight.language} if sight.language else {})}
            return self.asked(before(network, row, sight.site), f"/preview/{sight.page}", query)
        finally:
            _RUNNING.reset(held)

    def kit(self) -> Kit:
        """The same, with what is shown just now."""
        return replace(super().kit(), adverts=_RUNNING.get)


def portal_at(network: Network, site: str) -> tuple[Network, Portal]:
    """The portal of this site, else the first; where none lets anybody in, one that does, for two hours."""
    place: Any = network.rows["site"].get(site)
    rows: dict[str, Any] = network.rows["portal"]
    named = rows.get(place.portal or "") if isinstance(place, Site) else None
    row = named or next(iter(rows.values()), None)
    if isinstance(row, Portal) and {row.plan, *row.plans.values()} & set(network.rows["plan"]):
        return network, row
    plans = {**network.rows["plan"], _NAME: Plan(_NAME, session=7_200)}
    return replace(network, rows={**network.rows, "plan": plans}), Portal(_NAME, _NAME)
