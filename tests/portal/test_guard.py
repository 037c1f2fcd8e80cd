"""The gate: who may come, under which name, how much, how often; and what a log line may hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.exc import OperationalError

from portal import guard
from portal.capabilities import Capability
from tests.portal.guests import arrive, connect, heading
from tests.portal.world import COOVA_KEY, NDS_KEY, STATION, coova, cwa

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.portal.world import World


def test_every_view_says_whom_it_is_open_to(city: World) -> None:
    """Each names a capability; those that change something, one that a stranger lacks, but for two.

    A gateway's polls come to its entrance, and `/` mails a link to whoever owns the address.
    """
    app = city.app
    named = {rule.rule: app.view_functions[rule.endpoint].capability for rule in app.url_map.iter_rules()}
    writing = {rule.rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    assert {"/", "/in/<family>/<path:key>"} == {rule for rule in writing if named[rule] is Capability.NONE}


def test_a_view_that_names_nobody_is_shut(city: World) -> None:
    """Deny by default: a view that somebody forgot to mark answers 403."""
    app = city.app
    app.add_url_rule("/forgotten", "forgotten", lambda: "open")
    assert 403 == app.test_client().get("/forgotten", base_url=city.url).status_code


@pytest.mark.parametrize("host", ["evil.example", "wifi.city.example.evil.example", "10.0.0.1", ""])
def test_other_names_are_not_ours(city: World, host: str) -> None:
    """421, whatever is asked."""
    app = city.app.test_client()
    assert 421 == app.get("/privacy", headers={"Host": host}).status_code


@pytest.mark.parametrize("host", ["wifi.city.example", "WIFI.city.example:80", "wifi.city.example:8080", "portal.example"])
def test_our_own_names(city: World, host: str) -> None:
    """The URL's own, with any port, and those of `hosts`."""
    city.house = replace(city.house, hosts=("portal.example",))
    assert 200 == city.app.test_client().get("/privacy", headers={"Host": host}).status_code


@pytest.mark.parametrize("path", ["/generate_204", "/hotspot-detect.html", "/ncsi.txt", "/success.txt"])
def test_probes_find_a_portal(city: World, path: str) -> None:
    """Under any host's name: a redirect to our own front page, no page and no row."""
    answer = city.app.test_client().get(path, base_url="http://captive.apple.com")
    assert (302, "http://wifi.city.example/") == (answer.status_code, answer.headers["Location"])


def test_health_needs_no_name(city: World) -> None:
    """A balancer asks by address."""
    assert b"alive\n" == city.app.test_client().get("/healthz", base_url="http://192.0.2.1").data


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/"), ("PUT", "/v/x/go"), ("GET", "/v/x/go"), ("POST", "/"), ("POST", "/privacy")])
def test_wrong_methods(guest: FlaskClient, method: str, path: str) -> None:
    """405 with a page and `Allow`."""
    answer = guest.open(path, method=method)
    assert (405, "There is no such page") == (answer.status_code, heading(answer))
    assert answer.headers["Allow"]


def test_a_guests_entrance_takes_no_post(guest: FlaskClient) -> None:
    """Only openNDS's own polls are POSTs there."""
    assert 405 == guest.post(coova()).status_code


@pytest.mark.parametrize("path", ["/", "/privacy", "/nowhere", f"/in/coova/{COOVA_KEY}"])
def test_head_is_get_without_its_body(guest: FlaskClient, path: str) -> None:
    """The same status and headers."""
    full, head = guest.get(path), guest.head(path)
    assert (full.status_code, b"") == (head.status_code, head.data)
    assert full.headers["Content-Security-Policy"] == head.headers["Content-Security-Policy"]


def test_too_much_is_refused(guest: FlaskClient) -> None:
    """Queries and bodies have an end."""
    assert 414 == guest.get("/in/coova/x?a=" + "x" * 20_000).status_code
    assert 414 == guest.get("/" + "x" * 20_000).status_code
    answer = guest.post(f"/in/opennds/{NDS_KEY}", data={"auth_get": "view", "payload": "y" * 100_000})
    assert 413 == answer.status_code


