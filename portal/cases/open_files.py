"""The files of open data: hotspots as GeoJSON (RFC 7946) and CSV, a month's usage as CSV; their columns, and what each may hold.

GeoJSON and a month's CSV are what a publication keeps; everything else is made of them. Pure. Never an exact count, and never a
cell that a spreadsheet would execute.
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from portal.cases.disclosure import FEWEST, Figures, Line
from portal.sheets import bare, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

PLACES: Final = 5  # decimals of a position: a metre


class Hotspot(NamedTuple):
    """A place with Wi-Fi; "" or None: nobody said."""

    site_id: str
    name: str
    address: str = ""
    ward: str = ""
    lat: float | None = None
    lon: float | None = None
    ssid: str = ""
    indoor_outdoor: str = ""
    opening_hours: str = ""
    activated_on: str = ""
    status: str = "active"
    accessible_entrance: str = ""


class Column(NamedTuple):
    """One column as the Table Schema has it."""

    name: str
    kind: str
    constraints: Mapping[str, Any] = {}


_NEEDED: Final = {"required": True}
HOTSPOTS: Final = (
    Column("site_id", "string", {"required": True, "unique": True}),
    Column("name", "string", _NEEDED),
    Column("address", "string"),
    Column("ward", "string"),
    Column("lat", "number", {"minimum": -90, "maximum": 90}),
    Column("lon", "number", {"minimum": -180, "maximum": 180}),
    Column("ssid", "string"),
    Column("indoor_outdoor", "string", {"enum": ["indoor", "outdoor", "both"]}),
    Column("opening_hours", "string"),
    Column("activated_on", "date"),
    Column("status", "string", {"required": True, "enum": ["active", "planned"]}),
    Column("accessible_entrance", "string", {"enum": ["yes", "limited", "no"]}),
)
USAGE: Final = (
    Column("site_id", "string", _NEEDED),
    Column("month", "yearmonth", _NEEDED),
    Column("sessions", "integer", {"minimum": FEWEST}),
    Column("unique_accounts_rounded", "integer", {"minimum": FEWEST}),
    Column("minutes", "integer", {"minimum": 0}),
    Column("gb_down", "integer", {"minimum": 0}),
    Column("gb_up", "integer", {"minimum": 0}),
    Column("median_session_min", "integer", {"minimum": 0}),
    Column("roaming_share", "number", {"minimum": 0, "maximum": 1}),
)
_PROPERTIES: Final = tuple(each.name for each in HOTSPOTS if each.name not in ("lat", "lon"))


def geojson(hotspots: Iterable[Hotspot]) -> bytes:
    """A FeatureCollection; a place without a position has no geometry (RFC 7946, 3.2)."""
    features = [
        {
            "type": "Feature",
            "id": each.site_id,
            "geometry": _point(each),
            "properties": {name: getattr(each, name) or None for name in _PROPERTIES},
        }
        for each in hotspots
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, indent=1).encode() + b"\n"


def _point(hotspot: Hotspot) -> dict[str, Any] | None:
    if hotspot.lat is None or hotspot.lon is None:
        return None
    return {"type": "Point", "coordinates": [round(hotspot.lon, PLACES), round(hotspot.lat, PLACES)]}


def hotspots(octets: bytes) -> list[Hotspot]:
    """Those of a GeoJSON of ours."""
    found = []
    for feature in json.loads(octets)["features"]:
        lon, lat = feature["geometry"]["coordinates"] if feature["geometry"] is not None else (None, None)
        said = {name: feature["properties"].get(name) or "" for name in _PROPERTIES}
        found.append(Hotspot(**said, lat=lat, lon=lon))
    return found


def hotspots_csv(some: Iterable[Hotspot]) -> bytes:
    """The same as a table."""
    return (line(Hotspot._fields) + "".join(map(line, some))).encode()


def usage_csv(month: str, lines: Iterable[Line]) -> bytes:
    """One month; the line of a site whose figures are withheld has its name alone."""
    return (line(each.name for each in USAGE) + "".join(line(_cells(month, each)) for each in lines)).encode()


def _cells(month: str, said: Line) -> list[Any]:
    if (told := said.figures) is None:
        return [said.site, month, *[None] * (len(USAGE) - 2)]
    share = told.share / 100 if told.share is not None else None
    return [said.site, month, told.sessions, told.visitors, told.minutes, told.gb_down, told.gb_up, told.median, share]


def figures(octets: bytes) -> dict[str, Figures | None]:
    """What a month's CSV of ours says of each site; None: withheld."""
    rows = csv.reader(io.StringIO(octets.decode()))
    next(rows)
    return {bare(row[0]): _figures(row[2:]) for row in rows}


def _figures(cells: Sequence[str]) -> Figures | None:
    sessions, visitors, minutes, down, up, median, share = cells
    if not sessions:
        return None
    return Figures(
        int(sessions), int(visitors), int(minutes), int(down), int(up),
        int(median) if median else None, round(100 * float(share)) if share else None,
    )  # fmt: skip


def joined(months: Iterable[bytes]) -> bytes:
    """All months as one table."""
    lines = [octets.partition(b"\r\n")[2] for octets in months]
    return line(each.name for each in USAGE).encode() + b"".join(lines)
