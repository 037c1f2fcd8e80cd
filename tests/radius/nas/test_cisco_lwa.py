"""Cisco's local web authentication: the WLC's redirect, the form that goes back, and the Disconnect."""

from __future__ import annotations

import pytest

from radius.nas import FAMILIES
from radius.nas.family import Arrival, Browse, Change, Misfit, Refused, State, Target
from radius.nas.query import parse, split
from tests.radius.nas.gateways import LEFT, LOGIN, NOW, PLAN, PORTAL, STATION, encoded, gateway

LWA = FAMILIES["cisco-lwa"]
AT = gateway("cisco-lwa", login_url="https://192.0.2.1")
QUERY = (
    "switch_url=https://192.0.2.1/login.html&ap_mac=00:11:22:33:44:55&client_mac=aa:bb:cc:dd:ee:01&wlan=City%20Wi-Fi"
    "&redirect=http://a.example/"
)


def test_the_redirect_and_the_form() -> None:
    """POST to the registered address, never to switch_url, with Submit's number and the page to come back to."""
    found = LWA.arrival(parse(QUERY), AT, NOW)
    assert Arrival(STATION, "00-11-22-33-44-55", "City Wi-Fi", destination="http://a.example/") == found
    fields = (
        ("username", LOGIN.name),
        ("password", LOGIN.password),
        ("buttonClicked", "4"),
        ("err_flag", "0"),
        ("redirect_url", "http://a.example/"),
    )
    assert Browse("POST", "https://192.0.2.1/login.html", fields) == LWA.let_in(found, AT, LOGIN, PLAN, LEFT)
    back = Arrival(STATION, destination="http://a.example/", back=f"{PORTAL}/s/x")
    assert f"{PORTAL}/s/x" == dict(LWA.let_in(back, AT, LOGIN, PLAN, LEFT).fields)["redirect_url"]
    assert ("https://192.0.2.1",) == LWA.origins(AT)


def test_a_redirect_joined_without_a_question_mark_is_read() -> None:
    """Firmware appends `&…` to a URL that has none."""
    _, raw = split("/in/cisco-lwa/k3y0f16character&" + QUERY)
    assert STATION == LWA.arrival(parse(raw), AT, NOW).station


@pytest.mark.parametrize(
    ("change", "misfit"),
    [
        (("client_mac=aa:bb:cc:dd:ee:01", "x=1"), Misfit.MISSING),
        (("switch_url=https://192.0.2.1/login.html", "x=1"), Misfit.MISSING),
        (("aa:bb:cc:dd:ee:01", "nobody"), Misfit.MALFORMED),
        (("https://192.0.2.1/", "https://evil.example/"), Misfit.FOREIGN),
        (("https://192.0.2.1/", "http://192.0.2.1/"), Misfit.FOREIGN),
        (("https://192.0.2.1/", "https://192.0.2.1.evil.example/"), Misfit.FOREIGN),
        (("https://192.0.2.1/", "https://192.0.2.1@evil.example/"), Misfit.FOREIGN),
    ],
)
def test_what_is_no_arrival_here(change: tuple[str, str], misfit: Misfit) -> None:
    """Another controller's page is foreign, whatever it is dressed as."""
    assert misfit is LWA.arrival(parse(QUERY.replace(*change)), AT, NOW)


@pytest.mark.parametrize(
    ("code", "state"),
    [("1", State.ALREADY), ("2", State.FAILED), ("3", State.FAILED), ("4", State.FAILED), ("5", State.FAILED), ("", State.NOT_YET)],
)
def test_status_codes(code: str, state: State) -> None:
    """What the WLC says of the guest, in words where it failed."""
    found = LWA.arrival(parse(f"{QUERY}&statusCode={code}"), AT, NOW)
    assert (state, state is State.NOT_YET) == (found.state, not found.reason)


def test_without_a_registered_login_nobody_is_sent() -> None:
    """No login_url, no form."""
    bare = gateway("cisco-lwa")
    assert "login_url" == LWA.lacks(bare.options)
    assert isinstance(LWA.let_in(Arrival(STATION), bare, LOGIN, PLAN, LEFT), Refused)


def test_a_session_ends_by_service_type() -> None:
    """The client's own port; the station and Service-Type Login-User."""
    way = LWA.disconnect(Target(STATION, b"t-0123456789abcdef", "5F3A", nas_address="192.0.2.10"), AT)
    assert Change(
        True, (("NAS-IP-Address", "192.0.2.10"), ("Calling-Station-Id", STATION), ("Service-Type", "Login-User"))
    ) == way  # fmt: skip
    assert b"\x04\x06\xc0\x00\x02\x0a\x1f\x13" + STATION.encode() + b"\x06\x06\0\0\0\x01" == encoded(way.attributes)
    assert isinstance(LWA.disconnect(Target(), AT), Refused)
