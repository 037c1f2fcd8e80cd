"""guests: any sequence of guests' logins, verdicts, grants, clocks and reloads; nothing raises, leaks or goes out unsigned.

What the road packs for the portal is unpacked here too, from any octets. Accounting and homes are the target engine's.
"""

from __future__ import annotations

import hmac
import random
from dataclasses import replace
from typing import TYPE_CHECKING

from radius import dictionary
from radius.actions import Origin
from radius.admission import AUTH
from radius.grants import LiveGrant
from radius.nas import FAMILIES
from radius.nas.asked import unpack
from radius.nas.family import Asked, Gateway, Misfit, Options
from radius.nas.plan import Plan
from radius.questions import Verdict
from radius.secret import Secret
from radius.tables import Client
from tests.bench import sample, traffic
from tests.fuzz.dice import Dice
from tests.fuzz.engine import signed, tick
from tests.fuzz.menu import extras
from tests.fuzz.watched import LIMITS, Watched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from radius.tables import Tables

MOST_STEPS = 80
ASKED = 4
KEY = b"d" * 32
NAMES = tuple(sorted(FAMILIES))
ORIGINS = tuple(Origin(0, (f"127.20.{number}.1", 30000), "127.0.0.1 1812") for number in range(len(NAMES)))
USERS = (b"t-0123456789abcdef", b"t-", b"ada", b"aabb.ccdd.eeff", b"00-00-00-00-00-00", b"\xff" * 12, b"x" * 17)
REASONS = ("NO_GRANT", "TOKEN_USED", "TOO_MANY_SESSIONS", "PORTER_SILENT", "PORTER_BUSY", "DIRECTORY_WRONG", "", "unheard of")
PLANS = {
    "a": Plan("a", session=60, idle=1, up=1, down=1 << 40),
    "b": Plan("b", day_time=100, day_data=1 << 40, month_data=5, simultaneous=1),
    "": Plan("", idle=1 << 40),
}


def network(portal: str, options: Options) -> Tables:
    """One client of each family, at an address of its own."""
    secret = Secret(traffic.SECRET)
    clients = (
        Client(name, secret, (f"127.20.{n}.0/24",), nas=name, gateway=Gateway(name, name, "0123456789abcdef", portal, options=options))
        for n, name in enumerate(NAMES)
    )
    limits = replace(LIMITS, asked=ASKED, grants=ASKED)
    tables = sample.tables(limits=limits, more_clients=tuple(clients))
    keys = {"device_key": KEY, "visit_key": b"v" * 32 if portal else b""}
    return replace(tables, plans=PLANS, written=dictionary.load().written, **keys)


TABLES = (
    network("https://wifi.city.example", Options(role="guest", portal_acl="acl", uam_secret=Secret(b"uam"))),
    network("https://" + "long." * 40 + "example", Options(role="r" * 300)),
    network("", Options()),
)


def seeds() -> Iterator[bytes]:
    """One of each step, and logins with answers."""
    yield from (bytes((step, 0, 1, 2, 3, 4, 5, 6, 7, 8)) * 3 for step in range(len(STEPS)))
    yield from (random.Random(number).randbytes(600) for number in range(16))


def one(octets: bytes) -> None:
    """Unpack them; play the steps; then let three minutes pass."""
    found = unpack(octets)
    assert found is Misfit.MALFORMED or isinstance(found[0], Asked)
    dice, watched = Dice(octets), Watched(TABLES[0])
    for _ in range(MOST_STEPS):
        if not dice.left:
            break
        STEPS[dice.number(len(STEPS))](dice, watched)
        assert max(len(watched.engine.local), len(watched.engine.local.grants)) <= ASKED
    watched.silence()
    assert len(watched.engine.local) == 0


def station(dice: Dice) -> bytes:
    """One of a few, spelt in one of a few ways."""
    number = dice.number(6)
    return dice.pick((b"02-00-00-00-00-%02X", b"02:00:00:00:00:%02x", b"0200.0000.00%02x", b"0200000000%02x")) % number


def guest(dice: Dice, watched: Watched) -> None:
    """MAC authentication, a token, a name of our own realm; with PAP, CHAP, both or neither."""
    calling = dice.pick((station(dice), b"", dice.octets(20)))
    user = dice.pick((calling, station(dice), *USERS, b"ada@" + traffic.REALM.encode(), dice.octets(30)))[:250]
    attributes = traffic.attribute(1, user) if user else b""
    attributes += traffic.attribute(31, calling) if calling else b""
    attributes += (b"", b"\x02\x12" + bytes(16), b"\x03\x13" + bytes(17), b"\x06\x06\0\0\0\x0a")[dice.number(4)]
    watched.datagram(signed(1, dice.number(4), watched.engine._entropy(16), attributes + extras(dice)), dice.pick(ORIGINS), AUTH)


def verdict(dice: Dice, watched: Watched) -> None:
    """The porter's answer to one of the tickets, or to none."""
    ticket = watched.tickets[dice.number(len(watched.tickets))] if watched.tickets else -77
    said = Verdict(bool(dice.number(2)), dice.pick(REASONS), dice.pick((None, grant(dice))), dice.octets(9).decode("latin-1"))
    watched.check(watched.engine.settled(ticket, said, watched.now))


def grant(dice: Dice) -> LiveGrant:
    """Of any device, plan and age."""
    device = hmac.digest(KEY, b"02-00-00-00-00-%02X" % dice.number(6), "sha256")[:16]
    ends = 1.79e9 + dice.pick((-1, 0, 1, 0.5, 1e9, 4e9))
    used = (dice.number(), dice.number() << 34, dice.number(), dice.pick((0.0, 1.8e9)), dice.pick((0.0, 1.8e9)))
    return LiveGrant(device, f"g{dice.number(3)}", dice.pick((*PLANS, "gone")), ends, *used, dice.pick(("", "a1")), bool(dice.number(4)))


def stream(dice: Dice, watched: Watched) -> None:
    """The porter tells."""
    if dice.number(5) == 0:
        watched.engine.local.grants.clear()
    watched.engine.local.grants.put(grant(dice) for _ in range(dice.number(6)))


def date(dice: Dice, watched: Watched) -> None:
    """Somebody sets the clock."""
    watched.engine.date(dice.pick((0.0, 1.79e9, 1.79e9 + 1e6, -1e9, 4e9)))


def adopt(dice: Dice, watched: Watched) -> None:
    """Another version of the network."""
    watched.engine.adopt(dice.pick(TABLES), watched.now)
    watched.bounded()


STEPS = (guest, guest, verdict, stream, date, tick, adopt)
