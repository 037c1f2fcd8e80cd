"""Passkeys that are none: another site's, too late, twice, forged, or noise; and one that is nobody's to take."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.portal.softkey import SoftKey, octets, text
from tests.portal.staffroom import URL
from tests.portal.visitor import Visitor

if TYPE_CHECKING:
    from tests.portal.staffroom import Room


pytestmark = pytest.mark.usefixtures("light")


@pytest.fixture
def visitor(staffroom: Room) -> Visitor:
    return Visitor(staffroom)


def spoiled(said: str, **response: str) -> str:
    parts = json.loads(said)
    parts["response"] |= response
    return json.dumps(parts)


def test_what_is_no_passkey_is_refused(visitor: Visitor) -> None:
    """Another site's, another challenge, one that is over or was used, an owner not verified, a counter gone back, or noise."""
    visitor.key.counter = 5
    visitor.with_passkey()
    visitor.leave()
    visitor.get("/sign-in")

    def tried(credential: str) -> int:
        return visitor.post("/sign-in/passkey", credential=credential).status_code

    fresh = lambda: visitor.options("/sign-in/challenge")  # noqa: E731  asked for anew each time
    key = visitor.key
    phished = SoftKey("https://staff.city.example.evil.example", key.site, 9, name=key.name, private=key.private, handle=key.handle)
    elsewhere = SoftKey(URL, "evil.example", 9, name=key.name, private=key.private, handle=key.handle)
    careless = SoftKey(URL, key.site, 9, verifies=False, name=key.name, private=key.private, handle=key.handle)
    behind = SoftKey(URL, key.site, 2, name=key.name, private=key.private, handle=key.handle)
    others = SoftKey(URL, key.site, 9, name=key.name, private=key.private, handle=b"somebody")
    assert [403] * 5 == [tried(each.show(fresh())) for each in (phished, elsewhere, careless, behind, others)]
    forged = fresh()
    forged["challenge"] = text(octets(forged["challenge"])[:-1] + b"\0")
    assert 403 == tried(key.show(forged))
    late = key.show(fresh())
    visitor.room.later(seconds=301)
    assert 403 == tried(late)
    noise = ["", "{}", "[]", "null", '{"id":1}', "[" * 20_000, spoiled(key.show(fresh()), signature="AAAA"), '{"response":{}}']
    assert [403] * len(noise) == [tried(each) for each in noise]
    good = key.show(fresh())
    assert 303 == tried(good)
    visitor.leave()
    visitor.get("/sign-in")
    key.counter = 0
    assert 403 == tried(good)


def test_a_passkey_is_made_for_this_page_or_not_at_all(visitor: Visitor) -> None:
    """Another site's, one whose owner was not verified, one of somebody else's, noise: none becomes a second factor."""
    taken = Visitor(visitor.room)
    taken.begin("desk")
    taken.get("/setup")
    taken.post("/setup/passkey", credential=taken.key.make(taken.options("/setup/challenge")))
    visitor.begin()
    visitor.get("/setup")
    wrong = (SoftKey("https://evil.example", "evil.example"), SoftKey(URL, "staff.city.example", verifies=False), taken.key)
    for key in wrong:
        assert 403 == visitor.post("/setup/passkey", credential=key.make(visitor.options("/setup/challenge"))).status_code
    for noise in ("", "{}", '{"id":"AA","rawId":"AA","type":"public-key","response":{"attestationObject":"AA","clientDataJSON":"AA"}}'):
        assert 403 == visitor.post("/setup/passkey", credential=noise).status_code
    assert "/setup" == visitor.get("/me").location


def test_one_challenge_is_one_answer(visitor: Visitor) -> None:
    """A passkey without a counter, as phones have them: what was said once is not said again."""
    visitor.with_passkey()
    visitor.leave()
    visitor.get("/sign-in")
    credential = visitor.key.show(visitor.options("/sign-in/challenge"))
    assert 303 == visitor.post("/sign-in/passkey", credential=credential).status_code
    thief = Visitor(visitor.room)
    thief.get("/sign-in")
    assert 403 == thief.post("/sign-in/passkey", credential=credential).status_code
