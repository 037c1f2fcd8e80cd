"""A library card, or another account of the city's directory: name or number, and its PIN or password.

Theory of operation. The directory is asked outside any transaction, for it may be slow. So a try is counted before, in a
transaction of its own, and taken back afterwards where it was right, or where the directory did not answer. It is counted
for the device, which waits longer each time, and against the name that was typed; and once the directory has found whose
name it is, against that person, who may have several. So whatever the number of devices, a person's password is tried wrongly
TRIES times in any quarter of an hour. Directories lock an entry after five or more; so no stranger at our page can lock
somebody's account, and the owner waits a quarter of an hour at most. What is refused for the person's sake looks like a
wrong password: else it would tell that two names are one person's.

Never says whether it was the name or the password that was wrong, and never keeps what was typed.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from portal.cases.proof import Denied, No, Proof
from store import accounts, guesses
from store.directory import Person
from store.models import Guess, Way
from store.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from portal.cases.proof import Prove
    from radius.nas.plan import Plan
    from store.privacy import Privacy

    Alert = Callable[[str, int], None]  # who, how many tries

TRIES: Final = 4  # wrong ones against one name in any span of WINDOW: less than what makes a directory lock it
WINDOW: Final = timedelta(minutes=15)
MANY: Final = 500  # wrong ones within an hour, against whichever names: more than a city's libraries mistype
_ASIDE: Final = frozenset({Refusal.BUSY, Refusal.EMPTY_PASSWORD})  # nobody's password was tried


def canonical(name: str) -> str:
    """What all ways of writing a name have in common, as directories compare them (RFC 4518), and more: the letters and digits."""
    letters = "".join(each for each in unicodedata.normalize("NFKD", name).casefold() if each.isalnum())
    return letters or name.strip()


def counted(session: Session, privacy: Privacy, whose: bytes, name: str, now: datetime, alert: Alert | None = None) -> Denied | None:
    """Count a try against this name; Denied where it is not to be made, and then only whoever tries is counted.

    `whose` it is: the device, and whence it comes, where anyone could say to be that device.
    """
    tried = guesses.tried(session, _device(privacy, whose), now)
    if tried.wait is not None:
        return Denied(No.WAIT, tried.wait.timestamp())
    if tried.top and alert is not None:
        alert("device", tried.times)
    full = _taken(session, privacy, "card name", canonical(name), now)
    return Denied(No.WAIT, full.timestamp()) if full is not None else None


def allowed(session: Session, privacy: Privacy, key: str, now: datetime) -> bool:
    """Whether this person's password may be tried once more, by whichever of their names; if so, it is counted."""
    return _taken(session, privacy, "card person", key, now) is None


def vouched(
    privacy: Privacy, plan: Plan, whose: bytes, name: str, found: Person | Refusal, at: datetime, language: str, alert: Alert | None = None
) -> Prove:
    """The proof of whom the directory has vouched for; `at` is when the try was counted.

    Many names with one PIN, from many devices, is a guess that neither counts: staff hear of it.
    """

    def prove(session: Session, now: datetime) -> Proof | Denied:
        if isinstance(found, Person) or found.ours or found in _ASIDE:
            forgiven(session, privacy, whose, name, at, found.key if isinstance(found, Person) else "")
        elif alert is not None and guesses.counted(session, guesses.named(privacy, "card all", b""), now) == MANY:
            alert("all devices", MANY)
        if isinstance(found, Refusal):
            return Denied(No.AWAY if found.ours or found is Refusal.BUSY else No.WRONG)
        account = accounts.known(session, privacy, Way.CARD, found.key, now, language, found.mail or found.name or name)
        return Proof(Way.CARD, plan, account.id)

    return prove


def forgiven(session: Session, privacy: Privacy, whose: bytes, name: str, at: datetime, key: str = "") -> None:
    """The try that was counted then was no guess; `key` is the person's whose password was right."""
    span = _span(at)
    counters = [_device(privacy, whose), _target(privacy, "card name", canonical(name), span)]
    for counter in [*counters, _target(privacy, "card person", key, span)] if key else counters:
        guesses.forgive(session, counter)


def blocked(session: Session, privacy: Privacy, name: str, now: datetime) -> datetime | None:
    """When a password of this name is tried again; None: now."""
    span = _span(now)
    tries = select(func.coalesce(func.sum(Guess.count), 0)).where(Guess.name.in_(_spans(privacy, name, now)), Guess.until > now)
    return datetime.fromtimestamp((span + 1) * WINDOW.total_seconds(), UTC) if (session.scalar(tries) or 0) >= TRIES else None


def forget(session: Session, privacy: Privacy, name: str, now: datetime) -> int:
    """What was tried against this name is not counted any more, for staff say so; how many counts went."""
    return sum(guesses.forget(session, each) for each in _spans(privacy, name, now))


def _spans(privacy: Privacy, name: str, now: datetime) -> list[str]:
    span = _span(now)
    return [_target(privacy, "card name", canonical(name), each) for each in (span - 1, span)]


def _taken(session: Session, privacy: Privacy, kind: str, whose: str, now: datetime) -> datetime | None:
    """Take one of TRIES in any span of WINDOW; where none is left, when there may be one."""
    span = _span(now)
    last = select(Guess.count).where(Guess.name == _target(privacy, kind, whose, span - 1), Guess.until > now)
    left = TRIES - (session.scalar(last) or 0)
    here = _target(privacy, kind, whose, span)
    if left > 0 and guesses.taken(session, here, now, most=left, window=2 * WINDOW) is None:
        return None
    return datetime.fromtimestamp((span + 1) * WINDOW.total_seconds(), UTC)


def _span(now: datetime) -> int:
    return int(now.timestamp() // WINDOW.total_seconds())


def _device(privacy: Privacy, whose: bytes) -> str:
    return guesses.named(privacy, "card device", whose)


def _target(privacy: Privacy, kind: str, whose: str, span: int) -> str:
    """Two of them side by side cover any span: what was tried in the last one counts in this one, too."""
    return guesses.named(privacy, kind, f"{span} {whose}".encode())
