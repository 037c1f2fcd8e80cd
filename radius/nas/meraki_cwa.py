"""Cisco Meraki with central web authentication, as ISE does it: Cisco's AVPairs and CoA, a group policy by ACL-Name.

In the dashboard Airespace-ACL-Name must be chosen as the attribute that names the group policy; rates are the policy's
own. Old MR firmware does not ask again on CoA: there the guest reconnects. Never sends a rate: Meraki reads none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from radius.nas.cisco_cwa import CiscoCwa
from radius.nas.generic import Generic, filled

if TYPE_CHECKING:
    from radius.nas.family import Attributes, Bound, Gateway
    from radius.nas.plan import Plan, Remaining


class MerakiCwa(CiscoCwa):
    """Central web authentication at Meraki's access points."""

    name: ClassVar[str] = "meraki-cwa"
    holds: ClassVar[frozenset[Bound]] = Generic.holds

    def attributes(self, plan: Plan, left: Remaining, gateway: Gateway) -> Attributes:
        """The generic ones, and the group policy where `role` names one."""
        return (*Generic.attributes(self, plan, left, gateway), *filled(("Airespace-ACL-Name", gateway.options.role)))
