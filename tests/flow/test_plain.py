"""4. radclient's PAP and CHAP, Status-Server, and 600 requests in flight to one home."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tests.flow.city import PASSWORD, REALMS, dashed, station, student
from tests.peers import controller, packets, radclient, twins
from tests.peers.controller import client, home, network, realm
from tests.peers.freeradius import SECRET
from tests.peers.packets import ACCESS_ACCEPT, CHAP_CHALLENGE, CHAP_PASSWORD, SIGNATURE, USER_PASSWORD, Packet

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flow.city import City

pytestmark = [pytest.mark.peer(name) for name in ("freeradius", "radsecproxy", "radclient")]


def _asking(secret_line: str, realm_: str = REALMS[0]) -> str:
    return f"User-Name={student(realm_)}\n{secret_line}\nCalling-Station-Id={dashed(station())}\nMessage-Authenticator=0x00"


@pytest.mark.parametrize("realm_", REALMS)
def test_pap_and_chap_reach_every_home(city: City, realm_: str) -> None:
    """User-Password is re-hidden for the home; a CHAP challenge that was the authenticator becomes an attribute (RFC 2865, 2.3)."""
    for line in (f"User-Password={PASSWORD}", f"CHAP-Password={PASSWORD}"):
        answer = radclient.ask(city.auth, _asking(line, realm_))
        assert ("Access-Accept", [f"0x{realm_.encode().hex()}"]) == (answer.code, answer.values("Class")), answer.output
    for line in ("User-Password=wrong", "CHAP-Password=wrong"):
        assert radclient.ask(city.auth, _asking(line, realm_)).code == "Access-Reject"


@pytest.mark.parametrize("length", [1, 15, 16, 17, 64, 127, 128])
def test_passwords_of_every_length_arrive_whole(city: City, length: int) -> None:
    """1 to 128 octets, unprintable ones too (RFC 2865, 5.2)."""
    password = bytes((7 * at) % 255 + 1 for at in range(length))
    vector = bytes(range(16))
    rows = [(packets.USER_NAME, b"bob@twin.example"), (USER_PASSWORD, packets.hide(password, vector, SECRET))]
    rows.append((packets.CALLING, dashed(station()).encode()))
    with twins.nas() as nas:
        assert nas.ask(packets.request(rows, SECRET, authenticator=vector), city.auth) is not None
    arrived = city.twin.requests[-1]
    assert packets.reveal(arrived.value(USER_PASSWORD) or b"", arrived.authenticator, SECRET) == password
    assert arrived.authenticator != vector  # a new one on every hop (RFC 2865, 3)


def test_chap_without_a_challenge_takes_the_authenticator_along(city: City) -> None:
    """The home can still compute the answer although the authenticator changed (RFC 2865, 2.3)."""
    vector = bytes(range(16))
    rows = [(packets.USER_NAME, b"bob@twin.example"), (CHAP_PASSWORD, b"\x01" + bytes(16)), (packets.CALLING, dashed(station()).encode())]
    with twins.nas() as nas:
        assert nas.ask(packets.request(rows, SECRET, authenticator=vector), city.auth) is not None
    assert [vector] == city.twin.requests[-1].values(CHAP_CHALLENGE)


def test_status_server_is_answered_here(city: City) -> None:
    """Access-Accept with Message-Authenticator first on one port, Accounting-Response on the other (RFC 5997, 3)."""
    probes = len(city.twin.distinct)
    assert radclient.ask(city.auth, "Message-Authenticator=0x00", kind="status").code == "Access-Accept"
    with twins.nas() as nas:
        answer = nas.ask(packets.request([], SECRET, code=packets.STATUS_SERVER, identifier=1), city.auth)
        assert (ACCESS_ACCEPT, SIGNATURE) == (answer and answer.code, answer and answer.rows[0][0])
        answer = nas.ask(packets.request([], SECRET, code=packets.STATUS_SERVER, identifier=2), city.acct)
        assert answer is not None
        assert answer.code == packets.ACCOUNTING_RESPONSE
    assert len(city.twin.distinct) == probes


def test_600_requests_wait_for_one_home_at_once(tmp_path: Path) -> None:
    """More than one port's 256 identifiers: a home that answers nobody until it has 600 requests gets them all."""
    held: dict[tuple[int, bytes], Packet] = {}
    full = threading.Event()

    def script(asked: Packet, nth: int) -> list[bytes]:
        if full.is_set():
            return [packets.answer(asked, ACCESS_ACCEPT, [], SECRET)]
        held[asked.identifier, asked.authenticator] = asked
        if len(held) >= 600:
            full.set()
        return []

    with twins.home(script) as slow:
        tables = network(
            clients=[client()],
            homes=[home("slow", slow.port, resend=[2, 3, 4, 5, 6, 7, 8])],
            realms=[realm("slow.example", "slow")],
        )
        with controller.controller(tmp_path, tables) as running:
            asking = [
                f"User-Name=u{each}@slow.example\nUser-Password=x\nCalling-Station-Id={dashed(station())}\nMessage-Authenticator=0x00"
                for each in range(600)
            ]
            tally = radclient.ask_many(running.auth, asking, parallel=600, seconds=30)
            running.fault_free()
    assert (600, 0, 0) == (tally.accepted, tally.rejected, tally.lost), tally.output[-500:]
    assert len(slow.distinct) == 600
    assert len({each.value(packets.USER_NAME) for each in slow.distinct}) == 600
