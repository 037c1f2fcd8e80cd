"""Bad input through a real port: header and attributes, authenticity, dialogue; numbers are those of the catalogue of facts.

"Dropped" means: no answer, the Reason counted, nothing sent to the home, and the next good request is served.
"""

from __future__ import annotations

import hmac
import os
import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import pytest
import tomlkit

from tests.flow.city import dashed, station
from tests.peers import controller, packets, twins
from tests.peers.controller import client, home, network, realm
from tests.peers.freeradius import SECRET
from tests.peers.packets import (
    ACCESS_ACCEPT,
    ACCESS_REJECT,
    ACCOUNTING_REQUEST,
    ACCOUNTING_RESPONSE,
    CALLING,
    CHAP_PASSWORD,
    CLASS,
    EAP_MESSAGE,
    NAS_IDENTIFIER,
    PROXY_STATE,
    SESSION_ID,
    SIGNATURE,
    STATUS_SERVER,
    STATUS_TYPE,
    USER_NAME,
    USER_PASSWORD,
    VENDOR,
    ZEROS,
    Packet,
    Row,
)
from tests.peers.program import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.peers.controller import Controller
    from tests.peers.twins import Home, Nas

NAME = b"bob@twin.example"
OTHER = "the secret of another client"
START = b"\0\0\0\1"


@dataclass(slots=True)
class Road:
    controller: Controller
    twin: Home

    def serves(self, nas: Nas) -> None:
        """A good request is answered: everything before it has been dealt with (one worker, one queue)."""
        answer = nas.ask(_access(), self.controller.auth)
        assert ACCESS_ACCEPT == (answer and answer.code)


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    """One worker; two clients with secrets of their own; a home that accepts everything."""
    with twins.home() as twin:
        tables = network(
            clients=[client("nas", "127.0.0.1/32"), {"name": "other", "address": "127.0.0.2/32", "secret": OTHER}],
            homes=[home("twin", twin.port)],
            realms=[realm("twin.example", "twin"), realm("forwarded.example", "twin", accounting="forward")],
        )
        with controller.controller(tmp_path_factory.mktemp("road"), tables) as running:
            yield Road(running, twin)
            running.fault_free()


@pytest.fixture
def nas() -> Iterator[Nas]:
    with twins.nas() as made:
        yield made


def _rows(*more: Row, name: bytes = NAME) -> list[Row]:
    return [(USER_NAME, name), (CALLING, dashed(station()).encode()), *more]


def _access(*more: Row, identifier: int = 0, secret: str = SECRET, sign: bool = True, code: int = 1, name: bytes = NAME) -> bytes:
    return packets.request(_rows(*more, name=name), secret, identifier=identifier, sign=sign, code=code)


def _account(*more: Row, session: str = "s", secret: str = SECRET, identifier: int = 0, name: bytes = NAME) -> bytes:
    rows = [(USER_NAME, name), (STATUS_TYPE, START), (SESSION_ID, session.encode()), (NAS_IDENTIFIER, b"ap"), *more]
    return packets.accounting(rows, secret, identifier=identifier)


def _tail(octets: bytes) -> bytes:
    """A request correctly signed over octets behind its attributes that are none."""
    whole = packets.write(1, 0, bytes(range(16)), [(SIGNATURE, ZEROS), *_rows()]) + octets
    whole = whole[:2] + len(whole).to_bytes(2, "big") + whole[4:]
    return whole[:22] + hmac.digest(SECRET.encode(), whole, "md5") + whole[38:]


def _length(octets: bytes, length: int) -> bytes:
    return octets[:2] + length.to_bytes(2, "big") + octets[4:]


def _flip(octets: bytes, at: int) -> bytes:
    changed = bytearray(octets)
    changed[at] ^= 1
    return bytes(changed)


class Bad(NamedTuple):
    """One entry: what is sent where, and the Reason under which it is dropped."""

    octets: bytes
    reason: str
    port: str = "auth"
    source: str = "127.0.0.1"


