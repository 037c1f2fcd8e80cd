"""Whether what was answered was on the disk: the calls of a worker, as strace saw them, read packet by packet.

An Accounting-Request is received, its octets are written into the spool's log, an fdatasync that began after that returns,
and only then its answer is sent. A packet is known by its Request Authenticator, an answer by the port and identifier
it goes back to. Never takes the program's own word for any of it.
"""

from __future__ import annotations

import re
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.peers.program import found, until

if TYPE_CHECKING:
    from collections.abc import Iterator

CALLS = "fdatasync,fsync,pwrite64,recvfrom,sendto"
_LINE = re.compile(r"(?P<thread>\d+) +(?:<\.\.\. \w+ resumed>|(?P<call>\w+)\((?P<file>\d+))(?P<rest>.*)")
_PEER = re.compile(r"sin_port=.*?\)\}")
_FIRST = re.compile(r', "((?:\\x[0-9a-f]{2})*)"')


@dataclass(slots=True)
class Covered:
    """What a trace shows."""

    answered: int = 0
    covered: int = 0  # of these, after a sync that covers them
    syncs: int = 0


@contextmanager
def traced(pids: list[int], trace: Path) -> Iterator[None]:
    """strace beside these processes and all their threads; the trace is whole on leaving."""
    words = [word for pid in pids for word in ("-p", str(pid))]
    with subprocess.Popen(
        [found("strace"), "-f", "-qq", "-xx", "-s", "8192", "-e", f"trace={CALLS}", "-o", str(trace), *words], stderr=subprocess.DEVNULL
    ) as beside:
        try:
            until(lambda: trace.exists() and all(_followed(pid) for pid in pids), "strace to follow", 10)
            yield
            time.sleep(0.2)
        finally:
            beside.terminate()


def _followed(pid: int) -> bool:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return any(line.startswith("TracerPid:") and line.split()[1] != "0" for line in lines)


def covered(trace: Path) -> Covered:
    """Every answer of a trace, held against the syncs before it."""
    seen = Covered()
    asked: dict[tuple[str, str], str] = {}  # (peer, identifier) -> authenticator
    written: dict[str, tuple[str, int]] = {}  # authenticator -> (file, number of the write)
    synced: dict[str, int] = {}  # file -> the last of its writes that a sync covers
    under_way: dict[str, int] = {}  # thread -> the last write before its sync began
    writes = 0
    for thread, call, file, text, whole in _calls(trace):
        if call in ("fdatasync", "fsync"):
            covers = under_way.pop(thread, writes)
            if not whole:
                under_way[thread] = writes
            elif text.endswith("= 0"):
                seen.syncs += 1
                synced[file] = max(synced.get(file, 0), covers)
        elif call == "pwrite64" and whole:
            writes += 1
            found_in = [one for one in asked.values() if one not in written and one in text]
            written |= dict.fromkeys(found_in, (file, writes))
        elif call == "recvfrom" and whole and (octets := _octets(text)).startswith("\\x04"):
            asked[_peer(text), octets[4:8]] = octets[16:80]
        elif call == "sendto" and (octets := _octets(text)).startswith("\\x05") and (one := asked.pop((_peer(text), octets[4:8]), None)):
            seen.answered += 1
            where, number = written.get(one, ("", 0))
            seen.covered += bool(number) and synced.get(where, 0) >= number
    return seen


def _calls(trace: Path) -> Iterator[tuple[str, str, str, str, bool]]:
    """(thread, call, file, text, whether it has returned) of each line; a call that another interrupts is told twice."""
    broken: dict[str, tuple[str, str, str]] = {}
    with trace.open() as lines:
        for line in lines:
            if (match := _LINE.match(line)) is None:
                continue
            thread, call, file, rest = match.group("thread", "call", "file", "rest")
            if call is None:
                call, file, begun = broken.pop(thread, ("", "", ""))
                yield thread, call, file, begun + rest.strip(), True
            elif (begun := rest.rstrip()).endswith("<unfinished ...>"):
                begun = begun.removesuffix("<unfinished ...>").rstrip() + " "
                broken[thread] = (call, file, begun)
                yield thread, call, file, begun, False
            else:
                yield thread, call, file, rest.strip(), True


def _octets(text: str) -> str:
    """The first octets of the text, as strace writes them: four characters each."""
    return found_text[1] if (found_text := _FIRST.search(text)) else ""


def _peer(text: str) -> str:
    return peer[0] if (peer := _PEER.search(text)) else ""
