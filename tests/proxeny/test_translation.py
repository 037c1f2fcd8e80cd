"""Accounting records in the store's terms: read, placed, and seen from the guest's side."""

from __future__ import annotations

import time

import pytest

from proxeny import settings, translation
from proxeny.network_view import NetworkView
from proxeny.opening import store
from radius.tables import Place
from radius.wire import attribute
from store.drain import Row
from store.entries import Kind
from store.keys import unlock
from store.session import transaction
from tests.proxeny.installation import NETWORK, SECRET
from tests.proxeny.test_keeper import accounting

NAS_VIEW, CLIENT_VIEW = (attribute(26, bytes((0, 0, 0x38, 0xDF, 10, 6, 0, 0, 0, view))) for view in (1, 2))


def row(octets: bytes = b"", client: str = "library-wlc") -> Row:
    return Row(1, time.time(), b"k" * 32, client, "192.0.2.1 50000", "0.0.0.0 1813", octets)


def read(extra: bytes = b"", *, swaps: bool = False) -> tuple[int | None, int | None]:
    """(up, down) of a record that says Input 5 and Output 70."""
    octets = accounting(9, 3, 70, extra=attribute(42, b"\0\0\0\5") + extra)[-1]
    said = translation.entry(row(octets), lambda *_: Place("lib-1"), lambda client: swaps)
    return said.input_octets, said.output_octets


@pytest.mark.parametrize(
    ("extra", "swaps", "expected"),
    [
        (b"", False, (5, 70)), (b"", True, (70, 5)), (CLIENT_VIEW, False, (70, 5)), (CLIENT_VIEW, True, (70, 5)),
        (NAS_VIEW, True, (5, 70)), (NAS_VIEW, False, (5, 70)),
    ],
)  # fmt: skip
def test_octets_are_the_guests(extra, swaps, expected):
    """RFC 2866 counts from the NAS's side, an option turns a NAS round, and a record that says whose side it counts from is right."""
    assert read(extra, swaps=swaps) == expected


def test_the_network_says_who_swaps(installed):
    """`swap_octets` in a client's options reaches the reading of its records; a client that is gone swaps nothing."""
    rows = (
        f'{NETWORK}\n[[client]]\nname = "old-gateway"\naddress = "192.0.9.1"\nsecret = "{SECRET}"\n[client.options]\nswap_octets = true\n'
    )
    assert installed.apply(rows).exit_code == 0
    loaded = settings.load(installed.settings, {})
    database, _ = store(loaded)
    view = NetworkView()
    with transaction(database) as session:
        seal = unlock(session, loaded.seal_key)
    view.refresh(database, seal)
    assert [view.swaps(name) for name in ("old-gateway", "library-wlc", "nobody")] == [True, False, False]
    database.dispose()


def test_what_cannot_be_read_is_kept_as_it_came():
    """No packet at all, or one of an unknown kind: never an error, and the octets are there."""
    odd = translation.entry(row(b"\x04\x01"), lambda *_: Place())
    assert (odd.kind, odd.octets, odd.doubt.partition(":")[0]) == (Kind.OTHER, b"\x04\x01", "unreadable")
