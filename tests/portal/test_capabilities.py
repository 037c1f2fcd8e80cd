"""Tokens: each opens what it is for, in time, unchanged; anything else is the same page."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import capabilities
from portal.capabilities import BACK, STAY, VISIT, Stay, Visit
from radius.nas.family import Arrival, Misfit, State
from radius.nas.tokens import LONGEST, Tokens
from tests.portal.guests import arrive, connect, heading
from tests.portal.world import STATION

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from tests.portal.world import World

TOKENS = Tokens(b"k" * 32, os.urandom)
WHOLE = Arrival(
    STATION, "02-00-5E-77-00-01", "City Wi-Fi", "10.1.0.7", "https://news.example/a?b=c", "5f01", "00ff", State.FAILED, "reject", True,
    (("login", "http://10.1.0.1:3990"), ("a", "")),
)  # fmt: skip
TEXT = st.text(max_size=60)


@given(TEXT, TEXT, TEXT, st.sampled_from(State), st.booleans(), st.lists(st.tuples(TEXT, TEXT), max_size=4).map(tuple))
def test_a_visit_comes_back(ssid: str, session: str, language: str, state: State, proven: bool, words: tuple) -> None:
    """Whatever a gateway said of its guest."""
    visit = Visit("key", Arrival(STATION, ssid=ssid, session=session, state=state, proven=proven, words=words), "K7Q-42M", language)
    assert visit == capabilities.open_visit(TOKENS, capabilities.seal_visit(TOKENS, visit, 1e9), 1e9)


def test_a_stay_has_no_challenge() -> None:
    """It was for the visit; everything else is kept."""
    visit = Visit("key", WHOLE, "K7Q-42M", "fr")
    stay = capabilities.open_stay(TOKENS, capabilities.seal_stay(TOKENS, Stay("grant", visit), 1e9), 1e9)
    assert Stay("grant", replace(visit, arrival=replace(WHOLE, challenge=""))) == stay


@pytest.mark.parametrize("length", [10, 500, 1_000, 2_000])
def test_a_token_always_fits_an_address(length: int) -> None:
    """A destination that is too long becomes its origin, or nothing; the rest stays."""
    noise = os.urandom(length).hex()
    visit = Visit("key", replace(WHOLE, destination=f"https://news.example/{noise}"), "K7Q-42M")
    token = capabilities.seal_visit(TOKENS, visit, 1e9)
    opened = capabilities.open_visit(TOKENS, token, 1e9)
    assert isinstance(opened, Visit)
    assert len(token) <= LONGEST
    assert opened.arrival.destination in {visit.arrival.destination, "https://news.example/"}
    assert WHOLE == replace(opened.arrival, destination=WHOLE.destination)


def test_what_no_token_can_hold() -> None:
    """Said so, and the guest is told that the gateway cannot be read."""
    noise = tuple((f"n{number}", os.urandom(400).hex()) for number in range(9))
    with pytest.raises(OverflowError):
        capabilities.seal_visit(TOKENS, Visit("key", replace(WHOLE, words=noise), "K7Q-42M"), 1e9)


@pytest.mark.parametrize(
    ("seal", "read", "lifetime"),
    [
        (capabilities.seal_visit, capabilities.open_visit, VISIT),
        (capabilities.seal_stay, capabilities.open_stay, STAY),
        (capabilities.seal_back, capabilities.open_back, BACK),
    ],
)
def test_each_has_its_time_and_its_purpose(seal: Callable, read: Callable, lifetime: float) -> None:
    """A second too late is STALE; under another purpose or key it is UNREADABLE."""
    visit = Visit("key", WHOLE, "K7Q-42M")
    token = seal(TOKENS, visit if seal is capabilities.seal_visit else Stay("grant", visit), 1e9)
    assert not isinstance(read(TOKENS, token, 1e9 + lifetime), Misfit)
    assert Misfit.STALE is read(TOKENS, token, 1e9 + lifetime + 1)
    others = {capabilities.open_visit, capabilities.open_stay, capabilities.open_back} - {read}
    assert {Misfit.UNREADABLE} == {other(TOKENS, token, 1e9) for other in others}
    assert Misfit.UNREADABLE is read(Tokens(b"x" * 32, os.urandom), token, 1e9)


def addresses(token: str) -> list[tuple[str, str]]:
    return [
        ("GET", f"/v/{token}"), ("POST", f"/v/{token}/go"), ("GET", f"/s/{token}"), ("GET", f"/b/{token}"),
        ("POST", f"/s/{token}/out"), ("POST", f"/s/{token}/more"), ("POST", f"/s/{token}/again"),
    ]  # fmt: skip


@pytest.mark.parametrize("token", ["x", "A" * 60, "%00", "..", "é", "A" * 4_000])
def test_invented_tokens(guest: FlaskClient, token: str) -> None:
    """410 with a page that says what to do, and never more."""
    for method, path in addresses(token):
        answer = guest.open(path, method=method)
        assert (410, "This page is too old") == (answer.status_code, heading(answer))


def test_tokens_of_another_purpose(city: World, guest: FlaskClient) -> None:
    """A visit's token shows no session, a session's connects nobody, and one changed letter spoils each."""
    visit = arrive(guest).split("/")[2]
    stay = connect(guest)[0].removeprefix("/s/")
    for method, path in addresses(visit)[2:] + addresses(stay)[:2] + addresses(stay)[3:4]:
        assert 410 == guest.open(path, method=method).status_code
    for token, used in ((visit, addresses(visit)[:2]), (stay, [addresses(stay)[2], *addresses(stay)[4:]])):
        for at in (0, len(token) // 2, len(token) - 2):
            changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
            for method, path in used:
                assert 410 == guest.open(path.replace(token, changed), method=method).status_code


def test_a_visit_is_over_after_half_an_hour(city: World, guest: FlaskClient) -> None:
    """Its button leads to the page that says how to come again."""
    action = arrive(guest)
    city.time += VISIT + 1
    assert 410 == guest.post(action).status_code


def test_one_guest_sees_nothing_of_another(city: World) -> None:
    """Two guests: each token shows and ends its own session alone."""
    from tests.portal.world import coova

    one, other = city.client(), city.client()
    first, _ = connect(one)
    second, _ = connect(other, coova(mac="02-00-5E-00-00-08"))
    one.post(f"{first}/out")
    assert ["You are signed out", "You are online"] == [heading(one.get(first)), heading(other.get(second))]
