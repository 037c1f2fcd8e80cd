"""Two versions of a portal side by side: which keys differ, and which words of a text came or went.

Texts are compared line by line, and word by word within lines that changed, as long as that is quick: what is longer than
`MOST_LINES` or `MOST_WORDS` is shown whole, as gone and as new. Never slower than some milliseconds, whatever the texts are.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MOST_LINES: Final = 400  # of either text
MOST_WORDS: Final = 600  # of lines that changed together, what is between them counted, too
_WORDS: Final = re.compile(r"\s+|\w+|[^\s\w]+")
Part = tuple[str, str]  # "", "gone" or "new"; the text


class Difference(NamedTuple):
    """One key that differs, of a text in one language: as it was and as it is, in parts."""

    key: str
    language: str
    before: Sequence[Part]
    after: Sequence[Part]


def differences(before: Mapping[str, Any], after: Mapping[str, Any], keys: Sequence[str]) -> list[Difference]:
    """Of these keys, in their order."""
    return [each for key in keys for each in _of_key(key, before.get(key), after.get(key))]


def _of_key(key: str, was: Any, became: Any) -> Iterator[Difference]:
    if was == became:
        return
    if isinstance(was, dict | None) and isinstance(became, dict | None):
        old, new = was or {}, became or {}
        for name in dict.fromkeys((*old, *new)):
            if old.get(name) != new.get(name):
                yield Difference(key, name, *parts(str(old.get(name, "")), str(new.get(name, ""))))
        return
    yield Difference(key, "", *(_plain(value, kind) for value, kind in ((was, "gone"), (became, "new"))))


def _plain(value: Any, kind: str) -> list[Part]:
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else "" if value is None else str(value)
    return [(kind, text)] if text else []


def parts(was: str, became: str) -> tuple[list[Part], list[Part]]:
    """Both texts, with what only one of them has marked."""
    old, new = was.splitlines(keepends=True), became.splitlines(keepends=True)
    if max(len(old), len(new)) > MOST_LINES:
        return _whole(was, "gone"), _whole(became, "new")
    left, right = [], []
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            left += _whole("".join(old[i:j]), "")
            right += _whole("".join(new[k:m]), "")
        else:
            gone, came = _words("".join(old[i:j]), "".join(new[k:m]))
            left += gone
            right += came
    return left, right


def _words(was: str, became: str) -> tuple[list[Part], list[Part]]:
    old, new = _WORDS.findall(was), _WORDS.findall(became)
    if max(len(old), len(new)) > MOST_WORDS:
        return _whole(was, "gone"), _whole(became, "new")
    left, right = [], []
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        left += _whole("".join(old[i:j]), "" if kind == "equal" else "gone")
        right += _whole("".join(new[k:m]), "" if kind == "equal" else "new")
    return left, right


def _whole(text: str, kind: str) -> list[Part]:
    return [(kind, text)] if text else []
