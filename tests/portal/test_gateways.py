"""openNDS gateways: what authmon's polls are answered with, what it tells of an end, what its agent reports and is told."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from portal.cases.collected import FRESH
from portal.words import date
from radius.nas import authmon
from radius.nas.opennds import proof
from store import grants, outbox, usage
from store.leases import LEASE
from store.models import Order, OrderKind, OrderState, Session, SessionAddress, SessionStatus, Via
from store.session import reading, transaction
from tests.portal.guests import connect, forms, heading
from tests.portal.world import FAS, NDS_KEY, STATION, opennds
from tests.store.rows import NOW

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.portal.world import World

NAME = "Library%20Gate"
HASH = authmon.hash_of(NAME)
ENTRANCE = f"/in/opennds/{NDS_KEY}"
TOKEN = "867e6d3b"
RHID = proof(hashlib.sha256(TOKEN.encode()).hexdigest(), FAS)


def poll(guest: FlaskClient, ask: str = "view", payload: str = "none", *, post: bool = True, gatewayhash: str = HASH) -> str:
    """What authmon is answered: php-cli posts a form, wget gets a query."""
    words = {"auth_get": ask, "gatewayhash": gatewayhash, "payload": base64.b64encode(payload.encode()).decode()}
    answer = guest.post(ENTRANCE, data=words) if post else guest.get(ENTRANCE, query_string=words)
    assert (200, "text/plain") == (answer.status_code, answer.mimetype)
    return answer.text


def report(guest: FlaskClient, city: World, told: Any, *done: int, key: bytes = FAS.octets, late: float = 0.0) -> TestResponse:
    """What the agent posts."""
    numbers = "".join(f" {order}" for order in done)
    body = f"report {int(city.time - late)}{numbers}\n{json.dumps(told)}\n".encode()
    inner = hashlib.sha256(key + body).hexdigest().encode()
    return guest.post(f"{ENTRANCE}/usage?proof={hashlib.sha256(key + inner).hexdigest()}", data=body)


def guests(city: World, down: int = 0, up: int = 0, **changes: Any) -> dict[str, Any]:
    """`ndsctl json` with one guest in it."""
    one = {"mac": STATION.replace("-", ":").lower(), "ip": "10.1.0.7", "token": TOKEN, "state": "Authenticated"}
    counts = {"session_start": str(int(NOW.timestamp()) - 60), "download_this_session": str(down), "upload_this_session": str(up)}
    return {"client_list_length": "1", "clients": {one["mac"]: one | counts | changes}}


def settled(city: World) -> list[tuple[OrderKind, OrderState, str]]:
    with reading(city.database) as session:
        return [(each.kind, each.state, each.outcome) for each in session.scalars(select(Order).order_by(Order.id))]


def sessions(city: World) -> list[tuple[str, int, int, SessionStatus]]:
    with reading(city.database) as session:
        found = session.scalars(select(Session))
        return [(each.acct_session_id, each.input_octets, each.output_octets, each.status) for each in found]


@pytest.mark.parametrize("post", [True, False])
def test_a_guest_is_let_in_by_the_next_poll(city: World, guest: FlaskClient, post: bool) -> None:
    """The record holds the proof, the plan's minutes and rates; the acknowledgement is the session's Start."""
    stay, _ = connect(guest, opennds(NAME, TOKEN))
    assert "Connecting you…" == heading(guest.get(stay))
    record = poll(guest, post=post)
    assert record.startswith(f"* {RHID}%20120%20")
    assert "*" == poll(guest, post=post)  # it is leased
    assert "ack" == poll(guest, payload=f"* {RHID}", post=post)
    assert [(OrderKind.GRANT, OrderState.DONE, "collected")] == settled(city)
    assert [(RHID[:16], 0, 0, SessionStatus.OPEN)] == sessions(city)
    assert "You are online" == heading(guest.get(stay))


def test_a_gateway_that_does_not_acknowledge_is_told_again(city: World, guest: FlaskClient) -> None:
    """When the lease is over."""
    connect(guest, opennds(NAME, TOKEN))
    first = poll(guest)
    city.time += LEASE.total_seconds() + 1
    assert first.split("%20")[0] == poll(guest).split("%20")[0] != "*"


def test_an_empty_acknowledgement_takes_nothing(guest: FlaskClient) -> None:
    """authmon sends one after each view and does not read what it is answered: a record in it would be lost for a lease."""
    connect(guest, opennds(NAME, TOKEN))
    assert "ack" == poll(guest, payload="*")
    assert RHID in poll(guest)


def test_another_gateway_is_told_nothing(guest: FlaskClient) -> None:
    """Not even of the same client: its name's hash must be the one that the guest came with."""
    connect(guest, opennds(NAME, TOKEN))
    assert "*" == poll(guest, gatewayhash="0" * 64)
    assert "ack" == poll(guest, payload=f"* {RHID}", gatewayhash="0" * 64)
    assert RHID in poll(guest)


