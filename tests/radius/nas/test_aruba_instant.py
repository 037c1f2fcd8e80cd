"""Aruba Instant: as a controller, with `post`, and stations in lower case twice."""

from __future__ import annotations

from radius.nas import FAMILIES
from radius.nas.family import Change, Misfit, Target
from radius.nas.query import parse
from tests.radius.nas.gateways import LEFT, LOGIN, NOW, PLAN, STATION, encoded, gateway

INSTANT = FAMILIES["aruba-instant"]
AT = gateway("aruba-instant", "192.0.2.20")


def test_instant_on_says_post() -> None:
    """Its own host, with or without a scheme; another is foreign."""
    for said in ("captiveportal-login.arubainstanton.com", "https%3A%2F%2Fcaptiveportal-login.arubainstanton.com%2Fcgi-bin%2Flogin"):
        found = INSTANT.arrival(parse(f"mac=aabbccddee01&post={said}"), AT, NOW)
        assert "https://captiveportal-login.arubainstanton.com/cgi-bin/login" == INSTANT.let_in(found, AT, LOGIN, PLAN, LEFT).url
    assert Misfit.FOREIGN is INSTANT.arrival(parse("mac=aabbccddee01&post=evil.example&switchip=192.0.2.20"), AT, NOW)


def test_orders_name_the_station_twice() -> None:
    """User-Name and Calling-Station-Id, `aabbccddee01`; the name that accounting gave is not repeated."""
    named = (("NAS-IP-Address", "192.0.2.20"), ("User-Name", "aabbccddee01"), ("Calling-Station-Id", "aabbccddee01"))
    way = INSTANT.disconnect(Target(STATION, b"t-0123456789abcdef", "5F3A", nas_address="192.0.2.20"), AT)
    assert Change(True, named) == way
    assert b"\x04\x06\xc0\x00\x02\x14\x01\x0eaabbccddee01\x1f\x0eaabbccddee01" == encoded(way.attributes)
    role = gateway("aruba-instant", role="guests")
    found = INSTANT.arrival({"road.station": [STATION], "road.nas_address": ["192.0.2.20"]}, role, NOW)
    assert Change(False, (*named, ("Filter-Id", "guests"))) == INSTANT.let_in(found, role, LOGIN, PLAN, LEFT)
