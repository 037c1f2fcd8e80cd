"""portal/business/front.py: whoever signed in is at their shop."""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select

from store import placements
from store.models import CampaignState, Creative, CreativeState, Membership, ShopVersion
from store.session import transaction
from tests.portal.shoproom import A, B, Person

if TYPE_CHECKING:
    from tests.portal.shoproom import ShopRoom


def test_who_works_for_one_shop_is_led_there(shoproom: ShopRoom) -> None:
    """Nobody chooses among one."""
    answer = shoproom.get("/")
    assert (303, f"/shops/{A}/") == (answer.status_code, answer.location)


@pytest.mark.parametrize("person", list(Person))
def test_a_shop_is_its_members_alone(shoproom: ShopRoom, person: Person) -> None:
    """Another's answers as one that is not there."""
    foreign = B if person.shop == A else A
    found = [shoproom.get(f"/shops/{slug}/", person).status_code for slug in (person.shop, foreign, "nothing", "x" * 65)]
    assert [200, 404, 404, 404] == found


def test_an_empty_shop_is_told_how_to_begin(shoproom: ShopRoom) -> None:
    """Its first advert and its page; venue staff, who may do neither, are told nothing to do."""
    owner, staff = shoproom.page(f"/shops/{A}/"), shoproom.page(f"/shops/{A}/", Person.VENUE_A)
    wanted = ["Make your first advert", "Write your page", "New advert"]
    assert ([True] * 3, [False] * 3) == ([each in owner for each in wanted], [each in staff for each in wanted])


def test_what_the_city_sent_back_comes_first(shoproom: ShopRoom) -> None:
    """Then what waits to be handed in; what runs asks for nothing. Each leads where it is done."""
    made = {
        name: shoproom.advert(A, state, version, name=name)
        for name, state, version in (
            ("drafted", CampaignState.DRAFT, CreativeState.DRAFT),
            ("running", CampaignState.LIVE, CreativeState.APPROVED),
            ("rejected", CampaignState.DRAFT, CreativeState.REJECTED),
        )
    }
    with transaction(shoproom.database) as session:
        session.add(ShopVersion(business_id=shoproom.shops[A], state=CreativeState.REJECTED, created_at=shoproom.time))
    found = re.findall(
        r'<li[^>]*><a href="/shops/[^/]+/([^"]+)">', shoproom.page(f"/shops/{A}/").split('class="todo"')[1].split("</ul>")[0]
    )
    assert [f"adverts/{made['rejected']}", "page", f"adverts/{made['drafted']}"] == found


def test_the_week_is_the_shops_own(shoproom: ShopRoom) -> None:
    """As often as its adverts were shown since Monday; another shop's count elsewhere."""
    for shop, count in ((A, 1234), (B, 777)):
        campaign = shoproom.advert(shop)
        with transaction(shoproom.database) as session:
            creative = session.scalars(select(Creative.id).where(Creative.campaign_id == campaign)).one()
            row = {"creative_id": creative, "campaign_id": campaign, "hour": shoproom.time.replace(minute=0)}
            placements.add(session, [{**row, "site": "central-library", "language": "en", "impressions": count, "clicks": 9}], UTC)
    page = shoproom.page(f"/shops/{A}/")
    assert (True, False) == ("1,234" in page, "777" in page)


def test_a_suspended_shop_reads_why(shoproom: ShopRoom) -> None:
    """On its first page; with nothing to do that could not be done."""
    shoproom.suspend(why="The prices were wrong")
    page = shoproom.page(f"/shops/{A}/")
    assert [True, False] == [each in page for each in ("The prices were wrong", "What to do next")]


def test_whoever_works_for_two_shops_chooses(shoproom: ShopRoom) -> None:
    """And whoever works for none is told so; neither sees more than is theirs."""
    with transaction(shoproom.database) as session:
        session.add(Membership(staff_id=shoproom.people[Person.OWNER_A], business_id=shoproom.shops[B], created_at=shoproom.time))
        session.execute(delete(Membership).where(Membership.staff_id == shoproom.people[Person.VENUE_B]))
    both, none = shoproom.page("/"), shoproom.page("/", Person.VENUE_B)
    assert ([True] * 2, [False] * 2) == ([f"/shops/{each}/" in both for each in (A, B)], [f"/shops/{each}/" in none for each in (A, B)])
    assert 200 == shoproom.get(f"/shops/{B}/").status_code


def test_a_probe_needs_no_sign_in(shoproom: ShopRoom) -> None:
    """/healthz answers whoever asks."""
    assert 200 == shoproom.get("/healthz", None).status_code
