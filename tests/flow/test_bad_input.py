"""Bad input through a real port: header and attributes, authenticity; numbers are those of the catalogue.

"Dropped" means: no answer, the Reason counted, nothing sent to the home, and the next good request is served.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

import pytest
import tomlkit

from tests.flow.catalogue import REJECTED, START, UNTOUCHED, access, account, catalogue, rows
from tests.peers import controller, packets, twins
from tests.peers.controller import client, home, network, realm
from tests.peers.freeradius import SECRET
from tests.peers.packets import (
    ACCESS_ACCEPT,
    ACCESS_REJECT,
    ACCOUNTING_REQUEST,
    ACCOUNTING_RESPONSE,
    CLASS,
    EAP_MESSAGE,
    SESSION_ID,
    SIGNATURE,
    STATUS_TYPE,
    USER_NAME,
    ZEROS,
    Packet,
)
from tests.peers.program import until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flow.city import Road
    from tests.peers.twins import Nas


def test_what_is_to_be_dropped_is_dropped_and_counted(road: Road) -> None:
    """Every drop of parts A to C: silence, its Reason counted once, nothing at the home, nothing stored, the road goes on."""
    bad_ones = catalogue()
    before, seen = road.controller.counted(), len(road.twin.distinct)
    answered = {}
    for name, bad in bad_ones.items():
        with twins.nas(address=bad.source) as nas, twins.nas() as good:
            nas.send(bad.octets, getattr(road.controller, bad.port))
            road.serves(good)
            if nas.take():
                answered[name] = nas.take()
    assert answered == {}
    assert len(road.twin.distinct) == seen + len(bad_ones)  # the good ones
    wanted = Counter(bad.reason for bad in bad_ones.values())
    reasons = set(wanted)

    def told() -> bool:
        counts = road.controller.counted()
        return {reason: counts[reason] - before[reason] for reason in reasons} == dict(wanted)

    until(told, f"the counters to rise by {dict(wanted)}", 10, 0.3)
    assert road.controller.sessions("--all") == []


@pytest.mark.parametrize("case", REJECTED)
def test_what_is_to_be_rejected_is_rejected_here(road: Road, nas: Nas, case: str) -> None:
    """Access-Reject with Message-Authenticator first; the home never sees it."""
    octets, reason = REJECTED[case]
    before, seen = road.controller.counted()[reason], len(road.twin.distinct)
    answer = nas.ask(octets, road.controller.auth)
    assert ACCESS_REJECT == (answer and answer.code)
    assert answer.rows[0][0] == SIGNATURE
    assert (EAP_MESSAGE in dict(answer.rows)) == (case.startswith("67"))
    assert len(road.twin.distinct) == seen
    until(lambda: road.controller.counted()[reason] > before, f"{reason} to be counted", 5, 0.2)


@pytest.mark.parametrize("case", UNTOUCHED)
def test_what_is_odd_but_not_ours_to_judge_goes_on_untouched(road: Road, nas: Nas, case: str) -> None:
    """Octet for octet and in order, and the home's verdict comes back."""
    odd = UNTOUCHED[case]
    answer = nas.ask(access(*odd), road.controller.auth)
    assert ACCESS_ACCEPT == (answer and answer.code)
    arrived = list(road.twin.requests[-1].rows)
    assert arrived[3 : 3 + len(odd)] == odd  # behind our signature, the name and the station


def test_22_a_name_of_253_octets_goes_on(road: Road, nas: Nas) -> None:
    """The longest User-Name there is."""
    name = b"b" * (253 - 13) + b"@twin.example"
    assert ACCESS_ACCEPT == nas.ask(access(name=name), road.controller.auth).code
    assert name == road.twin.requests[-1].value(USER_NAME)


@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_39_message_authenticator_may_stand_anywhere(road: Road, nas: Nas, place: str) -> None:
    """Receivers do not check its position; ours goes out first, and once."""
    blank = (SIGNATURE, ZEROS)
    placed = {"first": [blank, *rows()], "middle": [*rows(), blank, (CLASS, b"x")], "last": [*rows(), blank]}[place]
    assert ACCESS_ACCEPT == nas.ask(packets.request(placed, SECRET), road.controller.auth).code
    arrived = road.twin.requests[-1]
    assert [at for at, (kind, _) in enumerate(arrived.rows) if kind == SIGNATURE] == [0]
    assert packets.signature_holds(arrived.octets, SECRET)


