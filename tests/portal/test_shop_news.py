"""What becomes of an advert or a page is told to whom it concerns, in their language, and not without end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from portal.cases.shop_news import Happening, Reach, tell
from portal.messages.shops import Step
from store.models import Business, Campaign, Creative, Event, Membership, Role, ShopVersion, Staff, Webhook
from store.session import reading, transaction
from tests.portal import splash

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

STAFF, SHOPS = "http://staff.city.example", "http://shops.city.example"
REACH = Reach(STAFF, SHOPS, timedelta(days=2), mails=True)


def told(room: Room, step: Step, version: str, by: str = "", reach: Reach = REACH) -> list[tuple[str, str]]:
    """(to, subject) of what is queued in the end."""
    with transaction(room.database) as session:
        row = session.get_one(Creative, version)
        campaign = session.get_one(Campaign, row.campaign_id)
        shop = session.get_one(Business, campaign.business_id)
        tell(session, room.privacy, reach, Happening(step, shop, campaign, row, by, "Too loud"), room.time)
    return [letter[:2] for letter in splash.letters(room)]


def put(room: Room) -> str:
    business = splash.shop(room)
    with transaction(room.database) as session:
        for name, role, language in (
            ("decides@city.example", Role.CITY_ADMIN, "fr"),
            ("looks@city.example", Role.AUDITOR, ""),
            ("till@millers-oven.example", Role.VENUE_STAFF, ""),
        ):
            made = Staff(name=name, email=name, role=role, language=language, created_at=room.time)
            session.add(made)
            session.flush()
            if role is Role.VENUE_STAFF:
                session.add(Membership(staff_id=made.id, business_id=business, created_at=room.time))
    return splash.submitted(room, business, splash.owner(room))


def test_what_is_handed_in_is_told_to_its_owner_and_to_who_decides(staffroom: Room) -> None:
    """Each in their language with the way to their own page; nobody who only looks, and no venue staff."""
    name = put(staffroom)
    owner = splash.owner(staffroom)
    assert [(splash.OWNER, "Handed in: Bread"), ("decides@city.example", "À examiner\u00a0: Bread, de Miller’s Oven")] == told(
        staffroom, Step.SUBMITTED, name, owner
    )
    mine, theirs = (text for _to, _subject, text in splash.letters(staffroom))
    assert f"{SHOPS}/shops/millers-oven/adverts/" in mine
    assert f"{STAFF}/review/advert/{name}" in theirs


def test_what_a_shop_does_over_and_over_is_told_once_an_hour(staffroom: Room) -> None:
    """Handing in and withdrawing all day fills nobody's box; what the city does is told each time."""
    name = put(staffroom)
    for _ in range(3):
        told(staffroom, Step.SUBMITTED, name)
        told(staffroom, Step.WITHDRAWN, name)
    assert 3 == len(splash.letters(staffroom))  # the owner twice, the city once
    staffroom.later(hours=1)
    assert 5 == len(told(staffroom, Step.SUBMITTED, name))
    for _ in range(2):
        told(staffroom, Step.REJECTED, name)
    assert 7 == len(splash.letters(staffroom))


def test_nobody_reads_of_what_they_did_themselves(staffroom: Room) -> None:
    """But that it was handed in, with until when the city answers."""
    name = put(staffroom)
    owner = splash.owner(staffroom)
    assert [] == told(staffroom, Step.PAUSED, name, owner)
    assert [splash.OWNER] == [to for to, _subject in told(staffroom, Step.ENDED, name)]


def test_without_mails_the_event_is_told_alone(staffroom: Room) -> None:
    """A webhook hears of it; it names the shop and the advert, and nobody."""
    name = put(staffroom)
    with transaction(staffroom.database) as session:
        hook = {"url": "https://board.example/", "secret": b"x", "created_at": staffroom.time, "created_by": "ops"}
        session.add(Webhook(name="board", events=["advert.submitted", "advert.ended"], **hook))
    assert [] == told(staffroom, Step.SUBMITTED, name, reach=REACH._replace(mails=False))
    told(staffroom, Step.PAUSED, name, reach=REACH._replace(mails=False))
    with reading(staffroom.database) as session:
        assert [("advert.submitted", {"business": "millers-oven", "name": "Bread", "version": 1})] == [
            (row.kind, row.content) for row in session.query(Event)
        ]


def test_whoever_may_work_no_more_is_told_nothing(staffroom: Room) -> None:
    """Disabled, or without an address."""
    name = put(staffroom)
    with transaction(staffroom.database) as session:
        session.query(Staff).filter_by(name=splash.OWNER).one().disabled_at = staffroom.time
        session.query(Staff).filter_by(name="decides@city.example").one().email = ""
    assert [] == told(staffroom, Step.SUBMITTED, name)


def test_a_page_is_told_of_as_a_page(staffroom: Room) -> None:
    """With its own words and its own way."""
    business = splash.shop(staffroom)
    name = splash.page_submitted(staffroom, business, splash.owner(staffroom))
    with transaction(staffroom.database) as session:
        row, shop = session.get_one(ShopVersion, name), session.get_one(Business, business)
        tell(session, staffroom.privacy, REACH, Happening(Step.REJECTED, shop, None, row, "", "Too loud"), staffroom.time)
    ((_to, subject, text),) = splash.letters(staffroom)
    assert "Please mend: the page of Miller’s Oven" == subject
    assert f"{SHOPS}/shops/millers-oven/page\n" in text
    assert "Too loud" in text


def test_the_citys_own_goes_to_whoever_made_it(staffroom: Room) -> None:
    """By the staff's pages; and nobody is asked to decide on their own."""
    with transaction(staffroom.database) as session:
        house = Business(slug="city", name="City", house=True, created_at=staffroom.time)
        maker = Staff(name="maker@city.example", email="maker@city.example", role=Role.CITY_ADMIN, created_at=staffroom.time)
        session.add_all([house, maker])
        session.flush()
        business, by = house.id, maker.id
    name = splash.submitted(staffroom, business, by)
    assert [("maker@city.example", "Please mend: Bread")] == told(staffroom, Step.REJECTED, name)
    assert f"{STAFF}/shops/city/adverts/" in splash.letters(staffroom)[0][2]
    assert ["Please mend: Bread", "Handed in: Bread"] == [subject for _to, subject in told(staffroom, Step.SUBMITTED, name, by)]
