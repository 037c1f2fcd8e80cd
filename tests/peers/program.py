"""A real program under a test: started, waited for by polling, ended by its own process id.

Never ends a process that it did not start.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

T = TypeVar("T")

# Debian keeps daemons in /usr/sbin, which an ordinary user's PATH leaves out.
SEARCH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])

_given: set[int] = set()  # ports


class PeerError(AssertionError):
    """A program ended early or never became ready; the message carries the end of its log."""


def found(name: str) -> str:
    """The full path of a program that is installed."""
    path = shutil.which(name, path=SEARCH)
    if path is None:
        raise PeerError(f"{name} is not installed")
    return path


def busy() -> float:
    """How many times as long as on an idle machine things may take: by how many wait for each processor; five times at most.

    By those of the last minute or those of this moment, whichever are more: the minute's mean is late when others begin.
    """
    with open("/proc/loadavg") as told:  # noqa: PTH123 -- asked often, and a Path costs more than the reading
        minute, _, _, now, *_ = told.read().split()
    waiting = max(float(minute), int(now.partition("/")[0]) - 1)  # but for us who ask
    return min(5.0, 1 + waiting / len(os.sched_getaffinity(0)))


def until(ask: Callable[[], T], what: str, seconds: float = 30.0, pause: float = 0.02) -> T:
    """Ask again and again until the answer is true; fails with `what` when the time, an idle machine's, is over.

    The machine is asked how busy it is when the time seems to be over: what keeps us waiting may have begun after we had.
    """
    begun, patience = time.monotonic(), 1.0
    while not (answer := ask()):
        if (waited := time.monotonic() - begun) > seconds * patience and waited > seconds * (patience := max(patience, busy())):
            raise PeerError(f"waited {waited:.1f} s for {what}")
        time.sleep(pause)
    return answer


def free_port(*, address: str = "127.0.0.1", beside: int = 0) -> int:
    """A port free for UDP and TCP, with the `beside` ports after it free too.

    Not by binding port 0: between our closing it and the program's binding it, any client on the machine could be given
    that ephemeral port. Ports below the ephemeral range are only taken by name. None is given twice, nor to two of the
    processes that test side by side: it may be seconds until a program binds what it was given.
    """
    lowest, end = _share()
    if len(_given) > (end - lowest) // 2:
        _given.clear()
    for _ in range(200):
        port = random.randrange(lowest, end - beside)
        wanted = range(port, port + beside + 1)
        if _given.isdisjoint(wanted) and all(_is_free(address, each) for each in wanted):
            _given.update(wanted)
            return port
    raise PeerError(f"no free port on {address}")


def _share() -> tuple[int, int]:
    """The first port that this process may give, and the one after its last: pytest-xdist numbers those side by side."""
    number, count = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]), int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    size = (32000 - 15000) // max(count, number + 1)
    return 15000 + number * size, 15000 + (number + 1) * size


def _is_free(address: str, port: int) -> bool:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind) as probe:
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


class Program:
    """One running program and its log (standard output and error together)."""

    def __init__(self, argv: Sequence[str], log: Path, *, env: dict[str, str] | None = None, cwd: Path | None = None) -> None:
        self.argv, self.log = list(argv), log
        with log.open("ab") as sink:
            self.process = subprocess.Popen(
                self.argv, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT, env=env, cwd=cwd, start_new_session=True
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def text(self) -> str:
        """The whole log so far."""
        return self.log.read_text(errors="replace")

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def wait_for(self, *words: str, seconds: float = 20.0, start: int = 0) -> str:
        """Wait until one of the words stands in the log (after offset `start`); returns the log from there."""

        def answer() -> str:
            text = self.text[start:]
            if any(word in text for word in words):
                return text
            if not self.alive:
                raise PeerError(f"{self.argv[0]} ended with {self.process.returncode}:\n{self.text[-3000:]}")
            return ""

        try:
            return until(answer, f"{words} of {self.argv[0]}", seconds)
        except PeerError as fault:
            raise PeerError(f"{fault}\n{self.text[-3000:]}") from None

    def signal(self, number: signal.Signals) -> None:
        if self.alive:
            os.kill(self.pid, number)

    def stop(self, seconds: float = 10.0) -> int:
        """End it politely, then firmly; returns its exit status."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            self.signal(signal.SIGCONT)  # a stopped process would not see the first
            self.signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self.process.wait(seconds)
        raise PeerError(f"{self.argv[0]} ({self.pid}) does not end")

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.signal(signal.SIGKILL)
        self.process.wait(10)
