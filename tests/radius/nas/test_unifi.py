"""UniFi: the console's redirect, and both of its APIs, request by request."""

from __future__ import annotations

import pytest

from radius.nas import FAMILIES
from radius.nas.family import Arrival, Misfit, Outcome, Refused, Request, Response, Target
from radius.nas.plan import Plan, Remaining
from radius.nas.query import parse
from radius.secret import Secret
from tests.radius.nas.conversations import said, spoken
from tests.radius.nas.gateways import LEFT, LOGIN, NOTHING, NOW, PLAN, STATION, UNBOUND, gateway

UNIFI = FAMILIES["unifi"]
URL = "https://console.city.example"
KEY = Secret(b"an-api-key-of-the-console")
COLONS = "aa:bb:cc:dd:ee:01"
CLASSIC = gateway("unifi", api_url=URL, api_user="proxeny", api_secret=KEY, site="default")
KEYED = gateway("unifi", api_url=URL, api_secret=KEY)
QUERY = "id=aa:bb:cc:dd:ee:01&ap=00:11:22:33:44:55&t=1790000000&url=http://a.example%2F&ssid=City+Wi-Fi"
OK = said({"meta": {"rc": "ok"}, "data": []})
UUID = "88f7af54-98f8-306a-a1c7-c9349722b1f6"
SITES = said({"data": [{"id": UUID, "internalReference": "default", "name": "Default"}]})
FOUND = said({"data": [{"id": "c-1", "macAddress": COLONS}]})
HEADERS = (("X-API-KEY", "an-api-key-of-the-console"), ("Accept", "application/json"))
ROOT = f"{URL}/proxy/network/integration/v1"


def test_the_redirect() -> None:
    """id, ap, url and ssid; the moment only has to be one."""
    expected = Arrival(STATION, "00-11-22-33-44-55", "City Wi-Fi", destination="http://a.example/")
    assert expected == UNIFI.arrival(parse(QUERY), KEYED, NOW)
    assert Misfit.MISSING is UNIFI.arrival(parse("ap=00:11:22:33:44:55"), KEYED, NOW)
    assert Misfit.MALFORMED is UNIFI.arrival(parse("id=nobody"), KEYED, NOW)
    assert Misfit.MALFORMED is UNIFI.arrival(parse("id=aa:bb:cc:dd:ee:01&t=yesterday"), KEYED, NOW)
    assert () == UNIFI.attributes(PLAN, LEFT, KEYED) == UNIFI.origins(KEYED)


@pytest.mark.parametrize(
    ("probe", "prefix", "sign_in", "token"),
    [(401, "/proxy/network", "/api/auth/login", "csrf-1"), (404, "", "/api/login", ""), (302, "", "/api/login", "")],
)
def test_classic_requests(probe: int, prefix: str, sign_in: str, token: str) -> None:
    """Probe, sign in, authorize: every field, and the token of a UniFi OS console."""
    headers = {"x-csrf-token": token} if token else {}
    arrival = UNIFI.arrival(parse(QUERY), CLASSIC, NOW)
    asked, outcome = spoken(UNIFI.let_in(arrival, CLASSIC, LOGIN, PLAN, LEFT), [said(status=probe), said({}, 200, headers), OK])
    body = {"cmd": "authorize-guest", "mac": COLONS, "minutes": 120, "up": 2_000, "down": 10_000, "bytes": 5_000}
    assert [
        Request("GET", f"{URL}/proxy/network/status"),
        Request("POST", f"{URL}{sign_in}", (), {"username": "proxeny", "password": "an-api-key-of-the-console"}),
        Request(
            "POST",
            f"{URL}{prefix}/api/s/default/cmd/stamgr",
            (("X-CSRF-Token", token),) if token else (),
            {**body, "ap_mac": "00:11:22:33:44:55"},
        ),
    ] == asked
    assert Outcome(done=True, text="authorize-guest") == outcome


