"""What the road recorded, in the store's terms: monotonic time becomes the calendar's, octets become text, packets are read.

The only place where radius' records and store's values meet. Never raises on what a packet holds: what cannot be read
is kept as it came.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from radius import accounting
from radius.text import mac, shown
from radius.wire import Malformed
from store.entries import Entry, Kind
from store.ids import new_ids
from store.trace import Change, Drops, Login

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from radius import records
    from radius.tables import Place
    from store.drain import Row

    Placing = Callable[[bytes, bytes, str], Place]  # Called-Station-Id, NAS-Identifier, client's name
    Swapping = Callable[[str], bool]  # whether the client of this name counts from the guest's side

ALL_ADDRESSES: Final = frozenset({"0.0.0.0", "::"})  # a listener's wildcard says nothing about the address


class Calendar:
    """Monotonic moments as dates: the distance between the two clocks is taken anew for each batch, as dates may be set."""

    def __init__(self) -> None:
        self._now, self._monotonic = datetime.now(UTC), time.monotonic()

    def date(self, moment: float) -> datetime:
        """The date of a monotonic moment."""
        return self._now - timedelta(seconds=self._monotonic - moment)


def logins(told: Sequence[records.Login], calendar: Calendar) -> list[Login]:
    """Finished conversations, each with the id of its row."""
    return [_login(record, name, calendar) for record, name in zip(told, new_ids(len(told)), strict=True)]


def _login(record: records.Login, name: str, calendar: Calendar) -> Login:
    """By position: a batch holds thousands, and naming two dozen fields costs as much as all the rest."""
    began, ended, client, source, access_point, bssid, ssid, site, user_name, realm, rule, octets, nas_identifier, acct_session_id, home, \
        attempts, verdict, reason, round_trips, milliseconds, own_milliseconds, cui, eap, grant = record  # fmt: skip
    return Login(
        name, calendar.date(began), calendar.date(ended), client, verdict, source, _shown(nas_identifier), access_point, bssid, ssid, site,
        user_name, realm, rule, station(octets), shown(acct_session_id), home, tuple(attempts), reason, round_trips, milliseconds,
        own_milliseconds, cui, eap, grant,
    )  # fmt: skip


_shown = lru_cache(maxsize=4_096)(shown)


@lru_cache(maxsize=65_536)
def station(octets: bytes) -> str:
    """A Calling-Station-Id as AA-BB-CC-DD-EE-FF; what is no hardware address stays as it is, made harmless."""
    return mac(octets) or shown(octets)


def drops(record: records.Dropped, calendar: Calendar) -> Drops:
    """Where the packets of this record are counted."""
    return Drops(calendar.date(record.at).replace(second=0, microsecond=0), record.source, record.client, record.reason)


def change(record: records.HomeChange, calendar: Calendar) -> Change:
    """A home's new health."""
    return Change(calendar.date(record.at), record.home, record.state, record.why)


def never(client: str) -> bool:  # noqa: ARG001 - a Swapping
    """As RFC 2866, 5.3 has it: input comes from the guest."""
    return False


def entry(row: Row, placing: Placing, swapping: Swapping = never) -> Entry:
    """A spooled accounting record, read, placed, and its octets seen from the guest's side: what the record says of its view counts."""
    received = datetime.fromtimestamp(row.received, UTC)
    source, local = _host(row.source), _host(row.local)
    try:
        event = accounting.read(row.octets, row.received)
        at = datetime.fromtimestamp(event.at, UTC)
    except (Malformed, ValueError, OverflowError) as fault:
        return Entry(row.key, row.client, source, local, received, Kind.OTHER, received, doubt=f"unreadable: {fault}", octets=row.octets)
    place = placing(event.called, event.nas_identifier.encode(), row.client)
    up, down = _from_the_guest(event, swapping(row.client))
    return Entry(
        key=row.key,
        client=row.client,
        source=source,
        local="" if local in ALL_ADDRESSES else local,
        received_at=received,
        kind=Kind(event.status),
        at=at,
        told=event.told,
        acct_session_id=event.acct_session_id,
        multi_session_id=event.multi_session_id,
        nas_identifier=event.nas_identifier,
        nas_address=event.nas_address,
        station=event.station,
        user_name=event.user_name,
        access_point=place.access_point,
        bssid=place.bssid or event.bssid,
        ssid=place.ssid or event.ssid,
        site=place.site,
        addresses=event.framed_ips,
        class_=event.class_,
        cui=event.cui,
        seconds=event.session_seconds,
        input_octets=up,
        output_octets=down,
        terminate_cause=event.terminate_cause,
        doubt=event.doubt,
        octets=row.octets,
    )


def _from_the_guest(event: accounting.SessionEvent, swapped: bool) -> tuple[int | None, int | None]:
    """(up, down): what the record says of its own view counts over what its client is declared to do."""
    turned = swapped if event.guests_view is None else event.guests_view
    return (event.output_octets, event.input_octets) if turned else (event.input_octets, event.output_octets)


def set_apart(entry: Entry, why: str) -> Entry:
    """The same record, to be kept as it came."""
    return replace(entry, kind=Kind.OTHER, doubt=why)


def _host(endpoint: str) -> str:
    """ "192.0.2.1 50000" -> "192.0.2.1"."""
    return endpoint.partition(" ")[0]
