"""One entry of the network file, read key by key: a value that cannot stand is noted and the reading goes on.

Each asking returns something of the right type, a stand-in where the value was wrong: the caller builds its row, and
the report decides at the end whether any of it is used. Never raises, and never repeats a secret in a fault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from proxeny.faults import Fault, Lines, Path, WrongError, did_you_mean, dotted
from radius.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path as File

T = TypeVar("T")
D = TypeVar("D")
SHORTEST_SECRET: Final = 16
_ABSENT: Final = object()


class Report:
    """Every fault of one network file."""

    def __init__(self, file: str, text: str) -> None:
        self.file: Final = file
        self.faults: Final[list[Fault]] = []
        self._lines = Lines(text)

    def note(self, path: Path, what: str, remedy: str = "", name: str = "") -> None:
        """A fault at this key; an entry is called by its name where it has one."""
        called = dotted(path)
        if name and len(path) > 1 and isinstance(path[1], int):
            called = f'{path[0]} "{name}"' + (f": {dotted(path[2:])}" if path[2:] else "")
        self.faults.append(Fault(self.file, called, what, remedy, self._lines.find(path)))


class Entry:
    """A table of the file, at a path."""

    def __init__(self, report: Report, path: Path, table: Mapping[str, Any], named: str = "name", *, called: str = "") -> None:
        self._report = report
        self.path: Final = path
        self._table = table
        self._asked: set[str] = set()
        self.name: Final = called or (table[named] if isinstance(table.get(named), str) else "")

    def note(self, key: str, what: str, remedy: str = "") -> None:
        """A fault at one key of this entry."""
        self._report.note((*self.path, key) if key else self.path, what, remedy, self.name)

    def has(self, key: str) -> bool:
        return key in self._table

    def is_text(self, key: str) -> bool:
        return isinstance(self._table.get(key), str)

    def skip(self, *keys: str) -> None:
        """Keys that exist, though nobody wrote them here."""
        self._asked.update(keys)

    def inside(self, key: str) -> Entry | None:
        """The table under this key, told by this entry's name; None where it is none."""
        table = self._take(key, dict, "a table")
        return None if table is _ABSENT else Entry(self._report, (*self.path, key), table, called=self.name)

    def _take(self, key: str, kind: type | tuple[type, ...], words: str) -> Any:
        self._asked.add(key)
        value = self._table.get(key, _ABSENT)
        if value is _ABSENT:
            return _ABSENT
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.note(key, f"must be {words}")
            return _ABSENT
        return value

    def text(self, key: str, default: str | None = None, *, needed: bool = False) -> str:
        """A line of printable text."""
        value = self._take(key, str, "text in quotes")
        if value is _ABSENT:
            if needed and key not in self._table:
                self.note(key, "is missing")
            return default or ""
        if not value.isprintable() or len(value) > 255:
            self.note(key, "must be one line of at most 255 printable characters")
        elif needed and not value.strip():
            self.note(key, "is empty")
        return str(value)

    def maybe(self, key: str) -> str | None:
        """The name of another row, or None."""
        return self.text(key) or None

    def label(self, key: str) -> str:
        """The name an entry goes by, on the command line too."""
        value = self.text(key, needed=True)
        if value != value.strip() or len(value) > 64:
            self.note(key, "must be at most 64 characters, with no space at its ends")
        return value

    def checked(self, key: str, check: Callable[[Any], T], default: D, *, needed: bool = False) -> T | D:
        """What `check` makes of the value; its ValueError is noted."""
        self._asked.add(key)
        value = self._table.get(key, _ABSENT)
        if value is _ABSENT:
            if needed:
                self.note(key, "is missing")
            return default
        try:
            return check(value)
        except WrongError as fault:
            self.note(key, fault.what, fault.remedy)
        except ValueError as fault:
            self.note(key, str(fault).removeprefix(f'{key} "{value}": '))
        return default

    def each(self, key: str, check: Callable[[Any], T], *, needed: bool = False) -> tuple[T, ...]:
        """The same for one value or a list of them, each judged."""
        self._asked.add(key)
        value = self._table.get(key, [])
        kept = []
        for item in value if isinstance(value, list) else [value]:
            try:
                kept.append(check(item))
            except WrongError as fault:
                self.note(key, fault.what, fault.remedy)
        if needed and value == []:
            self.note(key, "is empty" if key in self._table else "is missing")
        return tuple(dict.fromkeys(kept))

    def integer(self, key: str, default: int, least: int, most: int) -> int:
        value = self._take(key, int, "a whole number")
        return default if value is _ABSENT else int(self._within(key, value, least, most))

    def number(self, key: str, least: float, most: float) -> float | None:
        value = self._take(key, (int, float), "a number")
        return None if value is _ABSENT or isinstance(value, bool) else float(self._within(key, value, least, most))

    def _within(self, key: str, value: float, least: float, most: float) -> float:
        if not least <= value <= most:
            self.note(key, f"is {value}", f"It goes from {least} to {most}")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        value = self._take(key, bool, "true or false")
        return default if value is _ABSENT else bool(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; one text alone is a list of one."""
        value = self._take(key, (list, str), "a list of texts")
        if value is _ABSENT:
            return ()
        items = [value] if isinstance(value, str) else value
        for at, item in enumerate(items):
            if not isinstance(item, str) or not item:
                self._report.note((*self.path, key, at), "must be text in quotes", name=self.name)
            elif item in items[:at]:
                self.note(key, f'has "{item}" twice')
        return tuple(item for item in items if isinstance(item, str) and item)

    def inline(self, key: str) -> dict[str, Any]:
        """An inline table of texts and whole numbers, or of lists of them."""
        table = self._take(key, dict, "a table in braces")
        if table is _ABSENT:
            return {}
        kept = {}
        for name, value in table.items():
            items = value if isinstance(value, list) else [value]
            if items and all(isinstance(item, str | int) and not isinstance(item, bool) for item in items):
                kept[name] = value
            else:
                self.note(key, f"{name} must be text, a whole number, or a list of them")
        return kept

    def choice(self, key: str, choices: Iterable[str], default: str) -> str:
        value = self.text(key, default)
        if value not in choices and key not in self._table:
            self.note(key, "is missing", f"Write one of: {', '.join(sorted(choices))}")
        elif value not in choices:
            self.note(key, f'"{value}" is none of its words', did_you_mean(value, choices))
            return default
        return value

    def secret(self, key: str, folder: File, environ: Mapping[str, str], *, weak: bool) -> Secret | None:
        """`key`, `key_env` or `key_file`; None where none is given."""
        given = [name for name in (key, f"{key}_env", f"{key}_file") if self.has(name)]
        self._asked.update((key, f"{key}_env", f"{key}_file"))
        if len(given) > 1:
            self.note(given[1], f"and {given[0]} are both given", "Keep one of them")
        if not given:
            return None
        words = self._secret_text(given[0], key, folder, environ)
        if words is None:
            return None
        if not words:
            self.note(given[0], "is empty", "A RADIUS secret has at least one character (RFC 2865, 3)")
            return None
        if len(words) < SHORTEST_SECRET and not weak:
            remedy = f"Use {SHORTEST_SECRET} or more random ones; where the other side cannot, write weak_secret = true"
            self.note(given[0], f"has {len(words)} characters, and so few are guessed offline from one packet", remedy)
        return Secret(words.encode())

    def _secret_text(self, given: str, key: str, folder: File, environ: Mapping[str, str]) -> str | None:
        value = self._take(given, str, "text in quotes")
        if value is _ABSENT:
            return None
        if given == key:
            return str(value)
        if given == f"{key}_env":
            if value not in environ:
                self.note(given, f"the environment has no {value}", "Set it where `proxeny apply` runs")
            return environ.get(value)
        try:
            return (folder / str(value)).read_text("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as fault:
            self.note(given, f"{folder / value} cannot be read: {getattr(fault, 'strerror', None) or 'it is not UTF-8'}")
            return None

    def not_yet(self, key: str, words: str) -> None:
        """A key that a later version will serve."""
        self._asked.add(key)
        if self.has(key):
            self.note(key, f"is not served by this version: {words}")

    def done(self) -> None:
        """Note every key that nobody asked for."""
        for key in self._table:
            if key not in self._asked:
                self.note(key, "is no key of ours", did_you_mean(key, self._asked))
