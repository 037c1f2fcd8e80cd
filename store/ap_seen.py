"""What the recorder wrote of one access point and its gateway since a moment: what a test of it is judged by.

A fixed number of statements, each by an index. Drops are kept by the minute, so those of the minute in which the test began
are all counted. Never a station or a name of a person.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import func, select

from store.models import AuthEvent, DropMinute, LoginVerdict, OddRecord, Order, Session, SessionStatus, UnknownAccessPoint
from store.trace import PREVIOUS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import InstrumentedAttribute
    from sqlalchemy.orm import Session as Database

MOST: Final = 200  # logins looked at


class Word(NamedTuple):
    """One login or session, as far as it says where it was."""

    at: datetime
    client: str
    source: str
    access_point: str
    bssid: str
    nas_identifier: str
    ssid: str
    accepted: bool
    local: str = ""  # our address that it came to, where a session says so


@dataclass(slots=True)
class Seen:
    """Since the test began."""

    logins: Sequence[Word] = ()
    records: Sequence[Word] = ()  # sessions that a record came for
    drops: Counter[str] = field(default_factory=Counter)  # of the gateway: Reason's name -> packets
    strangers: Sequence[tuple[str, int]] = ()  # addresses that are no gateway's
    unknown: Sequence[tuple[str, str]] = ()  # (BSSID, NAS-Identifier) of access points that nobody declared, of this gateway
    odd: int = 0  # accounting records that fit no session
    order: Order | None = None
    way: tuple[str, str] | None = None  # (address of the NAS, ours), by its latest word

    @property
    def words(self) -> list[Word]:
        return [*self.logins, *self.records]


def seen(database: Database, name: str, client: str | None, since: datetime) -> Seen:
    """Of this access point; `client` None: it may be behind any gateway."""
    logins = _logins(database, name, client, since)
    records = _records(database, name, client, since)
    spoke = client or next((each.client for each in (*logins, *records)), "")
    drops, strangers = _drops(database, spoke, since)
    unknown = select(UnknownAccessPoint.bssid, UnknownAccessPoint.nas_identifier).where(
        UnknownAccessPoint.last_seen >= since, UnknownAccessPoint.client == spoke
    )
    odd = select(func.count()).select_from(OddRecord).where(OddRecord.at >= since, OddRecord.client == spoke)
    order = select(Order).where(Order.queued_at >= since, Order.client == spoke).order_by(Order.id.desc()).limit(1)
    return Seen(
        logins,
        records,
        drops,
        strangers,
        [(bssid, said) for bssid, said in database.execute(unknown.limit(5))],
        int(database.scalar(odd) or 0),
        database.scalar(order),
        _way(database, name, logins, records),
    )


def _logins(database: Database, name: str, client: str | None, since: datetime) -> list[Word]:
    where = _unindexed(AuthEvent.client) == client if client is not None else AuthEvent.access_point == name
    found = database.scalars(select(AuthEvent).where(AuthEvent.at >= since, where).order_by(AuthEvent.at.desc()).limit(MOST))
    return [
        Word(each.at, each.client, each.source, each.access_point, each.bssid, each.nas_identifier, each.ssid, _accepted(each))
        for each in found
    ]


def _unindexed(client: InstrumentedAttribute[str]) -> ColumnElement[str]:
    """The gateway as no index has it: all rows may be one gateway's, and what is asked for are those of a minute."""
    return func.coalesce(client, "")


def _accepted(event: AuthEvent) -> bool:
    return event.verdict == LoginVerdict.ACCEPT


def _records(database: Database, name: str, client: str | None, since: datetime) -> list[Word]:
    where = _unindexed(Session.client) == client if client is not None else Session.access_point == name
    going = select(Session).where(Session.status == SessionStatus.OPEN, Session.updated_at >= since, where).limit(MOST)
    ended = select(Session).where(Session.ended_at >= since, where).limit(MOST)
    return [_record(each) for statement in (going, ended) for each in database.scalars(statement)]


def _record(row: Session) -> Word:
    said = (row.access_point, row.bssid, row.nas_identifier, row.ssid)
    return Word(row.updated_at, row.client, row.source, *said, accepted=True, local=row.local)


def _drops(database: Database, client: str, since: datetime) -> tuple[Counter[str], list[tuple[str, int]]]:
    minute = since.replace(second=0, microsecond=0)
    total = func.sum(DropMinute.count)
    counted = (
        select(DropMinute.client, DropMinute.source, DropMinute.reason, total)
        .where(DropMinute.minute >= minute, DropMinute.client.in_({client, ""}))
        .group_by(DropMinute.client, DropMinute.source, DropMinute.reason)
        .order_by(total.desc())
        .limit(MOST)
    )
    drops: Counter[str] = Counter()
    strangers = []
    for whose, source, reason, count in database.execute(counted):
        if reason == "UNKNOWN_CLIENT":
            strangers.append((source, int(count)))
        elif whose and whose == client and reason != PREVIOUS:
            drops[reason] += int(count)
    return drops, strangers[:3]


def _way(database: Database, name: str, logins: Sequence[Word], records: Sequence[Word]) -> tuple[str, str] | None:
    """From where this access point's own gateway speaks: by what came since, else by its last session."""
    here = [each for each in (*records, *logins) if each.access_point == name and each.source]
    if here:
        return here[0].source, here[0].local
    last = database.execute(
        select(Session.source, Session.local).where(Session.access_point == name).order_by(Session.ended_at.desc()).limit(1)
    ).first()
    return (last.source, last.local) if last is not None else None
