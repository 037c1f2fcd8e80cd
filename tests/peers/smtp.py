"""A mail server in a thread, by aiosmtpd: what it took is kept, and it is in bad moods on demand. Delivers nothing.

`from tests.peers.smtp import mailbox` in a conftest makes the fixture known: a Mailbox whose `url` goes into [mail].
"""

from __future__ import annotations

import asyncio
import re
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any, cast

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tests.peers.program import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

    from aiosmtpd.smtp import Envelope, Session

    from tests.peers.authority import Certificate

USER, PASSWORD = "proxeny", "smtp-secret-Ünïcode"


@dataclass(frozen=True)
class Mail:
    """One message as it came."""

    sender: str
    to: str
    octets: bytes
    encrypted: bool
    user: str

    @property
    def message(self) -> EmailMessage:
        return cast("EmailMessage", message_from_bytes(self.octets, policy=policy.default))

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        return self._body("plain")

    @property
    def html(self) -> str:
        return self._body("html")

    @property
    def code(self) -> str:
        """The six digits, without their space."""
        found = re.search(r"^(\d{3}) ?(\d{3})$", self.text, re.MULTILINE)
        assert found, self.text
        return found[1] + found[2]

    @property
    def link(self) -> str:
        found = re.search(r"^https?://\S+$", self.text, re.MULTILINE)
        assert found, self.text
        return found[0]

    def _body(self, kind: Any) -> str:
        body = self.message.get_body((kind,))
        assert body is not None
        return str(body.get_content()).replace("\r\n", "\n")


@dataclass
class Mood:
    """What is wrong with it today."""

    rcpt: str = ""  # "451 4.3.0 later", "550 5.1.1 <{to}> unknown": answered in place of 250
    data: str = ""  # answered to a message that was sent whole, which is not kept
    lose: bool = False  # keeps the message, and goes away without an answer
    hang: threading.Event | None = None  # the answer to a message that was kept waits for it


@dataclass
class Mailbox:
    """What arrived, the oldest first; `url` is where to send."""

    url: str = ""
    port: int = 0
    mails: list[Mail] = field(default_factory=list)
    tried: int = 0  # recipients that were named
    mood: Mood = field(default_factory=Mood)
    wrapped: bool = False  # in TLS from the first octet

    def to(self, address: str) -> list[Mail]:
        return [mail for mail in list(self.mails) if mail.to == address]

    def wait(self, address: str, count: int = 1, seconds: float = 30.0) -> Mail:
        """The newest to this address, once there are so many."""
        until(lambda: len(self.to(address)) >= count, f"mail {count} to {address}", seconds)
        return self.to(address)[-1]

    async def handle_RCPT(self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        self.tried += 1
        if self.mood.rcpt:
            return self.mood.rcpt.format(to=address)
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.mood.data:
            return self.mood.data
        login = session.auth_data.login.decode() if session.auth_data else ""
        octets = cast("bytes", envelope.original_content)
        mails = [Mail(envelope.mail_from or "", to, octets, self.wrapped or session.ssl is not None, login) for to in envelope.rcpt_tos]
        self.mails.extend(mails)
        if self.mood.lose:
            assert server.transport is not None
            server.transport.abort()
        if self.mood.hang is not None:
            await asyncio.to_thread(self.mood.hang.wait, 60)
        return "250 2.0.0 kept"


@contextmanager
def serving(certificate: Certificate | None = None, *, wrapped: bool = False, port: int = 0, auth: bool = False) -> Iterator[Mailbox]:
    """A server on 127.0.0.1; with STARTTLS demanded, or TLS from the first octet, where it has a certificate."""
    box = Mailbox(wrapped=wrapped)
    trust = None
    if certificate is not None:
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trust.load_cert_chain(certificate.certificate, certificate.key)
    starttls = trust if not wrapped else None

    def made() -> SMTP:
        return SMTP(
            box,
            hostname="mail.city.example",
            ident="test",
            enable_SMTPUTF8=True,
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_required=auth and not wrapped,
            auth_require_tls=not wrapped,
            authenticator=_known,
            loop=loop,
        )

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(made, "127.0.0.1", port, ssl=trust if wrapped else None))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    box.port = server.sockets[0].getsockname()[1]
    scheme = "smtps" if wrapped else "smtp+starttls" if starttls else "smtp"
    box.url = f"{scheme}://{f'{USER}@' if auth else ''}127.0.0.1:{box.port}"
    try:
        yield box
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def _known(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any) -> AuthResult:
    right = isinstance(given, LoginPassword) and (given.login, given.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False, auth_data=given)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A plain mail server of this machine."""
    with serving() as box:
        yield box
