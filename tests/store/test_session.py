"""store.session and store.models: transactions, times, closed sets, and queries that stand 10^6 rows."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Select, event, select, text
from sqlalchemy.exc import InternalError, StatementError

from store.faults import DamagedError, StoreError
from store.ids import new_id, new_ids
from store.models import AccountingKey, AuthEvent, Order, OrderState, Session, SessionAddress, SessionHop, SessionStatus, Via
from store.schema import prepare, upgrade
from store.session import engine, reading, transaction
from tests.store import rows
from tests.store.rows import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session as AnySession

    from store.sealed import Seal
    from tests.peers.postgres import Cluster


def test_times_come_back_in_utc(database: Engine, seal: Seal) -> None:
    """A time given in any zone is stored and read in UTC, to the microsecond, and compares there."""
    toronto = NOW.astimezone(timezone(timedelta(hours=-5)))
    with transaction(database) as session:
        session.add(rows.session(seal, started_at=toronto))
    with reading(database) as session:
        (found,) = session.scalars(select(Session).where(Session.started_at <= NOW))
        assert (found.started_at, found.started_at.tzinfo) == (NOW, UTC)
        assert session.scalars(select(Session).where(Session.started_at < toronto)).all() == []


def test_a_time_without_a_zone_is_refused(database: Engine) -> None:
    """Nobody stores a local time by accident."""
    with pytest.raises(StatementError, match="without a time zone"), transaction(database) as session:
        session.add(AccountingKey(key=b"k" * 32, at=datetime(2026, 3, 8)))  # noqa: DTZ001 - the mistake this test is about


def test_a_closed_set_refuses_strangers(database: Engine, seal: Seal) -> None:
    """A status that is none is refused before it reaches the database."""
    with pytest.raises(StatementError), transaction(database) as session:
        session.add(rows.session(seal, status="asleep"))


def test_numbers_of_64_bits(database: Engine, seal: Seal) -> None:
    """Octets beyond 32 bits are kept exactly."""
    with transaction(database) as session:
        session.add(rows.session(seal, input_octets=2**63 - 1))
    with reading(database) as session:
        assert session.scalars(select(Session.input_octets)).one() == 2**63 - 1


def test_a_fault_repeats_no_value(database: Engine) -> None:
    """What was to be written stays out of the words that reach the log."""
    with pytest.raises(StatementError) as fault, transaction(database) as session:
        session.execute(text("INSERT INTO nowhere VALUES (:station)"), {"station": "02-00-5E-00-00-07"})
    assert ("nowhere" in str(fault.value), "02-00-5E" in str(fault.value)) == (True, False)


def test_what_is_raised_undoes_everything(database: Engine, seal: Seal) -> None:
    """A transaction that fails leaves no trace."""

    def undone() -> None:
        with transaction(database) as session:
            session.add(rows.session(seal))
            session.flush()
            raise KeyError

    with pytest.raises(KeyError):
        undone()
    with reading(database) as session:
        assert session.scalars(select(Session)).all() == []


def test_a_reader_sees_one_state_and_stops_no_writer(database: Engine) -> None:
    """While somebody reads, others write; the reader's view does not move."""
    with reading(database) as reader:
        assert reader.scalars(select(AccountingKey)).all() == []
        with transaction(database) as session:
            session.add(AccountingKey(key=b"k" * 32, at=NOW))
        assert reader.scalars(select(AccountingKey)).all() == []
    with reading(database) as reader:
        assert len(reader.scalars(select(AccountingKey)).all()) == 1


def test_writers_wait_for_each_other(database: Engine) -> None:
    """Many writers at once all get their turn: read, then write, never "database is locked"."""
    faults: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for turn in range(10):
                with transaction(database) as session:
                    session.scalars(select(AccountingKey)).all()
                    session.add(AccountingKey(key=bytes([number, turn]) * 16, at=NOW))
        except Exception as fault:  # noqa: BLE001 - whatever it is, the test wants to show it
            faults.append(fault)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with reading(database) as session:
        assert (faults, len(session.scalars(select(AccountingKey)).all())) == ([], 40)


def test_sqlite_is_set_up_for_safety(tmp_path: Path) -> None:
    """WAL, a busy time-out, foreign keys, and a commit that is on disk before the spool forgets."""
    database = prepare(f"sqlite:///{tmp_path}/proxeny.db")
    with reading(database) as session:
        pragmas = {
            name: session.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10000}
    database.dispose()


def test_a_session_takes_its_hops_and_addresses_along(database: Engine, seal: Seal) -> None:
    """Deleting a session deletes what only belongs to it."""
    with transaction(database) as session:
        rows.keep(session, rows.everything(seal))
    with transaction(database) as session:
        session.execute(text("DELETE FROM session"))
        assert session.scalars(select(SessionHop)).all() == session.scalars(select(SessionAddress)).all() == []


