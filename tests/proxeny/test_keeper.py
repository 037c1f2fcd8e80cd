"""The recorder's keeper: what workers tell and what spools hold ends up in the database, whatever the database does meanwhile."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from hashlib import md5, sha256
from pathlib import Path

import pytest
import structlog
from sqlalchemy import func, select, text

from proxeny import logs, opening, settings
from proxeny.channel import above, pair
from proxeny.courier import Errand, Result
from proxeny.journal import encode
from proxeny.keeper import Keeper
from proxeny.logins import MOST
from radius.message import Attribute
from radius.records import Dropped, HomeChange, Login
from radius.wire import attribute
from store import outbox
from store.models import AuthEvent, DropMinute, OddRecord, Order, OrderKind, OrderState, Session, UnknownAccessPoint
from store.models import HomeChange as Changed
from store.session import reading, transaction
from store.spool import Spool
from tests.peers.program import until
from tests.proxeny.installation import NETWORK, SECRET

ROOT = Path(__file__).parents[2]
STATION = b"02-00-00-00-00-01"


def login(number: int = 0, **changes) -> Login:
    now = time.monotonic()
    fields = {
        "began": now - 0.5, "ended": now, "client": "library-wlc", "source": "192.0.2.1", "access_point": "lib-1",
        "bssid": "02-00-5E-00-01-02", "ssid": "eduroam", "site": "central-library", "user_name": b"anonymous@uni-a.example",
        "realm": "uni-a.example", "rule": "uni-a.example", "station": STATION, "nas_identifier": b"ap",
        "acct_session_id": b"S-%d" % number, "home": "uni-a-1", "attempts": ("uni-a-2", "uni-a-1"), "verdict": "accept", "reason": "",
        "round_trips": 9, "milliseconds": 412.0, "own_milliseconds": 3.0, "cui": b"", "eap": True,
    }  # fmt: skip
    return Login(**(fields | changes))


def accounting(number: int, status: int = 1, octets: int = 0, session: bytes = b"S-1", extra: bytes = b"") -> tuple:
    """A spooled record: (key, client, source, local, octets) with a signed Accounting-Request."""
    body = b"".join(
        attribute(kind, value)
        for kind, value in (
            (40, struct.pack(">I", status)), (44, session), (1, b"anonymous@uni-a.example"), (31, STATION), (32, b"ap"),
            (30, b"02-00-5E-00-01-02:eduroam"), (8, bytes([10, 0, 0, 7])), (43, struct.pack(">I", octets)),
            (46, struct.pack(">I", number)),
        )
    ) + extra  # fmt: skip
    head = struct.pack(">BBH", 4, number & 255, 20 + len(body))
    packet = head + md5(head + bytes(16) + body + SECRET.encode()).digest() + body
    return sha256(packet[20:]).digest(), "library-wlc", "192.0.2.1 50000", "127.0.0.1 1813", packet


@pytest.fixture(autouse=True)
def quiet():
    """The recorder's lines are not the test's."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.reset_defaults()


@pytest.fixture
def parts(installed):
    """Settings and database of an installation with a network."""
    assert installed.apply(NETWORK).exit_code == 0
    loaded = settings.load(installed.settings, {})
    database, _ = opening.store(loaded)
    yield loaded, database
    database.dispose()


@contextmanager
def keeping(loaded, carry=lambda _errand: None):
    keeper = Keeper(loaded, carry)
    keeper.thread.start()
    try:
        yield keeper
    finally:
        keeper.end(5.0)
        keeper.thread.join(10)
        assert not keeper.thread.is_alive()


def spooled(loaded, records, name: str = "worker-0.spool") -> None:
    answers = []
    spool = Spool(loaded.spool_dir / name)
    for record in records:
        spool.keep(record, answers.append)
    until(lambda: len(answers) == len(records), "the spool")
    assert all(answers)
    spool.close()


def rows(database, table) -> list:
    with reading(database) as work:
        return list(work.scalars(select(table)))


def count(database, table) -> int:
    with reading(database) as work:
        return work.scalar(select(func.count()).select_from(table))


