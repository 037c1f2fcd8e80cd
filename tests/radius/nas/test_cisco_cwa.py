"""Cisco's central web authentication, and Meraki's: redirect, CoA-Reauthenticate and Disconnect to the octet."""

from __future__ import annotations

import pytest

from radius.nas import FAMILIES, targets
from radius.nas.asked import ROAD, pack, unpack
from radius.nas.family import Arrival, Asked, Change, Means, Misfit, Refused, Target
from radius.nas.tokens import Tokens
from tests.radius.nas.gateways import LEFT, LOGIN, NOTHING, NOW, PLAN, STATION, UNBOUND, encoded, gateway

CWA, MERAKI = FAMILIES["cisco-cwa"], FAMILIES["meraki-cwa"]
SESSION = "0A1E01010000003A5F2E9C11"
QUERY = {
    "road.station": [STATION],
    "road.access_point": ["00-11-22-33-44-55"],
    "road.ssid": ["City Wi-Fi"],
    "road.session": [SESSION],
    "road.nas_address": ["192.0.2.10"],
    "road.nas_port": ["8"],
    "road.source": ["192.0.2.10 49152"],
    "road.local": ["192.0.2.1 1812"],
    "redirect": ["http://a.example/?x=1"],
}
AT = gateway("cisco-cwa", "192.0.2.10")


def arrived(**changes: list[str]) -> Arrival:
    found = CWA.arrival({**QUERY, **{f"road.{name}": value for name, value in changes.items()}}, AT, NOW)
    assert isinstance(found, Arrival)
    return found


def av_pair(text: str) -> bytes:
    """RFC 2865, 5.26 by hand: 26, length, vendor 9, type 1, length, text."""
    return bytes((26, len(text) + 8, 0, 0, 0, 9, 1, len(text) + 2)) + text.encode()


def test_the_redirect_is_two_av_pairs() -> None:
    """url-redirect-acl and url-redirect, octet for octet; no ACL of Airespace's beside them."""
    found = CWA.redirect("https://wifi.city.example/in/cisco-cwa/k3y0f16character?v=abc", Asked(STATION), AT)
    url = "url-redirect=https://wifi.city.example/in/cisco-cwa/k3y0f16character?v=abc"
    assert av_pair("url-redirect-acl=PROXENY-PORTAL") + av_pair(url) == encoded(found or ())
    named = CWA.redirect("https://a.example/", Asked(STATION), gateway("cisco-cwa", portal_acl="Pre-Auth-For-WebRedirect", role="GUEST"))
    assert av_pair("url-redirect-acl=Pre-Auth-For-WebRedirect") + av_pair("url-redirect=https://a.example/") == encoded(named or ())


def test_a_url_that_does_not_fit_is_not_cut() -> None:
    """247 octets are the whole of an AVPair; one more, and there is no redirect."""
    room = 247 - len("url-redirect=")
    assert CWA.redirect("https://" + "a" * (room - 8), Asked(STATION), AT) is not None
    assert CWA.redirect("https://" + "a" * (room - 7), Asked(STATION), AT) is None


def test_a_real_token_fits() -> None:
    """The whole URL with a sealed station, session, SSID and both addresses is shorter than an AVPair."""
    tokens = Tokens(b"k" * 32, lambda count: b"n" * count)
    asked = Asked(STATION, "00-11-22-33-44-55", "City Wi-Fi", SESSION, "192.0.2.10", 8)
    token = tokens.seal(ROAD, pack(asked, "192.0.2.10 49152", "192.0.2.1 1812"), NOW)
    assert CWA.redirect(f"{AT.entrance}?v={token}", asked, AT) is not None
    assert (asked, "192.0.2.10 49152", "192.0.2.1 1812") == unpack(tokens.open(ROAD, token, NOW, 60.0))


def test_the_road_s_words_are_the_arrival() -> None:
    """Proven by our own seal; beside it only where the guest wanted to go."""
    found = arrived()
    assert (STATION, "00-11-22-33-44-55", "City Wi-Fi", SESSION, True) == (
        found.station,
        found.access_point,
        found.ssid,
        found.session,
        found.proven,
    )
    assert "http://a.example/?x=1" == found.destination
    words = {"nas_address": "192.0.2.10", "nas_port": "8", "source": "192.0.2.10 49152", "local": "192.0.2.1 1812"}
    assert words == dict(found.words)


