"""proxeny.addresses: one spelling for each address, and words for what is none."""

from __future__ import annotations

import pytest

from proxeny.addresses import Endpoint, endpoint, is_ours, literal, mac, prefix
from proxeny.faults import WrongError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:1812", Endpoint("127.0.0.1", 1812)),
        ("[::]:1812", Endpoint("::", 1812)),
        ("[2001:DB8::1]:1", Endpoint("2001:db8::1", 1)),
    ],
)
def test_an_endpoint_has_an_address_and_a_port(text: str, expected: Endpoint) -> None:
    """IPv4 plain, IPv6 in brackets, and back again."""
    assert expected == endpoint(text)
    assert expected == endpoint(str(endpoint(text)))


@pytest.mark.parametrize(
    "text", ["127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "::1:1812", "host:1", "[::1]", ":1", "1.2.3.4:²"]
)
def test_what_is_no_endpoint_is_refused(text: str) -> None:
    """Names, missing and impossible ports are refused."""
    with pytest.raises(WrongError):
        endpoint(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("192.0.2.7", "192.0.2.7/32"), ("192.0.2.0/24", "192.0.2.0/24"), ("2001:DB8::/48", "2001:db8::/48"), ("::1", "::1/128")],
)
def test_a_prefix_is_an_address_or_a_network(text: str, expected: str) -> None:
    """One spelling for each."""
    assert expected == prefix(text)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("192.0.2.1/24", 'Write "192.0.2.0/24"'),
        ("::ffff:192.0.2.0/120", 'Write "192.0.2.0"'),
        ("x", "Write"),
        ("192.0.2.0/33", "Write"),
        ("", "Write"),
    ],
)
def test_what_is_no_prefix_is_refused_with_a_remedy(text: str, remedy: str) -> None:
    """Host bits, IPv4 in IPv6 and nonsense are refused, with what to write."""
    with pytest.raises(WrongError) as caught:
        prefix(text)
    assert remedy in caught.value.remedy


@pytest.mark.parametrize("text", ["AA-BB-CC-DD-EE-F0", "aa:bb:cc:dd:ee:f0", "aabb.ccdd.eef0", "aabbccddeef0"])
def test_a_mac_has_many_spellings(text: str) -> None:
    """All usual spellings are one."""
    assert ("AA-BB-CC-DD-EE-F0", 48) == mac(text)


def test_a_mac_prefix_is_a_range_of_bssids() -> None:
    """A prefix length may follow; bits beyond it are refused."""
    assert ("AA-BB-CC-DD-EE-F0", 44) == mac("aa:bb:cc:dd:ee:f0/44")
    for wrong in ("aa:bb:cc:dd:ee:f1/44", "aa:bb:cc:dd:ee:f0/49", "aa:bb:cc:dd:ee:f0/8", "aa:bb:cc:dd:ee", "", "zz:bb:cc:dd:ee:f0"):
        with pytest.raises(WrongError):
            mac(wrong)


def test_names_are_not_addresses() -> None:
    """A name is refused: nothing is looked up."""
    with pytest.raises(WrongError):
        literal("radius.example.org")


def test_our_own_addresses_are_known() -> None:
    """Loopback is ours, a documentation address is not."""
    assert is_ours("127.0.0.1")
    assert not is_ours("192.0.2.1")
