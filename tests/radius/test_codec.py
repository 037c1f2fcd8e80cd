"""Signatures and hidden values, against the RFCs' own octets and against the standard library."""

from __future__ import annotations

import hashlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius import codec
from radius.secret import Secret
from radius.wire import parse
from tests.radius.road import hmac_md5

ours, theirs = Secret(b"secret-of-this-hop-1"), Secret(b"secret-of-that-hop-22")
octets16 = st.binary(min_size=16, max_size=16)

# RFC 2865, 7.1: User "nemo", password "arctangent", secret "xyzzy5461".
NEMO = bytes.fromhex("010000380f403f9473978057bd83d5cb98f4227a01066e656d6f02120dbe708d93d413ce3196e43f782a0aee0406c0a80110050600000003")
NEMO_ACCEPT = bytes.fromhex("0200002686fe220e7624ba2a1005f6bf9b55e0b2060600000001"
                            "0f06000000000e06c0a80103")  # fmt: skip


def test_the_rfc_s_own_user_password() -> None:
    """RFC 2865, 7.1: the hidden password reads "arctangent", and hides to the same octets."""
    request, secret = parse(NEMO), Secret(b"xyzzy5461")
    hidden = request.value(2)
    assert b"arctangent" == codec.reveal_password(hidden, secret, request.authenticator).rstrip(b"\0")
    assert hidden == codec.hide_password(b"arctangent", secret, request.authenticator)


def test_the_rfc_s_own_response_authenticator() -> None:
    """RFC 2865, 7.1: the Accept fits its request, and no other."""
    secret, request = Secret(b"xyzzy5461"), parse(NEMO)
    assert codec.ended_by(NEMO_ACCEPT, secret, request.authenticator)
    assert not codec.ended_by(NEMO_ACCEPT, secret, bytes(16))


@given(st.binary(min_size=1, max_size=100), st.binary(max_size=2000))
def test_hmac_md5_is_hmac_md5(key: bytes, message: bytes) -> None:
    """RFC 2104, keys longer than a block included."""
    assert hmac_md5(key, message) == Secret(key).hmac_md5(message)


@given(st.binary(max_size=128), octets16, octets16)
def test_a_password_crosses_a_hop(password: bytes, here: bytes, there: bytes) -> None:
    """RFC 2865, 5.2: hidden anew, the same octets inside; any octets, zeros at the end being padding."""
    hidden = codec.hide_password(password, ours, here)
    across = codec.rehide_password(hidden, (ours, here), (theirs, there))
    assert codec.hide_password(password, theirs, there) == across
    assert password.rstrip(b"\0") == codec.reveal_password(across, theirs, there).rstrip(b"\0")


def salted(plain: bytes, secret: bytes, start: bytes, salt: bytes) -> bytes:
    """RFC 2868, 3.5, by the standard library: salt and cipher of length octet, plain, padding."""
    block = bytes((len(plain),)) + plain
    block += bytes(-len(block) % 16)
    out, last = b"", start + salt
    for at in range(0, len(block), 16):
        last = bytes(a ^ b for a, b in zip(block[at : at + 16], hashlib.md5(secret + last).digest(), strict=True))
        out += last
    return salt + out


@given(st.binary(max_size=239), octets16, octets16, st.integers(0, 2**32))
def test_a_salted_value_crosses_a_hop(plain: bytes, here: bytes, there: bytes, seed: int) -> None:
    """RFC 2548, 2.4.2; RFC 2868, 3.5: up to the longest value, under a fresh salt with its high bit set."""
    value = salted(plain, theirs.octets, there, b"\x81\x23")
    fresh = codec.Rehide((theirs, there), (ours, here), random.Random(seed).randbytes).salted(value)
    assert salted(plain, ours.octets, here, fresh[:2]) == fresh
    assert fresh[0] & 0x80


