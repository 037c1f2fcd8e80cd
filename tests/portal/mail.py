"""What guests read: the messages of a world, their codes and links; and a city whose doors offer both ways by code."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from portal.words import date
from store import grants
from store.models import Grant, Message, MessageState
from store.session import reading
from tests.portal.world import VISITOR, coova

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from radius.nas.plan import Plan
    from tests.portal.world import World

ADDRESS = "guest-017@example.org"
OTHER = "guest-018@example.org"
NUMBER = "+14165550123"
PHONE, LAPTOP = "02-00-5E-00-00-07", "02-00-5E-00-00-08"


class Read(NamedTuple):
    """One message as it would leave."""

    kind: str
    to: str
    text: str
    subject: str
    queued: bool

    @property
    def code(self) -> str:
        """Its six digits."""
        found = re.search(r"(?<!\d)(\d{3}) ?(\d{3})(?!\d)", re.sub(r"https?://\S+", "", self.text))
        assert found is not None, self.text
        return found[1] + found[2]

    @property
    def link(self) -> str:
        """The path of its link."""
        found = re.search(r"https?://[^/\s]+(/m/\S+)", self.text)
        assert found is not None, self.text
        return found[1]


def by_code(city: World, *ways: str, plan: Plan = VISITOR) -> World:
    """The city with these ways in, in this order."""
    offered = dict.fromkeys(ways or ("terms", "email", "sms"), plan)
    made = {key: replace(door, ways=offered, plans={**door.plans, plan.name: plan}) for key, door in city.doors.by_key.items()}
    city.doors = replace(city.doors, by_key=made)
    city.house = replace(city.house, sms_countries=("CA",))
    return city


def grant(city: World, station: str = PHONE) -> Grant | None:
    """Under which this device may be online."""
    with reading(city.database) as session:
        return grants.live(session, city.privacy.device(station), date(city.time))


def sent(city: World) -> list[Read]:
    """Every message that was not forgotten yet, the oldest first."""
    with reading(city.database) as session:
        rows = session.scalars(select(Message).where(Message.content.is_not(None)).order_by(Message.id)).all()
        return [_read(city, row) for row in rows]


def newest(city: World) -> Read:
    return sent(city)[-1]


def _read(city: World, row: Message) -> Read:
    content = json.loads(city.privacy.opened(row.content, "message", str(row.id), "content"))
    to = city.privacy.opened(row.to, "message", str(row.id), "to").decode()
    return Read(row.kind.value, to, content["text"], content["subject"], row.state is MessageState.QUEUED)


def visit(guest: FlaskClient, station: str = PHONE, **words: str) -> str:
    """The path of a fresh visit of this device: /v/<token>."""
    page = guest.get(coova(mac=station, **words))
    if page.status_code == 303:  # to the waiting step
        return page.headers["Location"].partition("/email")[0].partition("/sms")[0]
    found = re.search(r'"(/v/[^"/?]+)', page.text)
    assert found is not None, page.text
    return found[1]


def ask(guest: FlaskClient, address: str = ADDRESS, station: str = PHONE) -> tuple[str, TestResponse]:
    """(visit, answer) of a guest who asks for a code by mail."""
    at = visit(guest, station)
    return at, guest.post(f"{at}/email", data={"email": address})


def online(guest: FlaskClient, address: str = ADDRESS, station: str = PHONE) -> str:
    """The status page of a guest who asked by mail, and is online for some minutes."""
    _, answer = ask(guest, address, station)
    assert answer.status_code == 303, answer.text
    stay = guest.get("/").headers["Location"]
    assert stay.startswith("/s/"), stay
    return stay


def other(code: str) -> str:
    """A code that is wrong."""
    return f"{(int(code) + 1) % 1_000_000:06}"
