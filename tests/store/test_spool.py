"""The spool and its drain: what was acknowledged is there, once, whatever happens to the process or the disk."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from store.drain import Drain
from store.spool import Spool, folder_lock
from tests.peers import program

ROOT = Path(__file__).parents[2]


def record(number: int) -> tuple[bytes, str, str, str, bytes]:
    return (number.to_bytes(32, "big"), "library-wlc", "192.0.2.1 50000", "192.0.2.9 1813", b"octets-%d" % number)


def keep_all(spool: Spool, numbers: range, seconds: float = 20.0) -> list[bool]:
    """Keep records and wait for every answer."""
    answers: list[bool] = []
    for number in numbers:
        spool.keep(record(number), answers.append)
    until(lambda: len(answers) == len(numbers), seconds)
    return answers


def until(promise, seconds: float = 10.0) -> None:
    program.until(promise, "the spool", seconds, 0.002)


def drained(folder: Path) -> list[int]:
    """Everything in the folder's spools, deleting as it goes."""
    drain, numbers = Drain(folder), []
    while batches := list(drain.batches()):
        for batch in batches:
            numbers += [int.from_bytes(row.key, "big") for row in batch.rows]
            drain.done(batch)
    return numbers


def test_kept_records_come_out_whole_and_in_order(tmp_path):
    """What goes in comes out, field by field and in order, and only once."""
    spool = Spool(tmp_path / "worker-0.spool")
    before = time.time()
    assert [True] * 1_000 == keep_all(spool, range(1_000))
    (batch,) = Drain(tmp_path).batches(most=10_000)
    assert [record(number) for number in range(1_000)] == [tuple(row[2:]) for row in batch.rows]
    assert all(before - 1 < row.received < time.time() + 1 for row in batch.rows)
    assert list(range(1_000)) == drained(tmp_path)
    assert drained(tmp_path) == []
    spool.close()


def test_two_processes_never_share_a_file(tmp_path):
    """A second spool of the same name takes a name of its own while the first one lives, and the name when it is gone."""
    first, second = Spool(tmp_path / "worker-0.spool"), Spool(tmp_path / "worker-0.spool")
    assert ["worker-0.spool", "worker-0-2.spool"] == [first.path.name, second.path.name]
    first.close()
    third = Spool(tmp_path / "worker-0.spool")
    assert third.path == first.path
    assert [True] == keep_all(second, range(1))
    assert [True] == keep_all(third, range(1, 2))
    second.close()
    third.close()
    assert sorted(drained(tmp_path)) == [0, 1]


def test_full_queue_refuses_at_once(tmp_path):
    """Beyond the bound a record is refused, not stored in memory."""
    spool, gate, answers = Spool(tmp_path / "a.spool", most=10), threading.Event(), []
    spool.keep(record(0), lambda _ok: gate.wait(10))
    until(lambda: spool._queue.qsize() == 0)
    for number in range(1, 31):
        spool.keep(record(number), answers.append)
    assert answers == [False] * 20
    gate.set()
    until(lambda: len(answers) == 30)
    spool.close()
    assert len(drained(tmp_path)) == 11


def test_a_row_replaced_meanwhile_is_not_deleted(tmp_path):
    """A delete that comes late, for a file that was replaced since, removes nothing that was not read."""
    spool = Spool(tmp_path / "a.spool")
    keep_all(spool, range(5))
    drain = Drain(tmp_path)
    (batch,) = drain.batches()
    spool.close()
    (tmp_path / "a.spool").unlink()
    again = Spool(tmp_path / "a.spool")
    keep_all(again, range(100, 105))
    drain.done(batch)
    assert drained(tmp_path) == list(range(100, 105))
    again.close()


def test_a_file_that_fails_is_put_aside_and_still_drained(tmp_path):
    """After an I/O error the old file is `.suspect`, what it acknowledged is drained, and a new file takes over."""
    spool = Spool(tmp_path / "a.spool")
    assert [True] * 10 == keep_all(spool, range(10))
    real = spool._file

    class Broken:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            fault = sqlite3.OperationalError("disk I/O error")
            fault.sqlite_errorcode = sqlite3.SQLITE_IOERR
            raise fault

        def executemany(self, *_):
            pass

        def close(self):
            real.close()

    spool._file = Broken()
    assert [False] == keep_all(spool, range(10, 11))
    assert [True] * 5 == keep_all(spool, range(20, 25))
    assert len(list(tmp_path.glob("*.suspect"))) == 1
    assert sorted(drained(tmp_path)) == [*range(10), *range(20, 25)]
    assert list(tmp_path.glob("*.suspect*")) == []
    spool.close()


