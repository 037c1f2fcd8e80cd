"""A shared secret: its HMAC is the standard's, and it is never shown."""

from __future__ import annotations

import hmac
import pickle
import traceback

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from radius.secret import Secret, md5, same


@given(st.binary(min_size=1, max_size=200), st.binary(max_size=4096))
@example(b"k" * 64, b"exactly one block")
@example(b"k" * 65, b"one octet more: hashed first (RFC 2104, 2)")
def test_hmac_is_the_standard_s(key: bytes, message: bytes) -> None:
    """RFC 2104, by the standard library; the secret can be used again and again."""
    secret = Secret(key)
    assert hmac.digest(key, message, "md5") == secret.hmac_md5(message) == secret.hmac_md5(message)


def test_rfc_2202_vectors() -> None:
    """RFC 2202, 2: test cases 1, 2 and 6."""
    assert "9294727a3638bb1c13f48ef8158bfc9d" == Secret(b"\x0b" * 16).hmac_md5(b"Hi There").hex()
    assert "750c783e6ab0b503eaa86e310a5db738" == Secret(b"Jefe").hmac_md5(b"what do ya want for nothing?").hex()
    long = b"Test Using Larger Than Block-Size Key - Hash Key First"
    assert "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd" == Secret(b"\xaa" * 80).hmac_md5(long).hex()


def test_md5_is_md5() -> None:
    """RFC 1321, A.5."""
    assert "900150983cd24fb0d6963f7d28e17f72" == md5(b"abc").hexdigest()


def test_an_empty_secret_is_refused() -> None:
    """RFC 2865, 3: it must not be of no length."""
    with pytest.raises(ValueError, match="signs nothing"):
        Secret(b"")


def test_it_is_never_shown() -> None:
    """Not by repr, str, format, nor in a traceback's last line."""
    secret = Secret(b"a canary in the mine")
    told = "".join(traceback.format_exception_only(ValueError(secret)))
    for shown in (repr(secret), str(secret), f"{secret}", told):
        assert "Secret(****)" in shown
        assert "canary" not in shown


def test_secrets_compare_by_their_octets() -> None:
    """In constant time; never equal to the octets themselves."""
    assert Secret(b"one") == Secret(b"one")
    assert Secret(b"one") != Secret(b"two")
    assert Secret(b"one") != b"one"
    assert 1 == len({Secret(b"one"), Secret(b"one")})
    assert same(b"a", b"a")


def test_it_travels_to_a_worker() -> None:
    """By pickle over the supervisor's own channel, and signs the same there."""
    secret = Secret(b"over the channel")
    copy = pickle.loads(pickle.dumps(secret))
    assert secret == copy
    assert secret.hmac_md5(b"m") == copy.hmac_md5(b"m")
