"""Every page of the shops by name: where it is and who looks at it; and the shop that is shown there.

A page is listed here once; what looks at all of them (axe, pictures, statements) takes it from here. Whoever
adds a page adds its line, and what it needs to `furnish`.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from store import placements
from store.models import (
    Business,
    CampaignState,
    Creative,
    CreativeState,
    LinkPurpose,
    Membership,
    ShopVersion,
    Staff,
    StaffLink,
    Step,
)
from store.session import transaction
from store.staff_sessions import digest
from tests.portal.shoproom import A, B, Person
from tests.portal.shops import BAKERY
from tests.screens.desks import Desk

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.portal.shoproom import ShopRoom

SHOP: Final = f"/shops/{A}"
LINK: Final = "a-link-that-is-good-for-the-gallery-only"
ADVERT, REFUSED, DRAFT = "06h0shopadvert01", "06h0shopadvert02", "06h0shopadvert03"
HOURS: Final = {
    "week": [[], *[[[420, 1080]]] * 3, [[420, 780], [840, 1080]], [[480, 960]], []],
    "en": "Closed in August",
    "fr": "Fermé en août",
}
OWNER, STAFF = Person.OWNER_A, Person.VENUE_A
SHOPS: dict[str, Desk] = {
    "sign-in": Desk("/sign-in", None),
    "link": Desk("/sign-in/link", None),
    "link-use": Desk(f"/sign-in/link/{LINK}", None),
    "link-gone": Desk("/sign-in/link/nobodys", None),
    "setup": Desk(f"/setup/{LINK}-setup", None),
    "setup-gone": Desk("/setup/nobodys", None),
    "second": Desk("/sign-in/second", Step.SECOND),
    "welcome": Desk("/welcome", OWNER),
    "prove": Desk("/prove", OWNER),
    "me": Desk("/me", OWNER),
    "me-password": Desk("/me/password", OWNER),
    "me-passkey": Desk("/me/passkey", OWNER),
    "me-app": Desk("/me/app", OWNER),
    "me-codes": Desk("/me/codes", OWNER),
    "shops": Desk("/", Person.OWNER_B),
    "overview": Desk(f"{SHOP}/", OWNER),
    "overview-staff": Desk(f"{SHOP}/", STAFF),
    "overview-suspended": Desk("/shops/green-cafe/", Person.VENUE_B),
    "people": Desk(f"{SHOP}/people", OWNER),
    "people-staff": Desk(f"{SHOP}/people", STAFF),
    "adverts": Desk(f"{SHOP}/adverts", OWNER),
    "advert": Desk(f"{SHOP}/adverts/{ADVERT}", OWNER),
    "advert-refused": Desk(f"{SHOP}/adverts/{REFUSED}", OWNER),
    "advert-staff": Desk(f"{SHOP}/adverts/{ADVERT}", STAFF),
    "advert-draft": Desk(f"{SHOP}/adverts/{DRAFT}", OWNER),
    "advert-new": Desk(f"{SHOP}/adverts/new", OWNER),
    "advert-edit": Desk(f"{SHOP}/adverts/{REFUSED}/edit?mend=1", OWNER),
    "figures": Desk(f"{SHOP}/figures", OWNER),
    "page": Desk(f"{SHOP}/page", OWNER),
    "page-staff": Desk(f"{SHOP}/page", STAFF),
    "page-edit": Desk(f"{SHOP}/page/edit?mend=1", OWNER),
    "no-such-page": Desk("/no-such-page", OWNER),
}


def furnish(city: ShopRoom, weeks: int = 4, adverts: int = 3) -> None:
    """A bakery in the middle of its campaigns, a suspended café, and somebody who works for both."""
    for name, state, version, words in (
        (ADVERT, CampaignState.LIVE, CreativeState.APPROVED, "Bread from this morning"),
        (REFUSED, CampaignState.DRAFT, CreativeState.REJECTED, "Cakes for the harbour festival"),
        (DRAFT, CampaignState.DRAFT, CreativeState.DRAFT, "Coffee to take along"),
        *((f"06h0shopmore{number:04}", CampaignState.ENDED, CreativeState.APPROVED, f"Week {number}") for number in range(adverts - 3)),
    ):
        city.advert(A, state, version, words, id=name, reason="The price is not the one in your shop window." if name == REFUSED else "")
    city.suspend(B, "The address of the page led to another shop.")
    with transaction(city.database) as session:
        _figures(session, city, weeks)
        _people(session, city)
        fields = {key: value for key, value in BAKERY.items() if key != "slug"} | {"hours": HOURS, "link": "http://bakery.example/"}
        session.add(ShopVersion(business_id=city.shops[A], **fields, state=CreativeState.DRAFT, created_at=city.time))


def _figures(session: Session, city: ShopRoom, weeks: int) -> None:
    """What was shown in each open hour."""
    creatives = session.scalars(select(Creative).order_by(Creative.campaign_id)).all()
    rows: list[dict[str, object]] = []
    for creative in creatives:
        if creative.state is not CreativeState.APPROVED:
            continue
        for hours in range(1, weeks * 7 * 24, 3):
            hour = city.time.replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours)
            said = {"creative_id": creative.id, "campaign_id": creative.campaign_id, "hour": hour, "site": "central-library"}
            rows.append({**said, "language": ("en", "fr")[hours % 2], "impressions": 5 + hours % 17, "clicks": hours % 3})
    placements.add(session, rows, UTC)


def _people(session: Session, city: ShopRoom) -> None:
    now, owner = city.time, session.get_one(Staff, city.people[OWNER])
    owner.seen_at, owner.password = now - timedelta(hours=3), "set"
    until = now + timedelta(hours=1)
    for held, purpose in ((LINK, LinkPurpose.SIGN_IN), (f"{LINK}-setup", LinkPurpose.SETUP)):
        session.add(StaffLink(digest=digest(held), staff_id=owner.id, purpose=purpose, created_at=now, expires_at=until))
    spare = Business(slug="corner-books", name="Corner Books", created_at=now)
    session.add(spare)
    session.flush()
    session.add(Membership(staff_id=city.people[Person.OWNER_B], business_id=spare.id, created_at=now))
