"""migrations 0008: a city's shops of the older shape become shops with versions, and what the older shape can hold of the newer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select, text

from store import schema, versions
from store.adverts import running
from store.check import check
from store.models import (
    Business,
    Campaign,
    CampaignPlace,
    CampaignState,
    Creative,
    CreativeState,
    Media,
    Membership,
    Passkey,
    PlaceKind,
    RecoveryCode,
    Role,
    ShopVersion,
    Staff,
    StaffLink,
    StaffSession,
    Step,
)
from store.session import reading, transaction
from tests.store.rows import NOW, everything, keep

if TYPE_CHECKING:
    from store.sealed import Seal

SIGNED_IN = (StaffSession, StaffLink, Passkey, RecoveryCode)


def test_who_works_for_a_shop_does_not_fit_the_older_shape(url: str, seal: Seal) -> None:
    """Its pages are the city's alone: nobody of a shop is left who could sign in to them, nor anything that they held."""
    database = schema.prepare(url)
    with transaction(database) as session:
        keep(session, everything(seal))
        shop = session.scalars(select(Business.id)).first()
        for number, role in enumerate((Role.BUSINESS_OWNER, Role.VENUE_STAFF)):
            person, mark = f"0123456789abcdf{number + 1}", bytes([number]) * 16
            rows = [
                Staff(id=person, name=f"{role.value}@shop.example", role=role, created_at=NOW),
                Membership(staff_id=person, business_id=shop, created_at=NOW),
                StaffSession(digest=mark * 2, staff_id=person, step=Step.WHOLE, created_at=NOW, seen_at=NOW, proven_at=NOW, ends_at=NOW),
                StaffLink(digest=mark * 2, staff_id=person, created_at=NOW, expires_at=NOW),
                Passkey(id=mark, staff_id=person, public_key=b"k", created_at=NOW),
                RecoveryCode(digest=mark, staff_id=person),
            ]
            keep(session, rows)
    schema.downgrade(url, "0007")
    with reading(database) as session:
        assert ["city-admin"] == session.execute(text("SELECT role FROM staff")).scalars().all()
    schema.upgrade(url)
    with reading(database) as session:
        assert [1] * 4 == [session.scalar(select(func.count()).select_from(kind)) for kind in SIGNED_IN]
    assert [] == check(url)
    database.dispose()


def test_shops_of_the_older_shape_go_on(url: str) -> None:
    """The city's own and a shop's: both run as before, with a page and pictures that guests may see, and are told of by nobody twice."""
    database = schema.prepare(url)
    with transaction(database) as session:
        for slug, house in (("city", True), ("bakery", False)):
            shop = Business(slug=slug, name=slug.title(), house=house, picture="a" * 64, created_at=NOW)
            session.add(shop)
            session.flush()
            for state in CampaignState:
                row = Campaign(business_id=shop.id, name=f"{slug} {state.value}", state=state, created_at=NOW)
                session.add(row)
                session.flush()
                session.add(CampaignPlace(campaign_id=row.id, kind=PlaceKind.CITY, name=""))
                for version, stands in enumerate((CreativeState.REPLACED, CreativeState.APPROVED, CreativeState.DRAFT), 1):
                    session.add(Creative(campaign_id=row.id, version=version, state=stands, picture="b" * 64, created_at=NOW))
        session.add_all(Media(sha=letter * 64, octets=b"", width=1, height=1, created_at=NOW) for letter in "ab")
    schema.downgrade(url, "0007")
    schema.upgrade(url)
    with reading(database) as session:
        shown = {(run.advert.name, run.advert.house, run.advert.picture[:1]) for run in running(session, NOW)}
        assert {("City", True, "b"), ("Bakery", False, "b")} == shown
        assert [NOW, NOW] == session.scalars(select(Media.published_at)).all()
        told = session.execute(select(Campaign.state, Campaign.began_at).distinct().order_by(Campaign.state)).all()
        assert {
            (CampaignState.DRAFT, None),
            (CampaignState.LIVE, NOW),
            (CampaignState.PAUSED, None),
            (CampaignState.ENDED, NOW),
        } == {tuple(row) for row in told}
        for shop in session.scalars(select(Business)):
            page = versions.live(session, ShopVersion, shop.id)
            assert (shop.name, "a" * 64) == (page.name, page.picture)
    assert [] == check(url)
    database.dispose()