def _catalogue() -> dict[str, Bad]:
    good, acct = _access(), _account()
    proxied = (PROXY_STATE, b"x")
    said = packets.identity(NAME.decode())
    return {
        **{f"1: {size} octets": Bad(good[:size], "TOO_SHORT") for size in (0, 1, 4, 19)},
        **{f"2: Length {size}": Bad(_length(good, size), "BAD_LENGTH") for size in (0, 19)},
        "3: Length beyond the datagram": Bad(_length(good, len(good) + 1), "TOO_SHORT"),
        "3: cut short": Bad(good[:-1], "TOO_SHORT"),
        **{f"5: Length {size}": Bad(_length(good, size), "BAD_LENGTH") for size in (4097, 65535)},
        "5: 5000 octets": Bad(_access(*((CLASS, b"x" * 250),) * 20), "BAD_LENGTH"),
        "6: one octet left over": Bad(_tail(b"\x19"), "BAD_ATTRIBUTE"),
        "7: attribute length 0": Bad(_tail(b"\x19\0"), "BAD_ATTRIBUTE"),
        "7: attribute length 1": Bad(_tail(b"\x19\1"), "BAD_ATTRIBUTE"),
        "9: attribute overruns, signed": Bad(_tail(b"\x19\x20short"), "BAD_ATTRIBUTE"),
        "10: attribute type 0": Bad(_access((0, b"x")), "BAD_ATTRIBUTE"),
        **{f"11: code {code}": Bad(_access(code=code), "BAD_CODE") for code in (0, 2, 3, 5, 6, 7, 8, 9, 10, 11, 52, 77, 255)},
        "13: accounting on the auth port": Bad(acct, "BAD_CODE"),
        "13: access on the accounting port": Bad(good, "BAD_CODE", "acct"),
        **{f"14: code {code} on the auth port": Bad(_access(code=code), "BAD_CODE") for code in (40, 43)},
        "15: 201 attributes": Bad(_access(*((CLASS, b"x"),) * 198), "TOO_MANY_ATTRIBUTES"),
        "35: Message-Authenticator wrong": Bad(_flip(good, 25), "BAD_MESSAGE_AUTHENTICATOR"),
        "35: an attribute changed": Bad(_flip(good, -1), "BAD_MESSAGE_AUTHENTICATOR"),
        "35: Message-Authenticator of 15 octets": Bad(_access((SIGNATURE, bytes(15)), sign=False), "BAD_MESSAGE_AUTHENTICATOR"),
        "37: two Message-Authenticators": Bad(_access((SIGNATURE, ZEROS), (CLASS, b"x"), (SIGNATURE, ZEROS)), "BAD_MESSAGE_AUTHENTICATOR"),
        "38: another client's secret": Bad(_access(secret=OTHER), "BAD_MESSAGE_AUTHENTICATOR"),
        "40: no Message-Authenticator": Bad(_access(sign=False), "NO_MESSAGE_AUTHENTICATOR"),
        "41: Proxy-State unsigned": Bad(_access(proxied, sign=False), "PROXY_STATE_UNSIGNED"),
        "42: EAP unsigned": Bad(_access(said, sign=False), "NO_MESSAGE_AUTHENTICATOR"),
        "43: Status-Server unsigned": Bad(packets.request([], SECRET, code=STATUS_SERVER, sign=False), "NO_MESSAGE_AUTHENTICATOR"),
        "43: Status-Server wrongly signed": Bad(packets.request([], OTHER, code=STATUS_SERVER), "BAD_MESSAGE_AUTHENTICATOR"),
        "43: the same for accounting": Bad(packets.request([], OTHER, code=STATUS_SERVER), "BAD_MESSAGE_AUTHENTICATOR", "acct"),
        "45: an unknown address": Bad(good, "UNKNOWN_CLIENT", source="127.0.0.9"),
        "45: an unknown address, octets that are no packet": Bad(b"x", "UNKNOWN_CLIENT", source="127.0.0.9"),
        "46: a known address, another's secret": Bad(good, "BAD_MESSAGE_AUTHENTICATOR", source="127.0.0.2"),
        "49: Request Authenticator wrong": Bad(_flip(acct, -1), "BAD_AUTHENTICATOR", "acct"),
        "49: another client's secret": Bad(_account(secret=OTHER), "BAD_AUTHENTICATOR", "acct"),
        "49: Request Authenticator of zeros": Bad(acct[:4] + ZEROS + acct[20:], "BAD_AUTHENTICATOR", "acct"),
        "70: EAP and User-Password": Bad(_access(said, (USER_PASSWORD, bytes(16))), "EAP_AND_PASSWORD"),
        "70: EAP and CHAP-Password": Bad(_access(said, (CHAP_PASSWORD, bytes(17))), "EAP_AND_PASSWORD"),
    }


