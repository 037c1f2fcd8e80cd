"""dictionary: any value of any attribute is shown on one line, what a rule may write is read back, and rules never raise."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from radius import dictionary, wire
from radius.actions import Reason
from radius.policy import Policy, Rule, builtins
from radius.secret import Secret
from radius.tables import Home
from tests.fuzz.dice import Dice

if TYPE_CHECKING:
    from collections.abc import Iterator

BOOK = dictionary.load()
KINDS = (1, 4, 6, 25, 26, 27, 55, 56, 61, 64, 65, 69, 79, 81, 89, 95, 97, 98, 123, 126, 168, 241)
VENDORS = (9, 14, 311, 14179, 14122, 25622, 8744, 14988)
KEYS: tuple[dictionary.Key, ...] = (*KINDS, *((vendor, kind) for vendor in VENDORS for kind in range(1, 20)))
HOME = Home("home", "127.0.0.1", Secret(b"a secret of sixteen octets"))
OWN = Rule(
    "all of it",
    "reply",
    ("Access-Accept",),
    remove=("26.9.1", "Filter-Id"),
    clamp={"Session-Timeout": (60, 28800)},
    set={"Tunnel-Private-Group-Id": "120"},
)
PLAN = Policy((*builtins(), OWN), BOOK).plan(2, "uni-a.example", "library", "nas", HOME)


def seeds() -> Iterator[bytes]:
    """Every key with values of the usual lengths."""
    for index in range(len(KEYS)):
        for value in (b"", b"\0\0\0\1", b"text", b"\1\0\0\0\6", bytes(16), bytes(18)):
            yield bytes((index,)) + value
    yield (
        b"\0"
        + wire.attribute(26, b"\0\0\0\x09\1\x12shell:priv-lvl=15")
        + wire.attribute(27, b"\0\0\0\1")
        + wire.attribute(64, b"\0\0\0\x0d")
    )
    yield b"\0" + wire.attribute(26, b"\0\0\0\x09\1\4ab\2\4cd") + wire.attribute(6, b"\0\0\0\6")


def one(octets: bytes) -> None:
    """As a value, as a name, and as the attributes of an Accept."""
    dice = Dice(octets)
    key, value = dice.pick(KEYS), octets[1:254]
    typed = BOOK.typed(key, value)
    assert isinstance(typed, (str, int))
    assert len(str(typed)) <= 12 * len(value) + 100
    assert str(typed).isprintable()
    with suppress(ValueError):
        whole = BOOK.encode(key, typed)
        assert len(whole) <= 255
        assert whole[1] == len(whole)
        assert whole[0] == (26 if isinstance(key, tuple) else key)
    with suppress(ValueError):
        assert BOOK.key(value[:60].decode("latin-1"))
    _rules(octets[1:])


def _rules(body: bytes) -> None:
    """What is left is still whole attributes, and the octets of those no rule names are untouched."""
    body = body[:4000]
    try:
        message = wire.parse(wire.frame(2, 0, bytes(16), body))
    except wire.Malformed:
        return
    attributes = [message.octets[start:end] for _, start, end in message.spans()]
    kept = PLAN.apply(list(attributes))
    if isinstance(kept, Reason):
        return
    assert all(len(each) == each[1] >= 2 for each in kept)
    named = {6, 11, 26, 27, 56, 57, 58, 59, 64, 65, 81}
    assert [each for each in kept if each[0] not in named] == [each for each in attributes if each[0] not in named]