def test_a_login_is_in_the_trace_soon(parts):
    """One row per conversation, a moment after its end, with hashes where a person would stand."""
    loaded, database = parts
    with keeping(loaded) as keeper:
        told = time.monotonic()
        keeper.take([login(), HomeChange(told, "uni-a-1", "zombie", "silent"), HomeChange(told, "uni-a-1", "zombie", "again")])
        until(lambda: count(database, AuthEvent) == 1, "the login", 2.0)
    (event,) = rows(database, AuthEvent)
    assert (event.verdict.value, event.home, event.attempts, event.round_trips) == ("accept", "uni-a-1", ["uni-a-2", "uni-a-1"], 9)
    assert len(event.station_hash) == len(event.user_hash) == 16
    assert abs(event.at.timestamp() - time.time()) < 10
    assert [(change.home, change.state) for change in rows(database, Changed)] == [("uni-a-1", "zombie")]
    dump = Path(loaded.database.url.removeprefix("sqlite:///")).read_bytes()
    assert STATION not in dump
    assert b"anonymous" not in dump


@pytest.mark.parametrize("login_first", [True, False])
def test_login_and_session_find_each_other(parts, login_first):
    """Whichever is written first, the session has its login's realm and home, and the login its session."""
    loaded, database = parts
    with keeping(loaded) as keeper:
        steps = [lambda: keeper.take([login(1, cui=b"cui-of-home")]), lambda: spooled(loaded, [accounting(0)])]
        for step, table in zip(
            steps if login_first else steps[::-1], (AuthEvent, Session) if login_first else (Session, AuthEvent), strict=True
        ):
            step()
            until(lambda table=table: count(database, table) == 1, table.__name__)
    (event,), (session,) = rows(database, AuthEvent), rows(database, Session)
    assert event.session_id == session.id
    assert (session.login, session.realm, session.home) == (event.id, "uni-a.example", "uni-a-1")
    assert session.cui is not None
    assert (session.access_point, session.ssid, session.site, session.local) == ("lib-1", "eduroam", "central-library", "127.0.0.1")


def test_dropped_packets_are_counted_by_minute(parts):
    """One row per address, reason and minute, however many packets; a flood of addresses does not become a flood of rows."""
    loaded, database = parts
    with keeping(loaded) as keeper:
        now = time.monotonic()
        keeper.take([Dropped(now, "192.0.2.9", "", "UNKNOWN_CLIENT", 5), Dropped(now, "192.0.2.9", "", "UNKNOWN_CLIENT", 7)])
        until(lambda: count(database, DropMinute) == 1, "the count")
        keeper.take([Dropped(now, f"198.51.{number >> 8}.{number & 255}", "", "UNKNOWN_CLIENT", 1) for number in range(3_000)])
        until(lambda: sum(row.count for row in rows(database, DropMinute)) == 3_012, "the flood")
    assert count(database, DropMinute) <= 1_003
    assert {row.source: row.count for row in rows(database, DropMinute)}["192.0.2.9"] == 12


def test_accounting_is_in_the_database_soon(parts):
    """What a worker made durable is drained in moments, duplicates once; an unknown access point is listed."""
    loaded, database = parts
    with keeping(loaded) as keeper:
        spooled(loaded, [accounting(0), accounting(10, 3, 100), accounting(10, 3, 100), accounting(20, 2, 300)])
        until(lambda: keeper.draining.counts["accounting"] == 3, "the drain", 2.0)
        spooled(loaded, [accounting(1, session=b"S-2", extra=attribute(30, b"02-00-5E-99-99-99:city"))])
        until(lambda: keeper.draining.counts["accounting"] == 4, "the second")
        until(lambda: keeper.draining.backlog == 0, "the count")
    first = next(row for row in rows(database, Session) if row.acct_session_id == "S-1")
    assert (first.status.value, first.output_octets, first.seconds, first.framed_ip) == ("ended", 300, 20, "10.0.0.7")
    assert count(database, UnknownAccessPoint) == 0  # the first Called-Station-Id counts, and it is lib-1's


def test_unreadable_records_do_not_stand_in_the_way(parts):
    """Octets that are no packet are kept as they came; the records behind them are counted."""
    loaded, database = parts
    bad = [
        (sha256(bytes([n])).digest(), "library-wlc", "192.0.2.1 1", "", octets)
        for n, octets in enumerate((b"", b"\x04garbage", bytes(4096)))
    ]
    with keeping(loaded) as keeper:
        spooled(loaded, [*bad, accounting(0), accounting(99, 99)])
        until(lambda: keeper.draining.counts["accounting"] == 5, "the drain")
    assert count(database, OddRecord) == 4
    assert count(database, Session) == 1


