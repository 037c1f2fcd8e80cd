"""proxeny.portal_doors: the network as the pages are handed it."""

from __future__ import annotations

from proxeny import portal_doors
from proxeny.network import KEYS, AccessPoint, Client, Network, Plan, Portal, Site, Ssid


def test_every_gateway_is_a_door() -> None:
    """With its site's portal, plan and name; access points lead to their gateways, where both are said exactly."""
    rows = {
        "client": [Client("gate", nas="unifi", key="k" * 16, site="library"), Client("old", nas="unknown", key="o" * 16)],
        "site": [Site("library", "Central Library", timezone="America/Toronto", portal="city")],
        "plan": [Plan("visitor", session=7_200)],
        "portal": [Portal("city", "visitor"), Portal("other", "visitor")],
        "ssid": [Ssid("City Wi-Fi"), Ssid("eduroam", "eduroam")],
        "access_point": [
            AccessPoint("lib-1", "02-00-5E-77-00-01", "library", "gate"),
            AccessPoint("lib-2", "02-00-5E-77-00-02"),
            AccessPoint("lib-3", None, "library", "gate"),
            AccessPoint("lib-4", "02-00-5E-78-00-00/40", "library", "gate"),
        ],
    }
    network = Network({section: {getattr(row, key) if key else "": row for row in rows.get(section, [])} for section, key in KEYS.items()})
    doors = portal_doors.of(network)
    assert ["k" * 16] == list(doors.by_key)
    door = doors.by_key["k" * 16]
    assert ("Central Library", "visitor", "city") == (door.place, door.plan and door.plan.name, door.words.portal)
    assert (("City Wi-Fi",), {"02-00-5E-77-00-01": "gate"}) == (doors.ssids, doors.access_points)
