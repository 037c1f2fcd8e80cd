"""A simulated UAM gateway with one phone behind it: the demo's guest is offline until the real flow lets it in.

It does what CoovaChilli does: sends the phone's browser to the portal with signed parameters, takes the logon, asks by
RADIUS, accounts, and obeys Disconnect and CoA. It forwards no packet; "online" is its word. Never decides who may.
"""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from proxeny.simulated.caller import Caller, NoAnswerError
from radius.codec import ZERO, ended_by, sign_digest
from radius.message import Code, Type
from radius.secret import Secret, md5
from radius.wire import Malformed, attribute, parse

if TYPE_CHECKING:
    import random

    from radius.message import Message

INTERIM: Final = 5.0  # seconds between interim reports; a real network's are minutes
START, STOP, INTERIM_UPDATE, ON = 1, 2, 3, 7  # RFC 2866, 5.1
USER_REQUEST, SESSION_TIMEOUT, ADMIN_RESET = 1, 5, 6  # RFC 2866, 5.10
CONTEXT_NOT_FOUND: Final = 503  # RFC 5176, 3.5
PHONE_ADDRESS: Final = "10.1.0.23"
_TIMEOUT: Final = 27


@dataclass(frozen=True, slots=True)
class Setting:
    """One gateway as the network file and the portal know it."""

    name: str
    address: str
    port: int  # of its own pages
    mac: str
    ssid: str
    station: str  # the phone's
    secret: Secret
    uam_secret: str
    entrance: str  # our portal's URL for it


@dataclass(slots=True)
class Online:
    """The phone's session."""

    identifier: str
    user: str
    class_: bytes
    began: float
    ends: float | None
    up: int = 0
    down: int = 0

    @property
    def left(self) -> int | None:
        """Seconds that the controller allows still."""
        return None if self.ends is None else max(0, int(self.ends - time.monotonic()))


