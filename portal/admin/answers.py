"""What a gateway answered to an order, as a person reads it: done, refused and why, or nothing.

The gateway's own words stand beside ours. Never says that a device is gone because we asked for it: only an ACK says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as later

from store.models import OrderKind, OrderState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from store.models import Order

KINDS: Final[Mapping[OrderKind, Any]] = {
    OrderKind.GRANT: later("Let in"),
    OrderKind.LIMIT: later("Other limits"),
    OrderKind.REVOKE: later("End the stay"),
    OrderKind.DISCONNECT: later("Disconnect"),
}
_CAUSES: Final[Mapping[int, Any]] = {  # RFC 5176, 3.5
    401: later("It does not take an attribute of the order."),
    402: later("It misses an attribute in the order: see the guide of its make."),
    403: later("It takes the order for another NAS's: its NAS-Identifier or address differs from what its accounting said."),
    404: later("It could not read the order."),
    405: later("It takes no orders of this kind."),
    406: later("It takes orders only with other attributes."),
    407: later("It does not like a value in the order."),
    501: later("Its settings forbid it to take orders."),
    502: later("Orders cannot be passed on to it."),
    503: later("It does not know this session: it has ended there already, or is called otherwise."),
    504: later("The session cannot be taken away."),
    505: later("A proxy on the way could not handle the order."),
    506: later("It lacks the means just now."),
    507: later("It wants to be asked otherwise."),
    508: later("Several sessions there fit the order."),
}


class Answer(NamedTuple):
    """Good, bad or warn, as a badge has it; what the gateway said; what that means and what to do, "" where nothing."""

    tone: str
    said: str
    meaning: str


def answer(order: Order) -> Answer:
    """Of one order, as it stands."""
    if order.settled_at is None:
        return Answer("quiet", _("asked, waiting"), "")
    if order.state is OrderState.DONE:
        return Answer("good", order.outcome or "ACK", "")
    if order.error_cause is not None:
        return Answer("bad", order.outcome, str(_CAUSES.get(order.error_cause, "")))
    if order.outcome == "no answer":
        return Answer(
            "bad", _("no answer"), _("Does it take orders (RFC 5176, usually UDP port 3799) from our address, with the secret we have?")
        )
    return Answer("bad", order.outcome, "")
