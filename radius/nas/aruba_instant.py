"""Aruba Instant and Instant On: access points that are their own controller.

As a controller, with two differences: orders spell the station `aabbccddeeff` and name it as User-Name too, and Instant
On says in `post` where to sign in. Never another host than ours or Aruba's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from radius.nas.aruba import Aruba
from radius.nas.generic import filled

if TYPE_CHECKING:
    from radius.nas.family import Attributes, Gateway, Target


class ArubaInstant(Aruba):
    """Instant, Instant On."""

    name: ClassVar[str] = "aruba-instant"
    mac_form: ClassVar[str] = "aabbccddeeff"
    sent: ClassVar[tuple[str, ...]] = ("post", "switchip")

    def session(self, target: Target, gateway: Gateway) -> Attributes:
        """The station twice."""
        station = self.station(target.station, gateway)
        return filled(("User-Name", station), ("Calling-Station-Id", station))
