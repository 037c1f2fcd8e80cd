"""A CSV of access points, read: headers in any order, case and of two languages, into lines with their numbers.

Comma, semicolon or tab; UTF-8, with or without its mark. A column that a file has not keeps what is stored, and so does a cell
beyond a short line's end; an empty cell takes the value out. Whether a value may stand is judged elsewhere: here only what no
judge could read is refused. Never raises on any octets, and never lets a file grow past its bounds.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask_babel import gettext as _

from portal.sheets import bare

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROWS: Final = 10_000
OCTETS: Final = 4 << 20
COLUMNS: Final = 64
CELL: Final = 128 << 10  # characters; a quote that is not closed swallows lines. csv has the same bound, which any library may move
KEYS: Final = ("name", "mac", "site", "client", "latitude", "longitude")  # as the network file calls them
HEADERS: Final[Mapping[str, tuple[str, ...]]] = {  # how people call them, without accents, case and what stands between words
    "name": ("name", "nom", "ap", "accesspoint", "accesspointname", "pointdacces", "nomdupointdacces"),
    "mac": ("mac", "macaddress", "adressemac", "bssid"),
    "site": ("site", "siteid", "lieu", "emplacement", "building", "batiment"),
    "client": ("gateway", "client", "passerelle", "controller", "controleur"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon", "lng", "long"),
}
TOLD: Final = frozenset(  # what our own exports say beside: read over, and not told as strange
    {"state", "lastheard", "sessions", "managedby", "district", "line", "reason", "ligne", "raison"}
)
_KEY: Final = {word: key for key, words in HEADERS.items() for word in words}
_COMMA: Final = re.compile(r"-?\d{1,3},\d+")  # 45,4215 of a French spreadsheet
_MAC: Final = re.compile(r"((?:[0-9A-F]{2}[-:.]?){5}[0-9A-F]{2})(/\d{1,2})?", re.IGNORECASE)


class Line(NamedTuple):
    """One access point of the file. `said`: key -> text, of the columns that it has; `fault`: why it cannot be read, "" if it can."""

    number: int  # in the file, whose header is line 1
    cells: tuple[str, ...]
    said: Mapping[str, str]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that could be read. `strange`: columns that are none of ours, and are left out."""

    headers: tuple[str, ...]
    lines: tuple[Line, ...]
    strange: tuple[str, ...] = ()


class Refused(NamedTuple):
    """Why nothing of a file can be used, and what to do."""

    what: str
    remedy: str


