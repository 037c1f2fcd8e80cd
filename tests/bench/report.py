"""The table, the ratios, and in plain words what is met and where we lose. Never hides a column that is bad for us."""

from __future__ import annotations

from dataclasses import asdict
from statistics import median
from typing import TYPE_CHECKING

from rich.table import Table

from tests.bench import desks, durable, guests, pages, years
from tests.bench.judged import FREERADIUS, judged
from tests.bench.rounds import CROWD, PACE, WINDOW, middle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from tests.bench.result import Result
    from tests.bench.rounds import Cell

HOW = f"""\
How it was measured. Access-Requests with EAP-Response/Identity and Message-Authenticator; the home's Access-Accept
carries Message-Authenticator, two MS-MPPE keys, Class, EAP-Success and User-Name: every request is a whole login, the
dearest mix for whoever records logins. One generator process (epoll), each endpoint a socket with a 127.x.y.z address
of its own; one home process. Nothing is sent twice, so a loss is a loss; every answer's Response Authenticator,
Message-Authenticator and keys are checked. requests/s and CPU: {WINDOW} outstanding. p50 and p99: {PACE:,} a second,
open loop. Sent and lost: both of these and {CROWD} outstanding. CPU: user and system of /proc/PID/stat, all threads,
workers summed, per answered request. Peak memory: VmHWM, workers summed. Every program fresh in each round, medians
over the rounds, ratios within a round. FreeRADIUS: Debian's defaults with the realm module alone, max_requests by its
rule of 256 a client. radsecproxy: its defaults. Neither keeps logins in a store; Proxeny does (recorder column)."""


def show(result: Result, out: Console) -> None:
    """Everything, for people."""
    out.print(_main_table(result), _look_table(result))
    if result.guests:
        out.print(guests.table(result.guests))
    if result.durable:
        out.print(durable.table(result.durable))
    if result.pages:
        out.print(pages.table(result.pages))
    if result.desks:
        out.print(desks.table(result.desks))
    if result.years:
        out.print(desks.table(result.years, years.WHAT))
    out.print(*_beside(result), sep="\n")
    out.print(HOW, style="dim", highlight=False)
    for met, words in judged(result):
        out.print(f"[green]met[/]   {words}" if met else f"[red]LOST[/]  {words}", highlight=False)


def _main_table(result: Result) -> Table:
    table = Table(title=f"Proxied logins on {result.machine}, {max(map(len, result.seen.values()))} round(s), {result.seconds:.0f} s")
    for heading in ("", "end-\npoints", "requests/s", "CPU\nµs/req", "by Free-\nRADIUS", "recorder\nµs/req", "supervisor\nµs/req"):
        table.add_column(heading, justify="right" if heading else "left")
    for heading in (
        f"p50 ms\n{PACE:,}/s",
        f"p99 ms\n{PACE:,}/s",
        "peak\nMB",
        "sent",
        "lost",
        f"of these at\n{CROWD} out",
        "wrongly\nsigned",
    ):
        table.add_column(heading, justify="right")
    for name in dict.fromkeys(name for name, _ in sorted(result.seen, key=lambda key: (not key[0].startswith("Proxeny"), key))):
        for place, endpoints in enumerate(sorted(endpoints for other, endpoints in result.seen if other == name)):
            one = middle(result.seen[name, endpoints])
            ratio = result.ratio(name, FREERADIUS, endpoints, "cpu")
            ours = name.startswith("Proxeny")
            table.add_row(
                "" if place else name, f"{endpoints:,}", f"{one.rate:,.0f}", f"{one.cpu:.1f}", f"{ratio:.2f}x" if ratio else "",
                f"{one.recorder:.1f}" if ours else "", f"{one.supervisor:.1f}" if ours else "",
                f"{one.p50:.2f}", _p99(one), f"{one.peak:.0f}", f"{one.sent:,}", f"{one.lost:,}", f"{one.crowd_lost:,}", f"{one.bad:,}",
            )  # fmt: skip
        table.add_section()
    return table


def _p99(one: Cell) -> str:
    return f"{one.p99:.2f}" if one.paced > 0.95 * PACE else f"{one.p99:.2f} (only {one.paced:.0f}/s)"


def _look_table(result: Result) -> Table:
    table = Table(title="Route look-up, µs")
    for heading in ("realms", "first time", "again", "no such realm", "table built in s"):
        table.add_column(heading, justify="right")
    for cost in result.looks:
        table.add_row(f"{cost.realms:,}", f"{cost.first:.2f}", f"{cost.again:.2f}", f"{cost.missing:.2f}", f"{cost.build:.2f}")
    return table


def _beside(result: Result) -> Iterator[str]:
    weight = result.weight
    if weight:
        yield (
            f"A worker with 10,000 clients and 2,000 realms: {weight.idle:.0f} MB;"
            f" with {weight.waiting:,} exchanges in flight {weight.loaded:.0f} MB"
            f" (peak {weight.peak:.0f}); such a network is served {weight.start:.1f} s after start."
        )
    if result.guests:
        yield guests.in_words(result.guests)
    yield "Start to first answer: " + ", ".join(f"{name} {median(times):.2f} s" for name, times in result.starts.items()) + "."
    if result.journal:
        logins, rows = result.journal["accepted"], result.journal["written"]
        yield f"Logins accepted: {logins:,}; in the database at the end: {rows:,}; left out (recorder too slow): {logins - rows:,}."
    others = median(one.others for cells in result.seen.values() for one in cells)
    yield f"Programs that are none of the bench's took {others:.0%} of the machine meanwhile" + (
        ": the figures are worse than they need be, the ratios hold better than the figures." if others > 0.05 else "."
    )
    yield f"The generator and the home without a proxy between them: {result.ceiling:,.0f} requests/s."


def as_json(result: Result) -> dict[str, object]:
    """Everything, for programs: medians, each round, and the words."""
    rows = [
        {
            "program": name,
            "endpoints": endpoints,
            "cpu_by_freeradius": result.ratio(name, FREERADIUS, endpoints, "cpu"),
            "median": asdict(middle(cells)),
            "rounds": [asdict(one) for one in cells],
        }
        for (name, endpoints), cells in sorted(result.seen.items())
    ]
    return {
        "machine": result.machine,
        "versions": result.versions,
        "seconds": result.seconds,
        "how": HOW,
        "units": {"cpu": "µs per request", "p50": "ms", "p99": "ms", "peak": "MB", "routes": "µs"},
        "generator_alone_per_second": result.ceiling,
        "rows": rows,
        "journal": dict(result.journal),
        "start_seconds": {name: median(times) for name, times in result.starts.items()},
        "routes": [asdict(cost) for cost in result.looks],
        "guests": [asdict(one) for one in result.guests],
        "durable": [asdict(one) for one in result.durable],
        "desks": [asdict(each) for each in result.desks],
        "years": [asdict(each) for each in result.years],
        "pages": [{kind: asdict(one) for kind, one in each.items()} for each in result.pages],
        "memory": asdict(result.weight) if result.weight else None,
        "judged": [{"met": met, "what": words} for met, words in judged(result)],
    }
