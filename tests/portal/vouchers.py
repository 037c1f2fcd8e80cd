"""Vouchers for the pages' tests: a city that takes them, batches of codes, and what a guest does with one."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from portal.words import date
from store import crockford, minting
from store.session import transaction
from tests.portal.guests import arrive
from tests.portal.world import VISITOR, coova

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.portal.world import World


def take(city: World, *before: str) -> None:
    """From now on every door takes vouchers, beside these."""
    ways = dict.fromkeys((*before, "voucher"), VISITOR)
    city.doors = replace(city.doors, by_key={key: replace(door, ways=ways) for key, door in city.doors.by_key.items()})


def codes(city: World, count: int = 1, **changes: Any) -> list[str]:
    """Codes of a fresh batch, as they are printed."""
    now = date(city.time)
    fields = {"name": "June", "plan": "visitor", "devices": 1, "lasts": None, "expires_at": now + timedelta(days=30), **changes}
    with transaction(city.database) as session:
        wanted = minting.Wanted(count=count, **fields)
        return [crockford.readable(each) for each in minting.make(session, city.privacy, wanted, now)[1]]


def station(number: int) -> str:
    """One of many devices' addresses."""
    return f"02-00-5E-10-{number >> 8 & 255:02X}-{number & 255:02X}"


def form(guest: FlaskClient, number: int = 7, url: str = "") -> str:
    """Where a device's page one sends a code."""
    path = coova(url, mac=station(number)) if url else coova(mac=station(number))
    return re.sub(r"^(/v/[^/?]+).*$", r"\1/voucher", arrive(guest, path))


def say(guest: FlaskClient, path: str, code: str) -> TestResponse:
    return guest.post(path, data={"code": code})


def error(page: TestResponse) -> str:
    """What the page says is wrong with the code."""
    found = re.findall(r'<p class="error" id="code-error" role="alert">(.*?)</p>', page.text)
    assert 1 == len(found), page.text
    return re.sub(r"[\u00a0\u202f]", " ", found[0])
