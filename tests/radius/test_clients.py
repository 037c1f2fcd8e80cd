"""Who sent it: the longest prefix decides."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius import clients as clients_module
from radius.clients import Clients
from radius.secret import Secret
from radius.tables import Client


def client(name: str, *networks: str) -> Client:
    return Client(name, Secret(b"a secret of sixteen"), networks)


def test_the_longest_prefix_decides() -> None:
    """A controller inside a campus network has its own secret."""
    campus, library, controller = client("campus", "10.0.0.0/8"), client("library", "10.1.0.0/16"), client("wlc", "10.1.2.3")
    clients = Clients([campus, controller, library])
    assert ["wlc", "library", "campus", None] == [
        found and found.name for found in map(clients.find, ["10.1.2.3", "10.1.2.4", "10.2.0.1", "11.0.0.1"])
    ]


def test_both_families_and_the_addresses_of_a_dual_socket() -> None:
    """A v4 address written into v6 (RFC 4291, 2.5.5.2) is the v4 client; a zone belongs to the link, not to the address."""
    four, six, link = client("four", "192.0.2.0/24"), client("six", "2001:db8::/32", "2001:db9::1"), client("link", "fe80::/10")
    clients = Clients([four, six, link])
    assert [four, six, six, link] == [clients.find(a) for a in ("::ffff:192.0.2.9", "2001:db8:1::2", "2001:db9::1", "fe80::1%eth0")]


def test_a_default_route_of_one_family_is_none_of_the_other() -> None:
    """0.0.0.0/0 says nothing about v6."""
    everyone = client("everyone", "0.0.0.0/0")
    assert (everyone, None) == (Clients([everyone]).find("203.0.113.1"), Clients([everyone]).find("2001:db8::1"))


@pytest.mark.parametrize("address", ["", "nonsense", "10.0.0", "10.0.0.0/8", "/run/socket", "1" * 100])
def test_text_that_is_no_address_belongs_to_nobody(address: str) -> None:
    """The look-up answers None for anything else; it does not raise."""
    assert Clients([client("all", "0.0.0.0/0", "::/0")]).find(address) is None


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([client("a", "10.0.0.1"), client("b", "10.0.0.1/32")], "clients a and b both claim 10.0.0.1/32"),
        ([client("a", "2001:db8::/32"), client("b", "2001:0db8::/32")], "clients a and b both claim 2001:db8::/32"),
        ([client("a", "10.0.0.1"), client("a", "10.0.0.2")], "two clients are named a"),
        ([client("a", "10.0.0.1/24")], "client a: 10.0.0.1/24 has host bits set"),
        ([client("a", "library")], "client a: 'library' does not appear to be"),
    ],
)
def test_rows_that_cannot_stand_are_named(rows: list[Client], words: str) -> None:
    """One address has one secret; every fault names its client."""
    with pytest.raises(ValueError, match=words):
        Clients(rows)


def test_clients_without_addresses_are_found_by_name() -> None:
    """The control socket's client has no address."""
    ask = client("ask")
    clients = Clients([ask])
    assert (ask, None, 1, [ask]) == (clients.named("ask"), clients.named("b"), len(clients), list(clients))


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packets from any number of forged addresses leave at most the bound behind, and answers stay right."""
    monkeypatch.setattr(clients_module, "REMEMBERED", 100)
    ours = client("ours", "10.0.0.0/24")
    clients = Clients([ours])
    for number in range(1000):
        clients.find(f"172.16.{number // 256}.{number % 256}")
        assert len(clients._seen) <= 100
    assert clients.find("10.0.0.7") is ours


prefixes = st.builds(lambda number, length: str(ip_network((number, length), strict=False)), st.integers(0, 2**32 - 1), st.integers(0, 32))


@given(st.lists(prefixes, unique=True, max_size=12), st.integers(0, 2**32 - 1))
def test_it_agrees_with_a_search_through_every_prefix(networks: list[str], number: int) -> None:
    """The tables by length find what the slow way finds."""
    address = ip_address(number)
    containing = [network for network in networks if address in ip_network(network)]
    expected = max(containing, key=lambda network: ip_network(network).prefixlen, default=None)
    found = Clients([client(network, network) for network in networks]).find(str(address))
    assert expected == (found and found.name)
