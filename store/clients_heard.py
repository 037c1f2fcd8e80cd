"""What was heard of gateways lately: their last word, logins and drops of an hour, packets signed with a wrong or an old secret.

Each question is one statement, whatever the number of gateways asked about. Never a person: sums only.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import func, select

from store.models import AuditEntry, AuthEvent, DropMinute, LoginVerdict, Order, Session, SessionStatus
from store.trace import PREVIOUS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session as Database

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)  # further back nobody looks for a last word: a gateway that is silent so long is silent
_MINUTE: Final = timedelta(minutes=1)
_ADOPTED: Final = timedelta(seconds=10)  # after which every worker has the new secret: what was signed before may be under either
_ACTS: Final = 50  # of a gateway's history, in which its last new secret is looked for
UNSIGNED: Final = frozenset({"BAD_AUTHENTICATOR", "BAD_MESSAGE_AUTHENTICATOR"})  # names of Reasons: another secret than ours


@dataclass(slots=True)
class Heard:
    """Of one gateway."""

    at: datetime | None = None  # its last word, None where there was none within a day
    signed: datetime | None = None  # the last one that became a login or a session's record: its secret was one of ours
    logins: int = 0  # of the last hour
    accepted: int = 0
    drops: Counter[str] = field(default_factory=Counter)  # Reason's name -> packets of the last hour
    open: int = 0  # sessions
    previous: int = 0  # packets of the last hour, signed with the previous secret
    previous_at: datetime | None = None  # the minute of the last of them

    @property
    def dropped(self) -> int:
        return self.drops.total()

    @property
    def unsigned(self) -> int:
        return sum(count for reason, count in self.drops.items() if reason in UNSIGNED)

    @property
    def lags(self) -> bool:
        """Whether the last that came of it was signed with the previous secret, as far as a minute tells."""
        return self.previous_at is not None and (self.signed is None or self.signed < self.previous_at + _MINUTE)

    def word(self, at: datetime | None) -> None:
        """It was heard of then, too."""
        if at is not None and (self.at is None or at > self.at):
            self.at = at

    def proven(self, at: datetime | None) -> None:
        """The same, by a packet that was signed."""
        self.word(at)
        if at is not None and (self.signed is None or at > self.signed):
            self.signed = at


class Stranger(NamedTuple):
    """An address that sends us packets and belongs to no gateway."""

    source: str
    packets: int
    at: datetime


def heard(database: Database, names: Collection[str], now: datetime) -> dict[str, Heard]:
    """Every gateway asked about is in it."""
    found = {name: Heard() for name in names}
    lately = AuthEvent.at >= now - HOUR
    logins = (
        select(
            AuthEvent.client,
            func.max(AuthEvent.at),
            func.count().filter(lately),
            func.count().filter(lately, AuthEvent.verdict == LoginVerdict.ACCEPT),
        )
        .where(AuthEvent.at >= now - DAY, AuthEvent.client.in_(found))
        .group_by(AuthEvent.client)
    )
    for name, at, count, accepted in database.execute(logins):
        found[name].proven(at)
        found[name].logins, found[name].accepted = count, accepted
    going = (
        select(Session.client, func.max(Session.updated_at), func.count())
        .where(Session.status == SessionStatus.OPEN, Session.client.in_(found))
        .group_by(Session.client)
    )
    for name, at, count in database.execute(going):
        found[name].proven(min(at, now))  # its own clock may be ahead
        found[name].open = count
    _dropped(database, found, now)
    return found


def _dropped(database: Database, found: dict[str, Heard], now: datetime) -> None:
    drops = (
        select(DropMinute.client, DropMinute.reason, func.sum(DropMinute.count), func.max(DropMinute.minute))
        .where(DropMinute.minute >= now - HOUR, DropMinute.client.in_(found))
        .group_by(DropMinute.client, DropMinute.reason)
    )
    for name, reason, count, at in database.execute(drops):
        found[name].word(at)
        if reason == PREVIOUS:
            found[name].previous, found[name].previous_at = int(count), at
        else:
            found[name].drops[reason] = int(count)


def strangers(database: Database, now: datetime, most: int) -> Sequence[Stranger]:
    """The addresses that knocked most within the hour, and whom nobody declared."""
    total = func.sum(DropMinute.count)
    knocked = (
        select(DropMinute.source, total, func.max(DropMinute.minute))
        .where(DropMinute.minute >= now - HOUR, DropMinute.reason == "UNKNOWN_CLIENT", DropMinute.source != "")
        .group_by(DropMinute.source)
        .order_by(total.desc(), DropMinute.source)
        .limit(most)
    )
    return [Stranger(source, int(count), at) for source, count, at in database.execute(knocked)]


class Orders(NamedTuple):
    """What became of the last orders to a gateway."""

    last: Order | None
    answered: Order | None  # the last that it answered, whatever it said


def orders(database: Database, name: str, now: datetime) -> Orders:
    """The newest of a day to this gateway, and the newest that it answered."""
    mine = select(Order).where(Order.queued_at >= now - DAY, Order.client == name).order_by(Order.id.desc()).limit(20)
    newest = database.scalars(mine).all()
    return Orders(next(iter(newest), None), next((each for each in newest if answered(each)), None))


def answered(order: Order) -> bool:
    """Whether the gateway itself said something: an ACK or a NAK proves port and secret alike."""
    return order.outcome.startswith(("ACK", "NAK")) or order.error_cause is not None


@dataclass(frozen=True, slots=True)
class Rotation:
    """How far a gateway is with its new secret, by what its packets were signed with since the change."""

    since: datetime
    previous_at: datetime | None  # the last minute with a packet under the previous secret
    previous: int

    def uses(self, signed: datetime | None) -> str:
        """ "previous", "new", or "" for unknown; `signed`: when its last packet came whose secret was one of the two."""
        if self.previous_at is not None and (signed is None or signed < self.previous_at + _MINUTE):
            return "previous"
        return "new" if signed is not None and signed >= self.since + _ADOPTED else ""


def rotation(database: Database, name: str, now: datetime) -> Rotation:
    """Counted by the road for as long as the overlap lasts; since the change that the audit log tells of, else since a day ago."""
    acts = select(AuditEntry.at, AuditEntry.fields).where(AuditEntry.kind == "client", AuditEntry.object == name)
    newest = database.execute(acts.order_by(AuditEntry.id.desc()).limit(_ACTS))
    since = next((at for at, fields in newest if "secret" in fields), now - DAY)
    counted = select(func.max(DropMinute.minute), func.coalesce(func.sum(DropMinute.count), 0)).where(
        DropMinute.minute >= since.replace(second=0, microsecond=0), DropMinute.client == name, DropMinute.reason == PREVIOUS
    )
    at, count = database.execute(counted).one()
    return Rotation(since, at, int(count))
