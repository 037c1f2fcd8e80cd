"""A million accounting records of 20,000 sessions, proven as a process of its own: `python -m tests.flow.million.proof FOLDER`.

It ends with status 0 where every sum is the generator's own, whatever happened on the way. tests/flow/test_million.py waits
for it, beside the other tests (tests/lanes.py): most of them wait for time to pass, and it is niced, so it costs them little.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from store import grants
from store.keys import unlock
from store.models import AccountingKey, Dwell, GuestUsage, OddRecord, Period, Session, SessionHop, SessionTrail, SiteHour, UsageHour, Way
from store.privacy import privacy
from store.schema import prepare
from store.session import engine, reading, transaction
from tests.flow.million.city import device, imagined
from tests.flow.million.delivery import Delivery, shuffled
from tests.flow.million.ledger import Ledger, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session as Database

ROOT = Path(__file__).parents[3]
SESSIONS, RECORDS = 20_000, 51  # of each session, the lost ones included
LOST, REPEATED = 0.015, 0.03
GUESTS = 1_000
WRITERS_KILLED, DRAINERS_KILLED = 20, 12
SEED = 20_260_308
PATIENCE = 1_600  # seconds until the last is counted: some two hundred, and many times as many beside others' work


@contextmanager
def drained(spools: Path, url: str, key: Path, kills: list[float]) -> Iterator[list[int]]:
    """The recorder's side beside us, killed after each of these pauses; on leaving, the rest is waited for. Yields the killed."""
    argv = [sys.executable, "-m", "tests.flow.million.drainer", str(spools), url, str(key)]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        over, killed, living = threading.Event(), [], []

        def hear() -> None:
            living.extend(int(line) for line in parent.stdout)

        def kill() -> None:
            for pause in kills:
                if over.wait(pause):
                    return
                if living and living[-1] not in killed:
                    os.kill(living[-1], signal.SIGKILL)
                    killed.append(living[-1])

        threads = [threading.Thread(target=each, daemon=True) for each in (hear, kill)]
        for thread in threads:
            thread.start()
        try:
            yield killed
            over.set()
            (spools / "end").touch()
            assert parent.wait(PATIENCE) == 0
        finally:
            over.set()
            if parent.poll() is None:
                parent.kill()
                if living and living[-1] not in killed:
                    os.kill(living[-1], signal.SIGKILL)


def prove(folder: Path) -> None:
    """Shuffled, repeated, some lost, both processes killed again and again: each session, hour, hop and guest to the octet."""
    chance = random.Random(SEED)
    url, key, spools = f"sqlite:///{folder}/proxeny.db", folder / "keys" / "seal.key", folder / "spool"
    spools.mkdir()
    database, subjects, classes = guests(url, key)
    began = time.monotonic()
    city = imagined(SEED, SESSIONS, RECORDS, int(time.time()), classes)
    order = shuffled(chance, len(city), lost=LOST, repeated=REPEATED)
    pauses = [chance.uniform(0.3, 5.0) for _ in range(DRAINERS_KILLED)]
    with drained(spools, url, key, pauses) as killed:
        delivery = Delivery(city, spools / "worker-0.spool", ROOT)
        try:
            delivery.deliver(order, chance.sample(range(len(order)), WRITERS_KILLED))
        finally:
            delivery.end()
        acknowledged = time.monotonic()
        ledger = written(city, delivery.came)
    seconds = time.monotonic() - began
    print(
        f"{delivery.acknowledged:,} packets of {sum(delivery.came):,} records acknowledged in {acknowledged - began:.0f} s, "
        f"counted in {seconds:.0f} s; {delivery.kills} writers and {len(killed)} drainers killed"
    )
    assert min(sum(delivery.came), delivery.acknowledged) >= 1_000_000
    assert sum(delivery.came) == len(set(order))
    compare(database, ledger, sum(delivery.came), subjects)
    database.dispose()


