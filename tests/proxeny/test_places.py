"""proxeny.places: where a station is, as far as its packet says."""

from __future__ import annotations

from typing import Any

import pytest

from proxeny.network import KEYS, AccessPoint, Client, Network, Site
from proxeny.places import REMEMBERED, Places
from radius import tables
from radius.secret import Secret

SECRET = Secret(b"x" * 16)
POINTS = [
    AccessPoint("lib-1", "02-00-5E-00-01-00/44", "library", "wlc"),
    AccessPoint("lib-2", "02-00-5E-00-01-05", None, "wlc"),
    AccessPoint("by-name", None, "pier", "wlc"),
    AccessPoint("lone", None, "pier", "box"),
]


def places(points: list[AccessPoint] = POINTS) -> Places:
    rows: dict[str, Any] = {section: {} for section in KEYS}
    rows["site"] = {name: Site(name, name) for name in ("library", "pier", "market")}
    rows["client"] = {name: Client(name, (), SECRET, site="market") for name in ("wlc", "box")}
    rows["access_point"] = {point.name: point for point in points}
    return Places(Network(rows))


WLC, BOX = tables.Client("wlc", SECRET), tables.Client("box", SECRET)


@pytest.mark.parametrize(
    ("called", "nas_identifier", "client", "expected"),
    [
        (b"02-00-5E-00-01-0F:eduroam", None, WLC, ("lib-1", "02-00-5E-00-01-0F", "eduroam", "library")),
        (b"02:00:5e:00:01:05:city:wifi", None, WLC, ("lib-2", "02-00-5E-00-01-05", "city:wifi", "market")),
        (b"02005E000105", None, WLC, ("lib-2", "02-00-5E-00-01-05", "", "market")),
        (b"02-00-5E-00-01-00:", None, WLC, ("lib-1", "02-00-5E-00-01-00", "", "library")),
        (b"02-00-5E-00-02-00:eduroam", None, BOX, ("", "02-00-5E-00-02-00", "eduroam", "market")),
        (b"02-00-5E-00-02-00:eduroam", b"BY-NAME", WLC, ("by-name", "02-00-5E-00-02-00", "eduroam", "pier")),
        (None, b"by-name", WLC, ("by-name", "", "", "pier")),
        (None, b"by-name", BOX, ("lone", "", "", "pier")),
        (None, None, WLC, ("", "", "", "market")),
        (None, None, BOX, ("lone", "", "", "pier")),
        (b"\xff\xfe", b"\xff", WLC, ("", "", "", "market")),
    ],
)
def test_the_place_a_packet_tells_of(
    called: bytes | None, nas_identifier: bytes | None, client: tables.Client, expected: tuple[str, ...]
) -> None:
    """BSSID by the longest prefix, else NAS-Identifier at its own client, else a client's only access point."""
    assert tables.Place(*expected) == places().place(called, nas_identifier, client)


def test_an_unknown_access_point_is_no_refusal() -> None:
    """What nobody declared is a place all the same, to be adopted."""
    assert tables.Place("", "02-00-5E-00-09-09", "x", "market") == places([]).place(b"02-00-5E-00-09-09:x", None, WLC)


def test_what_is_remembered_is_bounded() -> None:
    """Anyone may invent a Called-Station-Id: the table is emptied at its bound."""
    known = places()
    for number in range(REMEMBERED + 2):
        known.place(b"%d" % number, None, WLC)
    assert len(known._seen) <= REMEMBERED