def test_what_is_to_be_dropped_is_dropped_and_counted(road: Road) -> None:
    """Every drop of parts A to C: silence, its Reason counted once, nothing at the home, nothing stored, the road goes on."""
    catalogue = _catalogue()
    before, seen = road.controller.counted(), len(road.twin.requests)
    answered = {}
    for name, bad in catalogue.items():
        with twins.nas(address=bad.source) as nas, twins.nas() as good:
            nas.send(bad.octets, getattr(road.controller, bad.port))
            road.serves(good)
            if nas.take():
                answered[name] = nas.take()
    assert answered == {}
    assert len(road.twin.requests) == seen + len(catalogue)  # the good ones
    wanted = Counter(bad.reason for bad in catalogue.values())
    reasons = set(wanted)

    def told() -> bool:
        counts = road.controller.counted()
        return {reason: counts[reason] - before[reason] for reason in reasons} == dict(wanted)

    until(told, f"the counters to rise by {dict(wanted)}", 10, 0.3)
    assert road.controller.sessions("--all") == []


REJECTED = {
    "19: no User-Name": (packets.request([(USER_PASSWORD, bytes(16)), (CALLING, b"02-00-00-FF-00-01")], SECRET), "NO_USER_NAME"),
    "21: two User-Names": (_access((USER_NAME, b"alice@twin.example")), "TWO_USER_NAMES"),
    "67: EAP longer than it says": (_access((EAP_MESSAGE, b"\x02\x07\x00\x05\x01extra")), "BAD_EAP"),
    "67: EAP shorter than it says": (_access((EAP_MESSAGE, b"\x02\x07\x01\x00\x01bob")), "BAD_EAP"),
    "67: EAP of one octet": (_access((EAP_MESSAGE, b"\x02")), "BAD_EAP"),
    "67: EAP of code 9": (_access((EAP_MESSAGE, b"\x09\x07\x00\x05\x01")), "BAD_EAP"),
    "67: EAP identity of another": (_access(packets.identity("alice@twin.example", identifier=7)), "BAD_EAP"),
    "71: User-Password of 15 octets": (_access((USER_PASSWORD, bytes(15))), "BAD_PASSWORD_ATTRIBUTE"),
    "71: User-Password of 144 octets": (_access((USER_PASSWORD, bytes(144))), "BAD_PASSWORD_ATTRIBUTE"),
    "73: CHAP-Password of 16 octets": (_access((CHAP_PASSWORD, bytes(16))), "BAD_PASSWORD_ATTRIBUTE"),
    "73: CHAP-Password of 18 octets": (_access((CHAP_PASSWORD, bytes(18))), "BAD_PASSWORD_ATTRIBUTE"),
}


@pytest.mark.parametrize("case", REJECTED)
def test_what_is_to_be_rejected_is_rejected_here(road: Road, nas: Nas, case: str) -> None:
    """Access-Reject with Message-Authenticator first; the home never sees it."""
    octets, reason = REJECTED[case]
    before, seen = road.controller.counted()[reason], len(road.twin.requests)
    answer = nas.ask(octets, road.controller.auth)
    assert ACCESS_REJECT == (answer and answer.code)
    assert answer.rows[0][0] == SIGNATURE
    assert (EAP_MESSAGE in dict(answer.rows)) == (case.startswith("67"))
    assert len(road.twin.requests) == seen
    until(lambda: road.controller.counted()[reason] > before, f"{reason} to be counted", 5, 0.2)


