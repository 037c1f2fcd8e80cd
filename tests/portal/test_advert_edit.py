"""portal/business/advert_edit.py: whatever is typed is kept, and what is missing is named at its field."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

import pytest
from PIL import Image

from portal.cases import pictures
from store import campaigns, versions
from store.models import AuditEntry, Campaign, CampaignState, Creative, CreativeState, Media, Message, Picture, PlaceKind, Role, Staff
from store.session import reading, transaction
from tests.portal.adverts import AT, form, made, new, photo, save, seen
from tests.portal.shoproom import A, B, Person
from tests.portal.uploads import saved

if TYPE_CHECKING:
    from tests.portal.shoproom import ShopRoom


def newest(room: ShopRoom, name: str) -> Creative:
    with reading(room.database) as session:
        return versions.newest(session, Creative, name)


def actions(room: ShopRoom) -> list[str]:
    with reading(room.database) as session:
        return [row.action for row in session.query(AuditEntry).filter(AuditEntry.kind == "advert").order_by(AuditEntry.id)]


def test_what_was_typed_is_what_is_kept(shoproom: ShopRoom) -> None:
    """Words, link, days, hours, caps and places; guests see nothing of it."""
    name = made(new(shoproom))
    row = newest(shoproom, name)
    assert ({"en": "Bread from this morning"}, "https://bakery.example/menu", CreativeState.DRAFT, shoproom.people[Person.OWNER_A]) == (
        row.title, row.link, row.state, row.made_by,
    )  # fmt: skip
    plan = campaigns.read(row.plan)
    assert ("2026-03-10", "2026-04-10", 0b11111, 420, 1110, 100, None, ((PlaceKind.SITE, "central-library"),)) == (
        str(plan.first_day), str(plan.last_day), *plan[2:],
    )  # fmt: skip
    text = shoproom.page(f"{AT}/{name}/edit")
    for said in (
        'value="07:00"',
        'value="18:30"',
        'value="2026-04-10"',
        ">bakery.example</strong>",
        'value="site:central-library" checked',
    ):
        assert said in text
    with reading(shoproom.database) as session:
        assert (CampaignState.DRAFT, "Bread from this morning") == ((found := session.get(Campaign, name)).state, found.name)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "title-en": ({"title__en": "", "text__en": ""}, "Write a title"),
    "title-en long": ({"title__en": "x" * 61}, "61 characters of 60"),
    "text-en": ({"text__en": "x" * 201}, "201 characters of 200"),
    "text-fr": ({"title__fr": "Du pain"}, "no text"),
    "title-fr": ({"text__fr": "Tout près."}, "no title"),
    "link": ({"link": "http://bakery.example"}, "begin with https://"),
    "first-day": ({"first_day": "5/1/26"}, "no day"),
    "last-day": ({"last_day": "2026-03-08"}, "is over"),
    "first-day far": ({"first_day": "2030-01-01", "last_day": ""}, "two years"),
    "last-day early": ({"first_day": "2026-05-02", "last_day": "2026-05-01"}, "before the first"),
    "weekdays": ({"weekday": []}, "at least one day"),
    "hours": ({"from": "25:99"}, "no time of the day"),
    "hours same": ({"from": "08:00", "until": "08:00"}, "same time"),
    "day-cap": ({"day_cap": "many"}, "a number from 1"),
    "total-cap": ({"total_cap": "0"}, "a number from 1"),
    "places": ({"place": []}, "Choose where"),
    "places gone": ({"place": ["site:elsewhere"]}, "may not be shown at elsewhere"),
}


@pytest.mark.parametrize("case", WRONG)
def test_each_fault_is_named_at_its_field_and_nothing_is_lost(shoproom: ShopRoom, case: str) -> None:
    """It is kept as typed, not handed in, and the summary leads to the field."""
    changes, words = WRONG[case]
    answer = new(shoproom, "submit", **changes)
    text = answer.get_data(as_text=True)
    where = case.partition(" ")[0]
    found = re.search(r'<li><a href="#([a-z-]+)">[^<]*</a> – ([^<]*)</li>', text)
    assert (422, where, True) == (answer.status_code, found[1], words in found[2])
    assert f'id="{where}"' in text
    assert f'id="{where}-error"' in text
    with reading(shoproom.database) as session:
        row = session.query(Creative).one()
    assert CreativeState.DRAFT is row.state
    typed = next(iter(changes.values()))
    assert not isinstance(typed, str) or typed in text


def test_a_form_that_nobody_has_saved_is_not_scolded(shoproom: ShopRoom) -> None:
    """Faults are told once something was kept."""
    assert "is missing before" not in shoproom.page(f"{AT}/new")
    assert "2 things to put right" in new(shoproom, title__en="", place=[]).location.replace("+", " ")


def test_a_whole_advert_is_handed_in(shoproom: ShopRoom) -> None:
    """With the promised time, a mail to its owner and to who decides, and entries of the audit log."""
    shoproom.office = replace(shoproom.office, mails=True, staff_url="https://staff.city.example")
    with transaction(shoproom.database) as session:
        session.get(Staff, shoproom.staff(Role.CITY_ADMIN)).email = "ops@city.example"
    answer = new(shoproom, "submit")
    name = made(answer)
    assert ("Handed in", CreativeState.SUBMITTED) == (answer.location.split("done=")[1][:9].replace("+", " "), newest(shoproom, name).state)
    assert ["create", "save", "submit"] == actions(shoproom)
    with reading(shoproom.database) as session:
        assert 2 == session.query(Message).count()
    page = shoproom.page(f"{AT}/{name}")
    assert ("The city answers by" in page, "Take back" in page, "/edit" in page) == (True, True, False)


def test_saving_what_is_with_the_city_takes_it_back(shoproom: ShopRoom) -> None:
    """And says so before."""
    name = made(new(shoproom, "submit"))
    assert "The city has this version" in shoproom.page(f"{AT}/{name}/edit")
    save(shoproom, name, title__en="Cake")
    row = newest(shoproom, name)
    assert (1, CreativeState.DRAFT, "Cake") == (row.version, row.state, row.title["en"])
    assert ["create", "save", "submit", "withdraw", "save"] == actions(shoproom)


def test_an_edit_of_what_runs_is_a_new_version(shoproom: ShopRoom) -> None:
    """Which begins with the words and the plan of what runs; that goes on."""
    name = shoproom.advert()
    text = shoproom.page(f"{AT}/{name}/edit")
    assert ("Bread from this morning" in text, 'value="site:central-library" checked' in text) == (True, True)
    save(shoproom, name, "submit", title__en="Cake", alt__en=None)
    with reading(shoproom.database) as session:
        assert [(2, "submitted", "Cake"), (1, "approved", "Bread from this morning")] == [
            (row.version, row.state.value, row.title["en"]) for row in versions.history(session, Creative, name)
        ]
        assert ("bread", CampaignState.LIVE) == ((row := session.get(Campaign, name)).name, row.state)


def test_the_second_of_two_is_told_and_loses_nothing(shoproom: ShopRoom) -> None:
    """409 with their own words in the form; saving again puts them in the place of the other's."""
    name = made(new(shoproom))
    known = seen(shoproom, name)
    save(shoproom, name, title__en="First")
    answer = save(shoproom, name, known=known, title__en="Second")
    text = answer.get_data(as_text=True)
    assert (409, True, "First") == (answer.status_code, 'value="Second"' in text, newest(shoproom, name).title["en"])
    again = re.search(r'name="seen" value="([^"]*)"', text)[1]
    assert 303 == save(shoproom, name, known=again, title__en="Second").status_code
    assert "Second" == newest(shoproom, name).title["en"]