def test_a_locked_database_costs_nothing_but_time(parts):
    """While another process holds the database: memory stays bounded, nothing acknowledged is lost, all is written after."""
    loaded, database = parts
    holder = sqlite3.connect(loaded.database.url.removeprefix("sqlite:///"), isolation_level=None)
    with keeping(loaded) as keeper:
        until(lambda: keeper._privacy is not None, "the start")
        holder.execute("BEGIN EXCLUSIVE")
        keeper.take([login(number) for number in range(300)])
        spooled(loaded, [accounting(number, 3) for number in range(1_000)])
        time.sleep(0.3)
        assert keeper.waiting == 300
        holder.execute("ROLLBACK")
        until(lambda: keeper.draining.counts["accounting"] == 1_000 and keeper.waiting == 0, "the rest", 20.0)
    holder.close()
    assert count(database, AuthEvent) == 300
    assert [row.updates for row in rows(database, Session)] == [1_000]


def test_a_database_that_is_gone_fills_no_memory(parts, monkeypatch):
    """In an outage the logins that wait are bounded and the loss is counted; accounting stays on disk; then all goes on."""
    loaded, database = parts
    monkeypatch.setattr("proxeny.logins.MOST", 1_000)
    path = Path(loaded.database.url.removeprefix("sqlite:///"))
    path.rename(path.with_suffix(".away"))
    path.mkdir()  # no file can be opened here
    with keeping(loaded) as keeper:
        keeper.take([login(number) for number in range(5_000)])
        spooled(loaded, [accounting(number, 3) for number in range(50)])
        until(lambda: keeper.fault and keeper.draining.backlog == 50, "the fault")
        assert keeper.waiting <= 1_500
        assert keeper.counts["logins_lost"] >= 3_500
        path.rmdir()
        path.with_suffix(".away").rename(path)
        until(lambda: keeper.waiting == 0 and not keeper.fault and keeper.draining.backlog == 0, "the recovery", 20.0)
    assert MOST > 1_000
    assert count(database, AuthEvent) == 5_000 - keeper.counts["logins_lost"]
    assert [row.updates for row in rows(database, Session)] == [50]


def test_orders_are_taken_once_and_settled(parts):
    """An order becomes an errand with the session's marks, from the right address; its result is written down."""
    loaded, database = parts
    errands: list[Errand] = []

    with keeping(loaded, errands.append) as keeper:
        spooled(loaded, [accounting(0)])
        until(lambda: count(database, Session) == 1, "the session")
        (session,) = rows(database, Session)
        from datetime import UTC, datetime

        with transaction(database) as work:
            outbox.queue(work, OrderKind.DISCONNECT, session.id, datetime.now(UTC))
            outbox.queue(work, OrderKind.DISCONNECT, "nobody", datetime.now(UTC))
        until(lambda: len(errands) == 1, "the errand", 3.0)
        (errand,) = errands
        assert errand.address == ("192.0.2.1", 3799)
        assert errand.local == "127.0.0.1"
        marks = {Attribute(44, b"S-1"), Attribute(31, STATION), Attribute(1, b"anonymous@uni-a.example"), Attribute(32, b"ap")}
        assert marks == set(errand.attributes)
        keeper.settle(Result(errand.order, done=False, text="NAK 503 Session-Context-Not-Found", error_cause=503))
        until(lambda: all(order.state is OrderState.FAILED for order in rows(database, Order)), "the answers")
    assert {order.outcome for order in rows(database, Order)} == {"NAK 503 Session-Context-Not-Found", "the session is not known any more"}
    assert len(errands) == 1


def test_the_login_log_names_nobody(parts):
    """Each login is one JSON line without MAC, name or secret."""
    loaded, _ = parts

    old, sys.stderr = sys.stderr, io.StringIO()
    try:
        logs.to_standard_error("info")
        with keeping(loaded) as keeper:
            keeper.take([login()])
            until(lambda: keeper.counts["logins"] == 1, "the login")
        written = sys.stderr.getvalue()
    finally:
        sys.stderr = old
        structlog.reset_defaults()
    (line,) = [json.loads(line) for line in written.splitlines() if '"login"' in line]
    assert (line["event"], line["verdict"], line["realm"], line["home"]) == ("login", "accept", "uni-a.example", "uni-a-1")
    assert len(line["station"]) == 32
    for secret in ("02-00-00-00-00-01", "anonymous", SECRET):
        assert secret not in written