def test_a_gateway_that_begins_anew(city: World, guest: FlaskClient) -> None:
    """What waits is of sessions that it has forgotten; but a guest of the last seconds is of this one."""
    connect(guest, opennds(NAME, TOKEN))
    poll(guest, "clear")
    assert RHID in poll(guest)
    city.time += FRESH.total_seconds() + 1
    poll(guest, "clear")
    assert [(OrderKind.GRANT, OrderState.FAILED, "the gateway was restarted")] == settled(city)


def test_a_grant_that_is_over_lets_nobody_in(city: World, guest: FlaskClient) -> None:
    """Signed out before the gateway came: the order fails with its reason."""
    stay, _ = connect(guest, opennds(NAME, TOKEN))
    guest.post(f"{stay}/out")
    assert "*" == poll(guest)
    assert (OrderKind.GRANT, OrderState.FAILED, "the grant has ended") == settled(city)[0]


def test_a_gateways_word_of_an_end(city: World, guest: FlaskClient) -> None:
    """`deauthed` is the session's Stop, with what went down and up."""
    connect(guest, opennds(NAME, TOKEN))
    poll(guest)
    poll(guest, payload=f"* {RHID}")
    begun = int(city.time)
    city.time += 600
    mac = STATION.replace("-", ":").lower()
    text = (
        f'method="timeout_deauth", clientmac="{mac}", timestamp="{int(city.time)}", bytes_incoming="5000", bytes_outgoing="700", '
        f'session_start="{begun}", session_end="{int(city.time)}", token="{TOKEN}", custom="none"'
    )
    for _ in range(2):
        assert "ack" == poll(guest, "deauthed", text)
    assert [(RHID[:16], 700, 5_000, SessionStatus.ENDED)] == sessions(city)
    assert "ack" == poll(guest, "deauthed", "nonsense") == poll(guest, "custom", "x")


@pytest.mark.parametrize(
    "words", [{"auth_get": "x"}, {"auth_get": "view"}, {"auth_get": "view", "gatewayhash": "x", "payload": "bm9uZQ=="}]
)
def test_what_is_no_poll(guest: FlaskClient, words: dict[str, str]) -> None:
    """400 and nothing more."""
    assert (400, b"") == ((answer := guest.post(ENTRANCE, data=words)).status_code, answer.data)


def test_only_opennds_is_polled(guest: FlaskClient) -> None:
    """At another family's door the same words are a guest's."""
    assert 405 == guest.post("/in/coova/c00va0000000000k", data={"auth_get": "view", "gatewayhash": HASH}).status_code


def test_what_an_agent_reports_is_counted(city: World, guest: FlaskClient) -> None:
    """Totals of the gateway's; what was used is their growth, once, and belongs to the guest's grant."""
    connect(guest, opennds(NAME, TOKEN))
    poll(guest)
    poll(guest, payload=f"* {RHID}")
    for kilobytes in (1_000, 1_000, 250_000):
        city.time += 30
        assert b"" == report(guest, city, guests(city, kilobytes, 5)).data
    assert [(RHID[:16], 5_000, 250_000_000, SessionStatus.OPEN)] == sessions(city)
    with reading(city.database) as session:
        grant = grants.live(session, city.privacy.device(STATION), date(city.time))
        assert grant is not None
        used = usage.of(session, grants.subject(grant), date(city.time), city.zone)
        assert 250_005_000 == used.day_octets


def test_a_guest_who_is_gone_from_the_report(city: World, guest: FlaskClient) -> None:
    """A whole report without a guest ends the session that had been told of; one that failed ends nobody's."""
    report(guest, city, guests(city, 10))
    city.time += 120
    report(guest, city, {})
    assert [SessionStatus.OPEN] == [each[3] for each in sessions(city)]
    report(guest, city, {"clients": {}})
    assert [(RHID[:16], 0, 10_000, SessionStatus.ENDED)] == sessions(city)


