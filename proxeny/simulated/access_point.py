"""A simulated access-point controller: stations that sign in by EAP through it, stay a while, and are accounted for.

It does what hostapd would: the EAP packets of a station go up as they are, the verdict comes down, the session is
reported at its start, in between and at its end, and a Disconnect-Request ends it. Never decides who may sign in.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from proxeny.simulated.caller import Caller, NoAnswerError
from radius.codec import ZERO, ended_by, sign_digest
from radius.eap import REQUEST, RESPONSE, joined
from radius.message import Code, Type
from radius.secret import md5
from radius.wire import Malformed, attribute, parse

if TYPE_CHECKING:
    import random

    from radius.message import Message
    from radius.secret import Secret

SSID: Final = "eduroam"
INTERIM: Final = 20.0  # seconds between interim reports; a real network's are minutes
START, STOP, INTERIM_UPDATE, ON = 1, 2, 3, 7  # RFC 2866, 5.1
USER_REQUEST, ADMIN_RESET = 1, 6  # RFC 2866, 5.10
CONTEXT_NOT_FOUND: Final = 503  # RFC 5176, 3.5
IDENTITY, NAK, MD5_CHALLENGE = 1, 3, 4  # RFC 3748, 5
WIRELESS: Final = 19  # NAS-Port-Type Wireless-802.11 (RFC 2865, 5.41)


@dataclass(frozen=True, slots=True)
class Radio:
    """One access point: where its stations are seen."""

    name: str
    mac: str


@dataclass(frozen=True, slots=True)
class Student:
    """Who signs in, with which device; without a password the device gives up midway, as one that distrusts a certificate does."""

    identity: str
    password: str | None
    station: str


@dataclass(slots=True)
class Session:
    """One student online."""

    identifier: str
    attributes: bytes  # what every report on it carries
    address: bytes
    began: float = field(default_factory=time.monotonic)
    up: int = 0
    down: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    cause: int = USER_REQUEST


class Controller:
    """An access-point controller: one RADIUS client, several access points."""

    def __init__(self, name: str, auth: Caller, acct: Caller, chance: random.Random) -> None:
        self._name, self._auth, self._acct, self._chance = name, auth, acct, chance
        self.sessions: dict[bytes, Session] = {}

    async def switch_on(self) -> None:
        """Say that we have just started: whatever sessions were open through us are over (RFC 2866, 5.1)."""
        rows = ((Type.NAS_IDENTIFIER, self._name.encode()), (Type.ACCT_SESSION_ID, os.urandom(4).hex().upper().encode()))
        body = b"".join(attribute(kind, value) for kind, value in rows)
        with contextlib.suppress(NoAnswerError):
            numbers = ((Type.ACCT_STATUS_TYPE, ON), (Type.EVENT_TIMESTAMP, int(time.time())))
            await self._acct.account(body + b"".join(attribute(kind, number.to_bytes(4, "big")) for kind, number in numbers))

    async def visit(self, student: Student, radio: Radio, seconds: float) -> None:
        """A sign-in, and where it succeeds a session of about `seconds`; an unanswered student simply goes away."""
        identifier = f"{os.urandom(4).hex().upper()}-{len(self.sessions):04X}"
        about = self._about(student, radio, identifier)
        try:
            verdict = await self._sign_in(student, about)
            if verdict is not None and verdict.code == Code.ACCESS_ACCEPT:
                classes = b"".join(attribute(Type.CLASS, value) for value in verdict.values(Type.CLASS))  # RFC 2865, 5.25
                address = bytes((10, 120, self._chance.randrange(256), self._chance.randrange(1, 255)))
                await self._stay(Session(identifier, about + classes, address), seconds)
        except NoAnswerError:
            return

    async def _sign_in(self, student: Student, about: bytes) -> Message | None:
        identity = student.identity.encode()
        packet, state = _response(1, IDENTITY, identity), b""
        while True:
            answer = await self._auth.access(about + _eap(packet) + state)
            if answer.code != Code.ACCESS_CHALLENGE:
                return answer
            request = joined(answer) or b""
            if len(request) < 5 or request[0] != REQUEST or student.password is None:
                return None
            packet = _reply(request, student.password.encode())
            state = attribute(Type.STATE, answer.value(Type.STATE) or b"")

    def _about(self, student: Student, radio: Radio, identifier: str) -> bytes:
        rows = (
            (Type.USER_NAME, student.identity.encode()),
            (Type.NAS_IDENTIFIER, self._name.encode()),
            (Type.CALLED_STATION_ID, f"{radio.mac}:{SSID}".encode()),  # RFC 3580, 3.20
            (Type.CALLING_STATION_ID, student.station.encode()),
            (Type.ACCT_SESSION_ID, identifier.encode()),
            (61, WIRELESS.to_bytes(4, "big")),
            (12, (1400).to_bytes(4, "big")),  # Framed-MTU
        )
        return b"".join(attribute(kind, value) for kind, value in rows)

    async def _stay(self, session: Session, seconds: float) -> None:
        self.sessions[session.identifier.encode()] = session
        try:
            await self._report(session, START)
            leaving = session.began + seconds
            while (left := leaving - time.monotonic()) > 0 and not session.ended.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(session.ended.wait(), min(INTERIM, left))
                session.up += self._chance.randrange(200_000)
                session.down += self._chance.randrange(4_000_000)
                if not session.ended.is_set() and time.monotonic() < leaving:
                    await self._report(session, INTERIM_UPDATE)
        finally:
            session.ended.set()
            del self.sessions[session.identifier.encode()]
        await self._report(session, STOP, attribute(49, session.cause.to_bytes(4, "big")))

    async def _report(self, session: Session, status: int, more: bytes = b"") -> None:
        rows: tuple[tuple[int, int], ...] = ((Type.ACCT_STATUS_TYPE, status), (Type.EVENT_TIMESTAMP, int(time.time())))
        if status != START:
            rows += ((46, int(time.monotonic() - session.began)), (42, session.up), (43, session.down))
        body = b"".join(attribute(kind, number.to_bytes(4, "big")) for kind, number in rows)
        await self._acct.account(session.attributes + attribute(8, session.address) + body + more)


class DisconnectPort(asyncio.DatagramProtocol):
    """Where a controller takes Disconnect-Requests (RFC 5176): the session by its Acct-Session-Id ends, or is not found."""

    def __init__(self, controller: Controller, secret: Secret) -> None:
        self._controller, self._secret = controller, secret
        self._transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # typeshed has the base class here
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        try:
            message = parse(data)
        except Malformed:
            return
        if message.code != Code.DISCONNECT_REQUEST or not ended_by(message.octets, self._secret, ZERO):
            return
        session = self._controller.sessions.get(message.value(Type.ACCT_SESSION_ID) or b"")
        if session is not None:
            session.cause = ADMIN_RESET
            session.ended.set()
        code = Code.DISCONNECT_NAK if session is None else Code.DISCONNECT_ACK
        body = b"" if code == Code.DISCONNECT_ACK else attribute(Type.ERROR_CAUSE, CONTEXT_NOT_FOUND.to_bytes(4, "big"))
        body += b"".join(attribute(Type.PROXY_STATE, value) for value in message.values(Type.PROXY_STATE))
        self._transport.sendto(sign_digest(code, message.identifier, message.authenticator, body, self._secret), addr)


def _reply(request: bytes, password: bytes) -> bytes:
    """The device's next EAP packet: MD5-Challenge is answered, any other method refused in its favour (RFC 3748, 5.3)."""
    identifier, kind, content = request[1], request[4], request[5:]
    if kind != MD5_CHALLENGE:
        return _response(identifier, NAK, bytes((MD5_CHALLENGE,)))
    challenge = content[1 : 1 + content[0]]
    return _response(identifier, MD5_CHALLENGE, b"\x10" + md5(bytes((identifier,)) + password + challenge).digest())


def _response(identifier: int, kind: int, content: bytes) -> bytes:
    return bytes((RESPONSE, identifier)) + (5 + len(content)).to_bytes(2, "big") + bytes((kind,)) + content


def _eap(packet: bytes) -> bytes:
    return b"".join(attribute(Type.EAP_MESSAGE, packet[at : at + 253]) for at in range(0, len(packet), 253))
