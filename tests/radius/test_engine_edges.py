"""The road's edges, driven call by call: strangers, rates, full tables, States repeated, new limits."""

from __future__ import annotations

import pytest

from federation.realms import RealmRow
from radius.actions import Ask, Drop, Origin, Reason, Record, Send
from radius.admission import ACCT, AUTH
from radius.tables import Limits
from tests.radius.road import (
    ORIGIN,
    Road,
    accounting,
    answer,
    check_answer,
    home,
    only,
    reasons,
    replied,
    sent,
    verdicts,
)  # fmt: skip


def test_strangers_and_octets_that_are_no_packet_are_dropped() -> None:
    """Each with its reason, and with whom it came from as far as that is known."""
    road = Road()
    stranger = Origin(0, ("192.0.2.9", 1))
    assert (Drop(Reason.UNKNOWN_CLIENT, stranger, ""),) == road.receive(road.ask(), stranger)
    assert (Drop(Reason.TOO_SHORT, ORIGIN, "library"),) == road.receive(b"x")
    assert (Drop(Reason.BAD_CODE, ORIGIN, "library"),) == road.receive(road.ask(code=43))


def test_a_client_known_otherwise_needs_no_address() -> None:
    """A certificate, the control socket: the listener says who it is."""
    road = Road()
    actions = road.engine.datagram(road.ask(), Origin(3, "control"), AUTH, road.now, road.client)
    assert [Send] == [type(action) for action in actions]


def test_a_client_has_its_rate() -> None:
    """`rate`: a hundred at once, then so many a second; Status-Server is exempt (decisions, 13)."""
    road = Road(rate=2.0)
    assert [True] * 100 + [False] == [bool(only(road.receive(road.ask()), Send)) for _ in range(101)]
    assert ["CLIENT_LIMITED"] == reasons(road.receive(road.ask()))
    replied(road.receive(road.ask(user=None, code=12)))
    road.now += 0.5
    sent(road.receive(road.ask()))


def test_a_station_has_its_rate_but_its_rounds_are_free() -> None:
    """New conversations only (decisions, 9); dropped without an entry, so that the next try counts anew."""
    road = Road(limits=Limits(station_burst=2.0, station_rate=0.1))
    station = (31, b"02-00-00-00-00-01")
    out = sent(road.receive(road.ask(station)))
    road.answered(out, answer(out.octets, 11, [(24, b"s")]))
    sent(road.receive(road.ask(station)))
    late = road.ask(station)
    assert ["STATION_LIMITED"] == reasons(road.receive(late))
    assert ["STATION_LIMITED"] == reasons(road.receive(late))
    sent(road.receive(road.ask(station, (24, b"s"))))
    sent(road.receive(road.ask((31, b"02-00-00-00-00-02"))))
    road.now += 10.0
    sent(road.receive(late))


def test_a_full_table_drops_the_newest() -> None:
    """Those in flight are never evicted."""
    road = Road(limits=Limits(duplicates=1))
    out = sent(road.receive(road.ask()))
    late = road.ask()
    assert ["TABLE_FULL"] == reasons(road.receive(late))
    road.answered(out, answer(out.octets, 3))
    sent(road.receive(late))


def test_an_unsigned_request_is_counted_where_it_is_taken() -> None:
    """Said aloud: which clients still send so."""
    road = Road(require_message_authenticator=False)
    sent(road.receive(road.ask((2, bytes(16)), signed=False)))
    assert 1 == road.engine.counts["UNSIGNED_ACCEPTED"]


def test_a_round_that_contradicts_itself_ends_the_login() -> None:
    """Resumed, but not an EAP packet: refused here, as one login of two rounds."""
    road = Road()
    out = sent(road.receive(road.ask()))
    road.answered(out, answer(out.octets, 11, [(24, b"s")]))
    actions = road.receive(road.ask((24, b"s"), (79, b"\x09")))
    assert [("refused", "BAD_EAP")] == verdicts(actions)
    assert 2 == only(actions, Record)[0].record.round_trips


def test_a_state_repeated_under_another_identifier_meets_its_home() -> None:
    """Decisions, 7: in flight, answered, or over: for a minute the home that issued it is known."""
    road = Road(realms=(RealmRow("uni-a.example", homes=("uni-a-2", "uni-a-1")),))
    road.engine._pool.servers["uni-a-2"].silent(road.now)
    first = sent(road.receive(road.ask()))
    assert "127.0.1.1" == first.link.address[0]
    road.answered(first, answer(first.octets, 11, [(24, b"s")]))
    road.engine._pool.servers["uni-a-2"].sign(road.now)
    second = sent(road.receive(road.ask((24, b"s"))))
    again = sent(road.receive(road.ask((24, b"s"))))
    assert [first.link] * 2 == [second.link, again.link]
    assert [("accept", "")] == verdicts(road.answered(second, answer(second.octets, 2)))
    assert first.link == sent(road.receive(road.ask((24, b"s")))).link
    assert "127.0.1.2" == sent(road.receive(road.ask((24, b"s"), user=b"eve@uni-a.example"))).link.address[0]
    road.now += 61.0
    road.engine.tick(road.now)
    assert "127.0.1.2" == sent(road.receive(road.ask((24, b"s")))).link.address[0]


