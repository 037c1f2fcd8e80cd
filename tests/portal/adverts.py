"""The form of an advert, as a browser sends it, for the tests of the editor."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import MultiDict

from tests.portal.shoproom import A, Person
from tests.portal.shops import painted

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.portal.shoproom import ShopRoom

AT = f"/shops/{A}/adverts"
WHOLE: dict[str, Any] = {
    "title.en": "Bread from this morning",
    "text.en": "Two minutes from here.",
    "link": "bakery.example/menu",
    "weekday": list("01234"),
    "from": "07:00",
    "until": "18:30",
    "first_day": "2026-03-10",
    "last_day": "2026-04-10",
    "day_cap": "100",
    "total_cap": "",
    "place": ["site:central-library"],
}
_SEEN = re.compile(r'name="seen" value="([^"]*)"')
_ID = re.compile(r"/adverts/([0-9a-z]{16})")


def photo(**more: Any) -> tuple[io.BytesIO, str, str]:
    """A picture, as a form's field."""
    return io.BytesIO(painted(**more)), "IMG_0001.JPG", "image/jpeg"


def form(**changes: Any) -> dict[str, Any]:
    """A whole one but for these; None takes a field out."""
    return {
        key: value
        for key, value in (WHOLE | {key.replace("__", "."): value for key, value in changes.items()}).items()
        if value is not None
    }


def multi(**changes: Any) -> MultiDict[str, Any]:
    """The same as the app reads it."""
    return MultiDict(form(**changes))


def seen(room: ShopRoom, name: str, person: Person = Person.OWNER_A) -> str:
    """What the open form knows of the version."""
    found = _SEEN.search(room.page(f"{AT}/{name}/edit", person))
    assert found is not None
    return found[1]


def new(room: ShopRoom, do: str = "save", **changes: Any) -> TestResponse:
    """The form of a new advert, sent."""
    return room.post(f"{AT}/new", do=do, seen="", **form(**changes))


def made(answer: TestResponse) -> str:
    """The campaign's id."""
    found = _ID.search(answer.location)
    assert found is not None
    return found[1]


def save(room: ShopRoom, name: str, do: str = "save", known: str | None = None, **changes: Any) -> TestResponse:
    """The form of one that is there, sent."""
    return room.post(f"{AT}/{name}/edit", do=do, seen=seen(room, name) if known is None else known, **form(**changes))
