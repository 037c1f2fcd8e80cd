"""What can be in a guest's way, and what each page of it says to do: one line of reasons, one of remedies.

Never blames the guest for what is ours, never shows a fault's own words.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from flask_babel import gettext as _


class Trouble(Enum):
    """Each with the status of its page."""

    UNREADABLE = 400  # the gateway's redirect is not what its family sends
    FORGED = 4030  # it is signed wrongly, or for another gateway
    SHUT = 403
    NO_DOOR = 4040  # no gateway has this address
    NOT_FOUND = 404
    METHOD = 405
    TOO_OLD = 410  # a token whose time is over, or that was never ours
    TOO_LARGE = 413
    TOO_LONG = 414
    ELSEWHERE = 421  # another host's name
    TOO_MANY = 429
    OURS = 500
    CLOSED = 5030  # no plan lets anyone in here
    DATABASE = 503

    @property
    def status(self) -> int:
        """Three digits: the fourth only tells members of one status apart."""
        return self.value if self.value < 1000 else self.value // 10


class TroubleError(Exception):
    """Raised by a view: the page is the trouble's. `why` is for the log."""

    def __init__(self, trouble: Trouble, why: str = "") -> None:
        super().__init__(trouble.name)
        self.trouble = trouble
        self.why = why


class Told(NamedTuple):
    """The page's heading, and what to do."""

    heading: str
    remedy: str


def told(trouble: Trouble, network: str) -> Told:
    """In the guest's language; `network` is the Wi-Fi's name, "" where we do not know it."""
    match trouble:
        case Trouble.UNREADABLE | Trouble.FORGED:
            return Told(_("We cannot read where you come from"), _("Turn Wi-Fi off and on again, then open any page."))
        case Trouble.NO_DOOR:
            return Told(join(network), _("Then this page opens by itself, or when you open any page."))
        case Trouble.TOO_OLD:
            return Told(_("This page is too old"), _("Open any page: you come back here, and can connect."))
        case Trouble.TOO_MANY:
            return Told(_("That was a little fast"), _("Wait a minute, then try again."))
        case Trouble.DATABASE:
            return Told(_("We have a fault on our side"), _("Wi-Fi sign-in is being put right. Try again in a minute."))
        case Trouble.CLOSED:
            return Told(_("Sign-in is not open here yet"), _("The staff of this place can tell you more."))
        case Trouble.OURS:
            return Told(_("Something went wrong on our side"), _("Try again in a minute."))
        case Trouble.TOO_LARGE | Trouble.TOO_LONG:
            return Told(_("That was too much for us"), _("Turn Wi-Fi off and on again, then open any page."))
        case _:
            return Told(_("There is no such page"), _("Go back, or open any other page."))


def join(network: str) -> str:
    """ "Join 'City Wi-Fi' first"."""
    return str(_("Join “%(network)s” first", network=network) if network else _("Join our Wi-Fi first"))