class Gateway(asyncio.DatagramProtocol):
    """The gateway; its datagrams are orders of the controller's."""

    def __init__(self, setting: Setting, auth: Caller, acct: Caller, chance: random.Random) -> None:
        self.setting, self._auth, self._acct, self._chance = setting, auth, acct, chance
        self.challenge = os.urandom(16)
        self.online: Online | None = None
        self._transport: asyncio.DatagramTransport

    # To the portal

    def redirect(self, res: str, **more: str) -> str:
        """Where the phone's browser is sent."""
        return redirect(self.setting, self.challenge, res, **more)

    # From the portal, by way of the phone

    async def logon(self, name: str, response: str) -> str:
        """Ask the controller with the CHAP response that the portal made; where the browser goes next."""
        challenge = md5(self.challenge + self.setting.uam_secret.encode()).digest()
        identifier = os.urandom(6).hex()
        try:
            chap = attribute(Type.CHAP_PASSWORD, b"\0" + bytes.fromhex(response)) + attribute(Type.CHAP_CHALLENGE, challenge)
            answer = await self._auth.access(self._about(identifier, name) + chap)
        except (ValueError, NoAnswerError):
            return self.redirect("failed", reason="timeout")
        self.challenge = os.urandom(16)
        if answer.code != Code.ACCESS_ACCEPT:
            return self.redirect("failed", reason="reject", reply=(answer.value(Type.REPLY_MESSAGE) or b"").decode("utf-8", "replace"))
        began = time.monotonic()
        self.online = Online(identifier, name, answer.value(Type.CLASS) or b"", began, _ends(answer, began))
        await self._report(self.online, START)
        return self.redirect("success", uid=name)

    async def leave(self, cause: int = USER_REQUEST) -> None:
        """The phone goes offline."""
        if (gone := self.online) is not None:
            self.online = None
            await self._report(gone, STOP, attribute(49, cause.to_bytes(4, "big")))

    async def live(self) -> None:
        """Say that we have just started; then report, and keep the time, for ever."""
        rows = attribute(Type.NAS_IDENTIFIER, self.setting.name.encode()) + attribute(Type.ACCT_SESSION_ID, os.urandom(4).hex().encode())
        await self._say(rows + _numbers((Type.ACCT_STATUS_TYPE, ON), (Type.EVENT_TIMESTAMP, int(time.time()))))
        told = time.monotonic()
        while True:
            await asyncio.sleep(0.25)
            if (online := self.online) is None:
                continue
            online.up += self._chance.randrange(5_000)
            online.down += self._chance.randrange(120_000)
            if online.left == 0:
                await self.leave(SESSION_TIMEOUT)
            elif time.monotonic() - told >= INTERIM:
                told = time.monotonic()
                await self._report(online, INTERIM_UPDATE)

    def _about(self, identifier: str, name: str) -> bytes:
        here = self.setting
        rows = (
            (Type.USER_NAME, name.encode()),
            (Type.NAS_IDENTIFIER, here.name.encode()),
            (Type.CALLED_STATION_ID, f"{here.mac}:{here.ssid}".encode()),
            (Type.CALLING_STATION_ID, here.station.encode()),
            (Type.ACCT_SESSION_ID, identifier.encode()),
        )
        return b"".join(attribute(kind, value) for kind, value in rows) + _numbers((61, 19))  # Wireless-802.11

    async def _report(self, online: Online, status: int, more: bytes = b"") -> None:
        rows: list[tuple[int, int]] = [(Type.ACCT_STATUS_TYPE, status), (Type.EVENT_TIMESTAMP, int(time.time()))]
        if status != START:
            rows += [(46, int(time.monotonic() - online.began)), (42, online.up), (43, online.down)]
        held = attribute(Type.CLASS, online.class_) if online.class_ else b""
        address = attribute(8, bytes(map(int, PHONE_ADDRESS.split("."))))
        await self._say(self._about(online.identifier, online.user) + held + address + _numbers(*rows) + more)

    async def _say(self, attributes: bytes) -> None:
        try:
            await self._acct.account(attributes)
        except NoAnswerError:
            return  # the next report says more

    # Orders

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # typeshed has the base class here
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        try:
            order = parse(data)
        except Malformed:
            return
        if order.code not in (Code.DISCONNECT_REQUEST, Code.COA_REQUEST) or not ended_by(order.octets, self.setting.secret, ZERO):
            return
        online = self.online
        known = online is not None and online.user.encode() == order.value(Type.USER_NAME)
        if online is not None and known and order.code == Code.COA_REQUEST:
            online.ends = _ends(order, online.began) or online.ends
        elif known:
            self._leaving = asyncio.get_running_loop().create_task(self.leave(ADMIN_RESET))
        code = order.code + (1 if known else 2)
        body = b"" if known else attribute(Type.ERROR_CAUSE, CONTEXT_NOT_FOUND.to_bytes(4, "big"))
        self._transport.sendto(sign_digest(code, order.identifier, order.authenticator, body, self.setting.secret), addr)


def redirect(here: Setting, challenge: bytes, res: str, **more: str) -> str:
    """Where a phone's browser is sent: chilli's parameters in chilli's order, signed over the whole URL."""
    words = {
        "res": res, "uamip": here.address, "uamport": str(here.port), "challenge": challenge.hex(), **more, "called": here.mac,
        "mac": here.station, "ip": PHONE_ADDRESS, "ssid": here.ssid, "nasid": here.name, "userurl": "http://example.com/",
    }  # fmt: skip
    url = f"{here.entrance}?{urlencode(words)}"
    return f"{url}&md={md5(f'{url}{here.uam_secret}'.encode()).hexdigest().upper()}"


def _numbers(*rows: tuple[int, int]) -> bytes:
    return b"".join(attribute(kind, number.to_bytes(4, "big")) for kind, number in rows)


def _ends(message: Message, began: float) -> float | None:
    """Session-Timeout counts from the session's begin."""
    value = message.value(_TIMEOUT)
    return None if value is None else began + int.from_bytes(value, "big")
