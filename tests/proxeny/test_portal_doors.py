"""proxeny.portal_doors: the network as the pages are handed it."""

from __future__ import annotations

from portal.doors import Institution, Venue
from proxeny import portal_doors
from proxeny.network import KEYS, AccessPoint, Client, Network, Plan, Portal, Realm, Site, Ssid


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


def test_a_controller_of_many_sites_has_a_door_at_each() -> None:
    """Its guests meet the name and plan of where their access point is; another gateway's access point changes nothing."""
    rows = {
        "client": [Client("wlc", nas="cisco-lwa", key="k" * 16, site="library"), Client("other", nas="coova", key="o" * 16, site="arena")],
        "site": [Site("library", "Central Library", portal="city"), Site("market", "Market Hall", portal="shops"), Site("arena", "Arena")],
        "plan": [Plan("visitor", session=7_200), Plan("shopper", session=3_600)],
        "portal": [Portal("city", "visitor"), Portal("shops", "shopper")],
        "access_point": [
            AccessPoint("market-1", "02-00-5E-79-00-00/44", "market", "wlc"),
            AccessPoint("arena-1", "02-00-5E-80-00-01", "arena", "other"),
            AccessPoint("library-1", "02-00-5E-81-00-01", "library", "wlc"),
        ],
    }
    network = Network({section: {getattr(row, key) if key else "": row for row in rows.get(section, [])} for section, key in KEYS.items()})
    doors = portal_doors.of(network)
    seen = {
        point: (door.place, door.plan and door.plan.name)
        for point in ("02-00-5E-79-00-0A", "02-00-5E-80-00-01", "02-00-5E-81-00-01", "02-00-5E-99-00-01", "")
        if (door := doors.at("k" * 16, point))
    }
    here = ("Central Library", "visitor")
    expected = {"02-00-5E-79-00-0A": ("Market Hall", "shopper"), **dict.fromkeys(list(seen)[1:], here)}
    assert (expected, 5) == (seen, len(seen))
    assert doors.at("x" * 16, "02-00-5E-79-00-0A") is None


def test_what_pages_tell_of_places_and_institutions() -> None:
    """Sites with their access points; a door's district; an access point's own name; institutions of our realms, each once."""
    rows = {
        "client": [Client("gate", nas="unifi", key="k" * 16, site="library"), Client("other", nas="coova", key="o" * 16)],
        "site": [Site("library", "Central Library", "Lakeshore", timezone="America/Toronto"), Site("arena", "Arena")],
        "ssid": [Ssid("City Wi-Fi"), Ssid("eduroam", "eduroam"), Ssid("eduroam-6", "eduroam")],
        "access_point": [
            AccessPoint("lib-1", "02-00-5E-77-00-01", "library", "gate"),
            AccessPoint("lib-2", None, "library"),
            AccessPoint("arena-1", "02-00-5E-78-00-01", None, "other"),
        ],
        "realm": [
            Realm("uni-b.example", homes=("b",), institution="University B", country="CA", profile="https://uni-b.example/eduroam"),
            Realm("*.uni-b.example", homes=("b",), institution="University B", country="CA", profile="https://uni-b.example/eduroam"),
            Realm("~uni-a\\.(example|test)", homes=("a",), institution="university A"),
            Realm("gmail.com", "reject", institution="No institution"),
            Realm("none.example", homes=("b",)),
        ],
    }
    network = Network({section: {getattr(row, key) if key else "": row for row in rows.get(section, [])} for section, key in KEYS.items()})
    doors = portal_doors.of(network)
    library, arena = Venue("Central Library", "Lakeshore", "America/Toronto", ("lib-1", "lib-2")), Venue("Arena")
    assert {"library": library, "arena": arena} == doors.venues
    assert "Lakeshore" == doors.by_key["k" * 16].district
    points = [("gate", "02-00-5E-77-00-01"), ("gate", "02-00-5E-78-00-01"), ("gate", "02-00-5E-99-00-01"), ("gate", "")]
    assert ["lib-1", "", "", ""] == [doors.point_of(*each) for each in points]
    assert ("eduroam", "eduroam-6") == doors.eduroam
    page = "https://uni-b.example/eduroam"
    assert (
        Institution("university A"),
        Institution("University B", "CA", "", page),
        Institution("University B", "CA", "uni-b.example", page),
    ) == doors.institutions
