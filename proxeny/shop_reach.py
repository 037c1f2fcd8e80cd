"""How people are reached about shops, as the settings have it: for whoever tells them outside of a page. Never who they are."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from portal.cases.shop_news import Reach
from proxeny.parts_business import REVIEW

if TYPE_CHECKING:
    from proxeny.settings import Settings


def reach(settings: Settings) -> Reach:
    """Where the pages are, how soon the city answers, whether mails are sent."""
    staff, business = settings.staff, settings.business
    review = timedelta(seconds=business.review if business is not None else REVIEW)
    return Reach(
        staff.origin if staff is not None else "", business.origin if business is not None else "", review, settings.mail is not None
    )