@pytest.mark.parametrize(
    ("query", "misfit"),
    [
        ({}, Misfit.MISSING),
        ({"mac": [STATION], "client_mac": [STATION]}, Misfit.MISSING),
        ({"road.station": ["nobody"]}, Misfit.MALFORMED),
        ({"road.station": [STATION], "road.nas_port": ["-1"]}, Misfit.MALFORMED),
        ({"road.station": [STATION], "road.nas_port": ["4294967296"]}, Misfit.MALFORMED),
    ],
)
def test_without_a_token_nobody_is_known(query: dict[str, list[str]], misfit: Misfit) -> None:
    """A station that a query names without our seal is nobody's."""
    assert misfit is CWA.arrival(query, AT, NOW)


def test_the_guest_is_let_in_by_reauthentication() -> None:
    """CoA to port 1700: station, NAS, port, session, and the two commands, octet for octet."""
    way = CWA.let_in(arrived(), AT, LOGIN, PLAN, LEFT)
    assert isinstance(way, Change)
    assert (False, 1700) == (way.disconnect, way.port)
    expected = b"\x1f\x13" + STATION.encode() + b"\x04\x06\xc0\x00\x02\x0a" + b"\x05\x06\x00\x00\x00\x08"
    expected += av_pair(f"audit-session-id={SESSION}")
    expected += av_pair("subscriber:command=reauthenticate") + av_pair("subscriber:reauthenticate-type=last")
    assert expected == encoded(way.attributes)
    assert way == CWA.limit(targets.of(arrived()), PLAN, LEFT, AT)
    assert (Means.RADIUS, Means.RADIUS, Means.RADIUS) == (CWA.grants, CWA.limits, CWA.ends)


def test_a_port_of_the_client_s_own_is_kept() -> None:
    """`coa_port` given by the operator is where everything goes."""
    from dataclasses import replace

    assert None is CWA.let_in(arrived(), replace(AT, coa_port=1812), LOGIN, PLAN, LEFT).port


@pytest.mark.parametrize("session", ["", "x" * 240])
def test_without_a_session_the_station_joins_anew(session: str) -> None:
    """No audit-session-id, or none that fits: Disconnect with Service-Type Login-User, at the usual port."""
    way = CWA.let_in(arrived(session=[session]), AT, LOGIN, PLAN, LEFT)
    assert isinstance(way, Change)
    assert (True, None) == (way.disconnect, way.port)
    assert b"\x1f\x13" + STATION.encode() + b"\x04\x06\xc0\x00\x02\x0a\x05\x06\0\0\0\x08\x06\x06\0\0\0\x01" == encoded(way.attributes)


def test_a_session_ends_by_its_id() -> None:
    """Disconnect with audit-session-id at 1700; without a station there is nothing to say."""
    way = CWA.disconnect(Target(STATION, session=SESSION, nas_address="2001:db8::1"), AT)
    assert isinstance(way, Change)
    assert (True, 1700) == (way.disconnect, way.port)
    assert [("Calling-Station-Id", STATION), ("NAS-IPv6-Address", "2001:db8::1"), ("Cisco-AVPair", f"audit-session-id={SESSION}")] == list(
        way.attributes
    )
    assert encoded(way.attributes)
    assert isinstance(CWA.disconnect(Target(), AT), Refused)


def test_attributes() -> None:
    """Times in seconds, the ACL by name, rates in kbit/s, down in the plain attribute; Meraki gets no rate."""
    times = (("Session-Timeout", 7_200), ("Idle-Timeout", 900), ("Acct-Interim-Interval", 300))
    rates = (
        ("Airespace-Data-Bandwidth-Average-Contract", 10_000),
        ("Airespace-Data-Bandwidth-Average-Contract-Upstream", 2_000),
    )
    acl = ("Airespace-ACL-Name", "GUEST")
    assert (*times, acl, *rates) == CWA.attributes(PLAN, LEFT, gateway("cisco-cwa", role="GUEST"))
    assert (*times, acl) == MERAKI.attributes(PLAN, LEFT, gateway("meraki-cwa", role="GUEST"))
    assert (*times, *rates) == CWA.attributes(PLAN, LEFT, AT)
    assert (("Acct-Interim-Interval", 300),) == MERAKI.attributes(NOTHING, UNBOUND, gateway("meraki-cwa"))


def test_meraki_speaks_as_cisco_does() -> None:
    """The same redirect, the same CoA."""
    at = gateway("meraki-cwa", "192.0.2.10")
    assert CWA.redirect("https://a.example/", Asked(STATION), AT) == MERAKI.redirect("https://a.example/", Asked(STATION), at)
    assert CWA.let_in(arrived(), AT, LOGIN, PLAN, LEFT) == MERAKI.let_in(arrived(), at, LOGIN, PLAN, LEFT)
    assert () == CWA.origins(AT) == MERAKI.origins(at)
