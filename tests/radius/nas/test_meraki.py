"""Meraki's two splash pages: where they send a guest, and where never."""

from __future__ import annotations

from dataclasses import replace

import pytest

from radius.nas import FAMILIES
from radius.nas.family import Arrival, Browse, Change, Misfit, Refused, State, Target
from radius.nas.query import parse
from tests.radius.nas.gateways import LEFT, LOGIN, NOTHING, NOW, PLAN, PORTAL, STATION, UNBOUND, encoded, gateway

CLICK, SIGNON = FAMILIES["meraki-click"], FAMILIES["meraki-signon"]
GRANT = "https://n143.network-auth.com/splash/grant"
LOGIN_URL = "https://n143.network-auth.com/splash/login?mauth=MMabc-_1&continue_url=http%3A%2F%2Fa.example%2F"
ABROAD = [
    "https://evil.example/grant",
    "http://n143.network-auth.com/x",
    "https://network-auth.com.evil.example/",
    "https://x@n143.network-auth.com/",
]


def click(grant: str = GRANT) -> dict[str, list[str]]:
    query = parse(
        "user_continue_url=http%3A%2F%2Fa.example%2F&node_id=1&node_mac=00:18:0a:13:dd:b0&client_ip=10.1.2.3&client_mac=aa:bb:cc:dd:ee:01"
    )
    return {**query, "base_grant_url": [grant]}


def signon(login: str = LOGIN_URL) -> dict[str, list[str]]:
    query = parse(
        "continue_url=http%3A%2F%2Fa.example%2F&ap_mac=88:15:44:60:1c:1a&ap_name=x&client_mac=aa:bb:cc:dd:ee:01&client_ip=10.1.2.3"
    )
    return {**query, "login_url": [login]}


def test_click_through_is_one_get() -> None:
    """base_grant_url with where to go after and for how long."""
    at = gateway("meraki-click")
    arrival = CLICK.arrival(click(), at, NOW)
    assert isinstance(arrival, Arrival)
    assert (STATION, "00-18-0A-13-DD-B0", "10.1.2.3") == (arrival.station, arrival.access_point, arrival.address)
    assert Browse("GET", f"{GRANT}?continue_url=http%3A%2F%2Fa.example%2F&duration=7200") == CLICK.let_in(arrival, at, LOGIN, PLAN, LEFT)
    assert ("https://*.network-auth.com",) == CLICK.origins(at)
    assert ("https://n143.network-auth.com",) == CLICK.reaches(arrival, at)


def test_no_time_limit_is_no_duration() -> None:
    """Nothing is said of a limit that the plan has not; without a destination the portal is the page after."""
    at = gateway("meraki-click")
    arrival = CLICK.arrival({"base_grant_url": [GRANT], "client_mac": [STATION]}, at, NOW)
    assert isinstance(arrival, Arrival)
    way = CLICK.let_in(arrival, at, LOGIN, NOTHING, UNBOUND)
    assert Browse("GET", f"{GRANT}?continue_url=https%3A%2F%2Fwifi.city.example") == way


def test_sign_on_is_a_post_to_the_whole_login_url() -> None:
    """Meraki's token goes back untouched; one-time credentials; our page after it."""
    at = gateway("meraki-signon")
    arrival = SIGNON.arrival(signon(), at, NOW)
    assert isinstance(arrival, Arrival)
    fields = (("username", LOGIN.name), ("password", LOGIN.password), ("success_url", "http://a.example/"))
    assert Browse("POST", LOGIN_URL, fields) == SIGNON.let_in(arrival, at, LOGIN, PLAN, LEFT)
    assert "88-15-44-60-1C-1A" == arrival.access_point


def test_a_refused_login_comes_back_with_its_reason() -> None:
    """error_message makes the arrival a failed one."""
    arrival = SIGNON.arrival({**signon(), "error_message": ["Access denied"]}, gateway("meraki-signon"), NOW)
    assert isinstance(arrival, Arrival)
    assert (State.FAILED, "Access denied") == (arrival.state, arrival.reason)


@pytest.mark.parametrize("url", ABROAD)
def test_nobody_is_sent_abroad(url: str) -> None:
    """A grant or login elsewhere is refused on arrival, and again when a visit is let in."""
    assert Misfit.FOREIGN is CLICK.arrival(click(url), gateway("meraki-click"), NOW)
    assert Misfit.FOREIGN is SIGNON.arrival(signon(url), gateway("meraki-signon"), NOW)
    forged = Arrival(STATION, words=(("base_grant_url", url), ("login_url", url)))
    assert isinstance(CLICK.let_in(forged, gateway("meraki-click"), LOGIN, PLAN, LEFT), Refused)
    assert isinstance(SIGNON.let_in(forged, gateway("meraki-signon"), LOGIN, PLAN, LEFT), Refused)
    assert () == CLICK.reaches(forged, gateway("meraki-click"))


def test_a_registered_origin_is_the_only_one() -> None:
    """With login_url declared even Meraki's other hosts are foreign."""
    own = gateway("meraki-click", login_url="https://n9.network-auth.com")
    assert Misfit.FOREIGN is CLICK.arrival(click(), own, NOW)
    assert isinstance(CLICK.arrival(click("https://n9.network-auth.com/splash/grant"), own, NOW), Arrival)
    assert ("https://n9.network-auth.com",) == CLICK.origins(own)


@pytest.mark.parametrize(("query", "misfit"), [({}, Misfit.MISSING), ({**click(), "client_mac": ["x"]}, Misfit.MALFORMED)])
def test_what_is_no_splash_redirect_says_why(query: dict[str, list[str]], misfit: Misfit) -> None:
    """A missing grant URL, a station that is none."""
    assert misfit is CLICK.arrival(query, gateway("meraki-click"), NOW)


def test_what_each_can_be_told() -> None:
    """Sign-on takes times and a group policy and ends by Disconnect at 1700; click-through takes nothing after."""
    at = gateway("meraki-signon", role="Guests 2M")
    attributes = SIGNON.attributes(PLAN, LEFT, at)
    assert (("Session-Timeout", 7_200), ("Idle-Timeout", 900), ("Acct-Interim-Interval", 300), ("Filter-Id", "Guests 2M")) == attributes
    assert encoded(attributes)
    assert Change(disconnect=True, attributes=(("Calling-Station-Id", STATION),), port=1700) == SIGNON.disconnect(Target(STATION), at)
    way = SIGNON.disconnect(Target(STATION), replace(at, coa_port=3_800))
    assert Change(disconnect=True, attributes=(("Calling-Station-Id", STATION),)) == way
    assert isinstance(CLICK.disconnect(Target(STATION), gateway("meraki-click")), Refused)
    assert () == CLICK.attributes(PLAN, LEFT, gateway("meraki-click"))
    assert PORTAL == at.portal