def guests(url: str, key: Path) -> tuple[Engine, list[str], list[bytes]]:
    """A database in which a thousand guests have a grant each: their subjects, and the Class of each."""
    prepare(url).dispose()
    database = engine(url)
    now = datetime.now(UTC)
    with transaction(database) as session:
        marks = privacy(session, unlock(session, key), now)
        made = [
            grants.admit(
                session, device=marks.device(device(number)), plan="visitor", seconds=86_400, portal="", way=Way.TERMS, terms="",
                language="en", client="city-wlc", access_point="", ssid="", site="", account=None, provisional=False,
                now=now - timedelta(days=4),
            )
            for number in range(GUESTS)
        ]  # fmt: skip
        return database, [grants.subject(grant) for grant in made], [b"g." + grant.id.encode() for grant in made]


def compare(database: Engine, ledger: Ledger, records: int, subjects: list[str]) -> None:
    """Everything that was counted."""
    with reading(database) as session:
        rows = session.execute(
            select(
                Session.id, Session.acct_session_id, Session.started_at, Session.seconds, Session.input_octets,
                Session.output_octets, Session.updates, Session.terminate_cause, Session.ended_at, Session.quarantined,
            )
        ).all()  # fmt: skip
        assert len(rows) == len(ledger.sessions)
        counted = {(row[1], int(row[2].timestamp())): (*row[3:7], row.ended_at is not None and not row.terminate_cause) for row in rows}
        assert counted == ledger.sessions
        assert not any(row.quarantined for row in rows)
        assert hours(session) == cells(ledger)
        sums = (func.sum(each) for each in (SiteHour.sessions, SiteHour.seconds, SiteHour.input_octets, SiteHour.output_octets))
        assert tuple(map(sum, zip(*hours(session).values(), strict=True))) == tuple(session.execute(select(*sums)).one())
        assert session.scalar(select(func.sum(Dwell.sessions))) == sum(row.seconds > 0 for row in rows)
        started = {row.id: (row.acct_session_id, int(row.started_at.timestamp())) for row in rows}
        hops = Counter((*started[hop.session_id], int(hop.at.timestamp()), hop.access_point) for hop in session.scalars(select(SessionHop)))
        assert hops == ledger.hops
        assert used(session) == {subjects[guest]: tuple(sums) for guest, sums in ledger.guests.items()}
        assert session.scalar(select(func.count()).select_from(AccountingKey)) == records
        assert session.scalar(select(func.count()).select_from(OddRecord)) == 0
        assert session.scalar(select(func.count()).select_from(SessionTrail)) == len(rows)


Cells = dict[tuple[int, str, str, str], tuple[int, int, int, int]]


def hours(session: Database) -> Cells:
    """What the hours hold: sessions begun, seconds, octets in and out."""
    return {
        (int(row.hour.timestamp()) // 3600, row.site, row.access_point, row.ssid): figures
        for row in session.scalars(select(UsageHour))
        if any(figures := (row.sessions, row.seconds, row.input_octets, row.output_octets))
    }


def cells(ledger: Ledger) -> Cells:
    """What they must hold."""
    sums = ledger.begun, ledger.seconds, ledger.up, ledger.down
    found = {cell: tuple(each[cell] for each in sums) for cell in set().union(*sums)}
    return {cell: figures for cell, figures in found.items() if any(figures)}


def used(session: Database) -> dict[str, tuple[int, int]]:
    """What each guest used in all, by the days and by the months."""
    sums = [
        {subject: (int(seconds), int(octets)) for subject, seconds, octets in session.execute(
            select(GuestUsage.subject, func.sum(GuestUsage.seconds), func.sum(GuestUsage.octets))
            .where(GuestUsage.period == period).group_by(GuestUsage.subject)
        )}
        for period in Period
    ]  # fmt: skip
    assert sums[0] == sums[1]
    return sums[0]


if __name__ == "__main__":
    os.nice(5)
    prove(Path(sys.argv[1]))