@pytest.mark.parametrize("known", ["", "9.9", "x", "1.0", "2.0"])
def test_a_form_of_something_else_is_stale(shoproom: ShopRoom, known: str) -> None:
    """Whatever it says that it knew; of what runs, too: no draft is left behind."""
    name = shoproom.advert()
    wanted = 303 if known == "1.0" else 409
    assert wanted == save(shoproom, name, known=known).status_code
    assert (2 if wanted == 303 else 1) == newest(shoproom, name).version


def test_a_picture_comes_with_the_form(shoproom: ShopRoom) -> None:
    """Kept for this shop alone, unpublished; it needs a description; it stays until it is taken out."""
    answer = new(shoproom, "submit", picture=photo())
    assert (422, True) == (answer.status_code, "Say what the picture shows" in answer.get_data(as_text=True))
    with reading(shoproom.database) as session:
        row, media, kept = session.query(Creative).one(), session.query(Media).one(), session.query(Picture).one()
    assert (media.sha, None, shoproom.shops[A]) == (row.picture, media.published_at, kept.business_id)
    save(shoproom, row.campaign_id, "submit", picture_kept=row.picture, alt__en="Three loaves")
    assert (CreativeState.SUBMITTED, media.sha) == ((found := newest(shoproom, row.campaign_id)).state, found.picture)
    save(shoproom, row.campaign_id, picture_kept=row.picture, picture_gone="yes")
    assert "" == newest(shoproom, row.campaign_id).picture


