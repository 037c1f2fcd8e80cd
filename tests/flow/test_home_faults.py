"""5. Homes that are killed, stopped, flapping, or answer late, twice, wrongly signed, from the wrong port, or not at all."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.flow.city import dashed, station, student
from tests.peers import controller, packets, twins
from tests.peers.controller import client, home, network, realm
from tests.peers.freeradius import SECRET
from tests.peers.packets import ACCESS_ACCEPT, ACCESS_CHALLENGE, ACCESS_REJECT, ACCOUNTING_RESPONSE, CALLING, STATE, Packet
from tests.peers.program import busy, until
from tests.peers.relay import Impairment, relay
from tests.peers.twins import Home, Later, Nas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.peers.controller import Controller

LIARS = ("from the wrong port", "signed with another secret", "without Message-Authenticator")
TWINS = ("first", "second", "alone", "shared", *(f"liar-{number}" for number in range(len(LIARS))))


@dataclass(slots=True)
class Troubled:
    """One controller and homes whose behaviour each test sets for itself."""

    controller: Controller
    twins: dict[str, Home] = field(default_factory=dict)

    def behave(self, name: str, script: twins.Script) -> Home:
        """Give a twin its script for this test, and forget what it saw."""
        twin = self.twins[name]
        twin.script, twin.mute = script, False
        twin.requests.clear()
        return twin

    def state(self, name: str) -> str:
        """What `proxeny homes` says of a home."""
        rows = json.loads(self.controller.must("homes", "--json"))
        return next(row["state"] for row in rows if row["home"] == name)


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Troubled]:
    """Twins behind one controller: pair.example has two of them, the others one."""
    made: dict[str, Home] = {name: Home(twins.accepting()) for name in TWINS}
    for twin in made.values():
        twin.start()
    quick = {"resend": [1, 2], "request_timeout": 4, "zombie_probe": 0.5, "dead_probe": 1, "revive_probe": 0.3}
    with relay(made["shared"].port, Impairment(drop=0.2, duplicate=0.2, reorder=0.3, corrupt=0.05), seed=5) as lossy:
        tables = network(
            clients=[client()],
            homes=[
                home("first", made["first"].port),
                home("second", made["second"].port),
                home("alone", made["alone"].port, **quick),
                home("shared", made["shared"].port),
                home("lossy", lossy.port, status_server=False),
                *(home(name, made[name].port) for name in TWINS if name.startswith("liar")),
            ],
            realms=[
                realm("pair.example", "first", "second"),
                realm("balanced.example", "first", "second", strategy="balance"),
                realm("alone.example", "alone"),
                realm("silent.example", "shared"),
                realm("talking.example", "shared"),
                realm("lossy.example", "lossy"),
                *(realm(f"{name}.example", name, "second") for name in TWINS if name.startswith("liar")),
            ],
        )
        try:
            with controller.controller(tmp_path_factory.mktemp("troubled"), tables) as running:
                yield Troubled(running, made)
                running.fault_free()
        finally:
            for twin in made.values():
                twin.stop()
    assert [] == [fault for twin in made.values() for fault in twin.faults]


def _login(realm_: str, *more: packets.Row, identifier: int = 0, device: str = "") -> bytes:
    rows = [(CALLING, (device or dashed(station())).encode()), *more]
    return packets.pap(student(realm_), "x", SECRET, *rows, identifier=identifier)


def _accept(asked: Packet, *rows: packets.Row, secret: str = SECRET, sign: bool = True) -> bytes:
    return packets.answer(asked, ACCESS_ACCEPT, rows, secret, sign=sign)


def _reject(asked: Packet, secret: str = SECRET) -> bytes:
    return packets.answer(asked, ACCESS_REJECT, [], secret)


# ---- answers that are none: each is discarded, and the pending request and its timers stay (RFC 5080, 2.2.1; CVE-2025-24912)

FORGED = {
    "from the wrong port": lambda asked: Later(_reject(asked), stranger=True),
    "with a wrong Response Authenticator": lambda asked: Later(_reject(asked)[:4] + bytes(16) + _reject(asked)[20:]),
    "signed with another secret": lambda asked: Later(_reject(asked, "another secret, just as long")),
    "without Message-Authenticator": lambda asked: Later(packets.answer(asked, ACCESS_REJECT, [], SECRET, sign=False)),
    "with a wrong Message-Authenticator": lambda asked: Later(_wrong_signature(asked)),
    "with two Message-Authenticators": lambda asked: Later(packets.answer(asked, ACCESS_REJECT, [(80, bytes(16))], SECRET)),
    "for an unknown identifier": lambda asked: Later(_reject(_renumbered(asked))),
    "of another code": lambda asked: Later(packets.answer(asked, ACCOUNTING_RESPONSE, [], SECRET)),
    "cut short": lambda asked: Later(_reject(asked)[:25]),
    "of octets that are no packet": lambda asked: Later(b"\x03"),
}


def _wrong_signature(asked: Packet) -> bytes:
    """The Response Authenticator holds, the Message-Authenticator does not."""
    body = packets.write(ACCESS_REJECT, asked.identifier, asked.authenticator, [(80, b"\x01" * 16)])
    return body[:4] + hashlib.md5(body + SECRET.encode()).digest() + body[20:]


def _renumbered(asked: Packet) -> Packet:
    return Packet(asked.code, (asked.identifier + 100) % 256, asked.authenticator, asked.rows, asked.octets)


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_reject_does_not_disturb_the_login(troubled: Troubled, nas: Nas, how: str) -> None:
    """The forgery comes first, the true Accept 300 ms later: the student gets the Accept, from the same attempt."""
    twin = troubled.behave("alone", lambda asked, nth: [FORGED[how](asked), Later(_accept(asked), after=0.3)])
    answer = nas.ask(_login("alone.example"), troubled.controller.auth)
    assert ACCESS_ACCEPT == (answer and answer.code)
    assert len(twin.distinct) == 1


def test_a_home_that_only_forges_is_as_good_as_dead(troubled: Troubled, nas: Nas) -> None:
    """A discarded answer is none, to a probe as to a login: the login goes on to the second home within five seconds."""
    troubled.behave("second", twins.accepting())
    sent = []
    for number, how in enumerate(LIARS):
        liar = troubled.behave(f"liar-{number}", lambda asked, nth, how=how: [FORGED[how](asked)])
        if how != "without Message-Authenticator":  # which an answer to Status-Server may lack (decisions, 2)
            liar.probed = liar.script
        else:
            liar.probed = lambda asked, nth: []
        sent.append(_login(f"liar-{number}.example", identifier=number))
        nas.send(sent[-1], troubled.controller.auth)
    answers = {how: nas.answer_to(octets, seconds=5 + busy()) for how, octets in zip(LIARS, sent, strict=True)}
    assert dict.fromkeys(LIARS, ACCESS_ACCEPT) == {how: answer and answer.code for how, answer in answers.items()}
    assert all(len(troubled.twins[f"liar-{number}"].distinct) == 1 for number in range(len(LIARS)))


def test_the_second_of_two_answers_goes_nowhere(troubled: Troubled, nas: Nas) -> None:
    """The first valid answer decides; a conflicting one after it is dropped (RFC 2865, 3)."""
    troubled.behave(
        "alone", lambda asked, nth: [Later(_accept(asked)), Later(_reject(asked), after=0.05), Later(_accept(asked), after=0.1)]
    )
    assert ACCESS_ACCEPT == nas.ask(_login("alone.example"), troubled.controller.auth).code
    assert ACCESS_ACCEPT == nas.ask(_login("alone.example", identifier=1), troubled.controller.auth).code
    time.sleep(0.3)  # not for correctness: room for a wrong answer to arrive
    assert [(ACCESS_ACCEPT, 0), (ACCESS_ACCEPT, 1)] == [(octets[0], octets[1]) for octets in nas.take()]


def test_a_slow_home_is_asked_with_the_same_octets_again(troubled: Troubled, nas: Nas) -> None:
    """Silence until it is asked again: one attempt, repeated octet for octet, and its late answer is taken (decisions, 5 and 6)."""
    twin = troubled.behave("alone", lambda asked, nth: [_accept(asked)] if nth == 2 else [])
    octets = _login("alone.example")
    nas.send(octets, troubled.controller.auth)
    nas.send(octets, troubled.controller.auth)  # the client's own repetition sends nothing upstream
    assert ACCESS_ACCEPT == nas.answer_to(octets).code
    assert len(twin.distinct) == 1
    assert len(twin.requests) == 2
    assert len({each.octets for each in twin.requests}) == 1
    assert len(nas.take()) == 1


def test_an_answer_after_the_end_reaches_nobody(troubled: Troubled, nas: Nas) -> None:
    """request_timeout over: Access-Reject; the home's Accept afterwards is dropped, and the next login is clean."""
    rejected = threading.Event()

    def script(asked: Packet, nth: int) -> list[bytes]:
        return [_accept(asked)] if nth == 1 and rejected.wait(30) else []

    troubled.behave("alone", script)
    answer = nas.ask(_login("alone.example"), troubled.controller.auth, seconds=20)
    assert ACCESS_REJECT == (answer and answer.code)
    rejected.set()  # the late answer goes before that to any other request
    troubled.behave("alone", twins.accepting())
    until(
        lambda: (got := nas.ask(_login("alone.example", identifier=7), troubled.controller.auth)) and got.code == ACCESS_ACCEPT,
        "a login",
        20,
    )
    assert ACCESS_ACCEPT not in {octets[0] for octets in nas.take() if octets[1] == 0}


