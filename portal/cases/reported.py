"""What an openNDS gateway tells of its guests: its own word of an end, and its agent's reports of use.

Both become accounting records of one session, named by the guest's token, so that the ledger counts them as a NAS's:
octets are the gateway's totals, the ledger takes the differences. Never believes a number that is none.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from portal.cases.collected import NAMED
from radius.nas.mac import read
from radius.nas.opennds import proof
from radius.nas.query import address
from store import sessions
from store.entries import Entry, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from portal.doors import Door
    from radius.nas.authmon import Deauthed
    from radius.secret import Secret
    from store.privacy import Privacy

FRESH: Final = timedelta(seconds=60)  # a session that began while the gateway wrote its report
KILOBYTE: Final = 1_000  # `ndsctl json` tells kB
MOST_GUESTS: Final = 4_000  # of one report
_TOKEN: Final = re.compile(r"[0-9a-f]{1,64}", re.ASCII)
_COUNT: Final = re.compile(r"[0-9]{1,15}", re.ASCII)
_YEAR: Final = 366 * 86_400
_CAUSES: Final = {
    "timeout_deauth": "Session-Timeout",
    "idle_deauth": "Idle-Timeout",
    "ndsctl_deauth": "Admin-Reset",
    "client_deauth": "User-Request",
}


def ended(door: Door, key: Secret, told: Deauthed, now: datetime) -> Entry | None:
    """The Stop of a guest whom the gateway has put out; None where it does not say which session."""
    if not told.token:
        return None
    begun, at = _date(told.begun, now), _date(told.ended, now)
    return _entry(
        door, key, Kind.STOP, told.token, told.station, at, now,
        seconds=max(int((at - begun).total_seconds()), 0), down=told.incoming, up=told.outgoing,
        cause=_CAUSES.get(told.method, ""),
    )  # fmt: skip


def interim(door: Door, key: Secret, report: Any, clock: int, now: datetime) -> list[Entry]:
    """An Interim for each guest of `ndsctl json` who is online; of anything else, nothing. `clock`: the gateway's own time."""
    guests = report.get("clients") if isinstance(report, dict) else None
    if not isinstance(guests, dict):
        return []
    found = (_guest(door, key, guest, clock, now) for guest in list(guests.values())[:MOST_GUESTS] if isinstance(guest, dict))
    return [entry for entry in found if entry is not None]


def gone(session: Session, privacy: Privacy, door: Door, report: Any, there: Sequence[Entry], now: datetime) -> list[Entry]:
    """A Stop for each open session of which a whole report says nothing any more: its guest's time was up, or the gateway began anew."""
    guests = report.get("clients") if isinstance(report, dict) else None
    if not isinstance(guests, dict):
        return []
    told = {entry.acct_session_id for entry in there}
    entries = []
    for known in sessions.open_of(session, door.gateway.name):
        if known.acct_session_id in told or now - known.updated_at < FRESH:
            continue
        station = privacy.opened(known.station_sealed, "session", known.id, "station_sealed").decode("ascii", "replace")
        once = f"openNDS gone {door.gateway.name} {known.acct_session_id} {known.updated_at.timestamp()}"
        entries.append(
            Entry(
                key=hashlib.sha256(once.encode()).digest(),
                client=known.client,
                source=known.source,
                local="",
                received_at=now,
                kind=Kind.STOP,
                at=known.updated_at,
                told=True,
                acct_session_id=known.acct_session_id,
                nas_identifier=known.nas_identifier,
                station=station,
                site=known.site,
                seconds=known.seconds,
                input_octets=known.input_octets,
                output_octets=known.output_octets,
            )
        )
    return entries


def _guest(door: Door, key: Secret, guest: Mapping[str, Any], clock: int, now: datetime) -> Entry | None:
    token, station = str(guest.get("token", "")), read(str(guest.get("mac", ""))[:32])
    if guest.get("state") != "Authenticated" or not _TOKEN.fullmatch(token) or not station:
        return None
    begun = _count(guest.get("session_start"))
    down, up = (_count(guest.get(name)) for name in ("download_this_session", "upload_this_session"))
    return _entry(
        door, key, Kind.INTERIM, token, station, now, now,
        seconds=max(clock - begun, 0) if begun is not None and clock - begun < _YEAR else 0,
        down=None if down is None else down * KILOBYTE, up=None if up is None else up * KILOBYTE,
        address=address(str(guest.get("ip", ""))[:64]),
    )  # fmt: skip


def _entry(
    door: Door, key: Secret, kind: Kind, token: str, station: str, at: datetime, now: datetime, *,
    seconds: int, down: int | None, up: int | None, cause: str = "", address: str = "",
) -> Entry:  # fmt: skip
    rhid = proof(hashlib.sha256(token.encode()).hexdigest(), key)
    once = f"openNDS {kind} {door.gateway.name} {rhid} {seconds} {down} {up}"
    return Entry(
        key=hashlib.sha256(once.encode()).digest(),
        client=door.gateway.name,
        source="",
        local="",
        received_at=now,
        kind=kind,
        at=at,
        told=True,
        acct_session_id=rhid[:NAMED],
        station=station,
        site=door.site,
        addresses=(address,) if address else (),
        seconds=seconds,
        input_octets=up,
        output_octets=down,
        terminate_cause=cause,
    )


def _count(value: object) -> int | None:
    return int(str(value)) if _COUNT.fullmatch(str(value)) else None


def _date(seconds: int | None, now: datetime) -> datetime:
    """A moment of the gateway's clock; now, where it is none of this year's or lies ahead."""
    if seconds is None or not 0 <= now.timestamp() - seconds < _YEAR:
        return now
    return datetime.fromtimestamp(seconds, UTC)
