"""A station's address is in the database as a keyed hash or under a seal, and nowhere else: the file, the log, the pages, the tokens."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from portal.words import date
from store import deletions
from store.entries import Entry, Kind
from store.session import transaction
from tests.portal.accounts import devices, me, sign_in
from tests.portal.guests import connect, links
from tests.portal.vouchers import station
from tests.portal.world import coova

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient

    from tests.portal.world import World

MINE, TV, TERMS = "02-00-5E-10-00-0B", "A4-83-E7-10-2B-3C", "7C-D1-C3-9A-EE-41"


def spellings(address: str) -> list[bytes]:
    """Every way in which an address might have been written down."""
    digits = address.replace("-", "")
    pairs = address.split("-")
    fours = [digits[at : at + 4] for at in (0, 4, 8)]
    words = {address, ":".join(pairs), digits, ".".join(fours), "-".join(fours), "%3A".join(pairs), " ".join(pairs)}
    octets = bytes.fromhex(digits)
    return [octets, octets[::-1], *(each(word).encode() for word in words for each in (str.upper, str.lower))]


def leaks(octets: bytes, *addresses: str) -> list[bytes]:
    return [word for address in addresses for word in spellings(address) if word in octets]


def life(city: World, guest: FlaskClient) -> list[bytes]:
    """A whole one: in, online, a device added, named, looked at, downloaded, put out; what was answered on the way."""
    said = []

    def ask(method: str, path: str, **form: str) -> str:
        answer = guest.open(path, method=method, data=form or None)
        said.append(answer.data + str([pair for pair in answer.headers if pair[0] != "Location" or pair[1].startswith("/")]).encode())
        return answer.text

    stay = guest.get("/").headers["Location"]
    path = me(guest, stay)
    ask("POST", f"{path}/add", address=TV.lower().replace("-", ":"), label="Television")
    now = date(city.time)
    entry = Entry(
        key=b"k" * 32, client="library-coova", source="192.0.2.9", local="", received_at=now, kind=Kind.START, at=now, told=True,
        acct_session_id="5f00000001", station=MINE, addresses=("10.1.0.7",),
    )  # fmt: skip
    with transaction(city.database) as session:
        city.count(session, [entry])
    for link in [stay, f"{stay}/kept", f"{stay}/me", path, f"{path}/data", f"{path}/data.json", f"{path}/erase", *devices(guest, path)]:
        ask("GET", link)
    ask("POST", f"{devices(guest, path)[-1]}/out")
    ask("POST", f"{path}/erase")
    ask("GET", stay)
    return said


@pytest.mark.parametrize("erased", [False, True])
def test_no_spelling_of_an_address_is_anywhere(city: World, tmp_path: Path, erased: bool) -> None:
    """Neither in the database's files, nor in a line of the log, nor on a page: before the end of a life, and after the purge."""
    assert station(11) == MINE
    terms = city.client()
    connect(terms, coova(mac=TERMS))
    guest, _, _ = sign_in(city, 11)
    said = life(city, guest)
    if erased:
        deletions.purge(city.database, {}, date(city.time) + timedelta(hours=1))
    files = [path for path in tmp_path.iterdir() if path.name.startswith("proxeny.db")]
    assert files
    kept = b"".join(path.read_bytes() for path in files)
    assert b"central-library" in kept
    assert [] == leaks(kept, MINE, TV, TERMS)
    assert [] == leaks(json.dumps(city.lines).encode(), MINE, TV, TERMS)
    assert [] == leaks(b"".join(said), MINE, TV, TERMS)


def test_tokens_hold_it_under_a_seal(city: World) -> None:
    """No link of a page tells the address, not even to who decodes it."""
    guest, stay, _ = sign_in(city, 11)
    path = me(guest, stay)
    words = [part for link in [stay, path, *links(guest.get(path)), *links(guest.get(stay))] for part in link.split("/")]
    decoded = [
        base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)) for word in words if len(word) > 40 and "?" not in word and ":" not in word
    ]
    assert len(decoded) > 4
    assert [] == leaks(b"".join(decoded), MINE)
