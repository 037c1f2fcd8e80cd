"""NAS families: one pure file each. `FAMILIES` knows them all by the name that `[[client]] nas` gives, and nothing else does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from radius.nas.aruba import Aruba
from radius.nas.aruba_instant import ArubaInstant
from radius.nas.cambium import Cambium
from radius.nas.cisco_cwa import CiscoCwa
from radius.nas.cisco_lwa import CiscoLwa
from radius.nas.coova import Coova
from radius.nas.generic import Generic
from radius.nas.hostapd import Hostapd
from radius.nas.meraki_click import MerakiClick
from radius.nas.meraki_cwa import MerakiCwa
from radius.nas.meraki_signon import MerakiSignon
from radius.nas.mikrotik import Mikrotik
from radius.nas.omada import Omada
from radius.nas.opennds import Opennds
from radius.nas.ruckus_sz import RuckusSz
from radius.nas.ruckus_zd import RuckusZd
from radius.nas.unifi import Unifi

if TYPE_CHECKING:
    from collections.abc import Mapping

    from radius.nas.family import Family

_ALL: Final[tuple[Family, ...]] = (
    Aruba(),
    ArubaInstant(),
    Cambium(),
    CiscoCwa(),
    CiscoLwa(),
    Coova(),
    Generic(),
    Hostapd(),
    MerakiClick(),
    MerakiCwa(),
    MerakiSignon(),
    Mikrotik(),
    Omada(),
    Opennds(),
    RuckusSz(),
    RuckusZd(),
    Unifi(),
)

FAMILIES: Final[Mapping[str, Family]] = {family.name: family for family in _ALL}
