"""The press: HTML in, a PDF out, in a process of its own, so that what WeasyPrint and Pango take is given back, whatever happens.

`python -m portal.press` reads the page at its standard input. The process has an end (`SECONDS`) and a bound (`MEMORY`), and there is
one at a time. What it prints is ours: no address but data: is ever opened. Never writes a file: codes stay in memory.
"""

from __future__ import annotations

import contextlib
import ctypes
import resource
import subprocess
import sys
import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

STYLE: Final = Path(__file__).parent / "static" / "cards.css"
LIBRARIES: Final = ("libgobject-2.0.so.0", "libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz.so.0", "libharfbuzz-subset.so.0")
SECONDS: Final = 90
MEMORY: Final = 1 << 30  # octets of address space: 504 cards take 130 MB of memory
_one: Final = threading.BoundedSemaphore(1)
_room: Final = threading.BoundedSemaphore(2)  # who prints and who is next: others would only hold up the pages' threads


class BusyError(Exception):
    """Somebody else prints just now."""


class JammedError(Exception):
    """No PDF came; what the process said last."""


@lru_cache(maxsize=1)
def missing() -> str:
    """The first library that a PDF needs and this machine has not; "" where all are there."""
    for name in LIBRARIES:
        try:
            ctypes.CDLL(name)
        except OSError:
            return name
    return ""


def pdf(page: str) -> bytes:
    """This page as a PDF. BusyError where another is printed and takes long or one waits already, JammedError where none comes."""
    if not _room.acquire(blocking=False):
        raise BusyError
    try:
        return _pdf(page)
    finally:
        _room.release()


def _pdf(page: str) -> bytes:
    if not _one.acquire(timeout=SECONDS / 6):
        raise BusyError
    try:
        done = subprocess.run(
            [sys.executable, "-m", "portal.press"],
            input=page.encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env=_environment(),
        )
    except subprocess.TimeoutExpired as late:
        raise JammedError(f"no PDF within {SECONDS} seconds") from late
    except OSError as short:  # of memory, processes or files
        raise JammedError(str(short)) from short
    finally:
        _one.release()
    if done.returncode or not done.stdout.startswith(b"%PDF"):
        raise JammedError((done.stderr.decode("utf-8", "replace").strip() or "no PDF").splitlines()[-1][:200])
    return done.stdout


def _environment() -> Mapping[str, str]:
    """Ours, where our own modules are found, too."""
    import os  # noqa: PLC0415  the parent's alone

    return {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}


def _print(page: str) -> bytes:
    from weasyprint import CSS, HTML  # noqa: PLC0415  half a second, and the libraries above
    from weasyprint.urls import URLFetcher  # noqa: PLC0415

    ours: Any = URLFetcher(allowed_protocols=("data",))
    made: Any = HTML(string=page, url_fetcher=ours).write_pdf(stylesheets=[CSS(string=STYLE.read_text(), url_fetcher=ours)])
    return bytes(made)


if __name__ == "__main__":
    with contextlib.suppress(OSError, ValueError):  # a lower bound of somebody else's is as good
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.stdout.buffer.write(_print(sys.stdin.buffer.read().decode()))
