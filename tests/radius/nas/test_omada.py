"""Omada: both redirects, and the hotspot API, request by request."""

from __future__ import annotations

import pytest

from radius.nas import FAMILIES, targets
from radius.nas.family import Misfit, Outcome, Refused, Request, Response, Target
from radius.nas.plan import Remaining
from radius.nas.query import parse
from radius.secret import Secret
from tests.radius.nas.conversations import said, spoken
from tests.radius.nas.gateways import LEFT, LOGIN, NOW, PLAN, STATION, UNBOUND, gateway

OMADA = FAMILIES["omada"]
URL = "https://controller.city.example:8043"
ID = "fc2b25d44a950a6357313da0afb4c14a"
SECRET = Secret(b"an-operators-password")
AT = gateway("omada", api_url=URL, api_user="portal", api_secret=SECRET, site="Default")
POINT = f"clientMac={STATION}&apMac=00-11-22-33-44-55&ssidName=City+Wi-Fi&t=1790000000&radioId=1&site=Default&redirectUrl=http://a.example/"
ROUTER = "clientMac=aabbccddee01&gatewayMac=00-11-22-33-44-66&vid=10&t=1790000000&site=Default&clientIp=10.0.0.9"
INFO = said({"errorCode": 0, "result": {"omadacId": ID}})
TOKEN = said({"errorCode": 0, "result": {"token": "csrf"}})
OK = said({"errorCode": 0})


def test_the_redirect_of_an_access_point_comes_back_whole() -> None:
    """Where it is, and every word that the API wants again."""
    found = OMADA.arrival(parse(POINT), AT, NOW)
    assert (STATION, "00-11-22-33-44-55", "City Wi-Fi", "http://a.example/") == (
        found.station,
        found.access_point,
        found.ssid,
        found.destination,
    )
    assert {"apMac": "00-11-22-33-44-55", "ssidName": "City Wi-Fi", "radioId": "1", "site": "Default"} == dict(found.words)
    assert "" == found.address


@pytest.mark.parametrize(
    ("query", "where"),
    [
        (POINT, {"apMac": "00-11-22-33-44-55", "ssidName": "City Wi-Fi", "radioId": 1, "site": "Default"}),
        (ROUTER, {"gatewayMac": "00-11-22-33-44-66", "vid": 10, "site": "Default", "clientIp": "10.0.0.9"}),
    ],
    ids=["access point", "gateway"],
)
def test_requests(query: str, where: dict[str, object]) -> None:
    """The controller's id, the operator, the call with its token; time in milliseconds, authType 4."""
    arrival = OMADA.arrival(parse(query), AT, NOW)
    asked, outcome = spoken(OMADA.let_in(arrival, AT, LOGIN, PLAN, LEFT), [INFO, TOKEN, OK])
    root = f"{URL}/{ID}/api/v2/hotspot"
    assert [
        Request("GET", f"{URL}/api/info"),
        Request("POST", f"{root}/login", (), {"name": "portal", "password": "an-operators-password"}),
        Request(
            "POST", f"{root}/extPortal/auth", (("Csrf-Token", "csrf"),), {"clientMac": STATION, **where, "time": 7_200_000, "authType": 4}
        ),
    ] == asked
    assert Outcome(done=True, text="authorized") == outcome
    again, _ = spoken(OMADA.limit(targets.of(arrival), PLAN, LEFT, AT), [INFO, TOKEN, OK])
    assert asked == again


def test_an_id_in_api_url_is_not_asked_for_and_v4_has_none() -> None:
    """A path is the id; a controller that gives none is v4: no id, no token."""
    at = gateway("omada", api_url=f"{URL}/{ID}", api_user="portal", api_secret=SECRET)
    asked, _ = spoken(OMADA.disconnect(Target(STATION), at), [TOKEN])
    assert [f"{URL}/{ID}/api/v2/hotspot/login", f"{URL}/{ID}/api/v2/hotspot/extPortal/unauth"] == [each.url for each in asked]
    asked, _ = spoken(OMADA.disconnect(Target(STATION), AT), [said(b"<html>", 404), said({"errorCode": 0, "result": {}})])
    assert [f"{URL}/api/v2/hotspot/login", f"{URL}/api/v2/hotspot/extPortal/unauth"] == [each.url for each in asked[1:]]
    assert () == asked[2].headers