UNTOUCHED: dict[str, list[Row]] = {
    "17: NAS-IP-Address of 3 octets": [(4, b"\x7f\0\0")],
    "17: NAS-Port of 16 octets": [(5, bytes(16))],
    "17: a date of 2 octets": [(55, b"\1\2")],
    "18: text that is not UTF-8": [(18, b"\xff\xfe\x00")],
    "22: 253 octets": [(25, b"\0" * 253)],
    "23: two NAS-Identifiers": [(NAS_IDENTIFIER, b"one"), (NAS_IDENTIFIER, b"two")],
    "23: two Calling-Station-Ids": [(CALLING, b"one"), (CALLING, b"two")],
    "25: vendor length 0": [(VENDOR, b"\0\0\0\x09\1\0")],
    "25: vendor length 1": [(VENDOR, b"\0\0\0\x09\1\1")],
    "26: vendor length overruns": [(VENDOR, b"\0\0\0\x09\1\x50abc")],
    "26: no vendor at all": [(VENDOR, b"\0\0")],
    "27: vendor id with a top octet": [(VENDOR, b"\x80\0\0\x09\1\3x")],
    "29: nested 50 deep": [(241, b"".join(bytes((1, 2 * depth)) for depth in range(50, 0, -1)))],
    "30: more-flag on the last fragment": [(245, b"\1\x80first"), (245, b"\1\x80last")],
    "31: Tunnel-Password of 1 octet in a request": [(69, b"x")],
    "33: an integer of 5 octets": [(27, b"12345")],
    "39: two Classes around a State": [(CLASS, b"a"), (24, b"s"), (CLASS, b"a")],
    "66: State of nobody": [(24, b"never issued")],
}


@pytest.mark.parametrize("case", UNTOUCHED)
def test_what_is_odd_but_not_ours_to_judge_goes_on_untouched(road: Road, nas: Nas, case: str) -> None:
    """Octet for octet and in order, and the home's verdict comes back."""
    rows = UNTOUCHED[case]
    answer = nas.ask(_access(*rows), road.controller.auth)
    assert ACCESS_ACCEPT == (answer and answer.code)
    arrived = list(road.twin.requests[-1].rows)
    assert arrived[3 : 3 + len(rows)] == rows  # behind our signature, the name and the station


def test_22_a_name_of_253_octets_goes_on(road: Road, nas: Nas) -> None:
    """The longest User-Name there is."""
    name = b"b" * (253 - 13) + b"@twin.example"
    assert ACCESS_ACCEPT == nas.ask(_access(name=name), road.controller.auth).code
    assert name == road.twin.requests[-1].value(USER_NAME)


@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_39_message_authenticator_may_stand_anywhere(road: Road, nas: Nas, place: str) -> None:
    """Receivers do not check its position; ours goes out first, and once."""
    blank = (SIGNATURE, ZEROS)
    rows = {"first": [blank, *_rows()], "middle": [*_rows(), blank, (CLASS, b"x")], "last": [*_rows(), blank]}[place]
    assert ACCESS_ACCEPT == nas.ask(packets.request(rows, SECRET), road.controller.auth).code
    arrived = road.twin.requests[-1]
    assert [at for at, (kind, _) in enumerate(arrived.rows) if kind == SIGNATURE] == [0]
    assert packets.signature_holds(arrived.octets, SECRET)


def test_octets_behind_the_length_are_padding(road: Road, nas: Nas) -> None:
    """RFC 2865, 3: ignored on reception, and not forwarded."""
    octets = _access()
    nas.send(octets + b"padding", road.controller.auth)
    assert ACCESS_ACCEPT == nas.answer_to(octets).code
    assert b"padding" not in road.twin.requests[-1].octets


