"""Dictionary files read into one list of lines, each with its place, before pyrad sees them.

pyrad takes a second definition of a number in silence and follows includes as deep as they go; an operator's slip
would rename an attribute that rules speak of. Never lets a file in half: the first fault refuses them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

MOST_LINES: Final = 100_000
MOST_OCTETS: Final = 8 << 20  # of one file


class Line(NamedTuple):
    """One line of one file."""

    path: Path
    number: int
    text: str

    def fault(self, words: str) -> DictionaryError:
        """What is wrong with it, to be raised."""
        return DictionaryError(f"{self.path}:{self.number}: {words}")


class DictionaryError(ValueError):
    """A dictionary file cannot stand; the words begin with file and line."""


def gather(paths: Iterable[Path]) -> list[Line]:
    """Every line of the files and of what they include, checked: no loop, no number twice, within bounds."""
    lines: list[Line] = []
    for path in paths:
        for line in _lines(path.resolve(), (), Line(path, 0, "")):
            if len(lines) >= MOST_LINES:
                raise line.fault(f"more than {MOST_LINES} lines of dictionary")
            lines.append(line)
    _no_number_twice(lines)
    return lines


def _lines(path: Path, above: tuple[Path, ...], asked: Line) -> Iterator[Line]:
    if path in above:
        raise asked.fault(f"{path.name} includes itself")
    if len(above) > 16:
        raise asked.fault("includes deeper than 16 files")
    try:
        if path.stat().st_size > MOST_OCTETS:
            raise asked.fault(f"{path} is larger than {MOST_OCTETS} octets")
        texts = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise asked.fault(f"{path} cannot be read: {error}") from None
    for number, text in enumerate(texts, 1):
        line = Line(path, number, text)
        words = text.partition("#")[0].split()
        if not words or words[0].upper() not in {"$INCLUDE", "$INCLUDE-"}:
            yield line
            continue
        included = (path.parent / " ".join(words[1:])).resolve()
        if words[0].endswith("-") and not included.exists():
            continue
        yield from _lines(included, (*above, path), line)


def _no_number_twice(lines: list[Line]) -> None:
    vendor, seen = "", dict[tuple[str, tuple[int, ...]], Line]()
    for line in lines:
        words = line.text.partition("#")[0].split()
        match [words[0].upper(), *words[1:]] if words else []:
            case ["BEGIN-VENDOR", name, *_]:
                vendor = name
            case ["END-VENDOR", *_]:
                vendor = ""
            case ["ATTRIBUTE", name, code, _, *flags]:
                numbers = _numbers(line, code)
                owner = flags[0] if flags and not vendor and "=" not in flags[0] and "has_tag" not in flags[0] else vendor
                if (other := seen.setdefault((owner, numbers), line)) is not line:
                    raise line.fault(f"{name} has the number {code}, which {other.path}:{other.number} gave away already")


def _numbers(line: Line, code: str) -> tuple[int, ...]:
    try:
        numbers = tuple(int(part, 0) for part in code.split("."))
    except ValueError:
        raise line.fault(f'"{code}" is no attribute number') from None
    if not all(0 < number < 256 for number in numbers):  # RFC 2865, 5: one octet
        raise line.fault(f"the attribute number {code} is not between 1 and 255")
    return numbers
