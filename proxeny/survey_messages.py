"""What `check` looks at for mails and SMS: the authorities that are named, and whether the mail server takes us.

The mail server is greeted and left, within its own time limits; an SMS gateway is not asked, for each question costs. Never
sends a message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxeny import calling, mailing
from proxeny.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxeny.settings import Settings


def faults(settings: Settings, file: str) -> Iterator[Fault]:
    """What would keep every message here."""
    for section, part in (("mail", settings.mail), ("sms", settings.sms)):
        if part is not None and part.ca is not None:
            try:
                calling.trust(part.ca)
            except OSError as fault:  # also an SSLError
                remedy = "It must be ours to read, and hold certificates in PEM"
                yield Fault(file, f"{section}.ca", f"{part.ca}: {fault.strerror or fault}", remedy)


def warnings(settings: Settings, file: str) -> Iterator[Fault]:
    """What may pass, and keeps messages waiting until then."""
    if settings.mail is not None and (why := mailing.greeted(settings.mail)):
        yield Fault(file, "mail.url", f"{settings.mail.url} takes no mail of ours: {why}", "Codes and links wait until it does")