def test_one_silent_realm_does_not_take_a_shared_home_down(troubled: Troubled, nas: Nas) -> None:
    """A home above us answers Status-Server and other realms: it stays in use for them (draft radiusdtls-bis, 3.8)."""

    def script(asked: Packet, nth: int) -> list[bytes]:
        return [] if b"silent" in (asked.value(packets.USER_NAME) or b"") else [_accept(asked)]

    troubled.behave("shared", script)
    for each in range(12):
        nas.send(_login("silent.example", identifier=100 + each), troubled.controller.auth)
    deadline = time.monotonic() + 6  # past resend, suspicion and zombie time
    number = 0
    while time.monotonic() < deadline:
        answer = nas.ask(_login("talking.example", identifier=number % 100), troubled.controller.auth, seconds=3 * busy())
        assert ACCESS_ACCEPT == (answer and answer.code)
        number += 1
        time.sleep(0.1)
    assert troubled.state("shared") == "alive"


def test_conversations_stay_with_the_home_that_began_them(troubled: Troubled, nas: Nas) -> None:
    """State goes back to its issuer, whichever home the next student would get (RFC 5080, 2.1.1)."""

    def script(name: str) -> twins.Script:
        def answer(asked: Packet, nth: int) -> list[bytes]:
            if (state := asked.value(STATE)) is None:
                return [packets.answer(asked, ACCESS_CHALLENGE, [(STATE, name.encode() + bytes((asked.identifier,)))], SECRET)]
            return [_accept(asked)] if state.startswith(name.encode()) else [_reject(asked)]

        return answer

    homes = {name: troubled.behave(name, script(name)) for name in ("first", "second")}
    for number in range(20):
        device = dashed(station())
        challenge = nas.ask(_login("balanced.example", identifier=2 * number, device=device), troubled.controller.auth)
        assert ACCESS_CHALLENGE == (challenge and challenge.code)
        state = (STATE, challenge.value(STATE))
        answer = nas.ask(_login("balanced.example", state, identifier=2 * number + 1, device=device), troubled.controller.auth)
        assert ACCESS_ACCEPT == (answer and answer.code)
    assert all(len(twin.distinct) >= 4 for twin in homes.values())  # both were used: balance


