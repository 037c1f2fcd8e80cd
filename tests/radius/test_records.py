"""What a worker tells the recorder: values that marshal carries, with no secret among them."""

from __future__ import annotations

import marshal

import pytest

from radius.actions import Record
from radius.records import Accounting, Dropped, HomeChange, Login
from tests.radius.road import ABOVE, BELOW, Road, answer, only, sent

EXAMPLES = [
    Login(
        1.0, 2.0, "library", "127.0.0.1", "lib-1", "AA-BB-CC-DD-EE-FF", "eduroam", "central-library", b"\xff@uni-a.example",
        "uni-a.example", "uni-a.example", b"02-00", b"nas", b"s1", "uni-a-1", ("uni-a-1",), "accept", "", 9, 250.0, 3.0, b"cui", True,
    ),
    Dropped(1.0, "192.0.2.1", "", "UNKNOWN_CLIENT", 12),
    HomeChange(1.0, "uni-a-1", "zombie", "silent to everyone"),
    Accounting(bytes(32), "library", "127.0.0.1 40000", "", b"\x04" + bytes(19)),
]  # fmt: skip


@pytest.mark.parametrize("record", EXAMPLES, ids=lambda record: type(record).__name__)
def test_marshal_carries_it_whole(record: Login | Dropped | HomeChange | Accounting) -> None:
    """Plain numbers, text, octets and tuples: what comes out makes the same record."""
    assert record == type(record)(*marshal.loads(marshal.dumps(tuple(record))))


def test_a_login_told_by_the_road_is_marshalled_and_holds_no_secret() -> None:
    """The true records too; neither secret nor password is anywhere in them."""
    road = Road()
    out = sent(road.receive(road.ask((2, b"hidden password "), (31, b"02-00-00-00-00-01"))))
    (login,) = [record.record for record in only(road.answered(out, answer(out.octets, 2)), Record)]
    octets = marshal.dumps(tuple(login))
    assert tuple(login) == marshal.loads(octets)
    assert not [secret for secret in (ABOVE, BELOW, b"hidden password") if secret in octets]
    assert 5 == Dropped(1.0, "", "", "X", 5).count