def test_a_superseding_round_continues_the_same_login() -> None:
    """A NAS that repeats with a new authenticator: one login, told once."""
    road = Road()
    out = sent(road.receive(road.ask()))
    road.answered(out, answer(out.octets, 11, [(24, b"s")]))
    sent(road.receive(road.ask((24, b"s"))))
    road.identifier -= 1
    out = sent(road.receive(road.ask((24, b"s"))))
    actions = road.answered(out, answer(out.octets, 2))
    assert [("accept", "")] == verdicts(actions)
    assert 3 == only(actions, Record)[0].record.round_trips
    assert [] == verdicts(road.wait(120.0))


def test_conversations_that_give_way_are_told() -> None:
    """Beyond the bound the oldest is written down as abandoned, with its reason."""
    road = Road(limits=Limits(conversations=1))
    told = []
    for number in range(2):
        out = sent(road.receive(road.ask((31, b"%d" % number))))
        told += verdicts(road.answered(out, answer(out.octets, 11, [(24, b"%d" % number)])))
    assert [("abandoned", "TABLE_FULL")] == told


def test_new_limits_come_with_the_network() -> None:
    """Decisions, 19: adopted whole, in force at once, and what is in flight goes on."""
    road = Road()
    asked = road.ask((31, b"02"))
    out = sent(road.receive(asked))
    road.engine.adopt(road.tables((home("uni-a-1", 1),), Limits(station_burst=1.0, duplicates=1, attributes=20)), road.now)
    assert ["TABLE_FULL"] == reasons(road.receive(road.ask((31, b"03"))))
    check_answer(replied(road.answered(out, answer(out.octets, 2))), asked)
    out = sent(road.receive(road.ask((31, b"04"))))
    road.answered(out, answer(out.octets, 2))
    assert ["STATION_LIMITED"] == reasons(road.receive(road.ask((31, b"04"))))
    assert ["TOO_MANY_ATTRIBUTES"] == reasons(road.receive(road.ask(*[(25, b"x")] * 20)))


def test_in_flight_counts_what_a_drain_waits_for() -> None:
    """Requests at homes, and records on their way to the disk."""
    road = Road()
    out = sent(road.receive(road.ask()))
    (ask,) = only(road.receive(accounting(1, [(40, b"\0\0\0\1")]), allowed=ACCT), Ask)
    assert 2 == road.engine.in_flight
    road.engine.settled(ask.ticket, True, road.now)
    road.answered(out, answer(out.octets, 2))
    assert 0 == road.engine.in_flight


def test_a_new_login_with_a_packet_that_contradicts_itself_is_refused() -> None:
    """Before any home is chosen."""
    road = Road()
    assert [("refused", "BAD_EAP")] == verdicts(road.receive(road.ask((79, b"\x09"))))


def test_a_rule_may_turn_an_accept_into_a_reject() -> None:
    """The identifier is free again, and the client is answered once."""
    road = Road()
    asked = road.ask()
    out = sent(road.receive(asked))
    actions = road.answered(out, answer(out.octets, 2, [(6, b"\0\0\0\6")]))
    assert 3 == check_answer(replied(actions), asked).code
    assert [("refused", "HOME_PRIVILEGES")] == verdicts(actions)
    assert 0 == road.engine.in_flight


def test_an_unsigned_answer_is_counted_where_it_is_taken() -> None:
    """A home declared so, as Debian's FreeRADIUS answers PAP."""
    road = Road((home("uni-a-1", 1, require_message_authenticator=False),))
    asked = road.ask()
    out = sent(road.receive(asked))
    check_answer(replied(road.answered(out, answer(out.octets, 2, signed=False))), asked)
    assert 1 == road.engine.counts["UNSIGNED_ACCEPTED"]


def test_suspicion_is_passed_to_the_watch() -> None:
    """Decisions, 20; a stranger's name is nothing."""
    road = Road()
    assert 12 == sent(road.engine.suspect("uni-a-1", road.now)).octets[0]
    assert () == road.engine.suspect("nobody", road.now)


@pytest.mark.parametrize("final", [3, None])
def test_a_distrusted_certificate_is_told_with_the_login(final: int | None) -> None:
    """The alert's reason stands beside the home's Reject, and beside a login that was left alone."""
    alert = bytes.fromhex("0205000d190015030300020230")
    road = Road()
    out = sent(road.receive(road.ask()))
    road.answered(out, answer(out.octets, 11, [(24, b"s")]))
    out = sent(road.receive(road.ask((24, b"s"), (79, alert))))
    actions = road.answered(out, answer(out.octets, final or 11, [(24, b"t")]))
    told = verdicts(actions if final else road.wait(61))
    assert [("reject" if final else "abandoned", "CERTIFICATE_DISTRUSTED")] == told
    assert 1 == road.engine.counts["CERTIFICATE_DISTRUSTED"]
