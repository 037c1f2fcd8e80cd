"""The demo's access points, in front of FreeRADIUS's client and a simulated home. Never waits longer than its deadline."""

from __future__ import annotations

import asyncio
import os
import random
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from proxeny.simulated.access_point import Controller, DisconnectPort, Radio, Student
from proxeny.simulated.caller import Caller
from proxeny.simulated.home import Home, Institution
from proxeny.simulated.home_process import Door
from radius.codec import sign_access_answer
from radius.message import Code, Type
from radius.secret import Secret
from radius.wire import parse
from tests.peers import radclient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SECRET = Secret(b"a secret for this test")
RADIO = Radio("reading-room", "02-00-5E-10-01-00")
RIGHT = Student("student@northlake.example", "maple-and-snow", "02-00-5E-20-00-01")
DEADLINE = 20


class City:
    """One controller before one home, and every packet the home received."""

    def __init__(self, controller: Controller, dae: int, seen: list[tuple[int, dict[int, bytes]]]) -> None:
        self.controller, self.dae, self.seen = controller, dae, seen

    def reports(self) -> list[int]:
        """The Acct-Status-Type of each report, in order."""
        return [int.from_bytes(row[Type.ACCT_STATUS_TYPE], "big") for code, row in self.seen if code == Code.ACCOUNTING_REQUEST]


@asynccontextmanager
async def city() -> AsyncIterator[City]:
    """A city of one controller and one home, on free ports of the loopback."""
    seen: list[tuple[int, dict[int, bytes]]] = []

    class Watched(Home):
        def answer(self, octets: bytes) -> bytes | None:
            seen.append((octets[0], dict(parse(octets).attributes)))
            return super().answer(octets)

    loop = asyncio.get_running_loop()
    home = Watched(Institution(SECRET, {RIGHT.identity.encode(): b"maple-and-snow"}), os.urandom)
    transports: list[Any] = []

    async def port(protocol: Any, **where: Any) -> tuple[Any, Any]:
        transport, made = await loop.create_datagram_endpoint(protocol, **where)
        transports.append(transport)
        return transport.get_extra_info("sockname"), made

    at, _ = await port(lambda: Door(home, 0.001), local_addr=("127.0.0.1", 0))
    _, auth = await port(lambda: Caller(SECRET), remote_addr=at)
    _, acct = await port(lambda: Caller(SECRET), remote_addr=at)
    controller = Controller("library-wlc", auth, acct, random.Random(7))
    dae, _ = await port(lambda: DisconnectPort(controller, SECRET), local_addr=("127.0.0.1", 0))
    try:
        yield City(controller, dae[1], seen)
    finally:
        for transport in transports:
            transport.close()


def test_a_right_password_becomes_a_session() -> None:
    """Three rounds of EAP, then Start and Stop, each with the place, the station and the session."""

    async def story() -> City:
        async with city() as there:
            await asyncio.wait_for(there.controller.visit(RIGHT, RADIO, 0.05), DEADLINE)
            return there

    there = asyncio.run(story())
    assert [Code.ACCESS_REQUEST] * 3 + [Code.ACCOUNTING_REQUEST] * 2 == [code for code, _ in there.seen]
    assert [1, 2] == there.reports()
    assert {b"02-00-5E-10-01-00:eduroam"} == {row[Type.CALLED_STATION_ID] for _, row in there.seen}
    assert {b"02-00-5E-20-00-01"} == {row[Type.CALLING_STATION_ID] for _, row in there.seen}


@pytest.mark.parametrize(("password", "rounds"), [("forgotten", 3), (None, 1)])
def test_no_session_without_an_accept(password: str | None, rounds: int) -> None:
    """A wrong password, or a device that gives up at the first challenge, is never accounted for."""

    async def story() -> City:
        async with city() as there:
            student = Student(RIGHT.identity, password, RIGHT.station)
            await asyncio.wait_for(there.controller.visit(student, RADIO, 0.05), DEADLINE)
            return there

    assert [Code.ACCESS_REQUEST] * rounds == [code for code, _ in asyncio.run(story()).seen]


def test_a_start_closes_what_was_open() -> None:
    """Switched on, a controller says Accounting-On, so that no session of its former life stays open."""

    async def story() -> City:
        async with city() as there:
            await asyncio.wait_for(there.controller.switch_on(), DEADLINE)
            return there

    assert [7] == asyncio.run(story()).reports()


@pytest.mark.peer("radclient")
def test_a_disconnect_request_ends_the_session() -> None:
    """Disconnect-Request by Acct-Session-Id is acknowledged and the Stop says why; an unknown session is NAK 503."""

    async def story() -> tuple[str, str, City]:
        async with city() as there:
            visit = asyncio.create_task(there.controller.visit(RIGHT, RADIO, 600))
            while there.reports() != [1]:
                await asyncio.wait_for(asyncio.sleep(0.01), DEADLINE)
            (identifier,) = there.controller.sessions
            unknown = await asyncio.to_thread(disconnect, there.dae, "no-such-session")
            known = await asyncio.to_thread(disconnect, there.dae, identifier.decode())
            await asyncio.wait_for(visit, DEADLINE)
            return unknown, known, there

    unknown, known, there = asyncio.run(story())
    assert ("Disconnect-NAK", "Disconnect-ACK") == (unknown, known)
    assert (6).to_bytes(4, "big") == there.seen[-1][1][49], "Acct-Terminate-Cause is Admin-Reset"


def disconnect(port: int, session: str) -> str:
    """Ask for an end with FreeRADIUS's client; the code of the answer."""
    return radclient.ask(port, f'Acct-Session-Id = "{session}"', kind="disconnect", secret=SECRET.octets.decode()).code


def test_a_forged_answer_is_not_believed() -> None:
    """An Access-Accept signed with another secret is ignored, and the true answer still counts."""

    async def story() -> int:
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind(("127.0.0.1", 0))
            server.setblocking(False)
            transport, caller = await loop.create_datagram_endpoint(lambda: Caller(SECRET), remote_addr=server.getsockname())
            asking = asyncio.create_task(caller.access(b"\x01\x05abc"))
            octets, sender = await loop.sock_recvfrom(server, 4096)
            for code, secret in ((Code.ACCESS_ACCEPT, Secret(b"a forger's secret")), (Code.ACCESS_REJECT, SECRET)):
                await loop.sock_sendto(server, sign_access_answer(code, octets[1], octets[4:20], b"", secret), sender)
            answered = await asyncio.wait_for(asking, DEADLINE)
            transport.close()
            return answered.code

    assert Code.ACCESS_REJECT == asyncio.run(story())
