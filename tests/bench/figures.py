"""What the kernel knows of a process: its processor time, its memory, its children. Never signals any."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.bench.peers import Running

TICK = 1 / os.sysconf("SC_CLK_TCK")
PROCESSORS = len(os.sched_getaffinity(0))


def seconds(pid: int) -> float:
    """Processor time of a process, all threads, user and system (proc(5): fields 14 and 15 of stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK


def everybody() -> tuple[float, float]:
    """Processor seconds used by all programs of the machine so far, and those that were taken from it (proc(5): stat, steal)."""
    fields = [int(word) * TICK for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    user, nice, system, _idle, _wait, irq, softirq, steal = fields[:8]
    return user + nice + system + irq + softirq, steal


def ours(running: Running) -> float:
    """Processor seconds of the bench, of what it started and of what is under test."""
    mine = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)  # the generators that ended
    known = {os.getpid(), *running.road, *running.beside.values()}
    living = [pid for pid in descendants(os.getpid()) if pid not in known]  # the home among them
    return sum(used.ru_utime + used.ru_stime for used in mine) + sum(map(seconds, {*running.road, *running.beside.values(), *living}))


def megabytes(pid: int, what: str = "VmHWM") -> float:
    """A memory figure of a process in MB: VmHWM its peak, VmRSS what it holds now."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1]) / 1024
    return 0.0


def forget_peak(pid: int) -> None:
    """Let the peak begin anew (proc(5), clear_refs: 5); a process of another user keeps its old one."""
    try:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    except PermissionError:
        return


def descendants(pid: int) -> list[int]:
    """The living processes that a process started, and theirs."""
    found = [int(word) for task in Path(f"/proc/{pid}/task").iterdir() for word in (task / "children").read_text().split()]
    return found + [deeper for child in found for deeper in descendants(child)]


def processor() -> str:
    """The machine in words."""
    names = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return f"{PROCESSORS} x {names[0] if names else os.uname().machine}"
