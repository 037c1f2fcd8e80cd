"""One mail to one address, by SMTP (RFC 5321): connected, encrypted, signed in, handed over; and what became of it in words.

Theory of operation. A conversation has a deadline that no server stretches: every answer is read against it, and the
answers of one conversation are of a bounded size. What the server says of us (its greeting, STARTTLS, our password) is
worth another try: whoever runs it may put it right before the mail is too old. What it says for good of this mail or its
address (5yz, RFC 5321, 4.2.1) is its end. A server that goes away after it took the mail gets it again, under the same
Message-ID.

Never sends in clear what the settings did not say to, and never repeats an address in its words.
"""

from __future__ import annotations

import base64
import contextlib
import smtplib
import socket
import ssl
import time
from typing import TYPE_CHECKING, Any, Final

from proxeny import calling, mail_text
from proxeny.calling import Ended
from radius.nas.family import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from proxeny.parts_messages import Mail
    from store.messages import Letter

WHOLE: Final = 30.0  # seconds for a conversation: less than a message's lease
LARGEST: Final = 64 << 10  # octets of a server's answers
_LINE: Final = 4096  # RFC 5321, 4.5.3.1.5 has 512


class _UnusableError(Exception):
    """The server does not offer what we need."""


def send(mail: Mail, letter: Letter) -> Ended:
    """Hand it over. Never raises for what a server does."""
    try:
        octets = mail_text.written(mail, letter)
    except ValueError as fault:
        return Ended(Outcome(done=False, text=f"it cannot be written: {mail_text.hushed(str(fault), letter)}"), heard=True)
    try:
        return _sent(mail, letter, octets)
    except smtplib.SMTPResponseException as fault:
        return _ended(
            fault.smtp_code, fault.smtp_error, letter, ours=not isinstance(fault, smtplib.SMTPDataError | smtplib.SMTPSenderRefused)
        )
    except smtplib.SMTPRecipientsRefused as fault:
        return _ended(*next(iter(fault.recipients.values())), letter, ours=False)
    except smtplib.SMTPNotSupportedError:
        return Ended(Outcome(done=False, text="the server takes no address with letters beyond ASCII"), heard=True)
    except ssl.SSLCertVerificationError as fault:
        return _later(f"its certificate is not trusted: {fault.verify_message}")
    except (OSError, smtplib.SMTPException, _UnusableError) as fault:
        return _later(mail_text.hushed(str(getattr(fault, "strerror", None) or fault) or type(fault).__name__, letter))


def greeted(mail: Mail) -> str:
    """Whether the server would take mail of ours: "" where it greets, encrypts and knows us, else why not. Sends nothing."""
    try:
        with _open(mail):
            return ""
    except smtplib.SMTPResponseException as fault:
        words = fault.smtp_error.decode("utf-8", "replace") if isinstance(fault.smtp_error, bytes) else str(fault.smtp_error)
        return f"{fault.smtp_code} {' '.join(words.split())[:200]}"
    except ssl.SSLCertVerificationError as fault:
        return f"its certificate is not trusted: {fault.verify_message}"
    except (OSError, smtplib.SMTPException, _UnusableError) as fault:
        return str(getattr(fault, "strerror", None) or fault) or type(fault).__name__


@contextlib.contextmanager
def _open(mail: Mail) -> Iterator[_Conversation]:
    """A conversation in which a mail may be sent."""
    server = mail.server
    conversation = _Conversation(mail)
    try:
        conversation.greet()
        if server.scheme == "smtp+starttls":
            conversation.encrypt()
        if server.user and mail.password is not None:
            conversation.sign_in(server.user, mail.password.octets)
        yield conversation
    finally:
        conversation.leave()


def _sent(mail: Mail, letter: Letter, octets: bytes) -> Ended:
    with _open(mail) as conversation:
        options = () if letter.to.isascii() else ("SMTPUTF8", "BODY=8BITMIME")
        conversation.sendmail(mail_text.address(mail.sender), [mail_text.reachable(letter.to)], octets, options)
        return Ended(Outcome(done=True, text=mail_text.hushed(f"250 {conversation.last}", letter)), heard=True)


