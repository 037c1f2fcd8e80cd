"""One step of an advert, a page or a shop, as a page takes it: the audit entry, the mails and the event, in one transaction.

Both apps take their steps here. Never tells of a step without the entry that says who took it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import g

from portal.admin.desk import desk
from portal.admin.guard import audited
from portal.cases.shop_news import Happening, Reach, tell
from portal.permissions import OF_STAFF

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from portal.messages.shops import Step
    from store.models import Business, Campaign, Creative, ShopVersion


def step(
    session: Session,
    taken: Step,
    shop: Business,
    campaign: Campaign | None = None,
    version: Creative | ShopVersion | None = None,
    *,
    reason: str = "",
    fields: Mapping[str, tuple[Any, Any]] | None = None,
) -> None:
    """Of a campaign where one is given, else of the shop's page where a version is, else of the shop itself."""
    what = Happening(taken, shop, campaign, version, g.staff.id, reason)
    said = dict(fields or {}) | ({"version": (None, version.version)} if version is not None else {})
    tell(session, desk().privacy, reach(), what, g.now)
    audited(session, taken.value, what.about.value, what.object, fields=said, reason=reason)  # last: everybody waits for the log


def reach() -> Reach:
    """As this app's settings have it."""
    office, staffs = desk().office, desk().office.roles == OF_STAFF
    staff, shops = office.staff_url or (office.url if staffs else ""), office.business_url or ("" if staffs else office.url)
    return Reach(staff, shops, office.review, office.mails)
