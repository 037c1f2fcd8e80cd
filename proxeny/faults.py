"""What an operator wrote that cannot stand: where it is, what is wrong, what to do; all of it at once.

Readers collect Fault values and raise one Faulty at the end, so that one run of a verb shows every mistake.
Never holds a secret's text: a fault names the key, never what was written there.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

Path = tuple[str | int, ...]

_HEADER: Final = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY: Final = re.compile(r"^\s*(?:\"([^\"]+)\"|'([^']+)'|([A-Za-z0-9_-]+))\s*(?:=|\.)")


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake: the file it is in, the key, what is wrong, what to do about it."""

    file: str
    key: str
    what: str
    remedy: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        line = ": ".join(part for part in (place, self.key, self.what) if part) + (f". {self.remedy}" if self.remedy else "")
        return "".join(char if char.isprintable() else repr(char)[1:-1] for char in line)  # a name may hold an end of line

    def row(self) -> dict[str, Any]:
        """The same for a machine (`--json`)."""
        return {"file": self.file, "key": self.key, "line": self.line, "what": self.what, "remedy": self.remedy}


class WrongError(ValueError):
    """One value that cannot stand; whoever reads the file adds where it was written, `at` names a key further in."""

    def __init__(self, what: str, remedy: str = "", at: Path = ()) -> None:
        self.what: Final = what
        self.remedy: Final = remedy
        self.at: Final = at
        super().__init__(f"{what}. {remedy}" if remedy else what)


class FaultyError(Exception):
    """Everything found wrong in one reading."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: Final = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A remedy for a name nobody knows: the nearest known one, else the whole list."""
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f'Did you mean "{near[0]}"?'
    return f"Known here: {', '.join(names)}" if names else ""


def dotted(path: Path) -> str:
    """("client", 0, "secret") -> client[0].secret."""
    words = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return words.removeprefix(".")


class Lines:
    """Which line of a TOML text a key stands on: tomllib forgets it, and an operator needs it.

    Reads headers and the first word of each line; inline tables and dotted keys are found by the line they begin on.
    A line inside a multi-line string that looks like a key may mislead it by a few lines, and nothing worse.
    """

    def __init__(self, text: str) -> None:
        self._found: dict[Path, int] = {}
        table: Path = ()
        counts: dict[Path, int] = {}
        for number, line in enumerate(text.splitlines(), 1):
            if header := _HEADER.match(line):
                table = _within(tuple(name.strip().strip("\"'") for name in header[2].split(".")), counts)
                if header[1] == "[[":
                    counts[table] = counts.get(table, -1) + 1
                    table = (*table, counts[table])
                self._found.setdefault(table, number)
            elif key := _KEY.match(line):
                self._found.setdefault((*table, key[1] or key[2] or key[3]), number)

    def find(self, path: Path) -> int | None:
        """The line of this key, or of the nearest table around it that is written down."""
        while path:
            if (line := self._found.get(path)) is not None:
                return line
            path = path[:-1]
        return None


def _within(table: Path, counts: dict[Path, int]) -> Path:
    """[client.options] belongs to the [[client]] above it: ("client", 2, "options")."""
    found: Path = ()
    for at, step in enumerate(table):
        found = (*found, step)
        if at + 1 < len(table) and found in counts:
            found = (*found, counts[found])
    return found