def _ended(code: int, words: Any, letter: Letter, *, ours: bool) -> Ended:
    """A server's refusal. `ours`: it is about us, not about this mail."""
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    final = 500 <= code <= 599 and not ours
    return Ended(Outcome(done=False, text=mail_text.hushed(f"{code} {said}", letter), again=not final), heard=not ours and code != 421)


def _later(why: str) -> Ended:
    return Ended(Outcome(done=False, text=why, again=True), heard=False)


class _Conversation(smtplib.SMTP):
    """smtplib's, with a deadline, a bound on what is read, and its own way to connect."""

    def __init__(self, mail: Mail) -> None:
        self._deadline = time.monotonic() + WHOLE
        self._patience = mail.timeout
        self._trust = _trust(mail.ca)
        self._wrapped = mail.server.scheme == "smtps"
        self._left = LARGEST
        self.last = ""  # the text of the last answer
        super().__init__(mail.server.host, mail.server.port, mail_text.our_name(mail), mail.timeout)

    def _get_socket(self, host: str, port: int, _timeout: float) -> socket.socket:
        """Connected to one of its addresses: each has a turn within the one deadline."""
        fault: OSError = OSError(f"{host} has no address")
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            found = socket.socket(family, kind, protocol)
            try:
                found.settimeout(self._turn())
                found.connect(address)
                return self._trust.wrap_socket(found, server_hostname=host) if self._wrapped else found
            except OSError as failed:
                found.close()
                fault = failed
        raise fault

    def greet(self) -> None:
        self.ehlo_or_helo_if_needed()

    def encrypt(self) -> None:
        """STARTTLS (RFC 3207), or nothing at all; then the greeting anew."""
        if not self.has_extn("starttls"):
            raise _UnusableError("it offers no STARTTLS")
        self.starttls(context=self._trust)
        self.ehlo()

    def sign_in(self, user: str, password: bytes) -> None:
        """AUTH (RFC 4954) by PLAIN, else LOGIN, in UTF-8: smtplib's own speak ASCII alone."""
        offered = self.esmtp_features.get("auth", "").upper().split()
        if "PLAIN" in offered:
            code, words = self.docmd("AUTH", "PLAIN " + _base64(b"\0" + user.encode() + b"\0" + password))
        elif "LOGIN" in offered:
            self.docmd("AUTH", "LOGIN " + _base64(user.encode()))
            code, words = self.docmd(_base64(password))
        else:
            raise _UnusableError("it offers neither AUTH PLAIN nor AUTH LOGIN")
        if code != 235:
            raise smtplib.SMTPAuthenticationError(code, words)

    def leave(self) -> None:
        """Say so, and wait for no answer."""
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self.putcmd("QUIT")
        self.close()

    def getreply(self) -> tuple[int, bytes]:
        """One answer, within the bounds."""
        if self.file is None:
            self.file = _Answers(self)  # all that smtplib asks of a file is readline and close
        code, words = super().getreply()
        self.last = words.decode("utf-8", "replace")
        return code, words

    def read(self) -> bytes:
        """Some octets of the server's."""
        assert self.sock is not None  # noqa: S101  for the type checker
        self.sock.settimeout(self._turn())
        octets = self.sock.recv(_LINE)
        self._left -= len(octets)
        if self._left < 0:
            raise OSError(f"its answers are longer than {LARGEST} octets")
        return octets

    def _turn(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"nothing whole within {WHOLE:.0f} s")
        return min(left, self._patience)


class _Answers:
    """The server's lines; a new one begins with TLS, so that nothing said before it counts (RFC 3207, 6)."""

    def __init__(self, conversation: _Conversation) -> None:
        self._conversation, self._kept = conversation, b""

    def readline(self, _most: int) -> bytes:
        while b"\n" not in self._kept:
            if len(self._kept) > _LINE:
                raise OSError("it does not speak SMTP")
            octets = self._conversation.read()
            if not octets:
                return b""
            self._kept += octets
        line, _, self._kept = self._kept.partition(b"\n")
        return line + b"\n"

    def close(self) -> None:
        self._kept = b""


def _trust(ca: Path | None) -> ssl.SSLContext:
    try:
        return calling.trust(ca)
    except OSError as fault:  # also an SSLError
        raise _UnusableError(f"the authority {ca} cannot be read: {fault.strerror or fault}") from None


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
