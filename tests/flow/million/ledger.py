"""The generator's own ledger: what the controller must come to, from the records that were acknowledged and nothing else.

Written apart from the controller's: record by record in order of time, as a clerk would. Never reads the database.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.flow.million.city import SSIDS, site

if TYPE_CHECKING:
    from tests.flow.million.city import City, Life

HOUR = 3600


@dataclass(slots=True)
class Ledger:
    """Sums of everything."""

    sessions: dict[tuple[str, int], tuple[int, int, int, int, bool]] = field(default_factory=dict)  # seconds, up, down, records, stopped
    hops: Counter[tuple[str, int, int, str]] = field(default_factory=Counter)  # (session, its start, when, access point)
    begun: Counter[tuple[int, str, str, str]] = field(default_factory=Counter)  # (hour, site, access point, SSID)
    seconds: Counter[tuple[int, str, str, str]] = field(default_factory=Counter)
    up: Counter[tuple[int, str, str, str]] = field(default_factory=Counter)
    down: Counter[tuple[int, str, str, str]] = field(default_factory=Counter)
    guests: dict[int, list[int]] = field(default_factory=dict)  # seconds, octets


def written(city: City, came: bytearray) -> Ledger:
    """The ledger of the records that are marked in `came`."""
    ledger = Ledger()
    for life in city.lives:
        if records := [number for number in range(life.first, life.first + life.count) if came[number]]:
            _enter(ledger, city, life, records)
    return ledger


def _enter(ledger: Ledger, city: City, life: Life, records: list[int]) -> None:
    last = records[-1]
    name = life.acct_session_id, life.begun
    stopped = last == life.first + life.count - 1
    ledger.sessions[name] = (city.age[last], city.up[last], city.down[last], len(records), stopped)
    if life.guest >= 0:
        used = ledger.guests.setdefault(life.guest, [0, 0])
        used[0] += city.age[last]
        used[1] += city.up[last] + city.down[last]
    here = city.point[records[0]]
    ledger.begun[life.begun // HOUR, *_place(here, life)] += 1
    before, figures = 0, (0, 0, 0)
    arrivals = [(0, here)]
    for number in records:
        now = city.age[number], city.up[number], city.down[number]
        _spread(ledger, life, here, (before, *figures), (city.age[number], *now))
        before, figures = city.age[number], now
        if city.point[number] != here:
            here = city.point[number]
            arrivals.append((city.age[number], here))
    if len(arrivals) > 1:
        ledger.hops.update((*name, life.begun + age, f"ap-{point}") for age, point in arrivals)


def _spread(ledger: Ledger, life: Life, point: int, old: tuple[int, int, int, int], new: tuple[int, int, int, int]) -> None:
    """Even between two records; each hour has its part of it, and the hours together have it all."""
    begin, end = life.begun + old[0], life.begun + new[0]
    told = old[1:]
    if old == new:  # the Start itself
        return
    for hour in range(begin // HOUR, (end - 1) // HOUR + 1):
        until = min(end, (hour + 1) * HOUR)
        share = tuple(was + (now - was) * (until - begin) // (end - begin) for was, now in zip(old[1:], new[1:], strict=True))
        cell = hour, *_place(point, life)
        ledger.seconds[cell] += share[0] - told[0]
        ledger.up[cell] += share[1] - told[1]
        ledger.down[cell] += share[2] - told[2]
        told = share


def _place(point: int, life: Life) -> tuple[str, str, str]:
    return site(point), f"ap-{point}", SSIDS[life.ssid]