def test_classic_ends_by_two_commands_with_the_newest_token() -> None:
    """A token that the console renews is the one the next command bears."""
    answers = [said(status=401), said({}, 200, {"x-csrf-token": "1"}), said({"meta": {"rc": "ok"}}, 200, {"x-updated-csrf-token": "2"}), OK]
    asked, outcome = spoken(UNIFI.disconnect(Target(STATION), CLASSIC), answers)
    assert [{"cmd": "unauthorize-guest", "mac": COLONS}, {"cmd": "kick-sta", "mac": COLONS}] == [each.body for each in asked[2:]]
    assert [(("X-CSRF-Token", "1"),), (("X-CSRF-Token", "2"),)] == [each.headers for each in asked[2:]]
    assert Outcome(done=True, text="unauthorize-guest, kick-sta") == outcome


@pytest.mark.parametrize(("unit", "count"), [("", 5_000), ("MB", 5_000), ("kB", 5_000_000), ("B", 5_000_000_000)])
def test_bytes_in_the_unit_that_is_set(unit: str, count: int) -> None:
    """The facts do not agree on it: an option, and never 0."""
    at = gateway("unifi", api_url=URL, api_user="u", api_secret=KEY, bytes_unit=unit)
    asked, _ = spoken(UNIFI.limit(Target(STATION), PLAN, LEFT, at), [said(status=404), OK])
    assert count == asked[2].body["bytes"]
    asked, _ = spoken(UNIFI.limit(Target(STATION), PLAN, Remaining(1, 1), at), [said(status=404), OK])
    assert (1, 1) == (asked[2].body["minutes"], asked[2].body["bytes"])
    asked, _ = spoken(UNIFI.limit(Target(STATION), NOTHING, UNBOUND, at), [said(status=404), OK])
    assert {"cmd": "authorize-guest", "mac": COLONS} == asked[2].body


def test_keyed_requests() -> None:
    """Site by its name, client by its address, one action, the key in each."""
    arrival = UNIFI.arrival(parse(QUERY), KEYED, NOW)
    asked, outcome = spoken(UNIFI.let_in(arrival, KEYED, LOGIN, PLAN, LEFT), [SITES, FOUND, said({})])
    body = {"timeLimitMinutes": 120, "dataUsageLimitMBytes": 5_000, "rxRateLimitKbps": 10_000, "txRateLimitKbps": 2_000}
    assert [
        Request("GET", f"{ROOT}/sites?offset=0&limit=200", HEADERS),
        Request("GET", f"{ROOT}/sites/{UUID}/clients?filter=macAddress.eq%28%27aa%3Abb%3Acc%3Add%3Aee%3A01%27%29", HEADERS),
        Request("POST", f"{ROOT}/sites/{UUID}/clients/c-1/actions", HEADERS, {"action": "AUTHORIZE_GUEST_ACCESS", **body}),
    ] == asked
    assert Outcome(done=True, text="AUTHORIZE_GUEST_ACCESS") == outcome
    asked, _ = spoken(UNIFI.disconnect(Target(STATION), KEYED), [SITES, FOUND])
    assert {"action": "UNAUTHORIZE_GUEST_ACCESS"} == asked[2].body


def test_keyed_bounds() -> None:
    """What the API refuses is never asked: minutes, megabytes and rates stay within its own bounds."""
    huge = Plan("x", up=10**12, down=1)
    asked, _ = spoken(UNIFI.limit(Target(STATION), huge, Remaining(10**10, 10**15), KEYED), [SITES, FOUND])
    expected = {"timeLimitMinutes": 1_000_000, "dataUsageLimitMBytes": 1_048_576, "rxRateLimitKbps": 2, "txRateLimitKbps": 100_000}
    assert {"action": "AUTHORIZE_GUEST_ACCESS", **expected} == asked[2].body


