"""Staff whom a provider of OpenID Connect knows, against a real one: in by a claim, once, in the browser that began."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import select

from portal.admin.central import Central, values
from portal.cases.oidc import Registered
from portal.provider import Provider
from radius.secret import Secret
from store import staff as people
from store.models import Role, Source, Staff
from store.session import reading, transaction
from tests.peers import oidc
from tests.portal.staffroom import URL
from tests.portal.visitor import Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.portal.staffroom import Room

ROLES = {"wifi-admins": Role.CITY_ADMIN, "it": Role.NETWORK_OPS}


@pytest.fixture
def there(staffroom: Room) -> Iterator[oidc.Provider]:
    """A provider at which staff are known; the app's clock is the real one, for tokens are dated."""
    staffroom.time = datetime.now(UTC)
    with oidc.running(back=[f"{URL}/sign-in/city/back"], now=lambda: staffroom.time.timestamp()) as provider:  # noqa: PLW0108  the clock is turned
        us = Registered("staff", provider.issuer, oidc.CLIENT, Secret(oidc.SECRET.encode()), {"en": "City account", "fr": "Compte"})
        central = Central(provider=Provider(us), claim="groups", values=ROLES)
        staffroom.tools["central"] = lambda: central
        provider.claims = {"groups": ["it", "others"], "name": "Ada", "preferred_username": "Ada"}
        yield provider


@pytest.fixture
def door(staffroom: Room, there: oidc.Provider) -> Visitor:
    return Visitor(staffroom)


def begun(door: Visitor, path: str = "/sign-in/city") -> str:
    """Where the browser is sent."""
    answer = door.get(path)
    assert 303 == answer.status_code, answer.text
    return answer.location or ""


def says(where: str, name: str = "ada", answer: str = "yes") -> str:
    """The path back to us of whoever signs in there, or does not."""
    done = httpx.post(where, data={"name": name, "answer": answer})
    assert 302 == done.status_code, done.text
    back = urlsplit(done.headers["Location"])
    assert URL == f"{back.scheme}://{back.netloc}"
    return f"{back.path}?{back.query}"


def everyone(room: Room) -> dict[str, Staff]:
    with reading(room.database) as session:
        return {each.name: each for each in people.everyone(session)}


def test_who_has_the_claim_comes_in_with_its_role(door: Visitor, there: oidc.Provider) -> None:
    """To the provider, back, and in, where they were going; the row has no password of ours."""
    assert ">City account</a>" in door.get("/sign-in?next=/sites").get_data(as_text=True)
    answer = door.get(says(begun(door, "/sign-in/city?next=/sites")))
    assert (303, "/sites", 200) == (answer.status_code, answer.location, door.get("/sites").status_code)
    ada = everyone(door.room)["ada"]
    assert (Role.NETWORK_OPS, Source.OIDC, f"{there.issuer}\nsubject of ada", "Ada", "ada@example.org", "") == (
        ada.role, ada.source, ada.subject, ada.shown, ada.email, ada.password,
    )  # fmt: skip


def test_what_goes_along(door: Visitor, there: oidc.Provider) -> None:
    """Code flow, PKCE by S256, a nonce and a state, new each time; and for a proof that the provider is to ask again."""
    first, second = (parse_qs(urlsplit(begun(door)).query) for _ in range(2))
    assert (["code"], ["S256"], [f"{URL}/sign-in/city/back"]) == tuple(
        first[name] for name in ("response_type", "code_challenge_method", "redirect_uri")
    )
    assert set() == {first[name][0] for name in ("state", "nonce", "code_challenge")} & {second[name][0] for name in second}
    door.get(says(begun(door)))
    proof = parse_qs(urlsplit(begun(door, "/prove/city?next=/me")).query)
    assert (["login"], ["0"]) == (proof["prompt"], proof["max_age"])


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"groups": "it"}, Role.NETWORK_OPS), ({"groups": ["it", "wifi-admins"]}, Role.CITY_ADMIN), ({"groups": ["IT"]}, None),
        ({"groups": None}, None), ({"groups": 7}, None), ({"groups": {"it": True}}, None), ({"groups": [["it"]]}, None),
    ],
)  # fmt: skip
def test_roles_are_read_from_the_claim_and_nothing_else(
    door: Visitor, there: oidc.Provider, claims: dict[str, Any], role: Role | None
) -> None:
    """One text or several, the first in the order of the settings; anything else is no group, and whoever has none is told."""
    there.claims |= claims
    answer = door.get(says(begun(door)))
    assert (303 if role else 403, role) == (answer.status_code, (found := everyone(door.room).get("ada")) and found.role)
    assert role or "none of your groups" in door.page


def test_a_claim_within_another_is_found() -> None:
    """As some providers write roles; a name with a point in it comes first."""
    assert {"it"} == values({"realm_access": {"roles": ["it", 7]}}, "realm_access.roles")
    assert {"own"} == values({"a.b": "own", "a": {"b": "inner"}}, "a.b")
    assert set() == values({"a": "b"}, "a.b.c") == values({}, "")


def test_another_browser_finishes_nothing(door: Visitor, there: oidc.Provider) -> None:
    """Who is sent a link with somebody else's code is not signed in as them: the mark is in the browser that began."""
    back = says(begun(door))
    other = Visitor(door.room)
    assert (403, "", {}) == (other.get(back).status_code, other.cookie(), everyone(door.room))
    begun(other)
    assert (403, "") == (other.get(back).status_code, other.cookie())