@pytest.mark.parametrize(("unit", "time"), [("", 90_000), ("ms", 90_000), ("s", 90), ("us", 90_000_000)])
def test_time_in_the_unit_that_is_set(unit: str, time: int) -> None:
    """TP-Link's words and its code do not agree: an option."""
    at = gateway("omada", api_url=f"{URL}/{ID}", api_user="portal", api_secret=SECRET, time_unit=unit)
    target = Target(STATION, access_point="00-11-22-33-44-55", ssid="City Wi-Fi")
    asked, _ = spoken(OMADA.limit(target, PLAN, Remaining(90), at), [TOKEN])
    assert time == asked[1].body["time"]
    asked, _ = spoken(OMADA.limit(target, PLAN, UNBOUND, at), [TOKEN])
    assert time // 90 * 86_400 == asked[1].body["time"]


def test_the_end() -> None:
    """unauth with the station and the site; where that is not known, an authorization of one unit."""
    target = Target(STATION, words=(("apMac", "00-11-22-33-44-55"), ("ssidName", "x"), ("radioId", "0"), ("site", "Default")))
    asked, outcome = spoken(OMADA.disconnect(target, AT), [INFO, TOKEN, OK])
    assert {"clientMac": STATION, "site": "Default"} == asked[2].body
    assert Outcome(done=True, text="unauthorized") == outcome
    asked, outcome = spoken(OMADA.disconnect(target, AT), [INFO, TOKEN, said(status=404), OK])
    where = {"apMac": "00-11-22-33-44-55", "ssidName": "x", "radioId": 0, "site": "Default"}
    assert {"clientMac": STATION, **where, "time": 1, "authType": 4} == asked[3].body
    assert Outcome(done=True, text="authorized until now") == outcome


@pytest.mark.parametrize(
    ("query", "misfit"),
    [
        (POINT.replace("clientMac", "x"), Misfit.MISSING),
        (POINT.replace("apMac", "x"), Misfit.MISSING),
        (POINT.replace("site=", "x="), Misfit.MISSING),
        (POINT.replace(STATION, "nobody"), Misfit.MALFORMED),
        (POINT.replace("00-11-22-33-44-55", "nowhere"), Misfit.MALFORMED),
        (POINT.replace("radioId=1", "radioId=one"), Misfit.MALFORMED),
        (POINT.replace("site=Default", "site=Elsewhere"), Misfit.FOREIGN),
    ],
)
def test_misfits(query: str, misfit: Misfit) -> None:
    """Another site's guest is foreign."""
    assert misfit is OMADA.arrival(parse(query), AT, NOW)


@pytest.mark.parametrize(
    ("answers", "text", "again"),
    [
        (
            [Response(0, {}, b"its certificate is not trusted")],
            "finding the controller's id: no answer (its certificate is not trusted)",
            True,
        ),
        (
            [INFO, said({"errorCode": -30109, "msg": "Invalid username or password."})],
            "signing in to the controller: refused with HTTP 200: -30109 Invalid username or password.",
            False,
        ),
        ([INFO, said(status=502)], "signing in to the controller: refused with HTTP 502", True),
        (
            [INFO, TOKEN, said({"errorCode": -41501, "msg": "Failed to authenticate."})],
            "authorizing the station: refused with HTTP 200: -41501 Failed to authenticate.",
            False,
        ),
        ([INFO, TOKEN, said({"errorCode": False})], "authorizing the station: refused with HTTP 200", False),
        ([INFO, TOKEN, said([0])], "authorizing the station: refused with HTTP 200", False),
    ],
)
def test_failures(answers: list[Response], text: str, again: bool) -> None:
    """Each at its step, with the controller's own code and words."""
    _, outcome = spoken(OMADA.let_in(OMADA.arrival(parse(POINT), AT, NOW), AT, LOGIN, PLAN, LEFT), answers)
    assert Outcome(False, text, again) == outcome


def test_what_cannot_be_done_is_said() -> None:
    """No API, no station, no place."""
    assert "api_secret, api_url, api_user" == OMADA.lacks(gateway("omada").options)
    assert isinstance(OMADA.disconnect(Target(STATION), gateway("omada")), Refused)
    assert isinstance(OMADA.disconnect(Target(), AT), Refused)
    assert isinstance(OMADA.limit(Target(STATION), PLAN, LEFT, AT), Refused)
    assert () == OMADA.attributes(PLAN, LEFT, AT)