def test_the_recorder_as_a_process(parts, tmp_path):
    """Exec'd as the supervisor does: takes settings, reads the journal, beats, writes down what is left, and ends."""
    loaded, database = parts

    async def life() -> list:
        ours, theirs = pair()
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        spec = json.dumps({"channel": theirs.fileno(), "journal": far.fileno()})
        command = [sys.executable, "-m", "proxeny.begin", "proxeny.recorder", spec]
        process = subprocess.Popen(command, pass_fds=(theirs.fileno(), far.fileno()), cwd=ROOT)  # noqa: ASYNC220  an exec takes a moment
        theirs.close()
        channel = await above(ours)
        channel.write("settings", loaded)
        heard = [await asyncio.wait_for(channel.read(), 20)]
        for number in range(50):
            near.send(encode([login(number * 100 + each) for each in range(100)]))
            await asyncio.sleep(0)
        channel.write("drain", 60.0)  # at most: on a machine with much else to do it has not even opened its database yet
        while (message := await asyncio.wait_for(channel.read(), 60)) is not None:
            heard.append(message)
        status = await asyncio.to_thread(process.wait, 10)
        near.close()
        far.close()
        channel.close()
        return [status, heard]

    status, heard = asyncio.run(life())
    assert status == 0
    assert {message[0] for message in heard} == {"beat"}
    assert heard[-1][1]["logins"] == 5_000
    assert count(database, AuthEvent) == 5_000


def test_a_damaged_spool_file_is_told_and_the_others_are_drained(parts):
    """What nobody can read is an operator's matter, and has a number of its own."""
    loaded, _database = parts
    loaded.spool_dir.mkdir(exist_ok=True)
    (loaded.spool_dir / "worker-9.spool.suspect").write_bytes(b"garbage" * 1_000)
    with keeping(loaded) as keeper:
        spooled(loaded, [accounting(0)])
        until(lambda: (keeper.draining.counts["accounting"], keeper.draining.unreadable) == (1, 1), "both", 10.0)


def test_killed_while_draining_counts_once(parts):
    """kill -9 of a recorder in the middle of a drain, again and again: each record is counted exactly once."""
    loaded, database = parts
    spooled(loaded, [accounting(number % 250, 3, number, session=b"S-%d" % (number % 7)) for number in range(8_000)])
    script = """
import sys
from pathlib import Path
from proxeny import settings
from proxeny.keeper import Keeper
keeper = Keeper(settings.load(Path(sys.argv[1]), {}), lambda errand: None)
keeper.thread.start()
print("began", flush=True)
keeper.thread.join()
"""
    for pause in (0.5, 0.7, 0.9):
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(loaded.file)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert process.stdout.readline() == b"began\n"
        threading.Event().wait(pause)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    with keeping(loaded) as keeper:
        until(lambda: keeper.draining.backlog == 0 and not list(keeper.draining._drain.batches(1)), "the drain", 30.0)
    assert sum(row.updates for row in rows(database, Session)) == 8_000


def test_a_damaged_database_costs_no_record(parts):
    """No row is blamed for a broken page: logins wait, and accounting stays in its spool."""
    loaded, database = parts
    path = Path(loaded.database.url.removeprefix("sqlite:///"))
    with database.connect() as connection:
        pages = connection.scalars(text("SELECT rootpage FROM sqlite_master WHERE tbl_name IN ('auth_event', 'session')")).all()
    database.dispose()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the pages into the file
    connection.close()
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * 4096)
            file.write(b"\xff" * 4096)
    spooled(loaded, [accounting(number, 3) for number in range(50)])
    with keeping(loaded) as keeper:
        keeper.take([login(number) for number in range(3)])
        until(lambda: "is damaged" in keeper.fault and keeper.counts["database_faults"] > 2, "the fault")
        assert (3, 0, 0) == (keeper.waiting, keeper.counts["logins_lost"], keeper.draining.counts["accounting_set_apart"])
        assert 50 == keeper.draining.backlog
        keeper.end(0.0)
