"""What Cisco's controllers have in common: limits of a user in Airespace's attributes, and Cisco-AVPairs that fit.

Rates by user are AireOS's: kbit/s, the plain attribute downstream, its "-Upstream" twin upstream. Never sends an AVPair
that was cut: a URL that lost its end opens no page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from radius.nas import amounts
from radius.nas.family import Attributes, Bound
from radius.nas.generic import Generic, filled

if TYPE_CHECKING:
    from radius.nas.family import Gateway
    from radius.nas.plan import Plan, Remaining

AV_PAIR: Final = "Cisco-AVPair"
MOST: Final = 247  # octets of a vendor's attribute of one: 255 less type, length, vendor, vendor type and length (RFC 2865, 5.26)


class Cisco(Generic):
    """Session-Timeout, Idle-Timeout, an ACL by name, rates of a user."""

    holds: ClassVar[frozenset[Bound]] = frozenset({Bound.TIME, Bound.IDLE, Bound.RATE})

    def attributes(self, plan: Plan, left: Remaining, gateway: Gateway) -> Attributes:
        """The generic ones; Airespace-ACL-Name where `role` names an ACL; both rates."""
        return (
            *super().attributes(plan, left, gateway),
            *filled(("Airespace-ACL-Name", gateway.options.role)),
            *amounts.rate(plan.down, "Airespace-Data-Bandwidth-Average-Contract", 1_000),
            *amounts.rate(plan.up, "Airespace-Data-Bandwidth-Average-Contract-Upstream", 1_000),
        )


def av_pairs(*pairs: tuple[str, str]) -> Attributes | None:
    """Cisco-AVPairs of these; None where one is longer than an attribute holds."""
    texts = [f"{name}={value}" for name, value in pairs]
    if any(len(text.encode()) > MOST for text in texts):
        return None
    return tuple((AV_PAIR, text) for text in texts)
