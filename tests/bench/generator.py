"""The load generator and fixed home server (radload.c), compiled when first needed. Never measures the proxy itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path(__file__).with_name("radload.c")
SECRET = "a-secret-of-the-bench-1"  # one for both hops: what re-hiding costs does not depend on it
REALM = "bench.example"


@dataclass(frozen=True, slots=True)
class Load:
    """What one run of the generator saw; times in milliseconds."""

    rate: float
    sent: int
    done: int
    lost: int
    bad: int
    stray: int
    rejects: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    seconds: float


def compiler() -> str | None:
    """The machine's C compiler, or None."""
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def compiled(folder: Path = ROOT / "build") -> Path:
    """The generator, compiled with -O2 unless it is newer than its sources."""
    program, sources = folder / "radload", (SOURCE, SOURCE.with_name("md5.h"))
    if program.exists() and program.stat().st_mtime > max(source.stat().st_mtime for source in sources):
        return program
    cc = compiler()
    if cc is None:
        raise SystemExit("bench: no C compiler (cc); install gcc")
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f"radload.{os.getpid()}"
    subprocess.run([cc, "-O2", "-Wall", "-Wextra", "-o", made, SOURCE], check=True)
    return made.replace(program)  # whole or not at all: another test's process may want it now


@contextmanager
def home(program: Path, secret: str = SECRET) -> Iterator[int]:
    """A fixed home server on a free port of 127.0.0.1; yields the port."""
    with subprocess.Popen([program, "home", "127.0.0.1", "0", secret], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield int(json.loads(process.stdout.readline())["port"])
        finally:
            process.kill()


def load(program: Path, port: int, *, kind: str = "auth", secret: str = SECRET, realm: str = REALM, **options: float) -> Load:
    """One run against 127.0.0.1; options: seconds, window, endpoints, pace, timeout, number, base (port), devices, first."""
    words = [f"{word}" for name, value in options.items() for word in (f"-{name[0]}", f"{value:g}" if isinstance(value, float) else value)]
    run = subprocess.run([program, kind, "127.0.0.1", str(port), secret, "-r", realm, *words], check=True, capture_output=True, text=True)
    seen = json.loads(run.stdout)
    return Load(**{name: seen[name] for name in Load.__slots__})
