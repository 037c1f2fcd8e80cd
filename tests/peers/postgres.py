"""A temporary PostgreSQL cluster: its own folder, its own socket, no network port; databases by the dozen.

PostgreSQL refuses to run as root, so root starts it as the user that owns Debian's package. Never touches a cluster
that is already there.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.peers.program import PeerError, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Nothing here outlives the test, so nothing is worth waiting for a disk.
SPEED = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=40")

# Whoever is still there goes first. Then every row, but the one that names the revision: most tables have none, and to
# truncate them all makes files for fifty tables and their indexes; deleting from the few that hold something is a third of that.
ALONE = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
EMPTIED = """SET session_replication_role = replica; DO $$ DECLARE held text; used bool; BEGIN
  FOR held IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %I)', held) INTO used;
    IF used THEN EXECUTE format('DELETE FROM %I', held); END IF;
  END LOOP;
  FOR held IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL LOOP
    EXECUTE format('ALTER SEQUENCE %I RESTART', held);
  END LOOP; END $$"""


class Cluster:
    """One running server, reached by its socket."""

    def __init__(self, folder: Path, programs: Path, user: str) -> None:
        self.folder, self._programs, self.user = folder, programs, user
        self._made = 0
        self._free: defaultdict[object, list[str]] = defaultdict(list)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{self.user}@/{database}?host={quote(str(self.folder), safe='')}"

    def sql(self, statement: str, database: str = "postgres") -> str:
        argv = [str(self._programs / "psql"), "-XAtq", "-h", str(self.folder), "-U", self.user, "-d", database, "-c", statement]
        return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=30).stdout

    @contextmanager
    def database(self, shape: Callable[[str], object] | None = None) -> Iterator[str]:
        """The URL of an empty database, or of one that `shape` made tables in and nobody put rows in.

        Afterwards it is emptied for the next, which is ten times faster than a fresh one: whoever asks for a shape leaves it as it was.
        """
        free = self._free[shape]
        if free:
            name = free.pop()
        else:
            self._made += 1
            name = f"test_{self._made}"
            self.sql(f"CREATE DATABASE {name}")
            if shape:
                shape(self.url(name))
        try:
            yield self.url(name)
        finally:
            self.sql(f"{ALONE}; {EMPTIED if shape else 'DROP SCHEMA public CASCADE; CREATE SCHEMA public'}", name)
            free.append(name)


def programs() -> Path:
    """Where Debian keeps the newest PostgreSQL's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise PeerError("postgresql is not installed")
    return found[-1].parent


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A server for the time of a `with`."""
    user = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path has at most 107 octets
    os.chown(folder, user.pw_uid, user.pw_gid)
    as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    data, log = folder / "data", folder / "log"
    try:
        argv = [
            str(programs() / "initdb"),
            "-D",
            str(data),
            "-U",
            user.pw_name,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]
        subprocess.run(argv, check=True, capture_output=True, cwd=folder, timeout=60, **as_user)
        options = [word for setting in (*SPEED, "listen_addresses=", f"unix_socket_directories={folder}") for word in ("-c", setting)]
        with log.open("wb") as sink:
            server = subprocess.Popen(
                [str(programs() / "postgres"), "-D", str(data), *options],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                cwd=folder,
                **as_user,
            )
        try:
            until(lambda: "ready to accept connections" in log.read_text(errors="replace") or server.poll() is not None, "PostgreSQL", 30)
            if server.poll() is not None:
                raise PeerError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")
            yield Cluster(folder, programs(), user.pw_name)
        finally:
            server.send_signal(signal.SIGINT)  # "fast": it ends its own children and itself
            server.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
