"""What a guest does on the way to a page that is photographed. Never a page itself."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from portal.cases.remainders import time_zone
from portal.words import date
from store import grants, usage
from store.session import transaction
from tests.portal.world import STATION, VISITOR, coova

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session

    from store.models import Grant
    from tests.portal.world import World


class Posted(NamedTuple):
    """A page that answers a form."""

    path: str
    fields: dict[str, str]


def offer(city: World, *ways: str) -> None:
    """From now on every door has these ways in."""
    served = dict.fromkeys(ways, VISITOR)
    made = {key: replace(door, ways=served) for key, door in city.doors.by_key.items()}
    city.doors = replace(city.doors, by_key=made)
    city.house = replace(city.house, providers={"city": {"en": "City account", "fr": "Compte de la Ville"}})


def arrived(city: World, language: str, path: str) -> str:
    """The path of page one in this language, of a guest who came by that one."""
    action = re.search(r'(?:action|href)="(/v/[^"/?]+)', city.client().get(path).text)
    assert action is not None
    return f"{action[1]}?lang={language}"


def connected(city: World, language: str, path: str = "") -> str:
    """The status page's path of a guest who connected."""
    return connect(city, language, path)[1]


def connect(city: World, language: str, path: str = "") -> tuple[FlaskClient, str]:
    guest = city.client()
    come = guest.get(path or coova(city.url), headers={"Accept-Language": language})
    action = re.search(r'action="(/v/[^"]+)"', come.text)
    assert action is not None, come.text
    assert 303 == guest.post(action[1].replace("&amp;", "&")).status_code
    stay = guest.get("/").headers["Location"]
    return guest, f"{stay}?lang={language}"


def grant(city: World, session: Session) -> Grant:
    found = grants.live(session, city.privacy.device(STATION), date(city.time))
    assert found is not None
    return found


def use(city: World, seconds: int, octets: int) -> None:
    with transaction(city.database) as session:
        whose = grants.subject(grant(city, session))
        usage.spend(session, [(whose, date(city.time) + timedelta(seconds=1), seconds, octets)], time_zone(city.doors.timezone))