def test_a_limit_on_file_size_costs_answers_but_no_record(tmp_path):
    """A disk that refuses to grow the file (RLIMIT_FSIZE): no answer, then answers again; what was answered is drained."""
    script = """
import json, resource, sys, threading
from pathlib import Path
from store.spool import Spool
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
spool, answers, there = Spool(Path(sys.argv[1])), {}, threading.Event()
def answer(number, ok):
    answers[number] = ok
    there.set()
for number in range(1500):
    there.clear()
    spool.keep((number.to_bytes(32, "big"), "c", "s", "l", bytes(300)), lambda ok, n=number: answer(n, ok))
    there.wait(5)
spool.close()
print(json.dumps(answers))
"""
    run = subprocess.run([sys.executable, "-c", script, str(tmp_path / "a.spool")], cwd=ROOT, capture_output=True, text=True, check=True)
    answers = {int(number): ok for number, ok in json.loads(run.stdout).items()}
    assert len(answers) == 1_500
    yes = {number for number, ok in answers.items() if ok}
    out = drained(tmp_path)
    assert len(yes) > 500  # it came back by itself, several times
    assert yes <= set(out)
    assert len(set(out)) == len(out)


@pytest.mark.root
def test_full_disk_stops_answers_and_resumes_alone(tmp_path):
    """On a full disk nothing is acknowledged; five seconds after space returns, records are kept again."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True, check=False).returncode
    ):
        pytest.skip("mounting a tmpfs needs root")
    spool = Spool(disk / "a.spool")
    try:
        assert [True] == keep_all(spool, range(1))
        filler = disk / "filler"
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        assert [False] * 3 == keep_all(spool, range(1, 4))
        assert not spool.works
        filler.unlink()
        until(lambda: spool.works, 5.0)  # a Status-Server is answered again, though no record came
        assert [True] * 3 == keep_all(spool, range(4, 7))
        assert drained(disk) == [0, 4, 5, 6]
    finally:
        spool.close()
        subprocess.run(["umount", disk], check=True)


def test_killed_at_any_moment_nothing_acknowledged_is_lost(tmp_path):
    """kill -9 at random moments while a drain empties the spool: every acknowledged record comes out exactly once."""
    writer = """
import os, sys, time
from pathlib import Path
from store.spool import Spool
spool, start = Spool(Path(sys.argv[1])), int(sys.argv[2])
def say(number, ok):
    if ok:
        os.write(1, b"%d\\n" % number)
for number in range(start, start + 100_000):
    while spool._queue.qsize() > 50:
        time.sleep(0.002)
    spool.keep((number.to_bytes(32, "big"), "c", "s", "l", bytes(200)), lambda ok, n=number: say(n, ok))
