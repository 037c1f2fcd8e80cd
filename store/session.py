"""The database and its transactions: SQLite (WAL) by default, PostgreSQL by URL, one behaviour for both.

A transaction that writes takes SQLite's write lock at once: begun as a reader and upgraded later, it would fail with
"database is locked" whatever the time-out. `synchronous=FULL`, because the spool forgets a record once it is committed
here. Never imported by a worker of the road; never logs a URL with its password.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidRequestError
from sqlalchemy.orm import Session, object_session
from sqlalchemy.orm.exc import StaleDataError

from store.faults import DamagedError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Row, Select
    from sqlalchemy.engine import ExceptionContext

    from store.models import Base

BUSY_SECONDS: Final = 10
_PRAGMAS: Final = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
_BUSY: Final = ("cache_size=-32768", "wal_autocheckpoint=8000")  # 32 MiB each; measured: 16 us a login in place of 32
_READ_ONLY: Final = "25006"  # read_only_sql_transaction
Table = TypeVar("Table", bound="Base")


def engine(url: str, *, busy: bool = False, patience: int = BUSY_SECONDS) -> Engine:
    """The database at `url`; nothing is opened yet. One per process: never shared across an exec or fork.

    `busy` is for whoever writes all day: more memory, fewer writes of one page. `patience` is how many seconds a lock or a
    server that says nothing is waited for.
    """
    try:
        address = make_url(url)
    except ArgumentError:
        raise StoreError("database url: not an address; write sqlite:///FOLDER/FILE.db or postgresql+psycopg://USER@HOST/NAME") from None
    match address.get_backend_name():
        case "sqlite":
            return _sqlite(url, _PRAGMAS + _BUSY if busy else _PRAGMAS, patience)
        case "postgresql":
            return _postgresql(url, patience)
        case other:
            raise StoreError(f"database url: {other} is not served; use sqlite or postgresql+psycopg")


def _sqlite(url: str, pragmas: tuple[str, ...], patience: int) -> Engine:
    made = create_engine(url, connect_args={"timeout": patience}, hide_parameters=True)
    event.listen(made, "connect", partial(_prepare_sqlite, (f"busy_timeout={patience * 1000}", *pragmas)))
    event.listen(made, "begin", _begin_sqlite)
    event.listen(made, "handle_error", _damaged)
    return made


def _damaged(context: ExceptionContext) -> None:
    """A damaged file in words: no row is to blame for it, and none must be given up because of it."""
    if type(context.original_exception) is sqlite3.DatabaseError:  # the bare class: SQLITE_CORRUPT and SQLITE_NOTADB
        file = context.engine.url.database if context.engine is not None else ""
        remedy = "stop the controller and put a backup in its place: proxeny db restore FILE"
        raise DamagedError(f"database {file} is damaged: {context.original_exception}; {remedy}")


def _prepare_sqlite(pragmas: tuple[str, ...], connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # Python's own idea of when to begin is not ours
    for pragma in pragmas:
        _insist(connection, f"PRAGMA {pragma}")


def _insist(connection: Any, statement: str) -> None:
    """A change of the journal's mode heeds no busy timeout while another process makes the same one (a new database, two openers)."""
    for left in range(BUSY_SECONDS * 20, -1, -1):
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as fault:
            if not left or "locked" not in str(fault):
                raise
            time.sleep(0.05)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("glances", False):
        connection.exec_driver_sql("BEGIN" if options.get("reads", False) else "BEGIN IMMEDIATE")


def _postgresql(url: str, patience: int) -> Engine:
    hurried = {"tcp_user_timeout": patience * 1000} if patience < BUSY_SECONDS else {}  # octets that nobody acknowledges
    address = make_url(url).set(drivername="postgresql+psycopg")
    made = create_engine(
        address,
        hide_parameters=True,  # a fault's words reach the log, and a statement's values may be anybody's
        pool_pre_ping=True,  # a server restarted in between costs a reconnection, not an error
        pool_size=2,
        max_overflow=4,
        pool_timeout=patience,
        connect_args={
            "connect_timeout": min(5, patience),
            "application_name": "proxeny",
            "options": f"-c timezone=UTC -c lock_timeout={patience}s",
            **hurried,
        },
    )
    event.listen(made, "handle_error", _reads_only)
    return made


def _reads_only(context: ExceptionContext) -> None:
    """A server that takes no writes is away for whoever writes; its driver would call that a fault of ours."""
    ours = context.connection is not None and context.connection.get_execution_options().get("postgresql_readonly", False)
    if getattr(context.original_exception, "sqlstate", "") == _READ_ONLY and not ours:
        raise StoreError("the database takes no writes just now: is it a standby, or set to read only?")


@contextmanager
def transaction(database: Engine) -> Iterator[Session]:
    """A session whose work is committed at the end, or undone whole when anything is raised."""
    with Session(database, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def looking(database: Engine) -> Iterator[Connection]:
    """A connection that sees one state of the database, holds up no writer and waits for none."""
    with database.connect() as connection:
        connection.execution_options(**_reads(database))
        yield connection


@contextmanager
def reading(database: Engine) -> Iterator[Session]:
    """The same as a session."""
    with looking(database) as connection, Session(connection, expire_on_commit=False, autoflush=False) as session:
        yield session


class Glance:
    """A connection that is kept, for statements that read and stand alone: none begins or ends a transaction.

    For any number of threads, one at a time. A server that was restarted in between costs one more try.
    """

    def __init__(self, database: Engine) -> None:
        self._database = database
        self._options = {"glances": True} if database.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
        self._lock = threading.Lock()
        self._connection: Connection | None = None

    def rows(self, statement: Select[Any], values: Mapping[str, Any]) -> Sequence[Row[Any]]:
        """All rows of this statement."""
        with self._lock:
            kept = self._connection is not None
            try:
                return self._rows(statement, values)
            except DBAPIError as fault:
                self._close()
                if not (kept and fault.connection_invalidated):
                    raise
            return self._rows(statement, values)

    def _rows(self, statement: Select[Any], values: Mapping[str, Any]) -> Sequence[Row[Any]]:
        if self._connection is None:
            self._connection = self._database.connect().execution_options(**self._options)
        return self._connection.execute(statement, values).all()

    def close(self) -> None:
        """Give the connection back; the next statement opens another."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _reads(database: Engine) -> dict[str, Any]:
    if database.dialect.name == "sqlite":
        return {"reads": True}
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def take(session: Session, row: Base, *, key_share: bool = False) -> None:
    """This row as it is now, and nobody else changes it before this transaction is over; `key_share`: others may refer to it meanwhile.

    StaleDataError where somebody has removed it, as of a row that is written and is not there.
    """
    try:
        session.refresh(row, with_for_update={"key_share": key_share})
    except InvalidRequestError as fault:
        if object_session(row) is None:
            raise
        raise StaleDataError("somebody removed it meanwhile") from fault


def insert(session: Session, table: type[Table]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows `on_conflict_do_update` and `on_conflict_do_nothing`, in the database's own dialect."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def affected(result: Any) -> int:
    """How many rows an UPDATE or DELETE touched."""
    return cast(int, result.rowcount)