def test_logs_hold_no_token_no_query_and_no_address(city: World, guest: FlaskClient) -> None:
    """The route's template, the status, the number that the guest can read."""
    stay, _ = connect(guest)
    guest.post(f"{stay}/out")
    guest.get("/nowhere/at-all?secret=1")
    text = repr(city.lines)
    for secret in (stay[3:], STATION, STATION.lower(), "10.1.0.7", "secret", "nowhere", "userurl", COOVA_KEY):
        assert secret not in text
    assert {"/in/<family>/<path:key>", "/v/<token>/go", "/", "/s/<token>/out", ""} == {line["route"] for line in city.lines}
    assert all(len(line["number"]) == 7 for line in city.lines)


def test_a_device_has_a_minutes_worth(city: World) -> None:
    """Beyond it 429, with a page; another device is served all the while."""
    city.house = replace(city.house, device_rate=5)
    guest = city.client()
    stay, _ = connect(guest, cwa(city))
    answers = [guest.get(stay).status_code for _ in range(8)]
    assert 200 == answers[0]
    assert 429 == answers[-1]
    refused = guest.get(stay)
    assert ("That was a little fast", "5") == (heading(refused), refused.headers["Retry-After"])
    assert 303 == guest.post(arrive(guest, cwa(city, station="02-00-5E-00-00-08"))).status_code


def test_an_address_is_slowed_and_not_locked(city: World) -> None:
    """A second later there is room again."""
    city.house = replace(city.house, address_rate=5)
    guest = city.client()
    assert 429 in [guest.get("/privacy").status_code for _ in range(12)]
    city.time += 1
    assert 200 == guest.get("/privacy").status_code


@pytest.mark.parametrize(("peer", "counted"), [("192.0.2.7", "198.51.100.9"), ("203.0.113.1", "203.0.113.1")])
def test_only_our_own_proxies_are_believed(city: World, peer: str, counted: str) -> None:
    """X-Forwarded-For of anyone else is not even looked at."""
    city.house = replace(city.house, trusted_proxies=("192.0.2.0/24",))
    app, seen = city.app, []
    app.before_request(lambda: seen.append(__import__("flask").request.remote_addr))
    headers = {"X-Forwarded-For": "198.51.100.9", "X-Forwarded-Host": "evil.example"}
    answer = app.test_client().get("/privacy", base_url=city.url, headers=headers, environ_base={"REMOTE_ADDR": peer})
    assert ([counted], 200) == (seen, answer.status_code)


def test_a_database_that_is_gone(city: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page one is served without it; the button and the status page say that it is our fault, with a number."""
    guest = city.client()
    stay, _ = connect(guest)

    def gone(*_: Any, **__: Any) -> None:
        raise OperationalError("SELECT", {}, Exception("disk I/O error"))

    action = arrive(guest)
    monkeypatch.setattr("store.session.Session.begin", gone)
    monkeypatch.setattr(city.database, "connect", gone)
    assert 200 == guest.get(coova()).status_code
    for answer in (guest.post(action), guest.get(stay)):
        assert (503, "We have a fault on our side") == (answer.status_code, heading(answer))
        assert "disk" not in answer.text
    assert "disk I/O error" == city.lines[-1]["why"]


def test_a_fault_of_ours_tells_nothing(city: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """500 with a number; the fault's words are for the log."""
    monkeypatch.setattr("portal.guest.arrivals.arrive", lambda *_: 1 / 0)
    answer = city.client().get(coova())
    assert (500, "Something went wrong on our side") == (answer.status_code, heading(answer))
    assert "division" not in answer.text
    assert "ZeroDivisionError" == city.lines[-1]["why"]


def test_numbers_bound_what_they_say() -> None:
    """The gate's own ceilings."""
    assert (8_192, 65_536) == (guard.LONGEST_QUERY, guard.LONGEST_BODY)
