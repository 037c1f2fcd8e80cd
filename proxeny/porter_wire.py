"""What the workers and the porter say to each other: marshalled tuples, one datagram each, over a SOCK_SEQPACKET pair.

    worker -> porter    ("hello", VERSION) | ("ask", ticket, kind, *fields)
    porter -> worker    ("clear",) | ("grants", [LiveGrant's fields, ...]) | ("told", ticket, Verdict's fields)

The supervisor holds both ends of every pair, so neither side ever sees the other's end close. Therefore: a worker says
hello when it begins, and is told clear and then every live grant; an empty "grants" ends the first page of them, and says
that the porter is at work. A porter that begins does the same unasked, for those who were there before it. It says
something at least every BEAT seconds, an empty "grants" where there is nothing to say; a worker that hears nothing for
AWAY seconds refuses at once what only the porter could answer. A ticket is an opaque number: it comes back as it was,
and a worker puts into it what tells its own from those of the worker before it.

A datagram may hold a password: never logged. marshal trusts its octets, so only sockets that the supervisor made are read:
never one that has a name.
"""

from __future__ import annotations

import marshal
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from radius.grants import LiveGrant
from radius.questions import ByDirectory, ByStation, ByToken, Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

VERSION: Final = 1
BEAT: Final = 1.0  # seconds; so often the porter says something, at least
AWAY: Final = 3.0  # seconds without a word after which the porter is taken to be gone
LARGEST: Final = 1 << 17  # octets that either end must be ready to read
BATCH: Final = 200  # grants in one datagram: some 40 KiB
_KINDS: Final[dict[str, type[Any]]] = {kind.__name__: kind for kind in (ByStation, ByToken, ByDirectory)}


class Hello(NamedTuple):
    """A worker begins: tell it everything."""

    version: int


class Ask(NamedTuple):
    """A worker's question."""

    ticket: int
    question: Question


class Clear(NamedTuple):
    """Forget all grants: they follow anew."""


class Granted(NamedTuple):
    """New or changed grants, and those that are over; none at all as a sign of life."""

    grants: tuple[LiveGrant, ...]


class Told(NamedTuple):
    """The answer to a question."""

    ticket: int
    verdict: Verdict


Row = tuple[Any, ...]  # LiveGrant's fields, in their order
Upward = Hello | Ask
Downward = Clear | Granted | Told


def hello() -> bytes:
    """The first word of a worker."""
    return marshal.dumps(("hello", VERSION))


def ask(ticket: int, question: Question) -> bytes:
    """One question."""
    return marshal.dumps(("ask", ticket, question.__class__.__name__, *question))


def clear() -> bytes:
    """The first word to a worker."""
    return marshal.dumps(("clear",))


def granted(grants: Iterable[Row]) -> Iterator[bytes]:
    """As many datagrams as it takes; none for none."""
    rows = [tuple(grant) for grant in grants]  # exact tuples, which marshal asks for; one that is one stays itself
    for start in range(0, len(rows), BATCH):
        yield marshal.dumps(("grants", rows[start : start + BATCH]))


def beat() -> bytes:
    """A sign of life."""
    return marshal.dumps(("grants", []))


def told(ticket: int, verdict: Verdict) -> bytes:
    """One answer."""
    accept, reason, grant, words = verdict
    return marshal.dumps(("told", ticket, (accept, reason, None if grant is None else tuple(grant), words)))


def upward(datagram: bytes) -> Upward | None:
    """What a worker said; None for what is not understood."""
    match _loaded(datagram):
        case ("hello", int(version)):
            return Hello(version)
        case ("ask", int(ticket), str(kind), *fields) if kind in _KINDS and len(fields) == len(_KINDS[kind]._fields):
            return Ask(ticket, _KINDS[kind]._make(fields))
    return None


def downward(datagram: bytes) -> Downward | None:
    """What the porter said; None for what is not understood."""
    match _loaded(datagram):
        case ("clear",):
            return Clear()
        case ("grants", list(rows)) if all(map(_is_grant, rows)):
            return Granted(tuple(LiveGrant._make(row) for row in rows))
        case ("told", int(ticket), (bool(accept), str(reason), grant, str(words))) if grant is None or _is_grant(grant):
            return Told(ticket, Verdict(accept, reason, None if grant is None else LiveGrant._make(grant), words))
    return None


def _is_grant(row: object) -> bool:
    return isinstance(row, tuple) and len(row) == len(LiveGrant._fields)


def _loaded(datagram: bytes) -> Sequence[Any] | None:
    with suppress(ValueError, TypeError, EOFError):
        said = marshal.loads(datagram)  # noqa: S302  an inherited socket of our own: both ends are one installation
        return said if isinstance(said, tuple) else None
    return None
