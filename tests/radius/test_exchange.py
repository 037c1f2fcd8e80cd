"""The life of one request, and of the login that it belongs to."""

from __future__ import annotations

from radius.exchange import NOBODY
from radius.pool import Lane, Server
from tests.radius.road import exchange, home, talk

LANE = ("127.0.1.1", 1812)


def test_a_finished_exchange_holds_its_reply_and_nothing_of_the_flight() -> None:
    """It stays in the duplicates table for seconds: what only a request in flight needs is let go."""
    one, lane = exchange(), Lane(LANE, None)
    one.server, one.lane, one.octets = Server(home("uni-a-1", 1), lane, lane), lane, b"sent"
    one.finish(b"reply")
    assert (b"reply", True, b"", None, None) == (one.reply, one.over, one.octets, one.server, one.lane)
    assert one.conversation is NOBODY
    assert b"\1" * 16 == one.asked


def test_a_rested_exchange_keeps_its_identifier_from_being_reused() -> None:
    """RFC 5080, 2.2.2: nobody waits, yet an answer may still come; and its login may go on."""
    one, lane = exchange(), Lane(LANE, None)
    login = one.conversation
    login.busy = True
    one.server, one.lane = Server(home("uni-a-1", 1), lane, lane), lane
    one.slot = lane.take(one, 0.0)
    one.rest(1.0)
    assert ({}, [one.slot], True, False) == (lane.pending, list(lane.late), one.over, login.busy)
    assert all(one.slot != lane.take(exchange(2), 2.0) for _ in range(255))
    exchange(3).rest(1.0)  # never sent: nothing to rest


def test_a_login_tells_its_whole_story() -> None:
    """Who, where, by which rule, at which home, how long: as the record has it."""
    one = exchange(1, (32, b"nas-7"), (44, b"s1"), (79, b""), now=5.0)
    login = one.conversation
    login.held, login.tried, login.round_trips, login.own = "uni-a-2", ("uni-a-1", "uni-a-2"), 3, 0.002
    login.note(one.request, {})
    record = login.login("accept", "", 5.25, b"cui")
    assert (5.0, 5.25, "library", "127.0.0.1", "central-library") == (record.began, record.ended, record.client, record.source, record.site)
    assert ("uni-a.example", "uni-a.example", b"02-00-00-00-00-01") == (record.realm, record.rule, record.station)
    assert ("uni-a-2", ("uni-a-1", "uni-a-2"), "accept", "", 3) == (
        record.home, record.attempts, record.verdict, record.reason, record.round_trips,
    )  # fmt: skip
    assert (250.0, 2.0, b"cui", True, b"nas-7", b"s1") == (
        record.milliseconds, record.own_milliseconds, record.cui, record.eap, record.nas_identifier, record.acct_session_id,
    )  # fmt: skip
    assert login.over


def test_a_login_over_another_transport_has_its_peer_s_name() -> None:
    """The peer is whatever its listener knows it by."""
    login = talk()
    login.peer = "control"
    assert "control" == login.login("reject", "", 1.0).source
    plain = exchange(1)
    login.note(plain.request, {})
    assert (b"", b"", False) == (login.nas_identifier, login.acct_session_id, login.eap)
