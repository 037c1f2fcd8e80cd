"""portal.admin.access_points_csv: a CSV of access points, read."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.admin.access_points_csv import COLUMNS, OCTETS, ROWS, Refused, Sheet, fields, plain, read, spelled
from portal.sheets import line

PLAIN = "name,mac,site,gateway,latitude,longitude\nlib-1,aa:bb:cc:dd:ee:f0,central,wlc,45.4215,-75.6972\n"
SAID = {"name": "lib-1", "mac": "aa:bb:cc:dd:ee:f0", "site": "central", "client": "wlc", "latitude": "45.4215", "longitude": "-75.6972"}


def sheet(text: str | bytes) -> Sheet:
    found = read(text.encode() if isinstance(text, str) else text)
    assert isinstance(found, Sheet), found
    return found


def refused(text: str | bytes) -> str:
    found = read(text.encode() if isinstance(text, str) else text)
    assert isinstance(found, Refused)
    return found.what


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        "\ufeff" + PLAIN,
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        '"name";"mac";"site";"gateway";"latitude";"longitude"\n"lib-1";"aa:bb:cc:dd:ee:f0";"central";"wlc";"45.4215";"-75.6972"\n',
        "sep=;\n" + PLAIN.replace(",", ";"),
        "LONGITUDE, Latitude ,Gateway,SITE,MAC,Name\n-75.6972,45.4215,wlc,central,aa:bb:cc:dd:ee:f0,lib-1\n",
        "Point d’accès;Adresse MAC;Ville;Bâtiment;Passerelle;Latitude;Longitude\nlib-1;aa:bb:cc:dd:ee:f0;x;central;wlc;45.4215;-75.6972\n",
        PLAIN.encode("utf-16"),
    ],
    ids=["plain", "mark", "crlf", "cr", "semicolon", "tab", "quoted", "sep", "any order", "french", "utf-16"],
)
def test_a_file_is_read_however_a_spreadsheet_wrote_it(text: str | bytes) -> None:
    """Delimiters, quotes, line ends, marks, the order and the language of headers make no difference."""
    assert [SAID] == [dict(each.said) for each in sheet(text).lines]


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"", "The file is empty"),
        (b"\n\n", "The file is empty"),
        (b"mac,site\nAA-BB-CC-DD-EE-FF,x\n", "No column is called"),
        (b"name,nom\na,b\n", "Two columns say the same"),
        ("name,site\né,x\n".encode("latin-1"), "The file is not UTF-8"),
        (b"PK\x03\x04\x00\x00", "The file is no text"),
        (b'name,site\n"' + b"x" * 200_000, "A quote is opened"),
        (b"name\n" + b"a\n" * OCTETS, "The file is larger than 4 MB"),
        (("name\n" + "".join(f"ap-{number}\n" for number in range(ROWS + 1))).encode(), "The file has more than 10,000 rows"),
        (b"name" + b"," * COLUMNS, "The file has more than"),
    ],
)
def test_a_file_of_which_nothing_can_be_used_says_why(octets: bytes, words: str) -> None:
    """The whole is refused in words, before any row is looked at; whatever another library made of csv's own bound."""
    before = csv.field_size_limit(1 << 30)
    try:
        assert refused(octets).startswith(words)
    finally:
        csv.field_size_limit(before)


def test_each_line_has_the_number_that_an_editor_shows() -> None:
    """Blank lines and line ends within quotes are counted; the header is line 1."""
    found = sheet('name,site\na,x\n\n"b\nc",x\n,,\nd,x\n')
    assert [(2, "a"), (4, "b\nc"), (7, "d")] == [(each.number, each.said["name"]) for each in found.lines]


def test_what_no_judge_could_read_is_a_fault_of_its_line() -> None:
    """No name, more cells than the header, another line's name: each is told at its line, and the others stand."""
    found = sheet("name,site\na,x\n,x\nb,x,y\na,z\nc,x,,\nd\n")
    assert [(2, False), (3, True), (4, True), (5, True), (6, False), (7, False)] == [
        (each.number, bool(each.fault)) for each in found.lines
    ]
    assert "line 2" in found.lines[3].fault


def test_what_a_line_does_not_say_is_not_said() -> None:
    """A short line leaves the rest as it is; an empty cell takes a value out."""
    short, empty = sheet("name,mac,site\na\nb,,\n").lines
    assert {"name": "a"} == fields(short.said)
    assert {"name": "b", "mac": None, "site": None} == fields(empty.said)


def test_a_column_of_nobodys_is_told_and_our_exports_own_are_not() -> None:
    """An export comes back as it went out; whatever else is there is named."""
    assert ("Colour",) == sheet("name,Last heard,state,managed_by,Reason,Colour\na,,,,,\n").strange


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "'quoted", "'=1", "plain", "\u00e9"])
def test_an_exported_name_comes_back_as_it_was(text: str) -> None:
    """The apostrophe of the export goes, one that was in the name stays."""
    cells = next(csv.reader(io.StringIO(line([text]), newline="")))
    assert not cells[0].startswith(("=", "+", "-", "@"))
    assert (text if text != "'=1" else "=1") == plain(cells[0])


def test_degrees_may_have_a_decimal_comma() -> None:
    """As a French spreadsheet writes them; what is no number stays text, for the judge to name."""
    assert {"latitude": 45.4215, "longitude": -75.6972} == fields({"latitude": "45,4215", "longitude": "-75.6972"})
    assert {"latitude": "north"} == fields({"latitude": "north"})


@pytest.mark.parametrize(
    ("text", "spelling"),
    [("aabb.ccdd.eeff", "AA-BB-CC-DD-EE-FF"), ("aa:bb:cc:dd:ee:f0/44", "AA-BB-CC-DD-EE-F0/44"), ("AABBCCDDEEFF/48", "AA-BB-CC-DD-EE-FF")],
)
def test_a_mac_is_spelled_as_the_store_has_it(text: str, spelling: str) -> None:
    """So that a file that says nothing new changes nothing."""
    assert spelling == spelled(text)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.text(alphabet="name,;\t\"\n\r' =x\ufeff", max_size=200).map(str.encode)))
def test_no_octets_are_too_much(octets: bytes) -> None:
    """Whatever is uploaded is a sheet or a refusal; every line of a sheet can become an entry."""
    found = read(octets)
    if isinstance(found, Sheet):
        assert all(isinstance(fields(each.said), dict) and each.number > 1 for each in found.lines)
    else:
        assert found.what
        assert found.remedy
