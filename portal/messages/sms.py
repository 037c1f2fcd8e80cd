"""The code by SMS: one segment wherever the language allows it, and a last line by which phones offer the code themselves.

A segment holds 160 characters of the GSM alphabet, or 70 of any other. Never more than the code, where and how long.
"""

from __future__ import annotations

import unicodedata
from typing import Final
from urllib.parse import urlsplit

from portal.messages.letter import line
from portal.messages.texts import Texts
from store.messages import Content

SEPTETS: Final = 160  # 3GPP TS 23.038, 6.1.2.1
UNITS: Final = 70  # of UCS-2, where one character is outside the alphabet
# 3GPP TS 23.038, 6.2.1: the default alphabet, and 6.2.1.1: its extension, two septets each
_ALPHABET: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION: Final = frozenset("^{}\\[~]|€\f")
_LIKE: Final = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "...", "·": "-", "œ": "oe"}
)
_PLACE: Final = 40  # characters of a place's name


def sms_code(language: str, place: str, network: str, code: str, origin: str, minutes: int) -> Content:
    """The code, "482913", from the pages at `origin`."""
    texts = Texts(language)
    where = line(place or network)[:_PLACE]
    bound = _bound(origin, code)
    long = texts.gettext("%(code)s is your Wi-Fi code. It works for %(time)s. Give it to nobody.", code=code, time=texts.minutes(minutes))
    short = texts.gettext("%(code)s is your Wi-Fi code.", code=code)
    said = [f"{where}: {long}", long, f"{where}: {short}", short] if where else [long, short]
    forms = [_plain(f"{words}{bound}") for words in said]
    return Content(next((form for form in forms if segments(form) == 1), forms[-1]))


def _bound(origin: str, code: str) -> str:
    """The last line of an origin-bound one-time code (WICG): for pages by https alone, and heeded by nobody elsewhere."""
    parts = urlsplit(origin)
    return f"\n\n@{parts.hostname} #{code}" if parts.scheme == "https" and parts.hostname else ""


def segments(text: str) -> int:
    """How many SMS it takes."""
    septets = size(text)
    if septets is not None:
        return 1 if septets <= SEPTETS else -(-septets // 153)
    units = len(text.encode("utf-16-be")) // 2
    return 1 if units <= UNITS else -(-units // 67)


def size(text: str) -> int | None:
    """Septets of the GSM alphabet; None where it has not every character."""
    if not all(each in _ALPHABET or each in _EXTENSION for each in text):
        return None
    return sum(2 if each in _EXTENSION else 1 for each in text)


def _plain(text: str) -> str:
    """With the alphabet's own characters in the place of those that it lacks, where any resembles them: ê is e."""
    return "".join(each if each in _ALPHABET or each in _EXTENSION else _like(each) for each in text)


def _like(character: str) -> str:
    if unicodedata.category(character) == "Zs":
        return " "
    spelt = character.translate(_LIKE)
    if spelt != character:
        return spelt
    base = unicodedata.normalize("NFKD", character)[0]
    return base if base in _ALPHABET else character
