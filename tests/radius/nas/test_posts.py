"""Ruckus ZoneDirector and Cambium: a form to the controller or the access point; hostapd and the generic NAS beside them."""

from __future__ import annotations

import pytest

from radius.nas import FAMILIES
from radius.nas.family import Arrival, Browse, Change, Gateway, Misfit, Refused, State, Target
from radius.nas.query import parse
from tests.radius.nas.gateways import LEFT, LOGIN, LOW, NOTHING, NOW, PLAN, STATION, UNBOUND, encoded, gateway

ZD, CAMBIUM, HOSTAPD, GENERIC = (FAMILIES[name] for name in ("ruckus-zd", "cambium", "hostapd", "generic"))
ZD_QUERY = (
    "sip=10.20.0.2&mac=000456aabbcc&client_mac=aabbccddee01&uip=10.30.0.15&lid=&dn=&url=http%3A%2F%2Fa.example%2F&ssid=Guest&loc=&vlan=1"
)
STATE = "eUROAh8YBgIUOwkNBgo%2BGBo%01%1B"
CAMBIUM_QUERY = (
    f"ga_ssid=City%20Wi-Fi&ga_ap_mac=00-04-56-AA-BB-CC&ga_nas_id=ap-7&ga_srvr=10.20.0.2&ga_cmac={STATION}&ga_cip=10.30.0.15"
    f"&ga_Qv={STATE}&ga_orig_url=http%3A%2F%2Fa.example%2F"
)


def arrived(query: str, at: Gateway) -> Arrival:
    arrival = FAMILIES[at.family].arrival(parse(query), at, NOW)
    assert isinstance(arrival, Arrival)
    return arrival


@pytest.mark.parametrize(
    ("at", "origin"),
    [
        (gateway("ruckus-zd", "10.20.0.2"), "http://10.20.0.2:9997"),
        (gateway("ruckus-zd", "2001:db8::2", login_url="https://zd.city.example:9998"), "https://zd.city.example:9998"),
    ],
)
def test_a_zonedirector_is_posted_to(at: Gateway, origin: str) -> None:
    """ip, username and password, to the registered login or the client's address."""
    arrival = arrived(ZD_QUERY, at)
    assert (STATION, "00-04-56-AA-BB-CC", "Guest", "http://a.example/") == (
        arrival.station,
        arrival.access_point,
        arrival.ssid,
        arrival.destination,
    )
    fields = (("ip", "10.30.0.15"), ("username", LOGIN.name), ("password", LOGIN.password))
    assert Browse("POST", f"{origin}/login", fields) == ZD.let_in(arrival, at, LOGIN, PLAN, LEFT)
    assert (origin,) == ZD.origins(at)


def test_a_cambium_access_point_gets_its_state_back_untouched() -> None:
    """ga_Qv in the URL as it came, percent signs and all; the rest in the form."""
    at = gateway("cambium", "10.20.0.2")
    way = CAMBIUM.let_in(arrived(CAMBIUM_QUERY, at), at, LOGIN, PLAN, LEFT)
    assert isinstance(way, Browse)
    assert ("POST", f"http://10.20.0.2:880/cgi-bin/hotspot_login.cgi?ga_Qv={STATE}") == (way.method, way.url)
    fields = dict(way.fields)
    assert (LOGIN.name, LOGIN.password) == (fields.pop("ga_user"), fields.pop("ga_pass"))
    assert {"ga_ssid", "ga_ap_mac", "ga_nas_id", "ga_srvr", "ga_cmac", "ga_cip", "ga_orig_url"} == set(fields)
    assert "City Wi-Fi" == fields["ga_ssid"]


def test_cambiums_own_word_for_a_failure_is_kept() -> None:
    """ga_error_code makes the arrival a failed one."""
    arrival = arrived(CAMBIUM_QUERY + "&ga_error_code=reject", gateway("cambium", "10.20.0.2"))
    assert (State.FAILED, "reject") == (arrival.state, arrival.reason)


@pytest.mark.parametrize("query", ["ga_Qv=a%22%3E<script>", "ga_Qv=a/../b", "ga_Qv=a#b", "x=1"])
def test_a_state_that_would_break_out_is_none(query: str) -> None:
    """ga_Qv goes into a URL as it came, so only characters that stay in their place are taken."""
    assert Misfit.MISSING is CAMBIUM.arrival(parse(f"ga_cmac={STATION}&{query}"), gateway("cambium", "10.20.0.2"), NOW)
    bent = Arrival(STATION, words=(("ga_Qv", "x\r\ny"),))
    assert isinstance(CAMBIUM.let_in(bent, gateway("cambium", "10.20.0.2"), LOGIN, PLAN, LEFT), Refused)