def test_salts_differ_within_a_packet() -> None:
    """RFC 2548, 2.4.2: unique in the packet, for more values than a packet holds."""
    rehide = codec.Rehide((theirs, bytes(16)), (ours, bytes(16)), lambda n: b"\xff" * n)
    assert 200 == len({rehide.salted(b"\x80\0" + bytes(16))[:2] for _ in range(200)})


@pytest.mark.parametrize("value", [b"", b"\x80", b"\x80\x01", b"\x80\x01" + bytes(15), b"\x80\x01" + bytes(17)])
def test_a_cipher_of_an_impossible_length_is_unreadable(value: bytes) -> None:
    """Not 16·n octets (n >= 1): None, and no exception."""
    assert codec.Rehide((theirs, bytes(16)), (ours, bytes(16)), bytes).salted(value) is None


def test_a_salt_without_its_high_bit_is_accepted() -> None:
    """Decisions, 8: what homes send in the wild."""
    value = salted(b"key", theirs.octets, bytes(16), b"\x01\x23")
    fresh = codec.Rehide((theirs, bytes(16)), (ours, bytes(16)), bytes).salted(value)
    assert salted(b"key", ours.octets, bytes(16), fresh[:2]) == fresh


@given(octets16, st.binary(max_size=200))
def test_what_is_signed_is_first_and_fits(authenticator: bytes, rest: bytes) -> None:
    """RFC 3579, 3.2: Message-Authenticator first, over the whole packet; one flipped bit and it fits no more."""
    body = bytes((26, len(rest) + 2)) + rest
    request = codec.sign_access(1, 9, authenticator, body, ours)
    assert (80, 18) == (request[20], request[21])
    assert hmac_md5(ours.octets, request[:22] + bytes(16) + request[38:]) == request[22:38]
    assert codec.signed_by(parse(request), ours, authenticator)
    answer = codec.sign_access_answer(2, 9, authenticator, body, ours)
    assert hashlib.md5(answer[:4] + authenticator + answer[20:] + ours.octets).digest() == answer[4:20]
    assert codec.signed_by(parse(answer), ours, authenticator)
    spoiled = request[:-1] + bytes((request[-1] ^ 1,)) if rest else request[:1] + b"\x0a" + request[2:]
    assert not codec.signed_by(parse(spoiled), ours, authenticator)


def test_accounting_is_signed_by_its_authenticator() -> None:
    """RFC 2866, 3: zeros in a request's place, the request's authenticator in its answer's."""
    request = codec.sign_digest(4, 1, codec.ZERO, b"\x28\x06\0\0\0\1", ours)
    assert hashlib.md5(request[:4] + bytes(16) + request[20:] + ours.octets).digest() == request[4:20]
    assert codec.ended_by(codec.sign_digest(5, 1, request[4:20], b"", ours), ours, request[4:20])


def test_a_secret_is_never_shown() -> None:
    """repr and str say nothing; an empty secret is refused."""
    assert "Secret(****)" == repr(ours) == f"{ours}"
    with pytest.raises(ValueError, match="signs nothing"):
        Secret(b"")


def test_a_tunnel_password_keeps_its_tag() -> None:
    """RFC 2868, 3.5: the tag octet stands before the salt."""
    start = bytes(range(16))
    rehide = codec.Rehide((theirs, start), (ours, bytes(16)), random.Random(1).randbytes)
    across = rehide.tagged(b"\x1f" + salted(b"tunnel", theirs.octets, start, b"\x80\x07"))
    assert across is not None
    assert b"\x1f" + salted(b"tunnel", ours.octets, bytes(16), across[1:3]) == across
    assert rehide.tagged(b"\x1f\x80\x07") is None
    assert rehide.tagged(b"") is None


@pytest.mark.parametrize("length", [2, 17, 19])
def test_a_signature_of_another_length_is_none(length: int) -> None:
    """RFC 3579, 3.2: 18 octets."""
    octets = b"\1\1" + (20 + length).to_bytes(2, "big") + bytes(16) + bytes((80, length)) + bytes(length - 2)
    assert not codec.signed_by(parse(octets), ours, bytes(16))
