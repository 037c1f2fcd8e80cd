"""Aruba's controllers: a form to a host of ours or of Aruba's own, or a role by CoA; and their Disconnect."""

from __future__ import annotations

import pytest

from radius.nas import FAMILIES
from radius.nas.family import Arrival, Asked, Browse, Change, Misfit, Refused, State, Target
from radius.nas.query import parse
from tests.radius.nas.gateways import LEFT, LOGIN, NOW, PLAN, STATION, encoded, gateway

ARUBA = FAMILIES["aruba"]
AT = gateway("aruba", "192.0.2.20")
QUERY = (
    "cmd=login&mac=aa:bb:cc:dd:ee:01&essid=City%20Wi-Fi&ip=10.0.0.9&apname=lib-1&apmac=00:11:22:33:44:55&vcname=vc"
    "&switchip=securelogin.arubanetworks.com&url=http%3A%2F%2Fa.example%2F"
)
FIELDS = (("cmd", "authenticate"), ("user", LOGIN.name), ("password", LOGIN.password), ("url", "http://a.example/"))


def test_the_redirect_and_the_form() -> None:
    """Aruba's own name, which the controller answers for, gets cmd, user, password and url."""
    found = ARUBA.arrival(parse(QUERY), AT, NOW)
    assert (STATION, "00-11-22-33-44-55", "City Wi-Fi", "10.0.0.9") == (found.station, found.access_point, found.ssid, found.address)
    assert Browse("POST", "https://securelogin.arubanetworks.com/cgi-bin/login", FIELDS) == ARUBA.let_in(found, AT, LOGIN, PLAN, LEFT)


@pytest.mark.parametrize(
    ("said", "at", "origin"),
    [
        ("switchip=192.0.2.20", AT, "https://192.0.2.20"),
        ("x=1", AT, "https://securelogin.arubanetworks.com"),
        ("switchip=guest.city.example", gateway("aruba", login_url="https://guest.city.example"), "https://guest.city.example"),
        ("x=1", gateway("aruba", login_url="https://guest.city.example"), "https://guest.city.example"),
    ],
)
def test_hosts_that_may_be_posted_to(said: str, at, origin: str) -> None:
    """The client's address, Aruba's names, or the one that is registered."""
    found = ARUBA.arrival(parse(QUERY.replace("switchip=securelogin.arubanetworks.com", said)), at, NOW)
    way = ARUBA.let_in(found, at, LOGIN, PLAN, LEFT)
    assert f"{origin}/cgi-bin/login" == way.url
    assert origin in ARUBA.origins(at)


@pytest.mark.parametrize("host", ["evil.example", "192.0.2.21", "securelogin.arubanetworks.com.evil.example", "https://a@192.0.2.20/"])
def test_other_hosts_are_foreign(host: str) -> None:
    """A switchip of nobody we know is no place for credentials."""
    assert Misfit.FOREIGN is ARUBA.arrival(parse(QUERY.replace("securelogin.arubanetworks.com", host)), AT, NOW)
    registered = gateway("aruba", login_url="https://guest.city.example")
    assert Misfit.FOREIGN is ARUBA.arrival(parse(QUERY), registered, NOW)  # a registered one is the only one


def test_misfits_and_a_failed_sign_in() -> None:
    """A station must be there and be one; errmsg is the controller's word for a failure."""
    assert Misfit.MISSING is ARUBA.arrival(parse("cmd=login"), AT, NOW)
    assert Misfit.MALFORMED is ARUBA.arrival(parse("mac=nobody"), AT, NOW)
    found = ARUBA.arrival(parse(QUERY + "&errmsg=Authentication%20failed"), AT, NOW)
    assert (State.FAILED, "Authentication failed") == (found.state, found.reason)


ROAD = {"road.station": [STATION], "road.nas_address": ["192.0.2.20"], "url": ["http://a.example/"]}


def test_the_road_redirects_by_role_and_url() -> None:
    """With a waiting role: Aruba-User-Role and Aruba-Captive-Portal-URL; without one, or too long, a Reject does it."""
    url = "https://wifi.city.example/in/aruba/k3y0f16character?v=abc"
    found = ARUBA.redirect(url, Asked(STATION), gateway("aruba", portal_acl="waiting"))
    vendor = b"\0\0\x39\xe7"
    expected = bytes((26, 15)) + vendor + b"\x01\x09waiting" + bytes((26, len(url) + 8)) + vendor + bytes((43, len(url) + 2)) + url.encode()
    assert expected == encoded(found or ())
    assert None is ARUBA.redirect(url, Asked(STATION), AT)
    assert None is ARUBA.redirect("https://" + "a" * 240, Asked(STATION), gateway("aruba", portal_acl="waiting"))


def test_who_came_by_the_road_is_let_in_by_role() -> None:
    """CoA with the controller's address, the station and the role in Filter-Id; no session id; without a role it joins anew."""
    at = gateway("aruba", role="guests")
    found = ARUBA.arrival(ROAD, at, NOW)
    named = (("NAS-IP-Address", "192.0.2.20"), ("Calling-Station-Id", STATION))
    assert Change(False, (*named, ("Filter-Id", "guests"))) == ARUBA.let_in(found, at, LOGIN, PLAN, LEFT)
    assert Change(True, named) == ARUBA.let_in(found, AT, LOGIN, PLAN, LEFT)


def test_a_session_ends_by_its_station() -> None:
    """Neither User-Name nor Acct-Session-Id, whatever is known."""
    target = Target(STATION, b"guest", "5F3A", nas_identifier="ap-1", nas_address="192.0.2.20")
    way = ARUBA.disconnect(target, AT)
    assert b"\x04\x06\xc0\x00\x02\x14\x1f\x13" + STATION.encode() == encoded(way.attributes)
    assert (True, None) == (way.disconnect, way.port)
    assert isinstance(ARUBA.disconnect(Target(), AT), Refused)


def test_attributes() -> None:
    """Times and the role; rates are the role's own."""
    times = (("Session-Timeout", 7_200), ("Idle-Timeout", 900), ("Acct-Interim-Interval", 300))
    assert (*times, ("Aruba-User-Role", "guests")) == ARUBA.attributes(PLAN, LEFT, gateway("aruba", role="guests"))
    assert times == ARUBA.attributes(PLAN, LEFT, AT)
    assert Arrival(STATION).proven is False
