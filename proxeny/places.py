"""Where a station is: its access point by BSSID, else by NAS-Identifier, else by the client that asks.

An access point nobody declared is still a place, with its BSSID and no name: it is listed for adoption, never refused.
Never grows without bound: what was looked up is remembered for so many places and then forgotten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxeny.addresses import mac
from radius import text
from radius.tables import Client, Place

if TYPE_CHECKING:
    from proxeny.network import AccessPoint, Network

REMEMBERED: Final = 65_536


class Places:
    """Every declared access point of one version of the network."""

    __slots__ = ("_by_name", "_lone", "_prefixes", "_seen", "_sites")

    def __init__(self, network: Network) -> None:
        self._sites = {client.name: client.site or "" for client in network.of("client")}
        self._by_name: dict[str, AccessPoint] = {}
        self._prefixes: dict[int, dict[int, AccessPoint]] = {}  # host bits -> the bits before them -> access point
        self._seen: dict[tuple[bytes | None, bytes | None, str], Place] = {}
        counts: dict[str, list[AccessPoint]] = {}
        for point in network.of("access_point"):
            self._by_name[point.name.lower()] = point
            if point.mac:
                base, bits = mac(point.mac)
                self._prefixes.setdefault(48 - bits, {})[int(base.replace("-", ""), 16) >> (48 - bits)] = point
            if point.client:
                counts.setdefault(point.client, []).append(point)
        self._prefixes = dict(sorted(self._prefixes.items()))  # fewest host bits first: the longest prefix
        self._lone = {client: points[0] for client, points in counts.items() if len(points) == 1}

    def place(self, called: bytes | None, nas_identifier: bytes | None, client: Client) -> Place:
        """The place that Called-Station-Id, NAS-Identifier and client tell of."""
        key = (called, nas_identifier, client.name)
        place = self._seen.get(key)
        if place is None:
            place = self._look(called, nas_identifier, client.name)
            if len(self._seen) >= REMEMBERED:  # both attributes are the sender's to choose
                self._seen.clear()
            self._seen[key] = place
        return place

    def at(self, access_point: str, client: str) -> Place:
        """The place of an access point as a gateway's redirect names it; for whoever asks now and then."""
        return self._look(access_point.encode() or None, None, client)

    def _look(self, called: bytes | None, nas_identifier: bytes | None, client: str) -> Place:
        bssid, ssid = text.place(called or b"")
        point = self.declared(bssid) if bssid else None
        if point is None and nas_identifier:
            point = self._by_nas_identifier(nas_identifier, client)
        if point is None and not bssid:
            point = self._lone.get(client)
        if point is None:
            return Place("", bssid, ssid, self._sites.get(client, ""))
        return Place(point.name, bssid, ssid, point.site or self._sites.get(client, ""))

    def declared(self, bssid: str) -> AccessPoint | None:
        """The access point of this BSSID, AA-BB-CC-DD-EE-FF; the longest prefix where several cover it."""
        number = int(bssid.replace("-", ""), 16)
        return next((point for bits, table in self._prefixes.items() if (point := table.get(number >> bits))), None)

    def _by_nas_identifier(self, nas_identifier: bytes, client: str) -> AccessPoint | None:
        """By name, and only where that access point may speak through this client."""
        point = self._by_name.get(nas_identifier.decode("utf-8", "replace").lower())
        return point if point is not None and point.client in (None, client) else None
