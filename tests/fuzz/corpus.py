"""The inputs that are kept: those that reach a line, or a turn from line to line, that no earlier one reached.

Chosen by Python's own tracing rather than libFuzzer's merge, so that a kept input means something to a reader of the
code. Never removes one.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

HERE = Path(__file__).parent / "corpus"
ROOMS = tuple(str(Path(__file__).resolve().parents[2] / room) for room in ("radius", "federation"))
Turn = tuple[str, int, int]


def folder(target: str) -> Path:
    """Where a target's inputs are kept."""
    path = HERE / target
    path.mkdir(parents=True, exist_ok=True)
    return path


def turns(one: Callable[[bytes], None], octets: bytes) -> set[Turn]:
    """Every turn from one line to the next that an input takes in our own rooms."""
    seen: set[Turn] = set()

    def enter(frame: FrameType, _event: str, _argument: object) -> Callable[..., object] | None:
        name = frame.f_code.co_filename
        if not name.startswith(ROOMS):
            return None
        last = frame.f_lineno

        def line(frame: FrameType, event: str, _argument: object) -> Callable[..., object]:
            nonlocal last
            if event == "line":
                seen.add((name, last, frame.f_lineno))
                last = frame.f_lineno
            return line

        return line

    sys.settrace(enter)
    try:
        one(octets)
    finally:
        sys.settrace(None)
    return seen


def keep(target: str, found: Path) -> int:
    """Copy into the corpus what adds a turn, the shortest first; returns how many did."""
    one = importlib.import_module(f"tests.fuzz.{target}").one
    known: set[Turn] = set()
    for path in sorted(folder(target).iterdir()):
        known |= turns(one, path.read_bytes())
    added = 0
    for octets in sorted({path.read_bytes() for path in found.iterdir()}, key=lambda octets: (len(octets), octets)):
        new = turns(one, octets) - known
        if new:
            known |= new
            (folder(target) / hashlib.sha256(octets).hexdigest()[:16]).write_bytes(octets)
            added += 1
    return added
