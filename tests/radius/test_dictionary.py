"""Names, numbers and values; and dictionary files that are refused whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius import dictionary_files
from radius.dictionary import DictionaryError, load, read

FREERADIUS = Path("/usr/share/freeradius")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Session-Timeout", 27), ("session-timeout", 27), ("27", 27), (" 27 ", 27), ("26", 26), ("Cisco-AVPair", (9, 1)),
        ("26.9.1", (9, 1)),
        ("Operator-Name", 126), ("Chargeable-User-Identity", 89), ("MS-MPPE-Send-Key", (311, 16)), ("WISPr-Bandwidth-Max-Down", (14122, 8)),
        ("WBA-Offered-Service", (14122, 12)), ("HS20-Roaming-Consortium", (40808, 6)), ("eduroam-SP-Country", (25178, 10)),
        ("ChilliSpot-Bandwidth-Max-Up", (14559, 4)), ("CoovaChilli-Session-State", (14559, 15)), ("Mikrotik-Rate-Limit", (14988, 8)),
        ("Airespace-ACL-Name", (14179, 6)), ("Aruba-User-Role", (14823, 1)), ("Ruckus-User-Groups", (25053, 1)), ("HP-User-Role", (11, 25)),
        ("Meraki-Ap-Tags", (29671, 4)), ("Juniper-Switching-Filter", (2636, 48)), ("Extreme-Netlogin-Vlan", (1916, 203)),
        ("26.4294967295.255", (4294967295, 255)),
    ],
)  # fmt: skip
def test_names_and_numbers(text: str, key: int | tuple[int, int]) -> None:
    """Each name in any case, or its numbers."""
    assert key == load().key(text)


@pytest.mark.parametrize("text", ["", "0", "256", "26.0.1", "26.9.0", "26.9.256", "26.4294967296.1", "27.1.1", "٢٧", "no such", "9999999"])
def test_what_names_nothing_is_refused(text: str) -> None:
    """With a remedy."""
    with pytest.raises(ValueError, match="no attribute is called"):
        load().key(text)


def test_a_slip_is_answered_with_the_nearest_name() -> None:
    """What an operator sees."""
    with pytest.raises(ValueError, match="is it Tunnel-Private-Group-Id"):
        load().key("Tunnel-Private-Grup-Id")


def test_a_key_without_a_name_shows_its_numbers() -> None:
    """And a name reads back."""
    assert ["Session-Timeout", "Cisco-AVPair", "26.4711.5", "250"] == [load().name(key) for key in (27, (9, 1), (4711, 5), 250)]


@pytest.mark.parametrize(
    ("key", "value", "octets"),
    [
        (27, 3600, b"\x1b\x06\0\0\x0e\x10"), (27, "3600", b"\x1b\x06\0\0\x0e\x10"), (6, "NAS-Prompt-User", b"\x06\x06\0\0\0\7"),
        (6, "administrative", b"\x06\x06\0\0\0\6"), (64, "VLAN", b"\x40\x06\0\0\0\x0d"), (65, "IEEE-802", b"\x41\x06\0\0\0\6"),
        (81, "120", b"\x51\x05120"), (81, 120, b"\x51\x05120"), (8, "192.0.2.1", b"\x08\x06\xc0\0\2\1"), (25, "0x00ff", b"\x19\x04\0\xff"),
        (25, "120", b"\x19\x05120"), (1, "0x00", b"\x01\x060x00"), (18, "né", b"\x12\x05n\xc3\xa9"), (250, "0x0102", b"\xfa\x04\1\2"),
        ((9, 1), "a=b", b"\x1a\x0b\0\0\0\x09\x01\x05a=b"), ((14122, 8), 1000, b"\x1a\x0c\0\0\x37\x2a\x08\x06\0\0\x03\xe8"),
        ((4711, 9), "x", b"\x1a\x09\0\0\x12\x67\x09\x03x"), (168, "2001:db8::1", b"\xa8\x12" + bytes.fromhex("20010db8" + "0" * 23 + "1")),
        (3576 % 256, "x", b"\xf8\x03x"),
    ],
)  # fmt: skip
def test_values_as_people_write_them(key: int | tuple[int, int], value: str | int, octets: bytes) -> None:
    """Whole attributes, vendors' wrapped (RFC 2865, 5.26), tunnels without a tag (RFC 2868, 3.1)."""
    assert octets == load().encode(key, value)


@pytest.mark.parametrize(
    ("key", "value"),
    [(27, "soon"), (27, -1), (27, 1 << 32), (27, True), (64, 1 << 24), (8, "zz"), (168, "192.0.2.1"), (1, ""), (1, "x" * 254),
     ((9, 1), "x" * 248), (25, "0xz"), (69, "secret"), ((311, 16), "0x00"), (2, "password"), (27, "１")],
)  # fmt: skip
def test_values_that_do_not_fit_are_refused(key: int | tuple[int, int], value: str | int) -> None:
    """And so are those that a hop's secret hides."""
    with pytest.raises(ValueError, match=load().name(key)):
        load().encode(key, value)


def test_every_salted_attribute_is_marked() -> None:
    """What must be hidden anew from hop to hop (RFC 2868, 3.5; RFC 2548, 2.4.2)."""
    assert {69, (311, 16), (311, 17), (14823, 44), (26928, 3)} == load().salted


