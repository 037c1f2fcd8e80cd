"""`make fuzz SECONDS=300 TARGET=engine`: run targets for a time, keep what they found, say what broke.

What a run finds stays in build/fuzz/TARGET/ and is the next run's start; `--keep` puts the inputs that reach new lines into
tests/fuzz/corpus/TARGET/, which is the project's. A crash is printed with its input, in hexadecimal too.
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz import corpus

ROOT = Path(__file__).resolve().parents[2]
TARGETS = ("wire", "codec", "eap", "nai", "dictionary", "engine", "guests")
FLOOR = 2.0  # seconds: below, libFuzzer hardly starts


def run(target: str, seconds: float, found: Path) -> subprocess.CompletedProcess[str]:
    """Fuzz one target; new inputs go to `found`, the kept corpus and the target's seeds are only read."""
    found.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as seeds:
        for number, octets in enumerate(importlib.import_module(f"tests.fuzz.{target}").seeds()):
            (Path(seeds) / f"seed-{number}").write_bytes(octets)
        folders = [str(found), str(corpus.folder(target)), seeds]
        limits = [
            f"-max_total_time={max(FLOOR, seconds):.0f}",
            "-timeout=10",
            "-rss_limit_mb=2048",
            "-max_len=4096",
            "-len_control=20",
            "-print_final_stats=1",
        ]
        words = [sys.executable, "-m", "tests.fuzz.driver", target, *folders, f"-artifact_prefix={found.parent}/{target}-", *limits]
        return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=seconds * 2 + 60, check=False)


def broken(ended: subprocess.CompletedProcess[str]) -> str:
    """What a failed run has to say: from the Python trace on, else the end of its output."""
    if ended.returncode == 0:
        return ""
    text = ended.stdout + ended.stderr
    marks = ("=== Uncaught Python exception", "Traceback", "ERROR: libFuzzer")
    start = min((text.find(mark) for mark in marks if mark in text), default=-1)
    return text[start if start >= 0 else -4000 :][:8000] or f"ended with {ended.returncode} and no word"


def main() -> int:
    """The command."""
    wanted = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    wanted.add_argument("--seconds", type=float, default=60, help="in all (60)")
    wanted.add_argument("--target", choices=TARGETS, action="append", help="one of them; all by default")
    wanted.add_argument("--keep", action="store_true", help="keep inputs that reach new lines in tests/fuzz/corpus")
    options = wanted.parse_args()
    failed = False
    targets = options.target or list(TARGETS)
    for target in targets:
        found = ROOT / "build" / "fuzz" / target
        ended = run(target, options.seconds / len(targets), found)
        words = broken(ended)
        done = [line.split()[-1] for line in ended.stderr.splitlines() if "stat::number_of_executed_units" in line]
        print(f"{target:<12} {'BROKEN' if words else 'held'}   {done[0] if done else '?'} inputs   {len(list(found.iterdir()))} found")
        if words:
            failed = True
            print(words)
        elif options.keep:
            print(f"{'':<12} {corpus.keep(target, found)} inputs joined the corpus")
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
