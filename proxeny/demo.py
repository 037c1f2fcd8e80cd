"""`proxeny run --demo`: the sample city. The ordinary controller, and neighbours that keep logins arriving.

In order: the files of the sample city, its homes, its network applied, the controller as a process of its own, the
access points, the first login; then what is running is told, and each login as the trace has it. Ctrl-C ends all of it
in the opposite order. Never used without --demo, and never on a database that serves another network.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from proxeny import declare, demo_shops, demo_staff, demo_vouchers, logos, network_file, opening, snapshot
from proxeny.faults import Fault, FaultyError
from proxeny.simulated import neighbours, sample, screen
from radius import dictionary
from store import trace
from store.privacy import privacy
from store.session import reading, transaction

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from proxeny.simulated.sample import Sample

LOOK: Final = 0.3  # seconds between looks at the trace
FIRST_LOGIN: Final = 15.0  # seconds until we stop waiting for it and say so
PATIENCE: Final = 20.0  # seconds the controller may take to drain; longer than its own [run] drain
_PARENT_DIED: Final = 1  # PR_SET_PDEATHSIG, prctl(2)


def run(config: Path | None = None) -> None:
    """The whole life of the sample city; raises FaultyError where it cannot begin."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.set())
    city = sample.prepare(config)
    database, codes, links = _applied(city)
    with ExitStack() as running:
        homes = [running.enter_context(neighbours.home(city, row)) for row in city.institutions]
        for home in homes:
            home.wait_ready()
        outbox = _outbox(city, running)
        controller = running.enter_context(_controller(city, ended))
        logins = _logins(city, database, datetime.now(UTC))
        people = running.enter_context(neighbours.access_points(city))
        people.wait_ready()
        phone = running.enter_context(neighbours.gateway(city))
        phone.wait_ready()
        lines = _first(logins, ended)
        for line in (*screen.greeting(city, codes, links), *lines):
            click.echo(line)
        while not ended.wait(LOOK):
            for line in next(logins):
                click.echo(line)
            if gone := [each.name for each in (*homes, *outbox, people, phone) if not each.alive]:
                raise FaultyError([Fault("the demo", gone[0], "ended unexpectedly")])
            if controller.poll() is not None:
                raise FaultyError([Fault("the demo", "the controller", "ended unexpectedly", f"Its log: {_log(city)}")])
        click.echo("\nEnding: access points, controller, home institutions.")


def _outbox(city: Sample, running: ExitStack) -> list[neighbours.Neighbour]:
    """The outbox, ready; none where the settings send mail and SMS elsewhere."""
    if (outbox := neighbours.outbox(city)) is None:
        return []
    running.enter_context(outbox).wait_ready()
    return [outbox]


def _applied(city: Sample) -> tuple[Engine, list[str], screen.Links]:
    """The city's network in its database, as `proxeny apply` would put it there; its shops; two vouchers and two links to try."""
    database, seal = opening.store(city.settings)
    declaration = network_file.read(city.network, {})
    pictures = logos.named(declaration, sample.SHIPPED)
    book = dictionary.load()
    with transaction(database) as session:
        stored = snapshot.read(session, seal)
        sample.refuse_strangers(stored, city)
        declare.write(session, seal, stored, declare.plan(stored, declaration, city.settings, book, prune=True), "proxeny demo")
        now = datetime.now(UTC)
        logos.store(session, pictures, now)
        demo_shops.sow(session, now)
        marks = privacy(session, seal, now)
        codes = demo_vouchers.codes(session, marks, now)
        demo_staff.past(session, marks, now)
        links = screen.Links(demo_staff.link(session, now), demo_shops.link(session, now))
    return database, codes, links


@contextlib.contextmanager
def _controller(city: Sample, ended: threading.Event) -> Iterator[subprocess.Popen[str]]:
    """`proxeny run` with the city's settings, its log in a file; it is asked to end when we leave."""
    argv = [sys.executable, "-P", "-m", "proxeny", "run", "--config", str(city.settings.file)]
    with _log(city).open("w") as log:
        process = subprocess.Popen(  # noqa: S603  # our own command
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env=os.environ | {"PROXENY_DEMO": "1"},  # on this machine alone, staff may do without a second factor
            text=True,
            start_new_session=True,
            preexec_fn=_die_with_us,  # noqa: PLW1509  # no thread runs in this process
        )
    try:
        _wait_ready(process, city, ended)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_ready(process: subprocess.Popen[str], city: Sample, ended: threading.Event) -> None:
    assert process.stdout is not None  # noqa: S101  # for the type checker
    for line in process.stdout:
        if "ready" in line:
            return
    words = [line for line in _log(city).read_text("utf-8", "replace").splitlines() if not line.startswith("{")]
    if not ended.is_set():
        raise FaultyError([Fault("the demo", "the controller", "did not start: " + " ".join(words[-5:]), f"Its log: {_log(city)}")])


def _die_with_us() -> None:
    """In the new process: end, should the demo be killed without a chance to say so."""
    ctypes.CDLL(None).prctl(_PARENT_DIED, signal.SIGTERM)


def _log(city: Sample) -> Path:
    return sample.short(city.settings.data_dir / "proxeny.log")


def _logins(city: Sample, database: Engine, begin: datetime) -> Iterator[list[str]]:
    """Each asking: the logins written since the last, as lines; the first time, those since `begin`."""
    sites = {row["id"]: row["name"] for row in city.tables["site"]}
    last = (begin, "")
    while True:
        with reading(database) as session:
            events = trace.newer(session, last)
        if events:
            last = (events[-1].at, events[-1].id)
        yield [screen.login(event, sites) for event in events]


def _first(logins: Iterator[list[str]], ended: threading.Event) -> list[str]:
    """Wait for the first login, so that everything we tell the reader to try has something to find."""
    deadline = time.monotonic() + FIRST_LOGIN
    while time.monotonic() < deadline and not ended.wait(LOOK):
        if lines := next(logins):
            return lines
    return [] if ended.is_set() else [f"No login within {FIRST_LOGIN:g} seconds: something is wrong."]