@pytest.mark.parametrize(
    ("key", "octets", "expected"),
    [
        (40, b"\0\0\0\3", "Interim-Update"), (6, b"\0\0\0\6", "Administrative-User"), (27, b"\0\0\x0e\x10", 3600), (27, b"\1", "0x01"),
        (4, b"\xc0\0\2\1", "192.0.2.1"), (4, b"\xc0\0\2", "0xc00002"), (64, b"\1\0\0\x0d", "VLAN"), (81, b"\x01" + b"120", "120"),
        (1, b"a\n\xff\0", "a\\n\\xff\\x00"), (1, "né".encode(), "né"), (97, b"\0\x40\x20\1\x0d\xb8\0\0\0\0", "2001:db8::/64"),
        (97, b"\0\xff", "0x00ff"), (69, b"\0abc", "0x00616263"), (251, b"ab", "0x6162"), (101, b"\0\0\1\xf7", "Session-Context-Not-Found"),
    ],
)  # fmt: skip
def test_values_as_they_are_shown(key: int, octets: bytes, expected: str | int) -> None:
    """Text on one line, numbers, names; hex for what does not fit."""
    assert expected == load().typed(key, octets)


@given(st.one_of(st.integers(1, 255), st.sampled_from(sorted(load()._definitions, key=str))), st.binary(max_size=253))
def test_any_octets_can_be_shown(key: int | tuple[int, int], octets: bytes) -> None:
    """Never raises; text is printable and bounded."""
    value = load().typed(key, octets)
    assert isinstance(value, int) or (value.isprintable() and len(value) <= 2500)


@given(st.sampled_from(sorted(load()._definitions, key=str)), st.one_of(st.integers(), st.text(max_size=300)))
def test_any_value_is_written_or_refused(key: int | tuple[int, int], value: str | int) -> None:
    """A well-formed attribute, or ValueError; nothing else."""
    try:
        octets = load().encode(key, value)
    except ValueError:
        return
    assert 3 <= len(octets) == octets[1]


def file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_an_operator_s_file_adds_names(tmp_path: Path) -> None:
    """A vendor of his own, in FreeRADIUS's format, through an include."""
    file(tmp_path, "inner", "BEGIN-VENDOR Acme\nATTRIBUTE Acme-Mood 1 integer\nVALUE Acme-Mood Good 7\nEND-VENDOR Acme\n")
    outer = file(tmp_path, "outer", "# ours\nVENDOR Acme 65000\n$INCLUDE inner\n$INCLUDE- absent\n")
    own = read([outer])
    assert ((65000, 1), b"\x1a\x0c\0\0\xfd\xe8\x01\x06\0\0\0\7") == (own.key("acme-mood"), own.encode((65000, 1), "good"))


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("ATTRIBUTE My-Name 1 string", 1, "My-Name has the number 1, which .*rfc.dictionary:"),
        ("VENDOR V 9\nBEGIN-VENDOR V\nATTRIBUTE Pair 1 string\nATTRIBUTE Again 0x1 string\nEND-VENDOR V", 4, "Again has the number 0x1"),
        ("# fine\n$INCLUDE own", 2, "own includes itself"),
        ("$INCLUDE nowhere", 1, "cannot be read"),
        ("ATTRIBUTE X 300 string", 1, "between 1 and 255"),
        ("ATTRIBUTE X 0 string", 1, "between 1 and 255"),
        ("ATTRIBUTE X one string", 1, "no attribute number"),
        ("\n\nATTRIBUTE X 250 strnig", 3, "Illegal type"),
        ("ATTRIBUTE X 250", 1, "Incorrect number of tokens"),
        ("ATTRIBUTE X 250 integer\nVALUE X Big 99999999999", 2, "Illegal value"),
        ("BEGIN-VENDOR Nobody", 1, "Unknown vendor"),
    ],
)
def test_a_wrong_file_is_refused_at_its_line(tmp_path: Path, text: str, place: int, words: str) -> None:
    """File and line, and nothing of it is taken."""
    path = file(tmp_path, "own", text)
    with pytest.raises(DictionaryError, match=words) as caught:
        read([path])
    assert str(caught.value).startswith(f"{path}:{place}: ")


def test_a_file_of_a_million_lines_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By size before it is read, or by count."""
    monkeypatch.setattr(dictionary_files, "MOST_LINES", 2000)
    with pytest.raises(DictionaryError, match=r"own:.*more than 2000 lines"):
        read([file(tmp_path, "own", "#\n" * 2000)])
    monkeypatch.setattr(dictionary_files, "MOST_OCTETS", 100_000)
    with pytest.raises(DictionaryError, match="larger than"):
        read([file(tmp_path, "large", "#\n" * 60_000)])


def test_octets_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """A picture is not a dictionary."""
    path = tmp_path / "own"
    path.write_bytes(b"\xff\xfe\0")
    with pytest.raises(DictionaryError, match="cannot be read"):
        read([path])


@pytest.mark.peer("freeradius")
@pytest.mark.skipif(not (FREERADIUS / "dictionary.rfc2865").exists(), reason="FreeRADIUS's dictionaries are not installed")
def test_our_numbers_are_freeradius_s() -> None:
    """Every name that both have means the same attribute."""
    differing, shared = [], 0
    ours = load()
    for path in sorted(FREERADIUS.glob("dictionary.*")):
        vendor, numbers = "", {}
        for words in map(str.split, path.read_text(errors="replace").splitlines()):
            match words:
                case ["VENDOR", name, number, *_]:
                    numbers[name] = int(number, 0)
                case ["BEGIN-VENDOR", name, *more] if not more:
                    vendor = name
                case ["END-VENDOR", *_]:
                    vendor = ""
                case ["ATTRIBUTE", name, code, *_] if code.isdigit() and int(code) < 256 and (not vendor or vendor in numbers):
                    key = (numbers[vendor], int(code)) if vendor else int(code)
                    shared += name.lower() in ours._keys
                    if ours._keys.get(name.lower(), key) != key:
                        differing.append((path.name, name, code))
    assert [] == differing
    assert shared > 400