def test_a_site_by_its_id_and_a_site_on_a_later_page() -> None:
    """An id needs no look-up; a name is looked for page by page, and at most ten."""
    by_id = gateway("unifi", api_url=f"{URL}/integration/v1", api_secret=KEY, site=UUID)
    asked, _ = spoken(UNIFI.disconnect(Target(STATION), by_id), [FOUND])
    assert f"{URL}/integration/v1/sites/{UUID}/clients" == asked[0].url.partition("?")[0]
    full = said({"data": [{"id": f"s-{number}", "name": f"site {number}"} for number in range(200)]})
    asked, _ = spoken(UNIFI.disconnect(Target(STATION), KEYED), [full, SITES])
    assert f"{ROOT}/sites?offset=200&limit=200" == asked[1].url
    asked, outcome = spoken(UNIFI.disconnect(Target(STATION), KEYED), [full] * 11)
    assert (10, "looking for the site: the console has none called default", False) == (len(asked), outcome.text, outcome.again)


@pytest.mark.parametrize(
    ("answers", "text", "again"),
    [
        ([Response(0, {}, b"no connection in time")], "looking for the site: no answer (no connection in time)", True),
        ([said({"message": "Unauthorized"}, 401)], "looking for the site: refused with HTTP 401: Unauthorized", False),
        ([said(status=429)], "looking for the site: refused with HTTP 429", True),
        ([SITES, said({"data": []})], "looking for the station: the console does not list it", True),
        (
            [SITES, said({"data": [{"id": "c-2", "macAddress": "aa:bb:cc:dd:ee:02"}]})],
            "looking for the station: the console does not list it",
            True,
        ),
        ([SITES, said({"data": [{"id": {}, "macAddress": COLONS}]})], "looking for the station: the console does not list it", True),
        ([SITES, said(b"\xff<html>")], "looking for the station: the console does not list it", True),
        (
            [SITES, FOUND, said({"message": "Bad\nRequest" * 99}, 400)],
            "AUTHORIZE_GUEST_ACCESS: refused with HTTP 400: " + ("Bad\\nRequest" * 99)[:120],
            False,
        ),
        ([SITES, FOUND, said(status=503)], "AUTHORIZE_GUEST_ACCESS: refused with HTTP 503", True),
    ],
)
def test_keyed_failures(answers: list[Response], text: str, again: bool) -> None:
    """Each failure is told at its step, in one line, with whether another try is worth it."""
    _, outcome = spoken(UNIFI.limit(Target(STATION), PLAN, LEFT, KEYED), answers)
    assert Outcome(False, text, again) == outcome


@pytest.mark.parametrize(
    ("answers", "text", "again"),
    [
        ([Response(0, {}, b"")], "finding the console: no answer", True),
        (
            [said(status=401), said({"meta": {"msg": "api.err.Invalid"}}, 400)],
            "signing in to the console: refused with HTTP 400: api.err.Invalid",
            False,
        ),
        ([said(status=401), said({"message": "too many"}, 429)], "signing in to the console: refused with HTTP 429: too many", True),
        (
            [said(status=401), OK, said({"meta": {"rc": "error", "msg": "api.err.UnknownStation"}})],
            "authorize-guest: refused with HTTP 200: api.err.UnknownStation",
            False,
        ),
        ([said(status=401), OK, said([1])], "authorize-guest: refused with HTTP 200", False),
    ],
)
def test_classic_failures(answers: list[Response], text: str, again: bool) -> None:
    """The same of the classic API."""
    _, outcome = spoken(UNIFI.limit(Target(STATION), PLAN, LEFT, CLASSIC), answers)
    assert Outcome(False, text, again) == outcome


@pytest.mark.parametrize("at", [gateway("unifi"), gateway("unifi", api_url=URL), gateway("unifi", api_url="not a url", api_secret=KEY)])
def test_without_an_api_nothing_is_called(at) -> None:
    """A gateway that is not set up refuses in words for staff."""
    for way in (UNIFI.limit(Target(STATION), PLAN, LEFT, at), UNIFI.disconnect(Target(STATION), at)):
        assert isinstance(way, Refused)
        assert way.why.startswith("this gateway's options lack ")
    assert Refused("the station is not known") == UNIFI.disconnect(Target(), KEYED)
