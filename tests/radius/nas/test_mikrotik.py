"""MikroTik's hotspot: what our login.html passes on, HTTP-CHAP, rates and orders."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.nas import FAMILIES
from radius.nas.family import Arrival, Browse, Change, Misfit, Refused, State, Target
from radius.nas.mikrotik import octets
from radius.nas.plan import Plan
from radius.nas.query import parse
from tests.radius.nas.gateways import LEFT, LOGIN, LOW, NOTHING, NOW, PLAN, STATION, UNBOUND, encoded, gateway

MIKROTIK = FAMILIES["mikrotik"]
ROUTER = gateway("mikrotik", login_url="http://hotspot.city.example")
IDENT = r"\134"
CHALLENGE = r"\017\205\055\122\043\240\041\064\304\257\213\226\265\214\121\323"
QUERY = f"mac=AA%3ABB%3ACC%3ADD%3AEE%3A01&ip=10.5.50.9&orig=http%3A%2F%2Fa.example%2F&error=&chap-id={IDENT}&chap-challenge={CHALLENGE}"


def arrived(query: str) -> Arrival:
    arrival = MIKROTIK.arrival(parse(query), ROUTER, NOW)
    assert isinstance(arrival, Arrival)
    return arrival


def test_the_stub_is_read() -> None:
    """Station, address, destination, and the two CHAP values out of RouterOS' octal."""
    arrival = arrived(QUERY)
    assert (STATION, "10.5.50.9", "http://a.example/", State.NOT_YET) == (
        arrival.station,
        arrival.address,
        arrival.destination,
        arrival.state,
    )
    assert "5c0f852d5223a02134c4af8b96b58c51d3" == arrival.challenge


def test_http_chap_is_the_vectors() -> None:
    """MD5 over id, password and challenge; to /login of the registered origin."""
    way = MIKROTIK.let_in(arrived(QUERY), ROUTER, LOGIN._replace(password="hello"), PLAN, LEFT)
    expected = (
        "http://hotspot.city.example/login?username=t-0123456789abcdef"
        "&password=8e738456057be657d44f6a243af3547a&dst=http%3A%2F%2Fa.example%2F"
    )
    assert Browse("GET", expected) == way


def test_without_a_challenge_the_token_goes_as_it_is() -> None:
    """HTTP-PAP: a one-time token, never a guest's password."""
    way = MIKROTIK.let_in(arrived(f"mac={STATION}"), ROUTER, LOGIN, PLAN, LEFT)
    assert Browse("GET", "http://hotspot.city.example/login?username=t-0123456789abcdef&password=one-time") == way


def test_the_routers_own_word_for_a_failure_is_kept() -> None:
    """$(error) makes the arrival a failed one."""
    arrival = arrived(f"mac={STATION}&error=RADIUS%20server%20is%20not%20responding")
    assert (State.FAILED, "RADIUS server is not responding") == (arrival.state, arrival.reason)


@pytest.mark.parametrize(
    "query", [f"mac={STATION}&chap-id=\\999", f"mac={STATION}&chap-id={IDENT}", "mac=x", f"mac={STATION}&chap-challenge=abc"]
)
def test_half_a_challenge_is_malformed(query: str) -> None:
    """Both values or none, one octet and sixteen."""
    assert Misfit.MALFORMED is MIKROTIK.arrival(parse(query), ROUTER, NOW)
    assert Misfit.MISSING is MIKROTIK.arrival({}, ROUTER, NOW)


@given(st.binary(max_size=20))
def test_octal_is_read_back(value: bytes) -> None:
    """Every octet written as a backslash and three digits is that octet."""
    assert value == octets("".join(f"\\{octet:03o}" for octet in value))


@given(st.text(max_size=30))
def test_any_text_is_octets_or_none(text: str) -> None:
    """Nothing raises."""
    assert octets(text) is None or len(octets(text) or b"") <= len(text)


@pytest.mark.parametrize(
    ("up", "down", "rate"),
    [(2_000_000, 10_000_000, "2M/10M"), (512_000, 1_500_000, "512k/1500k"), (None, 10_000_000, "1000M/10M"), (500, None, "1k/1000M")],
)
def test_a_rate_limit_is_upload_first_and_never_zero(up: int | None, down: int | None, rate: str) -> None:
    """rx/tx as the router sees the client, with k of 1000 and M of 10^6."""
    assert ("Mikrotik-Rate-Limit", rate) in MIKROTIK.attributes(Plan("x", up=up, down=down), UNBOUND, ROUTER)


def test_attributes() -> None:
    """Every limit of the plan, and none that it has not; the role is a hotspot user profile."""
    expected = (
        ("Session-Timeout", 7_200),
        ("Idle-Timeout", 900),
        ("Acct-Interim-Interval", 300),
        ("Mikrotik-Total-Limit", LOW),
        ("Mikrotik-Total-Limit-Gigawords", 1),
        ("Mikrotik-Rate-Limit", "2M/10M"),
    )
    assert expected == MIKROTIK.attributes(PLAN, LEFT, ROUTER)
    assert encoded(expected)
    assert (("Acct-Interim-Interval", 300),) == MIKROTIK.attributes(NOTHING, UNBOUND, ROUTER)
    assert ("Mikrotik-Group", "guests") in MIKROTIK.attributes(NOTHING, UNBOUND, gateway("mikrotik", role="guests"))


def test_orders_name_user_session_and_address() -> None:
    """User-Name, or the address with colons where a session was let in by it; Acct-Session-Id; Framed-IP-Address."""
    target = Target(STATION, b"", "80a1", address="10.5.50.9", used_seconds=100)
    named = (("User-Name", "AA:BB:CC:DD:EE:01"), ("Acct-Session-Id", "80a1"), ("Framed-IP-Address", "10.5.50.9"))
    assert Change(disconnect=True, attributes=named) == MIKROTIK.disconnect(target, ROUTER)
    way = MIKROTIK.limit(target, PLAN, LEFT, ROUTER)
    assert isinstance(way, Change)
    assert (named, ("Session-Timeout", 7_300)) == (way.attributes[:3], way.attributes[3])
    assert isinstance(MIKROTIK.limit(Target(), PLAN, LEFT, ROUTER), Refused)


def test_a_login_must_be_registered() -> None:
    """Without login_url nobody is sent anywhere, and check says what is missing."""
    bare = gateway("mikrotik")
    assert isinstance(MIKROTIK.let_in(arrived(QUERY + "&link-login-only=http://evil.example/login"), bare, LOGIN, PLAN, LEFT), Refused)
    assert ("login_url", "") == (MIKROTIK.lacks(bare.options), MIKROTIK.lacks(ROUTER.options))
