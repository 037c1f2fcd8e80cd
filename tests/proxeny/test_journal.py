"""The journal: records cross to the recorder as they were, and a recorder that sleeps costs a worker nothing."""

from __future__ import annotations

import asyncio
import socket

import pytest

from proxeny.journal import LARGEST, SocketJournal, decode, encode
from radius.records import Dropped, HomeChange, Login


@pytest.fixture
def loop():
    made = asyncio.new_event_loop()
    yield made
    made.close()


def login(number: int = 0, user_name: bytes = b"guest-017@uni-a.example") -> Login:
    return Login(
        1.0, 2.5, "library-wlc", "192.0.2.1", "lib-1", "AA-BB-CC-DD-EE-FF", "eduroam", "central-library", user_name, "uni-a.example",
        "uni-a.example", b"02-00-00-00-00-01", b"nas", b"%08x" % number, "uni-a-1", ("uni-a-2", "uni-a-1"), "accept", "", 9, 412.0, 3.5,
        b"cui", True,
    )  # fmt: skip


def pair() -> tuple[socket.socket, socket.socket]:
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    far.setblocking(False)
    return near, far


def read_all(far: socket.socket) -> list:
    found = []
    try:
        while True:
            found += decode(far.recv(LARGEST))
    except BlockingIOError:
        return found


def test_records_arrive_as_they_were(loop):
    """Every kind of record crosses whole, octets and all, in order."""
    near, far = pair()
    records = [login(), Dropped(3.0, "192.0.2.7", "", "UNKNOWN_CLIENT", 12), HomeChange(4.0, "uni-a-1", "zombie", "silent for 3 s")]
    journal = SocketJournal(near, loop)
    for record in records:
        journal.write(record)
    journal.flush()
    assert read_all(far) == records
    near.close()
    far.close()


def test_a_sleeping_recorder_costs_no_memory(loop):
    """When nobody reads, the bound holds, the rest is counted, and what waited arrives once the recorder wakes."""
    near, far = pair()
    journal = SocketJournal(near, loop, most=5_000)
    for number in range(50_000):
        journal.write(login(number))
        if number % 500 == 0:
            journal.flush()
    assert len(journal._waiting) == 5_000
    assert journal.dropped > 40_000
    arrived = []
    while journal._waiting:
        arrived += read_all(far)
        journal.flush()
    arrived += read_all(far)
    assert len(arrived) + journal.dropped == 50_000
    assert [record.acct_session_id for record in arrived] == sorted(record.acct_session_id for record in arrived)
    near.close()
    far.close()


def test_a_record_larger_than_a_datagram_is_dropped_alone(loop):
    """One monstrous record is counted as lost; its neighbours arrive."""
    near, far = pair()
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
    journal = SocketJournal(near, loop)
    for record in (login(1), login(2, b"x" * 100_000), login(3)):
        journal.write(record)
    journal.flush()
    assert [record.acct_session_id for record in read_all(far)] == [b"00000001", b"00000003"]
    assert journal.dropped == 1
    near.close()
    far.close()


def test_decoding_never_raises():
    """Garbage, cut datagrams and strangers' kinds give what can be understood, and no exception."""
    good = encode([login()])
    assert decode(b"") == []
    assert decode(b"garbage") == []
    assert [decode(good[:length]) for length in range(len(good))] == [[]] * len(good)