def test_a_home_that_flaps_loses_no_login(troubled: Troubled, nas: Nas) -> None:
    """Two seconds up, two down: every login is answered with the Accept, and nobody is flooded with repetitions."""
    first, second = (troubled.behave(name, twins.accepting()) for name in ("first", "second"))
    sent: list[bytes] = []
    begun = time.monotonic()
    while (passed := time.monotonic() - begun) < 9:
        first.mute = int(passed) // 2 % 2 == 1
        sent.append(_login("pair.example", identifier=len(sent)))
        nas.send(sent[-1], troubled.controller.auth)
        time.sleep(0.1)
    first.mute = False
    answers = [nas.answer_to(octets, seconds=12) for octets in sent]
    assert {ACCESS_ACCEPT} == {answer and answer.code for answer in answers}
    assert len(first.requests) + len(second.requests) <= 2 * len(sent)


def test_a_lossy_path_is_bridged_by_repetition(troubled: Troubled, nas: Nas) -> None:
    """20 % lost, 20 % doubled, reordered, spoiled: every login is answered, nearly every one by the home.

    What is lost four times is refused after `request_timeout` (15 s); on a busy machine the home may be taken for dead for a moment, too.
    """
    troubled.behave("shared", twins.accepting())
    sent = [_login("lossy.example", identifier=each) for each in range(60)]
    for octets in sent:
        nas.send(octets, troubled.controller.auth)
        time.sleep(0.01)
    answers = [nas.answer_to(octets, seconds=25) for octets in sent]
    codes = Counter(answer and answer.code for answer in answers)
    assert 60 == codes[ACCESS_ACCEPT] + codes[ACCESS_REJECT]
    assert 50 <= codes[ACCESS_ACCEPT]


def test_a_dead_home_is_said_to_be_dead_and_answers_come_at_once(troubled: Troubled, nas: Nas) -> None:
    """Nobody else lives: Access-Reject without waiting (decisions, 5); after its return it serves again."""
    twin = troubled.behave("alone", twins.accepting())
    twin.mute = True
    assert ACCESS_REJECT == nas.ask(_login("alone.example"), troubled.controller.auth, seconds=10).code
    until(lambda: troubled.state("alone") == "dead", "the home to be dead", 25, 0.3)
    begun = time.monotonic()
    answer = nas.ask(_login("alone.example", identifier=1), troubled.controller.auth, seconds=10)
    assert ACCESS_REJECT == (answer and answer.code)
    assert time.monotonic() - begun < 3.5  # request_timeout is 4 s: it was not waited for
    twin.mute = False
    until(lambda: troubled.state("alone") == "alive", "the home to be alive again", 30, 0.3)
    assert ACCESS_ACCEPT == nas.ask(_login("alone.example", identifier=2), troubled.controller.auth).code