@pytest.mark.parametrize("damage", [("state=", "state=x"), ("code=", "code=x"), ("code=", "c=")])
def test_what_was_changed_on_the_way_is_refused(door: Visitor, there: oidc.Provider, damage: tuple[str, str]) -> None:
    """Another state, another code, none."""
    assert 403 == door.get(says(begun(door)).replace(*damage)).status_code
    assert ({}, "") == (everyone(door.room), door.cookie())


def test_a_round_is_good_once_and_for_ten_minutes(door: Visitor, there: oidc.Provider) -> None:
    """Loaded again, or eleven minutes later: refused in words."""
    back = says(begun(door))
    door.room.later(minutes=11)
    assert (403, True) == (door.get(back).status_code, "Begin again" in door.page)
    back = says(begun(door))
    assert 303 == door.get(back).status_code
    assert 403 == Visitor(door.room).get(back).status_code


@pytest.mark.parametrize(
    "lie", [{"iss": "https://id.elsewhere.example"}, {"aud": "another"}, {"nonce": "old"}, {"exp": 1}, {"sub": None}, {"sub": 7}]
)
def test_a_token_that_lies_is_not_believed(door: Visitor, there: oidc.Provider, lie: dict[str, Any]) -> None:
    """Of another issuer, for another, of another round, too old, of nobody: nobody comes in."""
    there.claims |= lie
    assert (403, {}, "") == (door.get(says(begun(door))).status_code, everyone(door.room), door.cookie())


def test_who_leaves_the_provider_is_told_so(door: Visitor, there: oidc.Provider) -> None:
    """Cancelled there: not signed in here."""
    assert (403, True) == (door.get(says(begun(door), answer="no")).status_code, "left before it was done" in door.page)


def test_a_provider_that_is_away_is_said_to_be(door: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the browser is sent anywhere."""
    us = replace(door.room.tools["central"]().provider.registered, issuer="http://127.0.0.1:1")
    monkeypatch.setattr(door.room.tools["central"]().provider, "registered", us)
    assert (503, True) == (door.get("/sign-in/city").status_code, "does not answer" in door.page)


def test_the_role_is_read_anew_and_who_is_disabled_stays_so(door: Visitor, there: oidc.Provider) -> None:
    """By the same subject, whatever the name is by now."""
    door.get(says(begun(door)))
    there.claims |= {"groups": "wifi-admins", "preferred_username": "ada.b"}
    other = Visitor(door.room)
    other.get(says(begun(other)))
    assert {"ada.b": Role.CITY_ADMIN} == {name: each.role for name, each in everyone(door.room).items()}
    with transaction(door.room.database) as session:
        session.scalars(select(Staff)).one().disabled_at = door.room.time
    third = Visitor(door.room)
    assert (403, True) == (third.get(says(begun(third))).status_code, "You were disabled here" in third.page)


def test_names_are_tried_in_turn(door: Visitor, there: oidc.Provider) -> None:
    """What they prefer, else a verified address, else the subject; one that staff cannot have is passed over."""
    there.claims |= {"preferred_username": "Élodie Noël"}
    door.get(says(begun(door)))
    assert ["ada@example.org"] == list(everyone(door.room))


def proof(door: Visitor) -> str:
    """The way back from a proof that the city was asked for."""
    door.room.later(minutes=11)
    assert "/prove?next=%2Fstaff%2Fnew" == door.get("/staff/new").location
    assert "/prove/city?next=" in door.get("/prove?next=/staff/new").get_data(as_text=True)
    return begun(door, "/prove/city?next=/staff/new")


def test_a_fresh_proof_is_the_providers(door: Visitor, there: oidc.Provider) -> None:
    """Asked anew, and saying when: dangerous things are open again for ten minutes."""
    there.claims["groups"] = "wifi-admins"
    door.get(says(begun(door)))
    where = proof(door)
    there.claims["auth_time"] = int(door.room.time.timestamp())
    done = door.get(says(where))
    assert (303, "/staff/new", 200) == (done.status_code, done.location, door.get("/staff/new").status_code)


@pytest.mark.parametrize(
    ("who", "minutes", "words"), [("ada", 11, "did not ask again"), ("ada", None, "did not ask again"), ("bob", 0, "somebody else")]
)
def test_an_old_proof_and_somebody_elses_are_none(door: Visitor, there: oidc.Provider, who: str, minutes: int | None, words: str) -> None:
    """The provider did not ask again, does not say when, or vouches for another person."""
    there.claims["groups"] = "wifi-admins"
    door.get(says(begun(door)))
    where = proof(door)
    there.claims["auth_time"] = int(door.room.time.timestamp()) - 60 * minutes if minutes is not None else None
    assert (403, True) == (door.get(says(where, who)).status_code, words in door.page)
    assert "/prove?next=%2Fstaff%2Fnew" == door.get("/staff/new").location


def test_without_the_setting_there_is_no_such_door(staffroom: Room) -> None:
    """No button, no page."""
    door = Visitor(staffroom)
    assert "/sign-in/city" not in door.get("/sign-in").get_data(as_text=True)
    assert [404, 404] == [door.get(path).status_code for path in ("/sign-in/city", "/sign-in/city/back")]