def test_a_picture_that_is_not_taken_leaves_the_rest(shoproom: ShopRoom) -> None:
    """In words at its field; everything else is kept."""
    answer = new(shoproom, picture=(io.BytesIO(b"<svg></svg>"), "x.svg"))
    assert (422, True) == (answer.status_code, "SVG" in answer.get_data(as_text=True))
    with reading(shoproom.database) as session:
        assert ("Bread from this morning", "") == ((row := session.query(Creative).one()).title["en"], row.picture)


def test_another_shops_picture_is_not_ones_own(shoproom: ShopRoom) -> None:
    """Its digest in the form gives nothing."""
    with transaction(shoproom.database) as session:
        sha = pictures.take(session, shoproom.shops[B], pictures.look(photo()[0].read(), "wide"), shoproom.time)
    name = made(new(shoproom, picture_kept=sha))
    assert "" == newest(shoproom, name).picture
    assert 404 == shoproom.get(f"/shops/{A}/media/{sha}.webp").status_code
    assert (200, "image/webp") == ((found := shoproom.get(f"/shops/{B}/media/{sha}.webp", Person.OWNER_B)).status_code, found.mimetype)


def test_a_chosen_picture_is_sent_at_once(shoproom: ShopRoom) -> None:
    """For the preview: its digest, or in words why not."""
    good = shoproom.post(f"/shops/{A}/media", picture=photo(), crop="square")
    assert (200, ANY) == (good.status_code, good.json["sha"])
    assert 200 == shoproom.get(good.json["src"]).status_code
    bad = shoproom.post(f"/shops/{A}/media", picture=(io.BytesIO(b"GIF89a"), "x.gif"))
    plain = shoproom.post(f"/shops/{A}/media", picture=(io.BytesIO(saved(Image.new("RGB", (400, 400), "#ddd"), "PNG")), "x.png"))
    assert (422, True) == (plain.status_code, plain.json["wrong"].startswith("This picture is of one colour"))
    assert (422, True, 422) == (bad.status_code, bool(bad.json["wrong"]), shoproom.post(f"/shops/{A}/media").status_code)


def test_venue_staff_see_and_do_not_act(shoproom: ShopRoom) -> None:
    """No form, no button, no step."""
    name = shoproom.advert()
    assert 403 == shoproom.get(f"{AT}/new", Person.VENUE_A).status_code
    page = shoproom.page(f"{AT}/{name}", Person.VENUE_A)
    assert ("Pause" in page, "/edit" in page) == (False, False)
    for path in (f"{AT}/new", f"{AT}/{name}/edit", f"{AT}/{name}/pause", f"{AT}/preview", f"/shops/{A}/media"):
        assert 403 == shoproom.post(path, Person.VENUE_A, **form()).status_code


def test_a_shop_has_a_number_of_adverts(shoproom: ShopRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond it a new one is refused, with what was typed still in the form."""
    shoproom.advert()
    monkeypatch.setattr(campaigns, "MOST", 1)
    answer = new(shoproom)
    text = answer.get_data(as_text=True)
    assert (409, True, True) == (answer.status_code, "There are 1 adverts already" in text, "Bread from this morning" in text)


def test_a_form_that_was_sent_twice_makes_one_advert(shoproom: ShopRoom) -> None:
    """A thumb presses twice; the same words half a minute later, or other words, are another advert."""
    first = [made(new(shoproom)), made(new(shoproom))]
    second = made(new(shoproom, title__en="Cake"))
    shoproom.later(minutes=1)
    third = [made(new(shoproom, title__en="Cake")), made(new(shoproom, title__en="Cake"))]
    assert (1, 1, 3) == (len(set(first)), len(set(third)), len({*first, second, *third}))
