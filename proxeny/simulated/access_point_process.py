"""The demo's access points as a process: `python -m proxeny.simulated.access_point_process`, orders on standard input.

Orders: `{"auth": [host, port], "acct": [host, port], "accounts": {identity: password}, "controllers": [{"name", "address",
"secret", "coa_port", "radios": [[name, mac], …]}, …]}`. Most sign-ins are right; some have a wrong password, a realm that
nobody knows, a mail address instead of an account, or a device that gives up. Never more than MOST_ONLINE at once.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from proxeny.simulated.access_point import Controller, DisconnectPort, Radio, Student
from proxeny.simulated.caller import Caller
from proxeny.simulated.process import live
from radius.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_ONLINE: Final = 60
PAUSE: Final = 1.6  # seconds between arrivals, on average
STAY: Final = (25.0, 90.0)
STATIONS: Final = tuple(f"02-00-5E-20-00-{number:02X}" for number in range(1, 41))
CHANCE: Final = random.Random()  # noqa: S311  # who comes when: nothing secret hangs on it
WRONG_PASSWORD, STRANGER, MAIL_ADDRESS, GIVES_UP = 0.08, 0.04, 0.05, 0.04  # shares of all arrivals


@dataclass(frozen=True, slots=True)
class Door:
    """A controller and the access points it speaks for."""

    controller: Controller
    radios: tuple[Radio, ...]


async def begin(orders: dict[str, Any]) -> None:
    """Open every controller's ports, and let people arrive."""
    doors = [await _door(row, orders) for row in orders["controllers"]]
    _keep(asyncio.create_task(_arrivals(doors, list(orders["accounts"].items()))))


async def _door(row: dict[str, Any], orders: dict[str, Any]) -> Door:
    loop, secret, here = asyncio.get_running_loop(), Secret(row["secret"].encode()), row["address"]
    callers = []
    for port in ("auth", "acct"):
        _, caller = await loop.create_datagram_endpoint(lambda: Caller(secret), local_addr=(here, 0), remote_addr=tuple(orders[port]))
        callers.append(caller)
    controller = Controller(row["name"], callers[0], callers[1], CHANCE)
    await loop.create_datagram_endpoint(lambda: DisconnectPort(controller, secret), local_addr=(here, row["coa_port"]))
    return Door(controller, tuple(Radio(name, mac) for name, mac in row["radios"]))


async def _arrivals(doors: Sequence[Door], accounts: Sequence[tuple[str, str]]) -> None:
    # The first is always the same and always right, so that the newcomer's first `trace` has a story to tell.
    coming = Student(*accounts[0], STATIONS[0])
    await asyncio.gather(*(door.controller.switch_on() for door in doors))
    while True:
        if len(_visits) < MOST_ONLINE:
            door = CHANCE.choice(doors)
            _keep(asyncio.create_task(door.controller.visit(coming, CHANCE.choice(door.radios), CHANCE.uniform(*STAY))))
        await asyncio.sleep(min(CHANCE.expovariate(1 / PAUSE), 3 * PAUSE))
        coming = _next(accounts)


def _next(accounts: Sequence[tuple[str, str]]) -> Student:
    (identity, password), station, dice = CHANCE.choice(accounts), CHANCE.choice(STATIONS), CHANCE.random()
    for share, student in (
        (WRONG_PASSWORD, Student(identity, "forgotten", station)),
        (STRANGER, Student("student@nowhere-college.example", password, station)),
        (MAIL_ADDRESS, Student("somebody@gmail.com", password, station)),
        (GIVES_UP, Student(identity, None, station)),
    ):
        if (dice := dice - share) < 0:
            return student
    return Student(identity, password, station)


_visits: set[asyncio.Task[None]] = set()  # the loop itself holds tasks only weakly


def _keep(task: asyncio.Task[None]) -> None:
    _visits.add(task)
    task.add_done_callback(_visits.discard)


if __name__ == "__main__":
    live(begin)
