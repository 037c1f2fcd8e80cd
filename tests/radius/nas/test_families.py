"""Promises that every family keeps, whatever comes."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radius.nas import FAMILIES
from radius.nas.family import Arrival, Bound, Browse, Change, Family, Gateway, Means, Options, Poll, Refused, Target
from radius.nas.plan import Plan, Remaining
from radius.nas.query import RAW, origin
from radius.secret import Secret
from tests.radius.nas.gateways import LEFT, LOGIN, NOW, PLAN, STATION, encoded, gateway

NAMES = "generic coova mikrotik cisco-cwa cisco-lwa aruba aruba-instant meraki-click meraki-signon meraki-cwa unifi omada opennds"
NAMES += " ruckus-zd ruckus-sz hostapd cambium"
REGISTERED = "https://gateway.city.example:8443"
SECRET = Secret(b"a secret of sixteen")
# Hosts of a vendor's own that a family may name without a registered login, over https (each guide says which).
WELL_KNOWN = ("network-auth.com", "arubanetworks.com", "arubainstanton.com", "aio.cloudauth.net")
KEYS = "mac client_mac clientmac usermac clientMac id ap ap_mac apMac node_mac called uamip uamport challenge res"
KEYS += " userurl url redirect switch_url link-login-only login_url base_grant_url sip nbiIP switchip post ga_srvr"
KEYS += " ga_cmac ga_Qv fas iv error site ssid ip state v chap-id chap-challenge loginurl cmd apmac statusCode t uip"
KEYS += " proxy gatewayMac road.station road.session road.nas_address"
HOSTS = [
    "http://evil.example/",
    "https://evil.example:8443/x",
    "10.6.6.6",
    "evil.example",
    "https://a@gateway.city.example/",
    "//evil.example",
]
VALUES = st.one_of(st.text(max_size=30), st.sampled_from([*HOSTS, STATION, "aa:bb:cc:dd:ee:01", "0" * 32, REGISTERED]))
QUERIES = st.dictionaries(st.sampled_from(KEYS.split()) | st.text(max_size=8), st.lists(VALUES, max_size=2), max_size=12)
GATEWAYS = [
    lambda name: gateway(name, "192.0.2.7", login_url=REGISTERED, uam_secret=SECRET, fas_key=SECRET, api_secret=SECRET, api_url=REGISTERED),
    lambda name: gateway(name, "192.0.2.7", login_url=REGISTERED, fas_key=SECRET, fas_level=1),
    lambda name: gateway(name, "192.0.2.7"),
    gateway,
]


def allowed(url: str, at: Gateway) -> bool:
    """Whether a URL is at what our own records name: the login, the client's address, a vendor's well-known host."""
    host = urlsplit(url).hostname or ""
    vendor = url.startswith("https://") and any(host == known or host.endswith("." + known) for known in WELL_KNOWN)
    return origin(url) == origin(at.options.login_url) or host == at.address or (vendor and not at.options.login_url)


def test_every_name_has_its_family() -> None:
    """The names that `[[client]] nas` may give, and no others; each says its own name."""
    assert sorted(NAMES.split()) == sorted(FAMILIES)
    assert all(name == family.name for name, family in FAMILIES.items())


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(FAMILIES)), st.sampled_from(GATEWAYS), QUERIES)
def test_no_query_leads_outside_what_is_registered(name: str, make: Any, query: dict[str, list[str]]) -> None:
    """An arrival never raises; wherever a guest is sent is registered, or the vendor's own."""
    at, family = make(name), FAMILIES[name]
    arrival = family.arrival({**query, RAW: ["&".join(f"{key}={value}" for key, values in query.items() for value in values)]}, at, NOW)
    if not isinstance(arrival, Arrival):
        return
    way = family.let_in(arrival, at, LOGIN, PLAN, LEFT)
    if isinstance(way, Browse):
        assert allowed(way.url, at), way.url
        assert way.method in {"GET", "POST"}
        assert origin(way.url) in {origin(found) for found in family.reaches(arrival, at)}
    assert not arrival.destination or origin(arrival.destination)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted(FAMILIES)),
    st.none() | st.integers(1, 2**40),
    st.none() | st.integers(1, 2**50),
    st.none() | st.integers(1, 10**11),
    st.none() | st.integers(1, 10**11),
    st.none() | st.integers(1, 10**6),
)
def test_every_attribute_fits_and_none_is_zero(
    name: str, seconds: int | None, octets: int | None, up: int | None, down: int | None, idle: int | None
) -> None:
    """Whatever a plan says, the dictionary can write it, and no limit becomes 0, which gateways read as none."""
    family = FAMILIES[name]
    attributes = family.attributes(Plan("x", up=up, down=down, idle=idle), Remaining(seconds, octets), gateway(name))
    assert bool(attributes) == family.radius or not family.radius
    assert len(encoded(attributes)) < 1_000
    assert [] == [key for key, value in attributes if value in {0, ""}]


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_what_a_family_says_of_itself_is_so(family: Family) -> None:
    """Who carries out a disconnect is who `ends` says; what it needs are options there are; its time is told if it holds it."""
    at = gateway(
        family.name,
        "192.0.2.7",
        login_url=REGISTERED,
        fas_key=SECRET,
        uam_secret=SECRET,
        api_url=REGISTERED,
        api_secret=SECRET,
        api_user="u",
        site="s",
    )
    target = Target(STATION, b"guest", "5F3A-01", address="10.0.0.9", access_point="00-11-22-33-44-55", session="0a1b")
    means = {Change: Means.RADIUS, Poll: Means.POLL, Refused: Means.NONE}
    way = family.disconnect(target, at)
    assert family.ends is means.get(type(way), Means.HTTP)
    assert "" == family.lacks(at.options)
    assert set(family.needs) <= set(Options.__slots__)
    if family.radius and Bound.TIME in family.holds:
        assert "Session-Timeout" in dict(family.attributes(PLAN, LEFT, at))
    assert family.ends is not Means.RADIUS or family.radius


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_a_wanted_form_of_address_is_kept(family: Family) -> None:
    """`mac_format` by example, else the family's own."""
    assert "aabb.ccdd.ee01" == family.station(STATION, gateway(family.name, mac_format="0000.0000.000f"))
    assert STATION.replace("-", "") == family.station(STATION, gateway(family.name)).translate(str.maketrans("", "", "-:.")).upper()
