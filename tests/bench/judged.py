"""What is wanted of the speed, held against one run: met or lost, in words. Never left out because it is lost."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from tests.bench import desks, durable, guests, pages
from tests.bench.rounds import PACE, middle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.bench.result import Result

ONE, TWO, FREERADIUS, RADSECPROXY = "Proxeny, 1 worker", "Proxeny, 2 workers", "FreeRADIUS", "radsecproxy"
COMPILED = f"{ONE}, compiled"
MANY = 1024  # endpoints from which both peers' processor time is the measure


def judged(result: Result) -> Iterator[tuple[bool, str]]:
    """What is wanted, and whether this run shows it."""
    yield from _processor_time(result, ONE)
    yield from _processor_time(result, COMPILED, "compiled: ")
    yield from _compiled(result)
    yield from _second_worker(result)
    for name in (ONE, COMPILED, TWO):
        cells = [one for (other, _), many in result.seen.items() if other == name for one in many]
        if cells:
            lost, bad = sum(one.lost for one in cells), sum(one.bad for one in cells)
            yield lost == 0, f"{name}: {lost:,} of {sum(one.sent for one in cells):,} lost"
            yield bad == 0, f"{name}: {bad:,} wrongly signed"
    if result.weight:
        weight = result.weight
        yield (
            weight.peak < 150,
            f"the large network's worker peaks at {weight.peak:.0f} MB with {weight.waiting:,} in flight (under 150 wanted)",
        )
    if result.starts.get(ONE):
        yield median(result.starts[ONE]) < 3, f"start to first answer {median(result.starts[ONE]):.2f} s (under 3 wanted)"
    small, large = result.looks[0], result.looks[-1]
    words = f"route look-up with {large.realms:,} realms costs {large.first / small.first:.1f} times that with {small.realms:,}"
    yield large.first < 5 * small.first, f"{words} (a table that no longer fits the processor's caches included)"
    yield from _latency(result)
    if result.guests:
        yield from guests.judged(result.guests)
    if result.durable:
        yield from durable.judged(result.durable)
    if result.pages:
        yield from pages.judged(result.pages)
    if result.desks:
        yield from desks.judged(result.desks)
    if result.years:
        yield from desks.judged(result.years, "a year's pages")


def _processor_time(result: Result, ours: str, named: str = "") -> Iterator[tuple[bool, str]]:
    for endpoints in sorted({endpoints for _, endpoints in result.seen}):
        for peer in (FREERADIUS, RADSECPROXY):
            ratio = result.ratio(ours, peer, endpoints, "cpu")
            if ratio is None:
                continue
            aim = (
                " (0.6 aimed at)"
                if (peer, endpoints) == (FREERADIUS, 64)
                else ""
                if endpoints >= MANY or peer == FREERADIUS
                else " (not asked for)"
            )
            yield ratio <= 1, f"{named}CPU per request with {endpoints:,} endpoints: {ratio:.2f} times {peer}'s{aim}"
    few, most = (result.seen.get((ours, endpoints)) for endpoints in (64, 4096))
    if few and most:
        growth = middle(most).cpu / middle(few).cpu
        yield growth < 1.25, f"{named}CPU per request grows {growth:.2f} times from 64 to 4,096 endpoints (flat wanted)"


def _compiled(result: Result) -> Iterator[tuple[bool, str]]:
    if ratio := result.ratio(COMPILED, ONE, 64, "cpu"):
        yield ratio < 1, f"compiled: CPU per request with 64 endpoints is {ratio:.2f} times that of the sources (less wanted)"


def _second_worker(result: Result) -> Iterator[tuple[bool, str]]:
    cpu, rate = result.ratio(TWO, ONE, 64, "cpu"), result.ratio(TWO, ONE, 64, "rate")
    if cpu and rate:
        yield cpu <= 1.25, f"a second worker with 64 endpoints: {cpu:.2f} times the CPU per request (at most 1.25 wanted)"
        cores = int(result.machine.split()[0])
        note = f"; generator, home and recorder share the {cores} cores with the workers" if cores < 5 else ""
        yield rate >= 1.6, f"a second worker with 64 endpoints: {rate:.2f} times the rate (1.6 wanted where cores are free{note})"


def _latency(result: Result) -> Iterator[tuple[bool, str]]:
    for peer in (FREERADIUS, RADSECPROXY):
        for endpoints in (64, 4096):
            ratio = result.ratio(ONE, peer, endpoints, "p99")
            if ratio is not None:
                yield ratio <= 1, f"p99 at {PACE:,}/s with {endpoints:,} endpoints: {ratio:.2f} times {peer}'s (nothing asked for)"
