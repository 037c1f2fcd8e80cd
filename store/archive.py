"""PostgreSQL's own archives, by its own programs: pg_dump writes one, pg_restore reads it, psql puts it in the database's place.

Theory of operation. An archive knows the tables of its own day alone: `pg_restore --clean` drops those, and fails where a younger
table refers to one. So whatever is there is dropped first, in the transaction that restores; that is ended when pg_restore has read
the archive to its end, and until then everything is as it was. Never restores what this version cannot read.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Final

from sqlalchemy import URL, make_url

from store.faults import StoreError
from store.schema import misfit, revisions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LOT: Final = 1 << 20  # octets handed on at a time
PATIENCE: Final = 10  # seconds for whoever still holds a table
_EMPTIED: Final = f"""BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL lock_timeout = '{PATIENCE}s';
DO $$ DECLARE held text; BEGIN
  FOR held IN SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = current_schema() LOOP
    EXECUTE 'DROP TABLE ' || held || ' CASCADE';
  END LOOP; END $$;
""".encode()  # noqa: S608  a number of ours


def dump(url: str, file: Path) -> None:
    """Write the database into `file`."""
    address = make_url(url)
    _run([_program("pg_dump"), _place(address), "--format=custom", "--no-owner", f"--file={file}"], _environment(address))


def load(url: str, file: Path) -> None:
    """Put the archive in the database's place, whole or not at all."""
    _readable(file)
    address = make_url(url)
    read = [_program("pg_restore"), "--clean", "--if-exists", "--no-owner", "--file=-", os.fspath(file)]
    write = [_program("psql"), _place(address), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
    with (
        TemporaryFile() as unread,
        TemporaryFile() as unwritten,
        subprocess.Popen(read, stdout=subprocess.PIPE, stderr=unread) as reader,  # noqa: S603 - see _run
        subprocess.Popen(write, stdin=subprocess.PIPE, stderr=unwritten, env=_environment(address)) as writer,  # noqa: S603 - see _run
    ):
        whole = _handed(reader, writer)
        failed = writer.wait()
        if not whole:
            raise StoreError(f"backup {file}: pg_restore: {_first(unread)}; the database is as it was")
        if failed:
            raise StoreError(f"psql: {_first(unwritten)}; the database is as it was. Nothing else may use it meanwhile")


def _handed(reader: subprocess.Popen[bytes], writer: subprocess.Popen[bytes]) -> bool:
    """What one reads is what the other writes, as long as that goes on; whether nothing was wrong with reading."""
    assert reader.stdout is not None  # noqa: S101  for the type checker
    assert writer.stdin is not None  # noqa: S101
    try:
        writer.stdin.write(_EMPTIED)
        shutil.copyfileobj(reader.stdout, writer.stdin, _LOT)
        if whole := reader.wait() == 0:
            writer.stdin.write(b"COMMIT;\n")
        writer.stdin.close()  # where nothing was committed, nothing happened
    except BrokenPipeError:  # it ended at a fault, and says at which
        reader.kill()
        with suppress(BrokenPipeError):  # of what it was not given yet
            writer.stdin.close()
        return True
    return whole


def _readable(file: Path) -> None:
    """An archive that is ours, and not of a newer version."""
    read = [_program("pg_restore"), "--data-only", "--table=alembic_version", "--file=-", os.fspath(file)]
    lines = _run(read, _environment(None), f"backup {file}: ").splitlines()
    rows = [lines[at + 1] for at, line in enumerate(lines[:-1]) if line.startswith("COPY ")]
    have = rows[0].strip() if rows and rows[0] != "\\." else None
    if have not in revisions():
        raise StoreError(f"backup {file}: {misfit(have)}")


def _run(argv: Sequence[str], environment: Mapping[str, str], of: str = "") -> str:
    """One of PostgreSQL's own programs; what it printed."""
    # Found by PATH as any operator's tool; the options are ours and two paths, never a shell's.
    with TemporaryFile() as fault:
        done = subprocess.run(argv, env=environment, stdout=subprocess.PIPE, stderr=fault, check=False)  # noqa: S603 - see above
        if done.returncode:
            raise StoreError(f"{of}{Path(argv[0]).name}: {_first(fault)}")
    return done.stdout.decode("utf-8", "replace")


def _first(fault: IO[bytes]) -> str:
    """What a program said first."""
    fault.seek(0)
    return (fault.read(4_096).decode("utf-8", "replace").strip().splitlines() or ["it failed and did not say why"])[0]


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise StoreError(f"{name} is not installed here; install Debian's postgresql-client, or run it where the database is")
    return path


def _environment(address: URL | None) -> Mapping[str, str]:
    """Ours, with the password, which others cannot list there."""
    return {**os.environ, **({"PGPASSWORD": str(address.password)} if address is not None and address.password else {})}


def _place(address: URL) -> str:
    """The address in libpq's words, without the password."""
    return f"--dbname={address.set(drivername='postgresql', password=None).render_as_string(hide_password=False)}"