def read(octets: bytes) -> Sheet | Refused:
    """The file's lines, or what is wrong with all of it."""
    if len(octets) > OCTETS:
        return Refused(_("The file is larger than 4 MB"), _("Split it in two."))
    try:
        text = octets.decode("utf-16" if octets[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        return Refused(_("The file is not UTF-8"), _("In a spreadsheet, save it as “CSV UTF-8”."))
    if "\0" in text:
        return Refused(_("The file is no text"), _("In a spreadsheet, save it as “CSV UTF-8”."))
    try:
        return _sheet(text.replace("\r\n", "\n").replace("\r", "\n"))
    except csv.Error:
        return Refused(_("A quote is opened and not closed"), _('Look for a single " in the file.'))


def _sheet(text: str) -> Sheet | Refused:
    rows = _rows(text)
    number, headers = next(rows, (1, []))
    if not any(headers):
        return Refused(_("The file is empty"), _("Its first line names the columns: name, mac, site, gateway, latitude, longitude."))
    if len(headers) > COLUMNS:
        return Refused(_("The file has more than %(count)s columns", count=COLUMNS), _("Take out those that it does not need."))
    keys = [_KEY.get(folded(header)) for header in headers]
    twice = [header for at, header in enumerate(headers) if keys[at] and keys[at] in keys[:at]]
    if twice:
        return Refused(_("Two columns say the same: “%(column)s”", column=twice[0][:64]), _("Take one of them out."))
    if "name" not in keys:
        return Refused(
            _("No column is called “name”"), _("Its first line names the columns: name, mac, site, gateway, latitude, longitude.")
        )
    lines: list[Line] = []
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if len(lines) == ROWS:
            return Refused(_("The file has more than 10,000 rows"), _("Split it in two."))
        lines.append(_line(number, cells, keys))
    strange = tuple(
        header for header, key in zip(headers, keys, strict=True) if key is None and header.strip() and folded(header) not in TOLD
    )
    return Sheet(tuple(headers), _alone(lines), strange)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of the line it begins on. A first line "sep=;" is a spreadsheet's word for its delimiter."""
    first, _end, _rest = text.partition("\n")
    said = first.strip().lower().replace('"', "")
    skipped = said.startswith("sep=") and len(said) == 5
    delimiter = said[-1] if skipped and said[-1] in ",;" else max(",;\t", key=lambda each: _known(first if not skipped else "", each))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    before = 0
    for row in reader:
        if any(len(cell) > CELL for cell in row):
            raise csv.Error("a cell too long")
        if not (skipped and before == 0):
            yield before + 1, row
        before = reader.line_num


def _known(header: str, delimiter: str) -> int:
    """How many columns of ours a header has, read with this delimiter."""
    cells = next(csv.reader([header], delimiter=delimiter), []) if len(header) < 65_536 else []
    return sum(folded(cell) in _KEY for cell in cells)


def _line(number: int, cells: Sequence[str], keys: Sequence[str | None]) -> Line:
    kept = tuple(cells)
    if len(cells) > len(keys) and any(cell.strip() for cell in cells[len(keys) :]):
        words = _(
            "has %(cells)s cells, and the header %(columns)s. Put a text that has the delimiter in quotes.",
            cells=len(cells),
            columns=len(keys),
        )
        return Line(number, kept, {}, words)
    said = {key: plain(cell) for cell, key in zip(cells, keys, strict=False) if key is not None}
    return Line(number, kept, said, "" if said.get("name") else _("has no name. Every access point needs one."))


def _alone(lines: Sequence[Line]) -> tuple[Line, ...]:
    """With those told whose name another line has: which of them is meant, nobody can say."""
    first: dict[str, int] = {}
    found = []
    for line in lines:
        name = line.said.get("name", "").casefold()
        other = first.setdefault(name, line.number) if name and not line.fault else line.number
        words = _("has the name of line %(line)s. Take one of them out.", line=other)
        found.append(line if other == line.number else line._replace(fault=words))
    return tuple(found)


def folded(header: str) -> str:
    """ "Point d’accès" and "point_d'acces" are one word."""
    bare = unicodedata.normalize("NFKD", header[:128]).casefold()
    return "".join(letter for letter in bare if letter.isalnum() and letter.isascii())


def plain(cell: str) -> str:
    """A cell's text: without the apostrophe that our own export puts before what a spreadsheet would execute."""
    text = cell.strip()
    return bare(text).strip()


def fields(said: Mapping[str, str]) -> dict[str, Any]:
    """The entry as the network file has it; None takes a key out. What is no number stays text, and is refused by its name."""
    entry: dict[str, Any] = {}
    for key, text in said.items():
        if key in ("latitude", "longitude"):
            entry[key] = _degrees(text) if text else None
        elif key == "mac":
            entry[key] = spelled(text) or None
        else:
            entry[key] = text or None
    return entry


def _degrees(text: str) -> Any:
    try:
        return float(text.replace(",", ".") if _COMMA.fullmatch(text) else text)
    except ValueError:
        return text


def spelled(mac: str) -> str:
    """ "aa:bb:cc:dd:ee:f0/44" as the store spells it; what is none stays as it is."""
    found = _MAC.fullmatch(mac)
    if found is None:
        return mac
    digits = re.sub(r"[-:.]", "", found[1]).upper()
    bits = found[2] or ""
    return "-".join(digits[at : at + 2] for at in range(0, 12, 2)) + (bits if bits != "/48" else "")
