"""Ruckus SmartZone: its redirect, the northbound interface, the browser's form, and RADIUS where there is no interface."""

from __future__ import annotations

import pytest

from radius.nas import FAMILIES
from radius.nas.family import Arrival, Browse, Change, Misfit, Outcome, Refused, Request, Response, Target
from radius.nas.query import parse
from radius.secret import Secret
from tests.radius.nas.conversations import said, spoken
from tests.radius.nas.gateways import LEFT, LOGIN, NOW, PLAN, STATION, encoded, gateway

SZ = FAMILIES["ruckus-sz"]
URL = "https://sz.city.example:9443"
AT = gateway("ruckus-sz", api_url=URL, api_secret=Secret(b"a-request-password"))
FORM = gateway("ruckus-sz", login_url="https://sz.city.example:9998")
QUERY = (
    "nbiIP=192.0.2.30&client_mac=aa:bb:cc:dd:ee:01&uip=10.0.0.9&ssid=City+Wi-Fi&url=http%3A%2F%2Fa.example%2F&proxy=0"
    "&zoneName=Library&wlanName=guests&sip=192.0.2.30&apip=10.0.0.2&sshTunnelStatus=0&StartURL=http%3A%2F%2Fb.example%2F"
)
BODY = {
    "Vendor": "ruckus",
    "RequestPassword": "a-request-password",
    "APIVersion": "1.0",
    "RequestCategory": "UserOnlineControl",
    "UE-IP": "10.0.0.9",
    "UE-MAC": STATION,
    "UE-Proxy": "0",
}


def code(number: object, words: str = "") -> Response:
    return said({"Vendor": "ruckus", "ResponseCode": number, "ReplyMessage": words})


def test_the_redirect() -> None:
    """Station, address, SSID, where to; `proxy` to be repeated; nbiIP and sip are never gone to."""
    expected = Arrival(STATION, ssid="City Wi-Fi", address="10.0.0.9", destination="http://a.example/", words=(("proxy", "0"),))
    assert expected == SZ.arrival(parse(QUERY), AT, NOW)
    assert Misfit.MISSING is SZ.arrival(parse("uip=10.0.0.9"), AT, NOW)
    assert Misfit.MALFORMED is SZ.arrival(parse("client_mac=nobody"), AT, NOW)
    assert Misfit.UNREADABLE is SZ.arrival(parse("client_mac=ENC323e79bf1bbd5ac4"), AT, NOW)


def test_login_at_the_interface() -> None:
    """One JSON request with one-time credentials, to the registered address."""
    asked, outcome = spoken(SZ.let_in(SZ.arrival(parse(QUERY), AT, NOW), AT, LOGIN, PLAN, LEFT), [code(201, "Login succeeded")])
    body = {**BODY, "RequestType": "Login", "UE-Username": LOGIN.name, "UE-Password": LOGIN.password}
    assert [Request("POST", f"{URL}/portalintf", (), body)] == asked
    assert Outcome(done=True, text="Login: 201") == outcome
    named = gateway("ruckus-sz", api_url=URL, api_user="portal", api_secret=Secret(b"a-request-password"))
    asked, _ = spoken(SZ.let_in(Arrival(STATION), named, LOGIN, PLAN, LEFT), [])
    assert "portal" == asked[0].body["RequestUserName"]
    assert "UE-IP" not in asked[0].body


def test_the_form_of_the_browser() -> None:
    """Without an interface the guest's browser posts, to the registered login."""
    way = SZ.let_in(SZ.arrival(parse(QUERY), FORM, NOW), FORM, LOGIN, PLAN, LEFT)
    fields = (
        ("uip", "10.0.0.9"),
        ("client_mac", STATION),
        ("username", LOGIN.name),
        ("password", LOGIN.password),
        ("url", "http://a.example/"),
        ("proxy", "0"),
    )
    assert Browse("POST", "https://sz.city.example:9998/SubscriberPortal/hotspotlogin", fields) == way
    assert ("https://sz.city.example:9998",) == SZ.origins(FORM)


def test_the_end() -> None:
    """Disconnect at the interface; without one RADIUS, with the User-Name of its accounting and the station."""
    target = Target(STATION, LOGIN.name.encode(), "5F3A", address="10.0.0.9")
    asked, outcome = spoken(SZ.disconnect(target, AT), [code(200)])
    assert [{**BODY, "RequestType": "Disconnect", "UE-Username": LOGIN.name}] == [each.body for each in asked]
    assert Outcome(done=True, text="Disconnect: 200") == outcome
    way = SZ.disconnect(target, FORM)
    named = (("User-Name", LOGIN.name), ("Calling-Station-Id", STATION), ("Acct-Session-Id", "5F3A"))
    assert Change(True, named) == way
    assert isinstance(SZ.disconnect(Target(), AT), Refused)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (code(101), Outcome(True, "Login: 101")),
        (code(202), Outcome(False, "Login: 202, authentication is still pending", True)),
        (code(300), Outcome(False, "Login: 300, the controller does not know the client", True)),
        (code(301), Outcome(False, "Login: 301, our RADIUS answer refused the login")),
        (code(306), Outcome(False, "Login: 306, the request password is wrong")),
        (code(401), Outcome(False, "Login: 401, the controller got no RADIUS answer", True)),
        (code(999, "Odd\n"), Outcome(False, "Login: 999, Odd\\n")),
        (code(999), Outcome(False, "Login: 999, no words")),
        (code("201"), Outcome(False, "Login: refused with HTTP 200")),
        (said(b"<html>", 200), Outcome(False, "Login: refused with HTTP 200")),
        (said(status=500), Outcome(False, "Login: refused with HTTP 500", True)),
        (Response(0, {}, b"no answer in time"), Outcome(False, "Login: no answer (no answer in time)", True)),
    ],
)
def test_codes(answer: Response, outcome: Outcome) -> None:
    """Each response code in words, and whether it is worth another try."""
    assert outcome == spoken(SZ.let_in(Arrival(STATION), AT, LOGIN, PLAN, LEFT), [answer])[1]


def test_attributes_and_what_is_lacking() -> None:
    """WISPr's rates in bit/s, the group; one of the two ways in must be whole."""
    times = (("Session-Timeout", 7_200), ("Idle-Timeout", 900), ("Acct-Interim-Interval", 300))
    rates = (("WISPr-Bandwidth-Max-Up", 2_000_000), ("WISPr-Bandwidth-Max-Down", 10_000_000))
    found = SZ.attributes(PLAN, LEFT, gateway("ruckus-sz", role="guests"))
    assert (*times, *rates, ("Ruckus-User-Groups", "guests")) == found
    assert encoded(found)
    lacking = {"": gateway("ruckus-sz"), "secret": gateway("ruckus-sz", api_url=URL)}
    assert ["api_url with api_secret, or login_url", "api_secret"] == [SZ.lacks(at.options) for at in lacking.values()]
    assert all(isinstance(SZ.let_in(Arrival(STATION), at, LOGIN, PLAN, LEFT), Refused) for at in lacking.values())