def test_19_accounting_without_a_name_is_kept(road: Road, nas: Nas) -> None:
    """No User-Name, a status nobody knows, values of wrong lengths: acknowledged once stored, never a wrong number."""
    for at, rows in enumerate(
        (
            [(STATUS_TYPE, START), (SESSION_ID, b"odd-nameless")],
            [(STATUS_TYPE, START), (SESSION_ID, b"odd-lengths"), (42, b"\1"), (46, bytes(7)), (55, b"x"), (4, b"\x7f")],
            [(STATUS_TYPE, b"\0\0\0\x63"), (SESSION_ID, b"odd-status")],
            [(SESSION_ID, b"odd-no-status")],
            [(STATUS_TYPE, START)],
            [],
        )
    ):
        answer = nas.ask(packets.accounting(rows, SECRET, identifier=at), road.controller.acct)
        assert ACCOUNTING_RESPONSE == (answer and answer.code), rows
    stored = until(lambda: _session(road, "odd-lengths"), "the session", 15, 0.2)
    assert (0, 0) == (stored["seconds"] or 0, stored["input_octets"] or 0)
    assert _session(road, "odd-nameless") is not None


def _session(road: Road, name: str) -> dict[str, object] | None:
    return next((each for each in road.controller.sessions("--all") if each["acct_session_id"] == name), None)


# ---- C: dialogue


def test_51_a_repetition_in_flight_sends_nothing_and_gets_nothing(road: Road, nas: Nas) -> None:
    """One upstream request, one answer; a repetition after the answer gets the same octets (RFC 5080, 2.2.2)."""
    go = threading.Event()
    held: list[Packet] = []

    def script(asked: Packet, nth: int) -> list[bytes]:
        held.append(asked)
        return [packets.answer(asked, ACCESS_ACCEPT, [], SECRET)] if go.is_set() else []

    road.twin.script = script
    try:
        octets = _access()
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
        old, new = _access(identifier=9), _access(identifier=9)
        seen = len(road.twin.requests)
        nas.send(old, road.controller.auth)
        until(lambda: len(road.twin.requests) > seen, "the old one at the home")
        go.set()
        answer = nas.ask(new, road.controller.auth)
        assert packets.read(new).value(CALLING) == (answer and answer.value(CLASS))
        third = _access(identifier=9)
        answer = nas.ask(third, road.controller.auth)
        assert packets.read(third).value(CALLING) == (answer and answer.value(CLASS))
    finally:
        road.twin.script = twins.accepting()


def test_a_forged_packet_changes_no_dialogue(road: Road, nas: Nas) -> None:
    """Same socket and identifier, wrongly signed: the entry of the true one stays (RFC 5080, 2.2.2)."""
    octets = _access(identifier=3)
    first = nas.ask(octets, road.controller.auth)
    seen = len(road.twin.requests)
    nas.send(_access(identifier=3, secret=OTHER), road.controller.auth)
    nas.inbox.clear()
    assert first == nas.ask(octets, road.controller.auth)
    assert len(road.twin.requests) == seen


def test_65_an_answer_that_would_grow_past_4096_is_not_cut(road: Road, nas: Nas) -> None:
    """A home's full packet stays full; one that no longer fits is dropped and counted, never truncated."""
    road.twin.script = lambda asked, nth: [_full(asked)]
    try:
        answer = nas.ask(_access(identifier=1), road.controller.auth)
        assert 4096 - 14 == len(answer.octets)  # all of it, without our Proxy-State
        before = road.controller.counted()["TOO_LONG"]
        road.twin.script = lambda asked, nth: [_full(_without_states(asked))]
        nas.send(_access(*((PROXY_STATE, b"p" * 100) for _ in range(3)), identifier=2), road.controller.auth)
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


def test_50_a_homes_accounting_response_may_be_signed(road: Road, nas: Nas) -> None:
    """FreeRADIUS signs over the Request Authenticator; it is taken as the answer, and nothing is repeated."""

    def script(asked: Packet, nth: int) -> list[bytes]:
        assert asked.code == ACCOUNTING_REQUEST
        return [packets.answer(asked, ACCOUNTING_RESPONSE, [], SECRET)]

    road.twin.script = script
    seen = len(road.twin.requests)
    try:
        answer = nas.ask(_account(session="signed", name=b"bob@forwarded.example"), road.controller.acct)
        assert ACCOUNTING_RESPONSE == (answer and answer.code)
        until(lambda: len(road.twin.requests) > seen, "the record at the home")
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