def test_a_kick_is_collected_by_the_agent(city: World, guest: FlaskClient) -> None:
    """The station as ndsctl wants it and the order's number; it is done when the next report says so."""
    report(guest, city, guests(city))
    with transaction(city.database) as session:
        known = session.scalars(select(Session)).one()
        order = outbox.queue(session, OrderKind.DISCONNECT, known.id, date(city.time), via=Via.POLL)
    mac = STATION.replace("-", ":").lower()
    assert f"deauth {mac} {order.id}\n" == report(guest, city, guests(city)).text
    assert "" == report(guest, city, guests(city)).text  # leased
    report(guest, city, guests(city), order.id)
    assert [(OrderKind.DISCONNECT, OrderState.DONE, "the gateway's agent did it")] == settled(city)


def test_signing_out_puts_out(city: World, guest: FlaskClient) -> None:
    """Before any session is known, the order itself says whom it means."""
    stay, _ = connect(guest, opennds(NAME, TOKEN))
    guest.post(f"{stay}/out")
    assert f"deauth {STATION.replace('-', ':').lower()} " in report(guest, city, {}).text


def test_only_the_agent_is_believed(city: World, guest: FlaskClient) -> None:
    """Another key, a changed octet, no proof, a clock far off: refused; and nothing is counted."""
    assert 403 == report(guest, city, guests(city), key=b"another-key-of-this-length").status_code
    assert 403 == guest.post(f"{ENTRANCE}/usage", data=b"report 1\n{}").status_code
    assert 403 == guest.post("/in/opennds/nobody/usage?proof=" + "0" * 64, data=b"report 1\n{}").status_code
    assert {400} == {report(guest, city, guests(city), late=late).status_code for late in (601, -601)}
    assert 403 == guest.post(f"{ENTRANCE}/usage?proof=" + "é" * 64, data=b"x").status_code
    assert [] == sessions(city)


@pytest.mark.parametrize("told", [[], "x", 7, {"clients": []}, {"clients": {"a": 7}}, {"clients": {"a": {"state": "Authenticated"}}}, None])
def test_odd_reports(city: World, guest: FlaskClient, told: Any) -> None:
    """Anything but guests is passed over."""
    assert 200 == report(guest, city, told).status_code
    assert [] == sessions(city)


@pytest.mark.parametrize("number", ["-1", "x", None, "9" * 30, 1e300, "٣"])
def test_odd_numbers(city: World, guest: FlaskClient, number: Any) -> None:
    """A count that is none is not counted, and a beginning that is none is now."""
    changes = dict.fromkeys(("download_this_session", "upload_this_session", "session_start"), number)
    assert 200 == report(guest, city, guests(city, **changes)).status_code
    assert [(RHID[:16], 0, 0, SessionStatus.OPEN)] == sessions(city)


def test_page_one_has_no_other_origin(guest: FlaskClient) -> None:
    """At the levels where the gateway polls, the form is sent to us alone."""
    page = guest.get(opennds(NAME, TOKEN))
    assert "form-action 'self';" in page.headers["Content-Security-Policy"]
    assert forms(page)[0].startswith("/v/")


def test_reports_out_of_order_count_once(city: World, guest: FlaskClient) -> None:
    """Repeated, late, or with totals that shrink: what was used only grows, by what was told most."""
    connect(guest, opennds(NAME, TOKEN))
    poll(guest)
    poll(guest, payload=f"* {RHID}")
    for kilobytes in (1_000, 250_000, 1_000, 250_000, 0, 249_999):
        city.time += 30
        report(guest, city, guests(city, kilobytes, 5))
    assert [(RHID[:16], 5_000, 250_000_000, SessionStatus.OPEN)] == sessions(city)
    with reading(city.database) as session:
        grant = grants.live(session, city.privacy.device(STATION), date(city.time))
        assert grant is not None
        assert 250_005_000 == usage.of(session, grants.subject(grant), date(city.time), city.zone).day_octets


@pytest.mark.parametrize(
    ("said", "kept"), [("10.1.0.7", ["10.1.0.7"]), ("x" * 9_000, []), ("10.1.0.7; rm", []), (None, []), ("fe80::1", ["fe80::1"])]
)
def test_an_address_is_one(city: World, guest: FlaskClient, said: Any, kept: list[str]) -> None:
    """Whatever the report calls `ip`."""
    assert 200 == report(guest, city, guests(city, 10, ip=said)).status_code
    with reading(city.database) as session:
        assert kept == [each.address for each in session.scalars(select(SessionAddress))]
