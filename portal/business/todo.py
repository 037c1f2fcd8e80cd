"""What a shop's owner does next, the most urgent first: mend what the city sent back, finish what was begun, begin what is missing.

Pure: of what was read. Never more than somebody reads on a phone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask_babel import gettext as _

from portal.cases import advert_state as states
from portal.cases.advert_state import Stand
from portal.cases.review import passed
from store.models import CreativeState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from store.campaigns import Line
    from store.models import ShopVersion

MOST: Final = 5


class Task(NamedTuple):
    """One thing to do: where, in words, and how urgent (a kind of badge)."""

    path: str  # under the shop
    words: Any
    kind: str = ""


def tasks(lines: Sequence[Line], shop_page: ShopVersion | None, places: int, today: date, *, asks: bool = False) -> list[Task]:
    """`shop_page`: the newest version of the public page; `places`: how many the city gave it; `asks`: it is said how the city is asked."""
    stands = [(line, states.stand(line, today), states.change(line)) for line in lines]
    return [*_mend(stands, shop_page, today), *_finish(stands, shop_page), *_begin(lines, shop_page, places, asks=asks)][:MOST]


def _mend(stands: Sequence[tuple[Line, Stand, CreativeState | None]], shop_page: ShopVersion | None, today: date) -> Iterator[Task]:
    for line, stand, change in stands:
        if Stand.REJECTED is stand or change is CreativeState.REJECTED:
            yield Task(f"adverts/{line.campaign.id}", _("Mend the advert “%(name)s”", name=line.campaign.name), "bad")
        elif line.newest is not None and line.newest.state is CreativeState.SUBMITTED and passed(line.newest, today):
            yield Task(f"adverts/{line.campaign.id}", _("Choose later days for the advert “%(name)s”", name=line.campaign.name), "bad")
    if shop_page is not None and shop_page.state is CreativeState.REJECTED:
        yield Task("page", _("Mend your page"), "bad")


def _finish(stands: Sequence[tuple[Line, Stand, CreativeState | None]], shop_page: ShopVersion | None) -> Iterator[Task]:
    for line, stand, change in stands:
        if Stand.DRAFT is stand or change is CreativeState.DRAFT:
            yield Task(f"adverts/{line.campaign.id}", _("Hand in the advert “%(name)s”", name=line.campaign.name), "warn")
    if shop_page is not None and shop_page.state is CreativeState.DRAFT:
        yield Task("page", _("Hand in your page"), "warn")


def _begin(lines: Sequence[Line], shop_page: ShopVersion | None, places: int, *, asks: bool) -> Iterator[Task]:
    if not places:
        yield Task("#help" if asks else "adverts", _("Ask the city where your adverts may be shown: it has named no place yet"), "warn")
    if not lines:
        yield Task("adverts/new", _("Make your first advert"))
    if shop_page is None:
        yield Task("page", _("Write your page: what you are, where, and when you are open"))
