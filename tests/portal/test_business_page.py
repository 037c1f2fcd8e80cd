"""A shop's public page on its own pages: kept as typed, handed in when nothing is missing, seen as guests would see it."""

from __future__ import annotations

import io
import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from portal.business import media
from portal.cases.review import approve, find
from store import versions
from store.models import AuditEntry, Business, Creative, CreativeState, Media, Message, Picture, ShopVersion
from store.session import reading, transaction
from tests.portal.shoproom import A, B, Person
from tests.portal.shops import painted

if TYPE_CHECKING:
    from tests.portal.shoproom import ShopRoom

AT = f"/shops/{A}/page"
TYPED = {
    "name": "Miller’s Oven",
    "about.en": "We bake every night.\r\n\r\nAnd sell until it is gone.",
    "about.fr": "Nous cuisons chaque nuit.",
    "address": "12 Mill Street",
    "link": "bakery.example/menu",
    "from.1.0": "07:00",
    "until.1.0": "18:00",
    "from.5.0": "18:00",
    "until.5.0": "00:00",
    "note.en": "Closed in August",
}


def newest(room: ShopRoom, shop: str = A) -> ShopVersion:
    with reading(room.database) as session:
        row = versions.newest(session, ShopVersion, room.shops[shop])
    assert row is not None
    return row


def save(room: ShopRoom, role: Any = Person.OWNER_A, **form: Any) -> Any:
    return room.post(f"{AT}/edit", role, **({"do": "save", "seen": ""} | TYPED | form))


def text(answer: Any) -> str:
    return unescape(answer.get_data(as_text=True))


def test_a_page_is_kept_as_a_draft(shoproom: ShopRoom) -> None:
    """With hours by day, words beside them, a link with https; guests see nothing of it, and the log says who."""
    assert 303 == save(shoproom).status_code
    row = newest(shoproom)
    assert (CreativeState.DRAFT, 1, shoproom.people[Person.OWNER_A]) == (row.state, row.edits, row.made_by)
    assert {"en": "We bake every night.\n\nAnd sell until it is gone.", "fr": "Nous cuisons chaque nuit."} == row.about
    assert {"week": [[], [[420, 1080]], [], [], [], [[1080, 1440]], []], "en": "Closed in August"} == row.hours
    assert "https://bakery.example/menu" == row.link
    with reading(shoproom.database) as session:
        assert ["save"] == [each.action for each in session.query(AuditEntry).where(AuditEntry.kind == "shop page")]
        assert {} == session.get_one(Business, shoproom.shops[A]).hours.get("week", {})
    form = text(shoproom.get(f"{AT}/edit"))
    assert [True] * 4 == [each in form for each in ('value="07:00"', 'value="18:00"', 'value="00:00"', "And sell until it is gone.")]


@pytest.mark.parametrize(
    ("form", "at", "words"),
    [
        ({"name": ""}, "name", "Write what your shop is called."),
        ({"name": "x" * 61}, "name", "61 characters of 60"),
        ({"about.en": "", "about.fr": ""}, "about-en", "Say what your shop offers"),
        ({"about.fr": "é" * 1_001}, "about-fr", "1001 characters of 1000"),
        ({"address": "x" * 201}, "address", "201 characters of 200"),
        ({"from.0.0": "7.3O", "until.0.0": "18:00"}, "day-0", "This is no time of the day"),
        ({"from.0.0": "24:00", "until.0.0": "18:00"}, "day-0", "This is no time of the day"),
        ({"from.0.0": "07:00"}, "day-0", "one of them is missing"),
        ({"from.0.0": "07:00", "until.0.0": "07:00"}, "day-0", "begins and ends at the same time"),
        ({"from.1.1": "17:00", "until.1.1": "19:00"}, "day-1", "before the first is over"),
        ({"note.en": "x" * 201}, "note-en", "201 characters of 200"),
        ({"link": "http://bakery.example/"}, "link", "has to begin with https://"),
        ({"link": "javascript:alert(1)"}, "link", "has to begin with https://"),
    ],
)
def test_what_is_missing_is_said_at_its_field(shoproom: ShopRoom, form: dict[str, str], at: str, words: str) -> None:
    """And kept as it was typed; nothing is handed in."""
    answer = save(shoproom, **form, do="submit")
    page = text(answer)
    assert (422, CreativeState.DRAFT) == (answer.status_code, newest(shoproom).state)
    assert f'href="#{at}"' in page
    assert words in re.sub(r"\s+", " ", page)
    typed = next(iter(form.values()))
    assert typed in page


