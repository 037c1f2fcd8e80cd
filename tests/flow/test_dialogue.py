"""The dialogue with a client through a real port: repetitions, superseding, forgeries, full packets (catalogue, part C)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tests.flow.catalogue import OTHER, access
from tests.peers import packets, twins
from tests.peers.freeradius import SECRET
from tests.peers.packets import (
    ACCESS_ACCEPT,
    CALLING,
    CLASS,
    PROXY_STATE,
    Packet,
)
from tests.peers.program import until

if TYPE_CHECKING:
    from tests.flow.city import Road
    from tests.peers.twins import Nas


def test_51_a_repetition_in_flight_sends_nothing_and_gets_nothing(road: Road, nas: Nas) -> None:
    """One upstream request, one answer; a repetition after the answer gets the same octets (RFC 5080, 2.2.2)."""
    go = threading.Event()
    held: list[Packet] = []

    def script(asked: Packet, nth: int) -> list[bytes]:
        gone = go.is_set()  # before it is known that we hold one
        held.append(asked)
        return [packets.answer(asked, ACCESS_ACCEPT, [], SECRET)] if gone else []

    road.twin.script = script
    try:
        octets = access()
        for _ in range(5):
            nas.send(octets, road.controller.auth)
        until(lambda: held, "the request at the home")
        go.set()
        first = nas.answer_to(octets)  # our own repetition after a second brings it
        assert ACCESS_ACCEPT == (first and first.code)
        assert {(each.identifier, each.authenticator) for each in held} == {(held[0].identifier, held[0].authenticator)}
        nas.send(octets, road.controller.auth)
        until(lambda: len(nas.take()) == 2, "the same answer again")
        assert nas.take()[0] == nas.take()[1]
        assert len({each.authenticator for each in held}) == 1
    finally:
        road.twin.script = twins.accepting()


def test_53_a_new_authenticator_under_an_old_identifier_is_a_new_request(road: Road, nas: Nas) -> None:
    """In flight or answered: the old one is superseded, and only the new one is answered from then on (RFC 5080, 2.2.2)."""
    go = threading.Event()

    def script(asked: Packet, nth: int) -> list[bytes]:
        return [packets.answer(asked, ACCESS_ACCEPT, [(CLASS, asked.value(CALLING))], SECRET)] if go.is_set() else []

    road.twin.script = script
    try:
        old, new = access(identifier=9), access(identifier=9)
        seen = len(road.twin.distinct)
        nas.send(old, road.controller.auth)
        until(lambda: len(road.twin.distinct) > seen, "the old one at the home")
        go.set()
        answer = nas.ask(new, road.controller.auth)
        assert packets.read(new).value(CALLING) == (answer and answer.value(CLASS))
        third = access(identifier=9)
        answer = nas.ask(third, road.controller.auth)
        assert packets.read(third).value(CALLING) == (answer and answer.value(CLASS))
    finally:
        road.twin.script = twins.accepting()


def test_a_forged_packet_changes_no_dialogue(road: Road, nas: Nas) -> None:
    """Same socket and identifier, wrongly signed: the entry of the true one stays (RFC 5080, 2.2.2)."""
    octets = access(identifier=3)
    first = nas.ask(octets, road.controller.auth)
    seen = len(road.twin.distinct)
    nas.send(access(identifier=3, secret=OTHER), road.controller.auth)
    nas.inbox.clear()
    assert first == nas.ask(octets, road.controller.auth)
    assert len(road.twin.distinct) == seen


def test_65_an_answer_that_would_grow_past_4096_is_not_cut(road: Road, nas: Nas) -> None:
    """A home's full packet stays full; one that no longer fits is dropped and counted, never truncated."""
    road.twin.script = lambda asked, nth: [_full(asked)]
    try:
        answer = nas.ask(access(identifier=1), road.controller.auth)
        assert 4096 - 14 == len(answer.octets)  # all of it, without our Proxy-State
        before = road.controller.counted()["TOO_LONG"]
        road.twin.script = lambda asked, nth: [_full(_without_states(asked))]
        nas.send(access(*((PROXY_STATE, b"p" * 100) for _ in range(3)), identifier=2), road.controller.auth)
        until(lambda: road.controller.counted()["TOO_LONG"] > before, "TOO_LONG to be counted", 5, 0.2)
        assert [1] == [octets[1] for octets in nas.take()]
    finally:
        road.twin.script = twins.accepting()


def _full(asked: Packet) -> bytes:
    """An Accept of exactly 4096 octets, the Proxy-State that it echoes included."""
    rows = [(CLASS, bytes([number]) * 250) for number in range(15)]
    room = 4096 - 38 - 15 * 252 - sum(len(value) + 2 for value in asked.values(PROXY_STATE))
    rows += [(CLASS, b"y" * 98), (CLASS, b"z" * (room - 102))]
    octets = packets.answer(asked, ACCESS_ACCEPT, rows, SECRET)
    assert len(octets) == 4096
    return octets


def _without_states(asked: Packet) -> Packet:
    rows = tuple(row for row in asked.rows if row[0] != PROXY_STATE)
    return Packet(asked.code, asked.identifier, asked.authenticator, rows, asked.octets)
