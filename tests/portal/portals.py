"""What tests of the portals' editor do over and over: its form, saved and published."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from store.models import Portal
from store.session import reading

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.portal.staffroom import Room

AT = "/portals/library"


def seen(room: Room) -> str:
    """What an editor that is opened now knows to be newest."""
    return basis(room.page(AT))


def basis(text: str) -> str:
    """The same of a page that is there."""
    found = re.search(r'name="seen" value="([^"]*)"', text)
    assert found is not None
    return found[1]


def form(**said: Any) -> dict[str, Any]:
    """The library's own keys, and these."""
    ours = {"way.terms": "1", "plan": "visitor", "language.en": "yes", "language.fr": "yes", "welcome.en": "Welcome"}
    return {**ours, "welcome.fr": "Bienvenue", **said}


def save(room: Room, basis: str | None = None, **said: Any) -> TestResponse:
    """The editor's form, saved."""
    return room.post(AT, **form(seen=seen(room) if basis is None else basis, **said))


def publish(room: Room, **said: Any) -> TestResponse:
    """What waits."""
    return room.post(f"{AT}/publish", **{"seen": seen(room), **said})


def live(room: Room) -> Portal:
    """As guests see it."""
    with reading(room.database) as session:
        return session.get_one(Portal, "library")
