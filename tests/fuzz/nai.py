"""nai: any User-Name is an identity or a Reason, and whatever its realm, it has a route."""

from __future__ import annotations

from typing import TYPE_CHECKING

from federation.realms import RealmRow, Realms
from radius import nai
from radius.actions import Reason
from radius.tables import Action, Route

if TYPE_CHECKING:
    from collections.abc import Iterator

REALMS = Realms([
    RealmRow("uni-a.example", homes=("a",)),
    RealmRow("*.uni-a.example", homes=("a",)),
    RealmRow("*.ac.example", homes=("b",)),
    RealmRow(r"~^.+\.(edu|school)\.example$", homes=("b",)),
    RealmRow("gmail.com", Action.REJECT),
    RealmRow("*", homes=("c",)),
])  # fmt: skip


def seeds() -> Iterator[bytes]:
    """What devices send, and what attackers do."""
    names = "a@uni-a.example a@x.uni-a.example @b.ac.example a@b@c a b@ @ a@..b a@b..c a@-b %{x}@y a!b@c ü@ö.example"
    names += " a@B.EDU.EXAMPLE a@gmail.com a@wlan.mnc001.mcc001.3gppnetwork.org"
    yield from (name.encode() for name in names.split())
    yield from (b"", b"\0", b"a b@c", b"a@" + b"x." * 126, b"a@b\n", b"\xff\xfe@c")


def one(octets: bytes) -> None:
    """Split, and look the realm up."""
    parsed = nai.parse(octets)
    if isinstance(parsed, Reason):
        return
    user, realm = parsed
    assert realm == realm.lower()
    assert realm.isascii()
    assert not set(realm) & set(" \t\r\n@\0")
    assert ".." not in realm
    assert not realm.startswith(".")
    assert not realm.endswith(".")
    assert user + (b"@" + realm.encode() if realm else b"") == octets[: len(user)] + octets[len(user) :].lower()
    route = REALMS.route(parsed, None)
    assert isinstance(route, Route)
    assert route.rule is not None
    assert bool(route.homes) == (route.action is Action.PROXY)
    assert REALMS.route(parsed, None) == route
