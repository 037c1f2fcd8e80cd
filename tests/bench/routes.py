"""Route look-up with 10, 1,000 and 100,000 realms: what one costs the first time, and again. Never opens a port."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median

from federation.realms import RealmRow, Realms
from radius.nai import Nai

SIZES = (10, 1_000, 100_000)
LOOKS = 10_000
BATCHES = 7


@dataclass(frozen=True, slots=True)
class Cost:
    """µs per look-up, medians of batches; `build` seconds to make the table."""

    realms: int
    first: float  # a realm not asked for before: a subdomain of a suffix row
    again: float  # one asked for before
    missing: float  # a realm that no row names
    build: float


def cost(realms: int) -> Cost:
    """Half exact rows, half suffix rows, no regular expression and no default."""
    half = realms // 2
    rows = [RealmRow(f"exact{i}.example", homes=("home",)) for i in range(half)]
    rows += [RealmRow(f"*.suffix{i}.example", homes=("home",)) for i in range(half)]
    began = time.perf_counter()
    table = Realms(rows)
    build = time.perf_counter() - began
    first, again, missing = [], [], []
    for batch in range(BATCHES):
        known = [Nai(b"a", f"b{batch}-{i}.suffix{i * 7919 % half}.example") for i in range(LOOKS)]
        first.append(_timed(table, known))
        again.append(_timed(table, known))
        missing.append(_timed(table, [Nai(b"a", f"b{batch}-{i}.no{i}.example.org") for i in range(LOOKS)]))
    return Cost(realms, median(first), median(again), median(missing), build)


def _timed(table: Realms, identities: list[Nai]) -> float:
    route = table.route
    began = time.perf_counter()
    for identity in identities:
        route(identity, None)
    return (time.perf_counter() - began) * 1e6 / len(identities)
