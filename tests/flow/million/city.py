"""Sessions of an invented city: what really happened, record by record, in columns that a million fit into.

A session keeps its Acct-Session-Id and its station; some move between access points, some of them to another site; some
stations come back later under the same id, as after a reboot; some interims are hours apart. Everything follows from
the seed. Never looks at what the controller made of it.
"""

from __future__ import annotations

import random
from array import array
from dataclasses import dataclass, field
from hashlib import md5
from struct import Struct

from radius.wire import attribute

SECRET = b"a-secret-of-enough-length"
CLIENT = "city-wlc"
SOURCE = "192.0.2.10 50000"
LOCAL = "192.0.2.1 1813"
START, STOP, INTERIM = 1, 2, 3
SITES = ("central-library", "city-hall", "market", "museum", "pool", "station")
POINTS = 48  # access points, eight at each site
SSIDS = ("City Wi-Fi", "eduroam")
RETURNS = 7  # one session in so many has the id and the station of an earlier one
MOVES = 10  # one in so many moves
_FIGURES = Struct(">" + "BBI" * 6)
_STAMP = Struct(">BBI")
_STATUS = Struct(">BBI")


_CALLED = [[attribute(30, b"AA-BB-CC-00-00-%02X:%s" % (point, ssid.encode())) for point in range(POINTS)] for ssid in SSIDS]


def site(point: int) -> str:
    """Where it stands."""
    return SITES[point % len(SITES)]


def device(guest: int) -> str:
    """The one device of a guest."""
    return _address(0x5F, guest)


def _address(kind: int, number: int) -> str:
    return f"02-00-{kind:02X}-{number >> 16 & 255:02X}-{number >> 8 & 255:02X}-{number & 255:02X}"


@dataclass(slots=True)
class Life:
    """One session, as it was."""

    name: int  # the number in its Acct-Session-Id, and in its station's address where that is no guest's
    begun: int  # seconds since 1970
    ssid: int
    first: int  # its first record's number; its records lie together
    count: int
    guest: int  # whose grant it ran under; -1 for a member of a university

    @property
    def acct_session_id(self) -> str:
        return f"5F3A-{self.name:06X}"

    @property
    def station(self) -> str:
        return device(self.guest) if self.guest >= 0 else _address(0x5E, self.name)


@dataclass(slots=True)
class City:
    """Every session, and every record's time, place and counters."""

    lives: list[Life] = field(default_factory=list)
    whose: array[int] = field(default_factory=lambda: array("L"))  # record -> its session
    age: array[int] = field(default_factory=lambda: array("L"))
    up: array[int] = field(default_factory=lambda: array("Q"))
    down: array[int] = field(default_factory=lambda: array("Q"))
    point: array[int] = field(default_factory=lambda: array("B"))
    classes: list[bytes] = field(default_factory=list)  # of each guest's grant
    heads: list[bytes] = field(default_factory=list)  # what every record of a session says

    def __len__(self) -> int:
        return len(self.age)

    def packet(self, record: int, *, again: int = 0) -> bytes:
        """The record as its NAS sends it; `again` tells how long ago it first tried."""
        life, age = self.lives[self.whose[record]], self.age[record]
        number = record - life.first
        status = START if not number else STOP if number == life.count - 1 else INTERIM
        said = _STATUS.pack(40, 6, status) + self.heads[self.whose[record]] + _CALLED[life.ssid][self.point[record]]
        said += _STAMP.pack(55, 6, life.begun + age)
        if number:
            up, down, low = self.up[record], self.down[record], 0xFFFFFFFF
            said += _FIGURES.pack(42, 6, up & low, 52, 6, up >> 32, 43, 6, down & low, 53, 6, down >> 32, 46, 6, age, 41, 6, again)
        head = bytes((4, record & 255)) + (20 + len(said)).to_bytes(2, "big")
        return head + md5(head + bytes(16) + said + SECRET).digest() + said


def imagined(seed: int, sessions: int, records: int, now: int, classes: list[bytes]) -> City:
    """So many sessions of so many records each, over by an hour ago."""
    chance = random.Random(seed)
    city = City(classes=classes)
    free: dict[int, int] = {}  # id -> when it may be used again
    for number in range(sessions):
        name = chance.choice(list(free)[:50]) if free and number % RETURNS == 0 else number
        begun = max(now - 3 * 86_400 + chance.randrange(40_000), free.pop(name, 0) + chance.randrange(30, 4_000))
        guest = name // 3 % len(classes) if name % 3 == 0 and classes else -1  # who comes back is the same
        life = Life(name, begun, chance.randrange(2), len(city), records, guest)
        _live(city, life, chance, number)
        if life.begun + city.age[-1] < now - 86_400:
            free[name] = life.begun + city.age[-1]
        assert life.begun + city.age[-1] < now - 3_600
    return city


def _live(city: City, life: Life, chance: random.Random, number: int) -> None:
    """The records of one session."""
    city.lives.append(life)
    city.heads.append(
        b"".join(
            attribute(kind, value)
            for kind, value in (
                (1, life.station.encode() if life.guest >= 0 else b"anonymous@uni-a.example"), (44, life.acct_session_id.encode()),
                (31, life.station.encode()), (4, bytes((192, 0, 2, 10))), (32, b"city-wlc"),
                (8, bytes((10, life.name >> 16 & 255, life.name >> 8 & 255, life.name & 255))),
                *([(25, city.classes[life.guest])] if life.guest >= 0 else []),
            )
        )
    )  # fmt: skip
    age = up = down = 0
    point = chance.randrange(POINTS)
    for step in range(life.count):
        city.whose.append(len(city.lives) - 1)
        city.age.append(age)
        city.up.append(up)
        city.down.append(down)
        city.point.append(point)
        age += chance.randrange(60, 900) if chance.random() < 0.99 else chance.randrange(4_000, 15_000)
        up, down = up + chance.randrange(1 << 28), down + chance.randrange(1 << 31)
        if number % MOVES == 0 and step % 7 == 3:
            point = chance.randrange(POINTS)