def test_monday_is_copied_without_saving(shoproom: ShopRoom) -> None:
    """To the four days after it; everything else stays in the form."""
    page = text(save(shoproom, do="monday", **{"from.0.0": "09:30", "until.0.0": "17:30"}))
    assert (5, 5, 1) == (page.count('value="09:30"'), page.count('value="17:30"'), page.count('name="note.en"'))
    with reading(shoproom.database) as session:
        assert 0 == session.query(ShopVersion).count()


def test_a_page_is_handed_in_decided_on_and_changed(shoproom: ShopRoom) -> None:
    """Guests see the approved one while the next is written; a rejected one comes back with its reason; mails tell of it."""
    assert 303 == save(shoproom, do="submit").status_code
    assert "With the city" in text(shoproom.get(AT))
    with transaction(shoproom.database) as session:
        item = find(session, "page", newest(shoproom).id)
        assert item is not None
        approve(session, item, "somebody-else", item.version.edits, 1, shoproom.time)
        assert 1 == session.query(Message).count()  # to its owner
    assert "Guests see it" in text(shoproom.get(AT))
    assert 303 == save(shoproom, seen="1.1", **{"about.en": "We bake by day."}).status_code
    with reading(shoproom.database) as session:
        shop = session.get_one(Business, shoproom.shops[A])
        assert ("We bake every night.", [420, 1080]) == (shop.about["en"].partition("\n")[0], shop.hours["week"][1][0])
    assert "A change is a draft" in text(shoproom.get(AT))
    assert ("We bake by day." in text(shoproom.get(f"{AT}/preview"))) is True
    assert "We bake every night." in text(shoproom.get(f"{AT}/preview?version=live"))
    assert 303 == shoproom.post(f"{AT}/submit").status_code
    with transaction(shoproom.database) as session:
        row = versions.newest(session, ShopVersion, shoproom.shops[A])
        assert row is not None
        versions.reject(row, "somebody-else", "By day you are closed.", shoproom.time)
    assert "By day you are closed." in text(shoproom.get(AT))
    assert "By day you are closed." in text(shoproom.get(f"{AT}/edit"))


def test_a_step_that_is_not_the_versions(shoproom: ShopRoom) -> None:
    """Is said, and changes nothing; what is no step is not there."""
    for verb in ("submit", "withdraw", "discard"):
        assert "Somebody+else+was+faster" in shoproom.post(f"{AT}/{verb}").headers["Location"]
    assert 404 == shoproom.post(f"{AT}/approve").status_code
    save(shoproom, do="submit")
    shoproom.post(f"{AT}/withdraw")
    assert CreativeState.DRAFT is newest(shoproom).state
    assert "Somebody+else+was+faster" in shoproom.post(f"{AT}/discard").headers["Location"]  # the first is no change


def test_of_two_who_edit_the_second_is_told(shoproom: ShopRoom) -> None:
    """With everything they typed still in the form; saving again puts it in the place of the other's."""
    save(shoproom)
    save(shoproom, seen="1.1", address="13 Mill Street")
    answer = save(shoproom, seen="1.1", address="14 Mill Street")
    page = text(answer)
    assert (409, True, True) == (answer.status_code, "Somebody was faster" in page, "14 Mill Street" in page)
    assert "13 Mill Street" == newest(shoproom).address
    seen = re.findall(r'name="seen" value="([^"]*)"', page)[0]
    assert 303 == save(shoproom, seen=seen, address="14 Mill Street").status_code
    assert "14 Mill Street" == newest(shoproom).address


def test_a_picture_of_the_page(shoproom: ShopRoom) -> None:
    """Is cut, kept for the shop, and needs words in each language that the page has; another shop's digest is none."""
    answer = save(shoproom, do="submit", crop="square", picture=(io.BytesIO(painted((900, 500))), "../../x.svg", "text/html"))
    assert (422, True) == (answer.status_code, "Say what the picture shows" in text(answer))
    sha = newest(shoproom).picture
    with reading(shoproom.database) as session:
        media = session.get_one(Media, sha)
        assert (500, 500, None) == (media.width, media.height, media.published_at)
    assert 200 == shoproom.get(f"/shops/{A}/media/{sha}.webp").status_code
    alts = {"alt.en": "Loaves", "alt.fr": "Miches", "picture_kept": sha}
    assert 303 == save(shoproom, do="submit", seen="1.1", **alts).status_code
    frame = text(shoproom.get(f"{AT}/preview"))
    assert (True, True) == (f'src="/shops/{A}/media/{sha}.webp"' in frame, 'alt="Loaves"' in frame)
    shoproom.post(f"/shops/{B}/page/edit", Person.OWNER_B, **({"do": "save", "seen": ""} | TYPED | {"picture_kept": sha}))
    assert "" == newest(shoproom, B).picture
    assert 404 == shoproom.get(f"/shops/{B}/media/{sha}.webp", Person.OWNER_B).status_code


