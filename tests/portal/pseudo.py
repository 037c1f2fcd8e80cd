"""A language that nobody speaks: every text of the pages in Hebrew letters, each word 40 % longer, what is put in left in place.

Whatever a page still says in English was never given to translators. Never shipped.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tests.portal.catalogues import HOME

if TYPE_CHECKING:
    from pathlib import Path

LANGUAGE: Final = "he"
_LETTERS: Final = "אבגדהוזחטיכלמנסעפצקרשת"
_PARTS: Final = re.compile(r"(%\([a-z_]+\)[a-z]|%%|[A-Za-z]+)")


def longer(text: str) -> str:
    """The text as a guest of that language would read it."""
    return _PARTS.sub(lambda part: part[0] if part[0][0] == "%" else _word(part[0]), text)


def _word(word: str) -> str:
    letters = [_LETTERS[(ord(letter.lower()) * 7) % len(_LETTERS)] for letter in word]
    return "".join(letters + letters[: math.ceil(len(letters) * 0.4)])


def write(folder: Path) -> None:
    """Its catalogue, and ours beside it."""
    with (HOME / "portal/translations/fr/LC_MESSAGES/messages.po").open("rb") as file:
        sources = [message for message in read_po(file) if message.id]
    made = Catalog(locale=LANGUAGE)
    for message in sources:
        forms = message.id if isinstance(message.id, tuple) else None
        said = longer(message.id) if forms is None else tuple(longer(forms[-1]) for _ in range(made.num_plurals))
        made.add(message.id, said)
    home = folder / LANGUAGE / "LC_MESSAGES"
    home.mkdir(parents=True)
    (home / "messages.po").touch()
    with (home / "messages.mo").open("wb") as file:
        write_mo(file, made)
