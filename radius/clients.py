"""Address -> Client, by the longest prefix, v4 and v6.

Built once from the network and never changed. The cache of answers is bounded, for anyone may send from any address.
Never guesses: two clients with the same prefix are refused, because only one secret could be right.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from radius.tables import Client

REMEMBERED: Final = 65_536
_UNSEEN: Final = object()


class Clients:
    """Every client of one version of the network."""

    __slots__ = ("_by_name", "_prefixes", "_seen")

    def __init__(self, rows: Iterable[Client]) -> None:
        self._by_name: dict[str, Client] = {}
        self._seen: dict[str, Client | None] = {}
        self._prefixes: dict[int, dict[int, dict[int, Client]]] = {4: {}, 6: {}}  # version -> host bits -> network -> Client
        for client in rows:
            if self._by_name.setdefault(client.name, client) is not client:
                raise ValueError(f"two clients are named {client.name}")
            for prefix in client.networks:
                self._place(prefix, client)
        for version, by_length in self._prefixes.items():
            self._prefixes[version] = dict(sorted(by_length.items()))  # fewest host bits first: the longest prefix

    def _place(self, prefix: str, client: Client) -> None:
        try:
            network = ip_network(prefix)
        except ValueError as fault:
            raise ValueError(f"client {client.name}: {fault}") from None
        table = self._prefixes[network.version].setdefault(network.max_prefixlen - network.prefixlen, {})
        number = int(network.network_address) >> (network.max_prefixlen - network.prefixlen)
        if (other := table.setdefault(number, client)) is not client:
            raise ValueError(f"clients {other.name} and {client.name} both claim {network}: one address, one secret")

    def find(self, address: str) -> Client | None:
        """The client that an address in text belongs to, or None."""
        client = self._seen.get(address, _UNSEEN)
        if client is _UNSEEN:
            client = self._look(address)
            if len(self._seen) >= REMEMBERED:
                self._seen.clear()
            self._seen[address] = client
        return client  # type: ignore[return-value]  # the sentinel is gone by here

    def _look(self, address: str) -> Client | None:
        try:
            parsed = ip_address(address.partition("%")[0])
        except ValueError:
            return None
        if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:  # a v4 sender seen by a socket that takes both
            parsed = parsed.ipv4_mapped
        number = int(parsed)
        for host_bits, table in self._prefixes[parsed.version].items():
            if (client := table.get(number >> host_bits)) is not None:
                return client
        return None

    def named(self, name: str) -> Client | None:
        """The client of that name, or None."""
        return self._by_name.get(name)

    def __iter__(self) -> Iterator[Client]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)