"""
    chance, acknowledged, out, drain = random.Random(7), set(), [], Drain(tmp_path)
    for life in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", writer, str(tmp_path / "a.spool"), str(life * 1_000_000)], cwd=ROOT, stdout=subprocess.PIPE
        )
        said = bytearray(process.stdout.read1(8))  # it lives
        listener = threading.Thread(target=lambda p=process, s=said: s.extend(p.stdout.read()))
        listener.start()
        until_time = time.monotonic() + chance.uniform(0.01, 0.4)
        while time.monotonic() < until_time:
            with suppress(sqlite3.OperationalError):  # a writer without a pause may leave no gap: then the next life's
                for batch in drain.batches(200):
                    drain.done(batch)
                    out += [int.from_bytes(row.key, "big") for row in batch.rows]
        process.send_signal(signal.SIGKILL)
        process.wait()
        listener.join()
        process.stdout.close()
        acknowledged |= {int(line) for line in said.split(b"\n")[:-1]}
    out += drained(tmp_path)
    assert len(acknowledged) > 100  # fifty wait at a time, and each life had some
    assert acknowledged <= set(out)
    assert len(set(out)) == len(out)


def test_a_damaged_file_stops_neither_spool_nor_drain(tmp_path):
    """A spool file full of garbage is put aside and reported; the others are drained."""
    (tmp_path / "a.spool").write_bytes(b"garbage" * 1_000)
    spool = Spool(tmp_path / "a.spool")
    until(lambda: spool.works)
    assert [True] * 3 == keep_all(spool, range(3))
    drain = Drain(tmp_path)
    assert [3] == [len(batch.rows) for batch in drain.batches()]
    assert [".suspect"] == [path.suffix for path in drain.unreadable]
    assert drain.backlog() == 3
    spool.close()


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_spool_that_was_removed_is_made_anew(tmp_path, what):
    """Nothing is acknowledged into a file without a name; the next one is there within a second, and keeps."""
    folder = tmp_path / "spool"
    spool = Spool(folder / "worker-0.spool")
    assert [True] == keep_all(spool, range(1))
    if what == "folder":
        shutil.rmtree(folder)
    else:
        spool.path.unlink()
    assert [False] == keep_all(spool, range(1, 2))
    until(lambda: keep_all(spool, range(2, 3)) == [True])
    assert spool.works
    assert 2 in drained(folder)
    spool.close()


def test_a_lock_left_by_a_dead_process_is_free(tmp_path):
    """The folder's lock dies with its holder, and its holder is waited for only so long."""
    script = """
import sys, time
from pathlib import Path
from store.spool import folder_lock
with folder_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"held\n"
    with pytest.raises(TimeoutError), folder_lock(tmp_path, patience=0.05):
        pass
    process.kill()
    process.wait()
    process.stdout.close()
    with folder_lock(tmp_path):
        pass


@pytest.mark.peer("strace")
def test_sync_comes_before_the_answer(tmp_path):
    """A covering fdatasync returns before each answer is given (strace)."""
    script = """
import os, sys, threading
from pathlib import Path
from store.spool import Spool
spool = Spool(Path(sys.argv[1]))
for number in range(20):
    there = threading.Event()
    spool.keep((number.to_bytes(32, "big"), "c", "s", "l", b"x"), lambda ok, t=there: (os.write(1, b"answer %d\\n" % ok), t.set()))
    there.wait(5)
os._exit(0)
"""
    trace = tmp_path / "trace"
    line = ["strace", "-f", "-qq", "-e", "trace=fdatasync,write,pwrite64", "-o", str(trace)]
    try:
        subprocess.run([*line, sys.executable, "-c", script, str(tmp_path / "a.spool")], cwd=ROOT, check=True, capture_output=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("strace is not to be had here")
    answers, dirty = 0, False
    for call in trace.read_text().splitlines():
        if "pwrite64(" in call:
            dirty = True
        elif "fdatasync(" in call and call.rstrip().endswith("= 0"):
            dirty = False
        elif 'write(1, "answer' in call:
            assert not dirty, call
            answers += 1
    assert answers == 20


@pytest.mark.peer("strace")
def test_a_failed_sync_is_not_believed(tmp_path):
    """EIO from fdatasync: that record and its group stay unanswered, a new file takes over, and nothing answered is lost."""
    script = """
import json, sys, threading
from pathlib import Path
from store.spool import Spool
spool, answers = Spool(Path(sys.argv[1])), []
for number in range(300):
    there = threading.Event()
    spool.keep((number.to_bytes(32, "big"), "c", "s", "l", b"x"), lambda ok, n=number, t=there: (answers.append((n, ok)), t.set()))
    there.wait(5)
spool.close()
print(json.dumps(answers))
"""
    line = ["strace", "-f", "-qq", "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=100+70", "-o", str(tmp_path / "trace")]
    run = subprocess.run(
        [*line, sys.executable, "-c", script, str(tmp_path / "a.spool")], cwd=ROOT, capture_output=True, text=True, check=True
    )
    answers = dict(json.loads(run.stdout))
    refused = [number for number, ok in answers.items() if not ok]
    assert len(answers) == 300
    assert 1 <= len(refused) < 100
    assert list(tmp_path.glob("*.suspect"))
    out = drained(tmp_path)
    assert {number for number, ok in answers.items() if ok} <= set(out)
    assert len(set(out)) == len(out)
