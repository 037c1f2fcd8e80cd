"""What the editors of shops ask of the composition root: the guests' own page with one advert on it, or a shop's own page.

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
from store.models import Media

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from portal.kit import Kit
    from proxeny.network import Network
    from proxeny.settings import Settings
    from store.models import ShopVersion
    from store.privacy import Privacy

_NONE: tuple[Run, ...] = ()
_RUNNING: ContextVar[tuple[Run, ...]] = ContextVar("running", default=_NONE)
_NAME = "preview"


def tools(settings: Callable[[], Settings], database: Engine, privacy: Privacy) -> Mapping[str, Callable[..., Any]]:
    """By name, for `Desk.tools`."""
    previews = ShopPreviews(settings, database, privacy)
    return {"shop_preview": previews.advert, "shop_page_preview": previews.page}


class ShopPreviews(Previews):
    """The guest app with one advert, or one shop's page."""

    def advert(self, session: Session, advert: Advert, sight: Sight) -> Seen:
        """The page of `sight` with this advert on it."""
        network, row = portal_at(self.network(session), sight.site)
        held = _RUNNING.set((Run(advert),))
        try:
            query = {"scheme": sight.scheme, **({"lang": sight.language} if sight.language else {})}
            return self.asked(before(network, row, sight.site), f"/preview/{sight.page}", query)
        finally:
            _RUNNING.reset(held)

    def page(self, session: Session, version: ShopVersion, language: str = "", scheme: str = "") -> Seen:
        """The page of a shop as this version says it."""
        from portal.guest.preview import PAGE  # noqa: PLC0415  as the app: for who looks at one

        network, row = portal_at(self.network(session), "")
        media = session.get(Media, version.picture) if version.picture else None
        held = PAGE.set((version, media))
        try:
            return self.asked(before(network, row, ""), "/preview/shop", {"scheme": scheme, **({"lang": language} if language else {})})
        finally:
            PAGE.reset(held)

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