@pytest.mark.parametrize(("family", "query"), [("ruckus-zd", ZD_QUERY), ("cambium", CAMBIUM_QUERY)])
def test_another_controllers_redirect_is_foreign(family: str, query: str) -> None:
    """The address in the query is compared with ours, and never gone to."""
    elsewhere = gateway(family, "10.20.0.9")
    assert Misfit.FOREIGN is FAMILIES[family].arrival(parse(query), elsewhere, NOW)
    unknown = gateway(family)
    assert isinstance(FAMILIES[family].let_in(arrived(query, unknown), unknown, LOGIN, PLAN, LEFT), Refused)
    assert () == FAMILIES[family].origins(unknown)


@pytest.mark.parametrize(("family", "query"), [("ruckus-zd", "client_mac"), ("cambium", "ga_Qv=x&ga_cmac"), ("generic", "mac")])
def test_a_station_that_is_none_is_malformed(family: str, query: str) -> None:
    """A word in place of an address."""
    assert Misfit.MALFORMED is FAMILIES[family].arrival(parse(f"{query}=nobody"), gateway(family), NOW)


def test_attributes() -> None:
    """Each in its own units, and only what it holds."""
    times = (("Session-Timeout", 7_200), ("Idle-Timeout", 900), ("Acct-Interim-Interval", 300))
    rates = (("WISPr-Bandwidth-Max-Up", 2_000_000), ("WISPr-Bandwidth-Max-Down", 10_000_000))
    quota = (("Cambium-Traffic-Quota-Limit-Total", LOW), ("Cambium-Traffic-Quota-Limit-Total-Gigwords", 1))
    expected = {
        "ruckus-zd": (*times, *rates, ("Ruckus-User-Groups", "guests")),
        "cambium": (*times, *quota, *rates),
        "generic": times,
        "hostapd": (times[0], times[2]),
    }
    assert expected == {name: FAMILIES[name].attributes(PLAN, LEFT, gateway(name, role="guests")) for name in expected}
    assert all(encoded(attributes) for attributes in expected.values())
    assert {(("Acct-Interim-Interval", 300),)} == {FAMILIES[name].attributes(NOTHING, UNBOUND, gateway(name)) for name in expected}


def test_hostapd_knows_a_station_only_by_its_address() -> None:
    """No User-Name, which it could not match; the session id only where nothing else is known."""
    at = gateway("hostapd")
    target = Target(STATION, b"aabbccddee01", "5F3A-01")
    assert Change(disconnect=True, attributes=(("Calling-Station-Id", STATION),)) == HOSTAPD.disconnect(target, at)
    assert Change(disconnect=True, attributes=(("Acct-Session-Id", "5F3A-01"),)) == HOSTAPD.disconnect(
        Target(acct_session_id="5F3A-01"), at
    )


def test_a_generic_nas_is_told_whatever_is_known() -> None:
    """NAS, user, station in the wanted form, session (RFC 5176, 3); a name that is not text is left out."""
    at = gateway("generic", mac_format="aabbccddeeff")
    target = Target(STATION, b"guest", "5F3A-01", nas_identifier="ap-1", nas_address="2001:db8::7")
    expected = (
        ("NAS-Identifier", "ap-1"),
        ("NAS-IPv6-Address", "2001:db8::7"),
        ("User-Name", "guest"),
        ("Calling-Station-Id", "aabbccddee01"),
        ("Acct-Session-Id", "5F3A-01"),
    )
    assert Change(disconnect=True, attributes=expected) == GENERIC.disconnect(target, at)
    assert encoded(expected)
    assert isinstance(GENERIC.disconnect(Target(user_name=b"\xff"), at), Refused)


@pytest.mark.parametrize("family", ["generic", "hostapd"])
def test_a_waiting_station_is_let_in_by_asking_again(family: str) -> None:
    """A Disconnect of the station, which comes back and is known; without a station nothing can be done."""
    at, nas = gateway(family), FAMILIES[family]
    way = nas.let_in(Arrival(STATION), at, LOGIN, PLAN, LEFT)
    assert Change(disconnect=True, attributes=(("Calling-Station-Id", STATION),)) == way
    assert isinstance(nas.let_in(Arrival(""), at, LOGIN, PLAN, LEFT), Refused)


def test_a_generic_redirect_is_read_where_there_is_one() -> None:
    """mac, ap, ssid, ip and url; none of them is needed."""
    arrival = arrived(f"mac={STATION}&ap=001122334455&ssid=x&ip=10.0.0.7&url=javascript:1", gateway("generic"))
    assert Arrival(STATION, "00-11-22-33-44-55", "x", "10.0.0.7") == arrival
    assert Arrival("") == arrived("", gateway("generic"))
    assert ("https://a.example",) == GENERIC.origins(gateway("generic", login_url="https://a.example/x"))