STATION, LATER = b"s" * 16, NOW + timedelta(days=1)
QUESTIONS: dict[str, Select[Any]] = {
    "open sessions": select(Session).where(Session.status == SessionStatus.OPEN).order_by(Session.started_at.desc()).limit(100),
    "all sessions": select(Session).where(Session.started_at < LATER).order_by(Session.started_at.desc(), Session.id.desc()).limit(100),
    "by Acct-Session-Id": select(Session).where(Session.acct_session_id == "A"),
    "by identity": select(Session).where(
        Session.client == "c", Session.source == "s", Session.nas_identifier == "n", Session.acct_session_id == "A"
    ),
    "by station": select(Session).where(Session.station_hash == STATION).order_by(Session.started_at.desc()).limit(10),
    "by user": select(Session).where(Session.user_hash == STATION).order_by(Session.started_at.desc()).limit(10),
    "by address": select(SessionAddress).where(SessionAddress.address == "192.0.2.7", SessionAddress.first_at <= LATER),
    "hops": select(SessionHop).where(SessionHop.session_id == "s").order_by(SessionHop.at),
    "trace by station": select(AuthEvent).where(AuthEvent.station_hash == STATION).order_by(AuthEvent.at.desc()).limit(10),
    "trace by user": select(AuthEvent).where(AuthEvent.user_hash == STATION).order_by(AuthEvent.at.desc()).limit(10),
    "trace by session": select(AuthEvent).where(AuthEvent.session_id == "s"),
    "trace from now on": select(AuthEvent).where(AuthEvent.at > NOW).order_by(AuthEvent.at, AuthEvent.id).limit(100),
    "login of a session": select(AuthEvent)
    .where(AuthEvent.client == "c", AuthEvent.acct_session_id == "A")
    .order_by(AuthEvent.at.desc())
    .limit(1),
    "orders to carry out": select(Order).where(Order.state == OrderState.QUEUED, Order.via == Via.RADIUS).order_by(Order.id).limit(32),
    "old sessions": select(Session.id)
    .where(Session.started_at < NOW, Session.updated_at < NOW)  # as the purge asks: found by their start, old by their last word
    .order_by(Session.started_at)
    .limit(100),
    "old accounting keys": select(AccountingKey.key).where(AccountingKey.at < NOW).order_by(AccountingKey.at).limit(100),
}


def plan(session: AnySession, asked: Select[Any]) -> str:
    """How the database would go about a question."""
    dialect = session.get_bind().dialect
    words = str(asked.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    if dialect.name == "sqlite":
        return " / ".join(row[3] for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {words}"))
    session.execute(text("SET LOCAL enable_seqscan = off"))  # or it would scan tables that are empty, and rightly so
    return " / ".join(row[0] for row in session.connection().exec_driver_sql(f"EXPLAIN {words}".replace("%", "%%")))


def test_every_list_stands_on_an_index(database: Engine) -> None:
    """No query that grows with the years scans a table, and none sorts it in SQLite."""
    with reading(database) as session:
        plans = {question: plan(session, asked) for question, asked in QUESTIONS.items()}
    scans = re.compile(r"SCAN \w+(?! USING)|TEMP B-TREE|Seq Scan")
    assert {question: how for question, how in plans.items() if scans.search(how)} == {}


def test_ids_sort_by_time_and_never_repeat() -> None:
    """Sixteen characters, in the order they were made down to the millisecond, no two alike."""
    made = [new_id() for _ in range(20_000)]
    assert len(set(made)) == len(made)
    assert {len(name) for name in made} == {16}
    assert [name[:9] for name in made] == sorted(name[:9] for name in made)


def test_names_made_together_sort_as_listed() -> None:
    """A batch's names are in its order, all different, and of the same 16 characters as any other."""
    made = new_ids(5_000)
    assert sorted(set(made)) == made
    assert {len(name) for name in made} == {16}


@pytest.mark.parametrize("what", ["pages", "all"])
def test_a_damaged_file_is_told_as_what_it_is(tmp_path: Path, what: str) -> None:
    """Not as the fault of a row: one line with the file and the way out, for whoever reads or writes."""
    url = f"sqlite:///{tmp_path / 'proxeny.db'}"
    prepare(url).dispose()
    octets = bytearray((tmp_path / "proxeny.db").read_bytes())
    for at in range(0 if what == "all" else 4096, len(octets), 97):
        octets[at] ^= 0x5A
    (tmp_path / "proxeny.db").write_bytes(octets)
    with pytest.raises(DamagedError, match=r"proxeny\.db is damaged: .*; stop the controller and .* proxeny db restore FILE"):
        prepare(url)
    database = engine(url)
    with pytest.raises(DamagedError), transaction(database) as session:
        session.add(AccountingKey(key=bytes(32), at=NOW))
    database.dispose()


@pytest.mark.peer("postgresql")
def test_a_server_that_takes_no_writes_is_away(cluster: Cluster) -> None:
    """A standby that was made the address: whoever writes is told so in the words for a database that does not answer; a write of ours
    within what only reads is a fault of ours still.
    """
    with cluster.database(upgrade) as url:
        database = engine(url)
        with reading(database) as session, pytest.raises(InternalError):
            session.execute(text("DELETE FROM outbox"))
        database.dispose()

        @event.listens_for(database, "connect")
        def _standby(opened: Any, _record: Any) -> None:
            opened.execute("SET default_transaction_read_only = on")
            opened.commit()

        with pytest.raises(StoreError, match="takes no writes just now"), transaction(database) as session:
            session.execute(text("DELETE FROM outbox"))
        with reading(database) as session:
            assert 0 == session.scalar(text("SELECT count(*) FROM outbox"))
        database.dispose()
