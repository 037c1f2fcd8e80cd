"""Why a directory did not vouch for somebody. Values only; never says which of name and password was wrong to a guest."""

from __future__ import annotations

from enum import Enum


class Refusal(Enum):
    """The value is its line of documentation, for staff."""

    WRONG_PASSWORD = "The directory says that the password is wrong."
    EMPTY_PASSWORD = "No password was given; the directory was not asked (RFC 4513, 5.1.2)."
    UNKNOWN_USER = "The directory has nobody of that name under its base and filter."
    NOT_UNIQUE = "The directory has two or more people of that name: its filter must tell them apart."
    DISABLED = "The directory says that this person's entry is locked, expired, or takes no sign-in."
    BUSY = "Every connection to the directory was in use for too long."
    UNREACHABLE = "The directory does not answer."
    TIMED_OUT = "The directory did not answer in time."
    TLS_FAILED = "The directory's certificate was not accepted, or it speaks no TLS."
    MISCONFIGURED = "The directory does not take our own name and password, base or filter."

    @property
    def ours(self) -> bool:
        """Whether it says something of the directory, and nothing of who signs in."""
        return self in _OURS


_OURS = frozenset({Refusal.UNREACHABLE, Refusal.TIMED_OUT, Refusal.TLS_FAILED, Refusal.MISCONFIGURED})


class LineError(Exception):
    """A directory's no, on its way to whoever asked."""

    def __init__(self, refusal: Refusal, words: str = "") -> None:
        super().__init__(words or refusal.value)
        self.refusal = refusal
