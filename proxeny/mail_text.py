"""A message as octets for a mail server (RFC 5322, MIME), and a server's words as they may be kept.

A header holds what one line holds and nothing that begins another. Never repeats an address, a code or a
link in words that are kept.
"""

from __future__ import annotations

import hashlib
import re
import socket
from email import policy
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from proxeny.parts_messages import Mail
    from store.messages import Letter

_ADDRESS: Final = re.compile(r"[^\s\x00-\x20\x7f-\x9f\"(),:;<>@\[\\\]]{1,64}@[^\s\x00-\x20\x7f-\x9f\"(),:;<>@\[\\\]]{1,255}")
_WORDS: Final = 200  # characters of a server's words
_KEPT_BACK: Final = re.compile(r"\d{3} \d{3}|\d{4,}|https?://\S+")  # of our own text


def written(mail: Mail, letter: Letter) -> bytes:
    """The whole mail, the same octets at each try; raises ValueError where an address or header cannot be written."""
    to = reachable(letter.to)
    message = EmailMessage(policy.SMTP if to.isascii() else policy.SMTPUTF8)
    message["From"] = mail.sender
    message["To"] = Address(username=to.rpartition("@")[0], domain=to.rpartition("@")[2])
    if mail.reply_to:
        message["Reply-To"] = mail.reply_to
    message["Subject"] = letter.content.subject
    message["Date"] = format_datetime(letter.queued_at)
    message["Message-ID"] = f"<{letter.id}.{_mark(letter)}@{_domain(mail)}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834, 5: nobody's machine answers
    message.set_content(letter.content.text, cte="quoted-printable")
    if letter.content.html:
        message.add_alternative(letter.content.html, subtype="html", cte="quoted-printable")
        message.set_boundary(f"={_mark(letter)}")
    if letter.language:
        message["Content-Language"] = letter.language  # last: what describes the content moves with it
    return message.as_bytes()


def reachable(to: str) -> str:
    """The address as mail is sent to it: its domain in ASCII (RFC 5890), so that only its name may ask for SMTPUTF8."""
    if not _ADDRESS.fullmatch(to):
        raise ValueError("the address is none")
    name, _, domain = to.rpartition("@")
    return f"{name}@{domain if domain.isascii() else domain.encode('idna').decode()}"


def address(sender: str) -> str:
    """The address alone of "City Wi-Fi <wifi@city.example>"."""
    header: Any = HeaderRegistry()("From", sender)
    return str(header.addresses[0].addr_spec)


def our_name(mail: Mail) -> str:
    """What we call ourselves in EHLO (RFC 5321, 4.1.1.1): this machine's name where it is a whole one."""
    name = socket.gethostname()
    return name if re.fullmatch(r"[A-Za-z0-9.-]+\.[A-Za-z0-9-]+", name) else _domain(mail)


def hushed(words: str, letter: Letter) -> str:
    """A server's words on one short line, without the address or anything else that only its reader should know."""
    said = re.sub(r"[\x00-\x20\x7f-\x9f]+", " ", words[: 10 * _WORDS]).strip()
    secret = {letter.to, letter.to.lstrip("+"), *_KEPT_BACK.findall(letter.content.text)} - {""}
    name = letter.to.rpartition("@")[0]
    kept_back = [*map(re.escape, sorted(secret, key=len, reverse=True)), *([rf"\b{re.escape(name)}\b"] if name else [])]
    said = re.sub("|".join(kept_back), "…", said, flags=re.IGNORECASE) if kept_back else said
    return re.sub(r"[^\s<>]+@[^\s<>]+", "…", said)[:_WORDS]


def _domain(mail: Mail) -> str:
    return address(mail.sender).rpartition("@")[2]


def _mark(letter: Letter) -> str:
    """What nobody guesses and every try has."""
    return hashlib.sha256(f"{letter.id} {letter.queued_at.isoformat()} {letter.to}".encode()).hexdigest()[:24]
