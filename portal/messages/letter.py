"""A mail's body, written once and shown twice: as plain text, and as HTML that fetches nothing and follows the reader's colours.

Never an image, a style from elsewhere or a link that tells who opened it; and never a name as it was typed by a stranger.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from textwrap import fill
from typing import TYPE_CHECKING, Final

from markupsafe import Markup, escape

from store.messages import Content

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portal.messages.texts import Texts

_WIDTH: Final = 72  # RFC 5322, 2.1.1 wants 78 at most
_NAME: Final = 80  # characters of a stranger's name
_BLANK: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u115f\u1160\u17b4\u17b5\u2028\u2029\u2800\u3164\uffa0\ufff0-\ufffb\ufffe\uffff\U0001d173-\U0001d17a]+"
)  # controls, and letters that are blank: as wide as a space
_ARABIC, _INDIC, _SIGNS = (
    "\u0620-\u064a\u066e-\u06d5\u06ee-\u06ff\u0750-\u077f\u08a0-\u08c9",
    "\u0900-\u0dff",
    "\u2190-\u2bff\U0001f000-\U0001faff",
)
_JOINED: Final = (  # what Persian, Hindi and signs of several, such as a cook, are written with; nowhere else is it seen
    f"(?<=[{_ARABIC}\u064b-\u065f{_INDIC}])[\u200c\u200d](?=[{_ARABIC}{_INDIC}])|(?<=[{_SIGNS}\ufe0f])\u200d(?=[{_SIGNS}])"
)
_UNSEEN: Final = re.compile(
    f"({_JOINED})|[\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0e\ufeff\U000e0000-\U000e0fff]"
)  # what turns text round, and what takes no room: a word stays one without it; U+FE0F, which colours a sign, is seen
MARKS: Final = 3  # upon one letter: no word has more; higher, they lie over what is not theirs
_MARK: Final = (
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_PILED: Final = re.compile(f"({_MARK}{{{MARKS}}}){_MARK}+")
_PAGE: Final = Markup(
    '<!DOCTYPE html>\n<html lang="{language}" dir="{direction}">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width">\n<meta name="color-scheme" content="light dark">\n'
    "<title>{subject}</title>\n<style>:root{{color-scheme:light dark}}</style>\n</head>\n"
    '<body style="margin:0 auto;padding:24px;max-width:34rem;font:16px/1.5 system-ui,-apple-system,Segoe UI,sans-serif">\n'
    "{parts}\n</body>\n</html>\n"
)


class Style(Enum):
    """How a part is set."""

    WHERE = '<p style="margin:0 0 24px;font-size:14px">{}</p>'
    SAID = '<p style="margin:0 0 16px">{}</p>'
    CODE = '<p style="margin:0 0 16px;font-size:32px;font-weight:700;letter-spacing:2px;white-space:nowrap">{}</p>'
    NAME = '<p style="margin:0 0 16px;padding-inline-start:12px;border-inline-start:3px solid">{}</p>'
    SMALL = '<p style="margin:24px 0 0;font-size:14px">{}</p>'


_BUTTON: Final = Markup(
    '<p style="margin:0 0 16px"><a href="{}" style="display:inline-block;padding:12px 20px;border:2px solid;border-radius:8px;'
    'color:inherit;font-weight:700;text-decoration:none">{}</a></p>'
)


@dataclass(frozen=True, slots=True)
class Part:
    """One paragraph."""

    style: Style
    text: str

    def plain(self) -> str:
        return self.text if self.style is Style.CODE else fill(self.text, _WIDTH, break_long_words=False, break_on_hyphens=False)

    def html(self) -> Markup:
        return Markup(self.style.value).format(self.text)  # noqa: S704  a constant of ours; format escapes the rest


@dataclass(frozen=True, slots=True)
class Button:
    """The one thing to press."""

    label: str
    url: str

    def plain(self) -> str:
        return f"{self.label}\n{self.url}"

    def html(self) -> Markup:
        return _BUTTON.format(self.url, self.label)


def letter(texts: Texts, subject: str, parts: Sequence[Part | Button]) -> Content:
    """Both forms of it."""
    page = _PAGE.format(
        language=texts.language, direction=texts.direction, subject=escape(subject), parts=Markup("\n").join(part.html() for part in parts)
    )
    return Content(text="\n\n".join(part.plain() for part in parts) + "\n", subject=subject, html=str(page))


def line(text: str) -> str:
    """On one line, with nothing unseen in it."""
    return " ".join(_PILED.sub(r"\1", _UNSEEN.sub(r"\1", _BLANK.sub(" ", text))).split())


def stranger(name: str) -> str:
    """What a stranger calls themselves: one short line of which no mail program makes a link."""
    return unlinked(line(name)[:_NAME])


def unlinked(text: str) -> str:
    """On one line, and so that no mail program makes a link of any of it."""
    return re.sub(r"([.:/])(?=\S)", "\\1\u200b", line(text))
