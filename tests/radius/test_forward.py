"""From one hop's attributes to the next hop's."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius import codec, forward
from radius.actions import Reason
from radius.policy import Plan, Policy, Rule
from radius.secret import Secret
from radius.wire import LONGEST, attribute, build, frame, parse
from tests.radius.road import ABOVE, BELOW, BOOK, ORIGIN, TAG, Road, check_answer, exchange, home
from tests.radius.test_codec import salted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from radius.exchange import Exchange
    from radius.message import Message

NONCE = b"nonce of"
IDLE = Plan(())
THERE = bytes(range(100, 116))  # the authenticator towards the home
TABLES = Road().engine.tables
SALTED = forward.Salted(BOOK.salted)
pairs = st.lists(st.tuples(st.sampled_from((4, 5, 12, 24, 25, 26, 31, 33, 79, 126, 200, 241)), st.binary(max_size=253)), max_size=12)


def going(one: Exchange, plan: Plan = IDLE, counts: dict[str, int] | None = None) -> bytes | Reason:
    """The attributes for the home."""
    one.authenticator, one.server_secret = THERE, Secret(ABOVE)
    return forward.request_attributes(one, plan, TABLES, NONCE, defaultdict(int) if counts is None else counts)


def read(octets: bytes | Reason) -> list[tuple[int, bytes]]:
    """Attributes out of octets."""
    assert isinstance(octets, bytes)
    return list(parse(frame(1, 1, bytes(16), octets)).attributes)


@given(pairs)
def test_everything_goes_on_in_its_order(given_attributes: list[tuple[int, bytes]]) -> None:
    """Signature out, additions behind, one Proxy-State of ours last; all else octet for octet (invariant 3)."""
    sent = read(going(exchange(1, *given_attributes)))
    name = (1, b"ada@uni-a.example")
    assert [name, *given_attributes] == sent[: len(given_attributes) + 1]
    operator = [] if 126 in dict(given_attributes) else [(126, b"1wifi.city.example")]
    assert [*operator, (89, b"\0"), (33, TAG + NONCE)] == sent[len(given_attributes) + 1 :]


def test_a_rule_sees_what_is_sent_and_may_refuse() -> None:
    """A plan runs before the additions; a Reason goes back."""
    policy = Policy((Rule("drop", "request", remove=("NAS-Identifier",)),), BOOK)
    plan = policy.plan(1, "uni-a.example", "", "library", home("uni-a-1", 1))
    assert [1, 31, 126, 89, 33] == [kind for kind, _ in read(going(exchange(1, (32, b"nas"), (31, b"s")), plan))]

    class Refusing(Plan):
        def idle(self, types: object) -> bool:
            return False

        def apply(self, attributes: list[bytes]) -> list[bytes] | Reason:
            return Reason.REFUSED_BY_POLICY

    assert Reason.REFUSED_BY_POLICY is going(exchange(1), Refusing(()))


@pytest.mark.parametrize("size", [1, 16, 17, 128])
def test_a_password_is_hidden_anew(size: int) -> None:
    """RFC 2865, 5.2: under the home's secret and our authenticator; its place is kept."""
    plain = bytes(range(size))
    vector = b"\1" * 16
    one = exchange(1, (2, codec.hide_password(plain, Secret(BELOW), vector)), (31, b"s"))
    sent = read(going(one))
    assert [1, 2, 31] == [kind for kind, _ in sent[:3]]
    assert plain.ljust(-(-size // 16) * 16, b"\0") == codec.reveal_password(sent[1][1], Secret(ABOVE), THERE)


def test_chap_gets_its_challenge_unless_it_has_one() -> None:
    """RFC 2865, 2.3: the challenge was the client's authenticator, which the home will not see."""
    assert [b"\1" * 16] == [value for kind, value in read(going(exchange(1, (3, bytes(17))))) if kind == 60]
    assert [b"own"] == [value for kind, value in read(going(exchange(1, (3, bytes(17)), (60, b"own")))) if kind == 60]


def test_a_copied_accounting_record_has_no_password() -> None:
    """RFC 2866, 5.13."""
    one = exchange(1, (2, bytes(16)), (44, b"s"))
    one.copy = True
    assert [1, 44] == [kind for kind, _ in read(going(one))[:2]]


def test_what_no_longer_fits() -> None:
    """Our additions give way, counted; the packet itself is never cut."""
    counts: dict[str, int] = defaultdict(int)
    room = LONGEST - 38 - 14 - 19
    full = [(200, bytes(253))] * (room // 255) + [(200, bytes(room % 255 - 2))]
    body = going(exchange(1, *full), counts=counts)
    assert LONGEST - 38 == len(body)  # type: ignore[arg-type]
    assert {"NO_ROOM": 1} == counts
    assert Reason.TOO_LONG is going(exchange(1, *full[:-1], (200, bytes(room % 255 - 1))))


def coming(*attributes: tuple[int, bytes]) -> tuple[list[bytes], dict[str, int]]:
    """A home's attributes as the client gets them."""
    one, counts = exchange(1), defaultdict(int)
    one.authenticator, one.server_secret = THERE, Secret(ABOVE)
    rehide = codec.Rehide((Secret(ABOVE), THERE), (one.secret, one.asked), bytes)
    return forward.answer_attributes(packet(attributes), one, rehide, SALTED, counts), counts


def packet(attributes: Iterable[tuple[int, bytes]]) -> Message:
    """An Accept, unsigned."""
    return parse(build(2, 1, bytes(16), attributes))  # type: ignore[arg-type]


def vendor(number: int, *parts: tuple[int, bytes]) -> tuple[int, bytes]:
    """RFC 2865, 5.26."""
    return 26, number.to_bytes(4, "big") + b"".join(attribute(kind, value) for kind, value in parts)


@given(pairs)
def test_a_home_s_attributes_come_in_their_order(given_attributes: list[tuple[int, bytes]]) -> None:
    """All but its signature and Proxy-States."""
    kept, counts = coming((80, bytes(16)), *given_attributes)
    assert [attribute(kind, value) for kind, value in given_attributes if kind != 33] == kept
    assert {} == counts


def hidden(plain: bytes, salt: bytes = b"\x80\1") -> bytes:
    """By the home, with a salt."""
    return salted(plain, ABOVE, THERE, salt)


def test_keys_are_hidden_anew_one_or_several_in_an_attribute() -> None:
    """RFC 2548, 2.4.2: the usual form, and the sub-attributes beside them untouched."""
    kept, counts = coming(
        vendor(311, (16, hidden(b"s" * 32))), vendor(311, (99, b"a"), (17, hidden(b"r" * 32)), (98, b"b")), (69, b"\3" + hidden(b"tunnel")),
    )  # fmt: skip
    asked = b"\1" * 16
    assert kept[0][8:] == salted(b"s" * 32, BELOW, asked, kept[0][8:10])
    assert (b"\x63\3a", b"\x62\3b") == (kept[1][6:9], kept[1][-3:])
    assert kept[1][11:-3] == salted(b"r" * 32, BELOW, asked, kept[1][11:13])
    assert kept[2][2:] == b"\3" + salted(b"tunnel", BELOW, asked, kept[2][3:5])
    assert {} == counts


def test_ms_chap_mppe_keys_are_hidden_as_a_password_is() -> None:
    """RFC 2548, 2.4.1."""
    plain = bytes(range(32))
    kept, _ = coming(vendor(311, (12, codec.hide_password(plain, Secret(ABOVE), THERE))))
    assert plain == codec.reveal_password(kept[0][8:], Secret(BELOW), b"\1" * 16)


@pytest.mark.parametrize(
    ("bad", "left"),
    [
        (vendor(311, (16, b"\x80\1" + bytes(15))), []),
        (vendor(311, (16, b"")), []),
        (vendor(311, (12, b"")), []),
        (vendor(311, (12, bytes(17))), []),
        ((69, b""), []),
        ((69, b"\1\x80\1"), []),
        (vendor(311, (16, b"\x80\1"), (99, b"kept")), [attribute(*vendor(311, (99, b"kept")))]),
    ],
)
def test_what_cannot_be_read_is_left_out_and_counted(bad: tuple[int, bytes], left: list[bytes]) -> None:
    """Decisions, 8: that attribute only; its neighbours go on."""
    kept, counts = coming((25, b"before"), bad, (25, b"after"))
    assert [attribute(25, b"before"), *left, attribute(25, b"after")] == kept
    assert {"UNREADABLE_KEY": 1} == counts


@pytest.mark.parametrize("tail", [b"", b"\x10", b"\x10\x00", b"\x10\x01", b"\x10\xff", b"\x10\x13" + bytes(16)])
def test_vendor_octets_that_are_no_sub_attributes_pass(tail: bytes) -> None:
    """RFC 2865, 5.26: their format is a SHOULD, so they are not ours to judge."""
    kept, counts = coming((26, b"\0\0\x01\x37" + tail))
    assert [attribute(26, b"\0\0\x01\x37" + tail)] == kept
    assert {} == counts


def test_the_book_s_vendors_are_arranged_for_the_road() -> None:
    """Types by number, vendors by their four octets, MS-CHAP-MPPE-Keys always."""
    made = forward.Salted((69, (311, 16), (9, 5)))
    assert (frozenset({69}), {b"\0\0\x01\x37": {12, 16}, b"\0\0\0\x09": {5}}) == (made.types, made.vendors)


def test_a_reply_is_signed_for_whoever_asked() -> None:
    """Access-* with Message-Authenticator first; accounting without one."""
    one = exchange(9, (33, b"a"), (33, b""))
    states = forward.proxy_states(one.request)
    assert b"\x21\3a\x21\2" == states
    assert b"" == forward.proxy_states(exchange(1).request)
    accept = forward.reply(one, 2, states)
    assert ORIGIN == accept.origin
    assert [(33, b"a"), (33, b"")] == list(check_answer(accept.octets, one.request.octets).attributes[1:])
    assert () == check_answer(forward.reply(one, 5, b"").octets, one.request.octets).attributes
