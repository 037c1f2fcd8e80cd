"""Accounting records: what they say, what they cannot say, and that they count once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.accounting import SessionEvent, key, read
from radius.message import Attribute, Code, Message
from radius.wire import Malformed, build, parse

NOW = 1_790_000_000.25
ALL_ONES = 0xFFFFFFFF


def packet(*attributes: tuple[int, bytes | int | str], identifier: int = 1, authenticator: bytes = bytes(16)) -> bytes:
    encoded = []
    for kind, value in attributes:
        octets = value.to_bytes(4, "big") if isinstance(value, int) else value.encode() if isinstance(value, str) else value
        encoded.append(Attribute(kind, octets))
    return build(Code.ACCOUNTING_REQUEST, identifier, authenticator, encoded)


def event(*attributes: tuple[int, bytes | int | str]) -> SessionEvent:
    return read(packet(*attributes), NOW)


def message(*attributes: tuple[int, bytes | int | str], **more: bytes | int) -> Message:
    return parse(packet(*attributes, **more))


STOP = (
    (40, 2), (44, "5F3A-01"), (50, "multi"), (1, "bob@uni-a.example"), (4, b"\xc0\0\2\1"), (32, "lib-1"), (30, "AA-BB-CC-DD-EE-0F:eduroam"),
    (31, "11-22-33-44-55-66"), (25, b"class"), (89, b"cui"), (8, b"\x0a\0\0\x07"), (168, bytes.fromhex("20010db8" + "0" * 23 + "7")),
    (42, 5), (43, 7), (52, 1), (53, 2), (46, 3600), (49, 1), (55, 1_789_999_990), (41, 3),
)  # fmt: skip


def test_a_whole_stop_record() -> None:
    """RFC 2866 and 2869, every figure; 64 bits joined, upload is Input."""
    assert SessionEvent(
        status="stop", at=1_789_999_990.0, told=True, acct_session_id="5F3A-01", multi_session_id="multi", station="11-22-33-44-55-66",
        user_name=b"bob@uni-a.example", nas_identifier="lib-1", nas_address="192.0.2.1", called=b"AA-BB-CC-DD-EE-0F:eduroam",
        bssid="AA-BB-CC-DD-EE-0F", ssid="eduroam", framed_ips=("10.0.0.7", "2001:db8::7"), class_=b"class", cui=b"cui",
        input_octets=(1 << 32) + 5, output_octets=(2 << 32) + 7, session_seconds=3600, terminate_cause="User-Request",
        event_timestamp=1_789_999_990, delay=3, doubt="",
    ) == event(*STOP)  # fmt: skip


def test_an_empty_record_says_nothing() -> None:
    """Absent is None or empty, never a number."""
    nothing = event()
    assert ("other", NOW, False, "", b"", "", (), None, None, None, "", None, None, "") == (
        nothing.status, nothing.at, nothing.told, nothing.station, nothing.user_name, nothing.nas_address, nothing.framed_ips,
        nothing.input_octets, nothing.output_octets, nothing.session_seconds, nothing.terminate_cause, nothing.event_timestamp,
        nothing.delay, nothing.doubt,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("number", "status"), [(1, "start"), (2, "stop"), (3, "interim"), (7, "on"), (8, "off"), (99, "other"), (9, "other")]
)
def test_what_kind_of_record(number: int, status: str) -> None:
    """RFC 2866, 5.1; an unknown kind is answered and kept as it came."""
    assert status == event((40, number)).status


@pytest.mark.parametrize(
    ("attributes", "octets", "doubtful"),
    [
        (((42, 5),), 5, False), (((42, 0), (52, 1)), 1 << 32, False), (((42, 5), (52, 0)), 5, False), (((52, 0),), None, False),
        (((52, 1),), None, True), (((42, ALL_ONES),), ALL_ONES, True), (((42, ALL_ONES), (52, 1)), 2 * (1 << 32) - 1, False),
        (((42, ALL_ONES), (52, ALL_ONES)), None, True), (((42, 1), (52, 1 << 24)), None, True), (((42, b"\0\0\1"),), None, True),
        (((42, b"\0" * 8),), None, True), (((42, 5), (52, b"\1")), None, True), (((42, b""),), None, True),
    ],
)  # fmt: skip
def test_octets_of_sixty_four_bits(attributes: tuple, octets: int | None, doubtful: bool) -> None:
    """Gigawords joined; alone, malformed, full or negative: never a wrong number, and the doubt is told."""
    said = event(*attributes)
    assert (octets, doubtful) == (said.input_octets, bool(said.doubt))


@pytest.mark.parametrize(("seconds", "expected"), [(0, 0), (86_400, 86_400), (ALL_ONES, None), (b"\1", None)])
def test_session_time(seconds: int | bytes, expected: int | None) -> None:
    """Minus one second is not a hundred years."""
    assert expected == event((46, seconds)).session_seconds


@pytest.mark.parametrize(
    ("attributes", "at", "told", "doubtful"),
    [
        (((55, int(NOW) - 60),), int(NOW) - 60, True, False), (((41, 30),), NOW - 30, True, False), (((41, 0),), NOW, True, False),
        (((55, int(NOW) - 60), (41, 30)), int(NOW) - 60, True, False), (((55, int(NOW) + 100),), NOW, True, False), ((), NOW, False, False),
        (((55, 12),), NOW, False, True), (((55, int(NOW) + 900),), NOW, False, True), (((55, 12), (41, 5)), NOW - 5, True, True),
        (((41, ALL_ONES),), NOW, False, True), (((55, b"\1\2"),), NOW, False, False),
    ],
)  # fmt: skip
def test_when_it_happened(attributes: tuple, at: float, told: bool, doubtful: bool) -> None:
    """Event-Timestamp, else Acct-Delay-Time, else the arrival; a clock that cannot be right is not believed."""
    said = event(*attributes)
    assert (at, told, doubtful) == (said.at, said.told, bool(said.doubt))


def test_the_first_of_two_is_used_and_told() -> None:
    """Two stations in one record: one of them is a lie. Two Classes are none (RFC 2865, 5.25)."""
    said = event((31, "11-22-33-44-55-66"), (31, "66-55-44-33-22-11"), (25, b"a"), (25, b"b"))
    assert ("11-22-33-44-55-66", b"a", "Calling-Station-Id is there twice") == (said.station, said.class_, said.doubt)


def test_addresses_that_say_nothing_are_left_out() -> None:
    """RFC 2865, 5.8: all ones and all ones less one are no addresses; a prefix is one (RFC 3162, 2.3)."""
    said = event(
        (8, ALL_ONES), (8, ALL_ONES - 1), (8, 0), (8, b"\1\2\3"), (97, b"\0\x40\x20\1\x0d\xb8\0\0\0\1"), (97, b"\0\xff"), (168, b"x")
    )
    assert ("2001:db8:0:1::/64",) == said.framed_ips


def test_a_wrong_length_address_is_not_decoded() -> None:
    """NAS-IP-Address of three octets: nothing is made of it; the v6 one is used."""
    assert ("", "2001:db8::1") == (
        event((4, b"\1\2\3")).nas_address,
        event((4, b"\1"), (95, bytes.fromhex("20010db8" + "0" * 23 + "1"))).nas_address,
    )


def test_text_is_shown_on_one_line() -> None:
    """Octets of a stranger in names."""
    said = event((44, b"a\nb\xff"), (32, b"lib\0"), (1, b"\xff\0"))
    assert ("a\\nb\\xff", "lib\\x00", b"\xff\0") == (said.acct_session_id, said.nas_identifier, said.user_name)


def test_a_repetition_has_the_same_key() -> None:
    """RFC 2866, 5.2: a new identifier, authenticator, delay and hop say nothing new."""
    first = key(message(*STOP), "wlc")
    again = [attribute for attribute in STOP if attribute[0] != 41]
    assert [first] * 3 == [
        key(message(*again, (41, 60), identifier=9, authenticator=bytes(range(16))), "wlc"),
        key(message(*again, (33, b"state"), (80, bytes(16))), "wlc"),
        key(message(*again), "wlc"),
    ]
    assert 32 == len(first)


@pytest.mark.parametrize("change", [(46, 3601), (44, "5F3A-02"), (31, "11-22-33-44-55-67"), (26, b"\0\0\0\x09\x01\x03x")])
def test_anything_else_makes_another_key(change: tuple) -> None:
    """A record that differs in what it says is another record; so is the same from another client."""
    changed = [change if attribute[0] == change[0] else attribute for attribute in STOP]
    changed = changed if change in changed else [*changed, change]
    assert len({key(message(*STOP), "wlc"), key(message(*changed), "wlc"), key(message(*STOP), "wlc2")}) == 3


@given(st.lists(st.tuples(st.integers(1, 255), st.binary(max_size=60)), max_size=30), st.floats(0, 4e9))
def test_any_attributes_are_read(attributes: list[tuple[int, bytes]], received_at: float) -> None:
    """Never raises; figures are within 64 bits, and nothing happened in the future."""
    said = read(packet(*attributes), received_at)
    assert said.at <= received_at
    assert all(figure is None or 0 <= figure < 1 << 63 for figure in (said.input_octets, said.output_octets, said.session_seconds))
    assert said.acct_session_id.isprintable()
    assert len(key(parse(packet(*attributes)), "c")) == 32


@given(st.binary(max_size=200))
def test_octets_that_are_no_packet_are_malformed(octets: bytes) -> None:
    """A spool's torn row: Malformed, nothing else; a whole packet is an event."""
    try:
        parse(octets)
    except Malformed:
        with pytest.raises(Malformed):
            read(octets, NOW)
    else:
        assert read(octets, NOW).at <= NOW