def test_a_picture_that_is_not_taken(shoproom: ShopRoom) -> None:
    """Is said at its field, in words; all the rest is kept."""
    answer = save(shoproom, picture=(io.BytesIO(b"GIF89a" + bytes(99)), "loaf.png", "image/png"))
    assert (422, True) == (answer.status_code, "a picture of another kind" in text(answer))
    with reading(shoproom.database) as session:
        assert ("12 Mill Street", 0) == (newest(shoproom).address, session.query(Picture).count())


def test_what_is_typed_can_be_seen(shoproom: ShopRoom) -> None:
    """On the guests' own page, in a frame of ours, in either language and light; nothing is kept. No address brings words."""
    answer = shoproom.post(f"{AT}/edit/preview", **TYPED, show_language="fr", scheme="dark")
    page = text(answer)
    assert (200, "SAMEORIGIN") == (answer.status_code, answer.headers["X-Frame-Options"])
    assert [True] * 3 == [each in page for each in ("Nous cuisons chaque nuit.", "12 Mill Street", "bakery.example")]
    assert "form-action 'none'" in answer.headers["Content-Security-Policy"]
    assert 405 == shoproom.get(f"{AT}/edit/preview?name=x&about.en=We+bake+by+GET").status_code
    assert [404] * 3 == [shoproom.get(f"{AT}/preview?{each}").status_code for each in ("show_language=xx", "scheme=pink", "version=7")]
    with reading(shoproom.database) as session:
        assert 0 == session.query(ShopVersion).count()


def test_nobody_else_comes_near(shoproom: ShopRoom) -> None:
    """Venue staff see and may not act; another shop's people find nothing; of a suspended shop all is seen and nothing changed."""
    save(shoproom)
    paths = (AT, f"{AT}/preview", f"{AT}/edit")
    assert [200, 200, 403] == [shoproom.get(path, Person.VENUE_A).status_code for path in paths]
    assert [404] * 3 == [shoproom.get(path, Person.OWNER_B).status_code for path in paths]
    acts = (f"{AT}/edit", f"{AT}/submit", f"{AT}/edit/preview")
    assert [403] * 3 == [shoproom.post(path, Person.VENUE_A).status_code for path in acts]
    assert [404] * 3 == [shoproom.post(path, Person.OWNER_B).status_code for path in acts]
    shoproom.suspend()
    assert [200, 200, 403] == [shoproom.get(path).status_code for path in paths]
    assert [403] * 3 == [shoproom.post(path).status_code for path in acts]
    assert (1, CreativeState.DRAFT) == (newest(shoproom).edits, newest(shoproom).state)


@pytest.mark.parametrize("junk", ["\u202e" * 50, "x" * 50_000, "<script>alert(1)</script>", "{{7*7}}", "%s" * 99, "0", "99:99", "-1:00"])
def test_whatever_is_typed(shoproom: ShopRoom, junk: str) -> None:
    """Is kept as words, or said to be wrong; never a fault of ours, and never an element of the page."""
    form = dict.fromkeys([*TYPED, "alt.en", "picture_kept", "seen", "crop", "from.6.1"], junk)
    answer = save(shoproom, **{**form, "seen": ""})
    assert answer.status_code in {303, 422}
    for path in (f"{AT}/edit", AT, f"{AT}/preview"):
        found = shoproom.get(path)
        assert (200, False, False) == (found.status_code, "<script>alert" in found.get_data(as_text=True), ">49<" in text(found))
    assert shoproom.post(f"{AT}/edit/preview", **form).status_code == 200
    assert shoproom.get(f"{AT}/preview?version={junk[:99]}").status_code == 404


def test_a_creative_is_no_page(shoproom: ShopRoom) -> None:
    """A version's id says nothing here: the page of a shop is found by the shop alone."""
    shoproom.advert()
    with reading(shoproom.database) as session:
        assert (1, 0) == (session.query(Creative).count(), session.query(ShopVersion).count())
    assert 404 == shoproom.get(f"{AT}/preview?version=1").status_code


def test_a_shop_sends_so_many_pictures_and_no_more(shoproom: ShopRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the hour; its words are kept, and another shop's pictures are read."""
    monkeypatch.setattr(media, "SENT", 1)
    said = [text(save(shoproom, seen=seen, picture=(io.BytesIO(b"GIF89a"), "a.gif", "image/gif"))) for seen in ("", "1.1")]
    assert [False, True] == ["no more are read" in each for each in said]
    other = shoproom.post(f"/shops/{B}/media", Person.OWNER_B, picture=(io.BytesIO(b"GIF89a"), "a.gif", "image/gif"))
    assert (422, True) == (other.status_code, "another kind" in text(other))
    assert 2 == newest(shoproom).edits
