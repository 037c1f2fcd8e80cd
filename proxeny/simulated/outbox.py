"""The demo's outbox: a mail server that delivers nowhere, and what arrived there or by SMS, the newest first. Demo only.

It speaks as much SMTP (RFC 5321) as a well-behaved client needs, in clear, for it listens on loopback. Never keeps more
than a screenful of messages, and never sends one on.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from itertools import count
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from email.message import EmailMessage

MOST: Final = 100  # messages that are kept
LARGEST: Final = 1 << 20  # octets of one mail
PATIENCE: Final = 60.0  # seconds for one command
LINE: Final = 4096  # octets; a mail's own lines are at most 998 (RFC 5322, 2.1.1)
_PATH: Final = re.compile(r"(?:FROM|TO):\s*<([^>]*)>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message."""

    number: int
    kind: str  # "Mail", "SMS"
    to: str
    subject: str
    text: str
    html: str
    at: datetime


@dataclass(slots=True)
class Outbox:
    """What arrived; for several threads."""

    arrived: deque[Arrived] = field(default_factory=lambda: deque(maxlen=MOST))
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def put(self, kind: str, to: str, text: str, *, subject: str = "", html: str = "") -> None:
        """Keep one; the oldest gives way."""
        self.arrived.appendleft(Arrived(next(self._numbers), kind, to, subject, text, html, datetime.now(UTC)))

    def mail(self, to: str, octets: bytes) -> None:
        """Keep a mail as it came."""
        message = message_from_bytes(octets, policy=policy.default)
        self.put("Mail", to, _body(message, "plain"), subject=str(message["Subject"] or ""), html=_body(message, "html"))

    def find(self, number: int) -> Arrived | None:
        return next((each for each in list(self.arrived) if each.number == number), None)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client of the mail server."""
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            await _Conversation(self, reader, writer).run()
        writer.close()


class _Conversation:
    """One connection: commands in, replies out."""

    def __init__(self, outbox: Outbox, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._outbox, self._reader, self._writer = outbox, reader, writer
        self._to: list[str] = []

    async def run(self) -> None:
        await self._say("220 demo outbox")
        while True:
            line = (await self._line()).decode("utf-8", "replace")
            verb, _, rest = line.strip().partition(" ")
            match verb.upper():
                case "EHLO":
                    await self._say(f"250-demo outbox\r\n250-SIZE {LARGEST}\r\n250-8BITMIME\r\n250 SMTPUTF8")
                case "HELO" | "NOOP":
                    await self._say("250 OK")
                case "MAIL" | "RSET":
                    self._to.clear()
                    await self._say("250 OK")
                case "RCPT" if found := _PATH.match(rest):
                    self._to = [*self._to[:99], found[1]]
                    await self._say("250 OK")
                case "DATA" if self._to:
                    await self._take()
                case "QUIT":
                    await self._say("221 bye")
                    return
                case _:
                    await self._say("503 not now, or not at all")

    async def _take(self) -> None:
        await self._say("354 go on")
        octets = bytearray()
        while (line := await self._line()) != b".\r\n":
            octets += line.removeprefix(b".") if line.startswith(b"..") else line
            if len(octets) > LARGEST:
                raise ValueError("too long")
        for to in self._to:
            self._outbox.mail(to, bytes(octets))
        self._to.clear()
        await self._say("250 kept")

    async def _line(self) -> bytes:
        async with asyncio.timeout(PATIENCE):
            return await self._reader.readuntil(b"\n")

    async def _say(self, words: str) -> None:
        self._writer.write(f"{words}\r\n".encode())
        await self._writer.drain()


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""