def test_what_is_told_together_lies_together() -> None:
    """A key begins with the Event-Timestamp, else with zeros, so that an index grows where it is warm; the rest is a hash."""
    timed, timeless = key(message(*STOP), "wlc"), key(message((40, 2), (44, "x")), "wlc")
    assert (1_789_999_990).to_bytes(4, "big") == timed[:4]
    assert bytes(4) == timeless[:4]
    assert 1 == len({key(message((40, 2), (55, b"\1\2")), "wlc")[:4], bytes(4)})


@pytest.mark.parametrize(
    ("value", "guests"), [("000038df0a0600000001", False), ("000038df0a0600000002", True), ("0000000901067878", None), ("0000", None)]
)
def test_whose_view_a_chilli_counts_from(value: str, guests: bool | None) -> None:
    """ChilliSpot-Acct-View-Point in any of the vendors' attributes: 1 the NAS's, 2 the client's; without it nothing is known."""
    said = event((26, bytes.fromhex("00000009010478")), (26, bytes.fromhex(value)), (42, 5))
    assert (guests, 5) == (said.guests_view, said.input_octets)
    assert event((42, 5)).guests_view is None


@pytest.mark.parametrize(("kind", "at", "told"), [(7, NOW - 2, False), (8, NOW - 2, False), (1, int(NOW) - 3600, True)])
def test_a_nas_that_boots_is_not_asked_for_the_time(kind: int, at: float, told: bool) -> None:
    """Accounting-On with the clock of yesterday: how long it has tried to say so is known better than when it began."""
    said = event((40, kind), (55, int(NOW) - 3600), (41, 2))
    assert (at, told) == (said.at, said.told)
