"""Passwords of staff: weighed slowly and few at a time, and refused when whoever guesses would begin with them.

Argon2id with 19 MiB, two passes (OWASP). Each takes some 30 ms of a processor that the road may need, so no more than
`Desk.hashing` lets through are weighed at once; who waits longer than PATIENCE is told to come back. A name that nobody has
costs as much as one that somebody has. No rule asks for digits or capitals (NIST SP 800-63B, 3.1.1.2).

Never keeps, logs or repeats a password.
"""

from __future__ import annotations

import re
import unicodedata
from contextlib import contextmanager
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.admin.desk import desk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHORTEST: Final = 12
LONGEST: Final = 200
LEFT: Final = 6  # characters that must be left once what is guessed first is taken out
PATIENCE: Final = 5.0  # seconds
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

# What people build passwords of, by our own making.
_WORDS: Final = """
    password passwort passwd motdepasse passe pass administrator admin root welcome willkommen bienvenue bonjour hello letmein
    secret changeme change default master login logon user guest invite test demo iloveyou jetaime dragon monkey football
    baseball hockey sunshine princess superman batman shadow soleil spring summer autumn winter printemps hiver automne
    january february march april june july august september october november december janvier fevrier mars avril juin juillet
    aout septembre octobre novembre decembre monday tuesday wednesday thursday friday saturday sunday lundi mardi mercredi jeudi
    vendredi samedi dimanche internet network reseau wireless hotspot wifi wlan eduroam radius proxeny controller city ville
    library bibliotheque university universite canada company office computer please bitte merci
"""
_PIECES: Final = tuple(sorted(_WORDS.split(), key=len, reverse=True))  # the longer before what it holds
_ROWS: Final = ("abcdefghijklmnopqrstuvwxyz", "0123456789012", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm")
_RUNS: Final = tuple(way[start : start + 3] for row in _ROWS for way in (row, row[::-1]) for start in range(len(way) - 2))
_YEAR: Final = re.compile(r"(19|20)\d\d")
_LOOKS: Final = str.maketrans("@4301!5$7|", "aaeoiisstl")
_AGAIN: Final = re.compile(r"(.+?)\1+")


class BusyError(Exception):
    """As many passwords as may be are being weighed."""


class Unfit(Enum):
    """Why a password cannot be chosen."""

    SHORT = "short"
    LONG = "long"
    COMMON = "common"
    OTHER = "not the same twice"


@contextmanager
def _turn() -> Iterator[None]:
    if not desk().hashing.acquire(timeout=PATIENCE):
        raise BusyError
    try:
        yield
    finally:
        desk().hashing.release()


def digest(password: str) -> str:
    """What is kept of it."""
    with _turn():
        return _HASHER.hash(_plain(password))


def right(encoded: str, password: str) -> bool:
    """Whether it is the one; as slow where there is none to compare with."""
    nobodys = _nobodys()  # whoever is asked for: the first of a process waits for it
    with _turn():
        try:
            return _HASHER.verify(encoded or nobodys, _plain(password)) and bool(encoded)
        except (VerificationError, InvalidHashError):
            return False


def stale(encoded: str) -> bool:
    """Whether it was weighed with less than we weigh with now: it is weighed anew while we have the password."""
    return _HASHER.check_needs_rehash(encoded)


def unfit(password: str, again: str, about: Sequence[str] = ()) -> Unfit | None:
    """Why they cannot choose this one. `about`: words that whoever guesses at theirs would try: their name, ours."""
    if password != again:
        return Unfit.OTHER
    plain = unicodedata.normalize("NFKC", password)
    if len(plain) < SHORTEST:
        return Unfit.SHORT
    if len(plain) > LONGEST:
        return Unfit.LONG
    return Unfit.COMMON if len(_left(plain, about)) < LEFT else None


def _left(plain: str, about: Sequence[str]) -> str:
    """What remains to be guessed: years, runs of a keyboard, common words, their own, and repetitions taken out."""
    text = _YEAR.sub("", "".join(plain.casefold().split()))
    text = _without_runs(text).translate(_LOOKS)
    own = sorted({part for each in about for part in re.split(r"[^a-z0-9]+", each.casefold()) if len(part) > 2}, key=len, reverse=True)
    for piece in (*(each.translate(_LOOKS) for each in own), *_PIECES):
        text = text.replace(piece, "")
    return _AGAIN.sub(r"\1", "".join(each for each in text if each.isalnum()))


def _without_runs(text: str) -> str:
    """Without what runs along the alphabet, the digits or a row of keys, three or more at a time."""
    runs = {place + offset for place in range(len(text) - 2) if text[place : place + 3] in _RUNS for offset in range(3)}
    return "".join(each for place, each in enumerate(text) if place not in runs)


def _plain(password: str) -> bytes:
    # One more than can be chosen: who sends more is weighed as quickly, and wrong.
    return unicodedata.normalize("NFKC", password[: LONGEST * 4])[: LONGEST + 1].encode("utf-8", "surrogatepass")


@cache
def _nobodys() -> str:
    """What the password of a name that nobody has is compared with."""
    return _HASHER.hash("nobody")
