"""What fuzzing found in the engine, each told as a test of its own."""

from __future__ import annotations

import os

from radius.actions import Origin, Reply, Send
from radius.admission import ACCT, AUTH
from tests.bench import sample, traffic
from tests.fuzz.engine import network, signed
from tests.fuzz.watched import Watched

ORIGIN = Origin(0, ("127.16.0.1", 30000))


def test_a_second_password_of_a_wrong_length_is_refused_not_raised() -> None:
    """RFC 2865, 5.44: at most one User-Password; the second was re-hidden without a look at its length."""
    watched = Watched(sample.tables())
    user = traffic.attribute(1, b"a@" + traffic.REALM.encode())
    actions = watched.datagram(
        signed(1, 1, os.urandom(16), user + traffic.attribute(2, bytes(16)) + traffic.attribute(2, bytes(33))), ORIGIN, AUTH
    )
    assert [3] == [action.octets[0] for action in actions if isinstance(action, Reply)]


def test_a_password_in_accounting_is_not_sent_on() -> None:
    """RFC 2866, 5.13: User-Password is never in an Accounting-Request; whatever its length, it is left out."""
    watched = Watched(network(1))
    octets = traffic.accounting_request(1, 1, 1, realm="forwarded.example", extra=traffic.attribute(2, bytes(33)))
    sends = [action for action in watched.datagram(octets, ORIGIN, ACCT) if isinstance(action, Send)]
    assert [4] == [send.octets[0] for send in sends]
    assert bytes((2, 35)) + bytes(33) not in sends[0].octets


def test_a_request_moved_by_protocol_error_in_its_first_second_ends() -> None:
    """The first attempt's timers die with it; the end that they would have set is set by the move."""
    watched = Watched(sample.tables(homes=2))
    watched.datagram(traffic.access_request(1, os.urandom(16), 1), ORIGIN, AUTH)
    watched.answer(traffic.answer(watched.sent[0].octets, 52), watched.sent[0])
    watched.silence()