def test_octets_behind_the_length_are_padding(road: Road, nas: Nas) -> None:
    """RFC 2865, 3: ignored on reception, and not forwarded."""
    octets = access()
    nas.send(octets + b"padding", road.controller.auth)
    assert ACCESS_ACCEPT == nas.answer_to(octets).code
    assert b"padding" not in road.twin.requests[-1].octets


def test_19_accounting_without_a_name_is_kept(road: Road, nas: Nas) -> None:
    """No User-Name, a status nobody knows, values of wrong lengths: acknowledged once stored, never a wrong number."""
    for at, odd in enumerate(
        (
            [(STATUS_TYPE, START), (SESSION_ID, b"odd-nameless")],
            [(STATUS_TYPE, START), (SESSION_ID, b"odd-lengths"), (42, b"\1"), (46, bytes(7)), (55, b"x"), (4, b"\x7f")],
            [(STATUS_TYPE, b"\0\0\0\x63"), (SESSION_ID, b"odd-status")],
            [(SESSION_ID, b"odd-no-status")],
            [(STATUS_TYPE, START)],
            [],
        )
    ):
        answer = nas.ask(packets.accounting(odd, SECRET, identifier=at), road.controller.acct)
        assert ACCOUNTING_RESPONSE == (answer and answer.code), odd
    stored = until(lambda: _session(road, "odd-lengths"), "the session", 15, 0.2)
    assert (0, 0) == (stored["seconds"] or 0, stored["input_octets"] or 0)
    assert _session(road, "odd-nameless") is not None


def _session(road: Road, name: str) -> dict[str, object] | None:
    return next((each for each in road.controller.sessions("--all") if each["acct_session_id"] == name), None)


def test_50_a_homes_accounting_response_may_be_signed(road: Road, nas: Nas) -> None:
    """FreeRADIUS signs over the Request Authenticator; it is taken as the answer, and nothing is repeated."""

    def script(asked: Packet, nth: int) -> list[bytes]:
        assert asked.code == ACCOUNTING_REQUEST
        return [packets.answer(asked, ACCOUNTING_RESPONSE, [], SECRET)]

    road.twin.script = script
    seen = len(road.twin.distinct)
    try:
        answer = nas.ask(account(session="signed", name=b"bob@forwarded.example"), road.controller.acct)
        assert ACCOUNTING_RESPONSE == (answer and answer.code)
        until(lambda: len(road.twin.distinct) > seen, "the record at the home")
    finally:
        road.twin.script = twins.accepting()
    before = road.controller.counted()
    assert before["FORWARD_LOST"] == 0
    assert road.twin.requests[-1].value(SIGNATURE) is None  # never in accounting (decisions, 2)
    assert road.twin.requests[-1].value(89) is None  # nor a CUI request (RFC 4372, 2.1)


def test_floods_of_noise_leave_good_requests_alone(road: Road, nas: Nas) -> None:
    """Thousands of random datagrams from known and unknown addresses: nothing is answered, and logins go through."""
    with twins.nas(address="127.0.0.9") as stranger:
        for number in range(3000):
            (stranger if number % 2 else nas).send(os.urandom(number % 300), road.controller.auth)
            if number % 500 == 0:
                with twins.nas() as good:
                    road.serves(good)
        assert stranger.take() == []
    assert nas.take() == []


def test_47_two_clients_on_one_address_are_refused_when_declared(tmp_path: Path) -> None:
    """The same prefix twice: whose secret would it be? `apply` says which rows, and changes nothing."""
    tables = network(clients=[client("one", "192.0.2.1/32")], homes=[home("twin", 9)], realms=[realm("twin.example", "twin")])
    with controller.controller(tmp_path, tables, start=False) as idle:
        twice = {**tables, "client": [client("one", "192.0.2.1/32"), client("two", "192.0.2.1")]}
        path = tmp_path / "TWICE.toml"
        path.write_text(tomlkit.dumps(twice))
        refused = idle.cli("apply", str(path))
        assert refused.returncode == 1
        assert "two" in refused.stdout + refused.stderr
        assert "Traceback" not in refused.stderr
