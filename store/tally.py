"""Sessions as the ledger works on them: a row of `session` and what was told of it, read once and changed in memory.

A Tally is the row, a Leg what was told under one Acct-Session-Id. Nearly every session has one leg, whose times and
totals are the row's. One that moved under one Acct-Multi-Session-Id (RFC 3580, 2.9) has several, each with counters of
its own: the row has their sums, and the name under which orders reach it is the newest leg's.

Values only: store/tallies.py reads and writes them. Never lets a total of the row differ from its legs'.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from store.models import SessionStatus
from store.trail import BASE, Trail, number

if TYPE_CHECKING:
    from datetime import timedelta

    from store.entries import Entry
    from store.hours import Figures
    from store.trail import Point

_TIMES: Final = ("started_at", "heard_at", "updated_at", "ended_at")
_OWN: Final = (
    "started_at", "start_seen", "heard_at", "updated_at", "ended_at", "status", "terminate_cause", "seconds", "input_octets",
    "output_octets", "updates", "quarantined",
)  # fmt: skip


class Identity(NamedTuple):
    """What a NAS names a session by; the start tells those of one identity apart."""

    client: str
    source: str
    nas_identifier: str
    acct_session_id: str
    station_hash: bytes


class Place(NamedTuple):
    """Where a record saw the station."""

    access_point: str
    bssid: str
    ssid: str
    site: str
    roaming: bool = False  # whether it was a visitor of an institution: of hours by site

    @property
    def name(self) -> str:
        """What tells two access points apart; "" where the record does not say."""
        return self.bssid or self.access_point


class Stay(NamedTuple):
    """From this moment on the station was here."""

    at: datetime
    place: Place


@dataclass(slots=True, eq=False)
class Leg:
    """What was told under one Acct-Session-Id."""

    tally: Tally
    number: int
    identity: Identity
    started_at: datetime
    start_seen: bool
    heard_at: datetime | None
    updated_at: datetime
    ended_at: datetime | None
    status: SessionStatus
    terminate_cause: str
    seconds: int
    input_octets: int
    output_octets: int
    updates: int
    quarantined: str
    trail: Trail = field(default_factory=Trail)
    places: list[Place] = field(default_factory=list)  # a point names one by its number
    began: int | None = None  # when it began as far as was known before, in microseconds; None: it is new
    stored: int | None = None  # how many of the places its row has; None: it has no row

    @property
    def figures(self) -> Figures:
        """Its totals."""
        return self.seconds, self.input_octets, self.output_octets

    @property
    def here(self) -> Place:
        """Where it was seen last."""
        last = self.trail.last
        return self.places[number(last)] if last is not None else self.tally.place

    def say(self, entry: Entry) -> None:
        """A record was counted into it: a point more."""
        places = self.places
        roaming = entry.roaming if entry.user_name or not places else places[0].roaming  # who gives no name is who it was
        place = Place(entry.access_point, entry.bssid, entry.ssid, entry.site, roaming)
        if place not in places:
            places.append(place)
        figures = entry.seconds or 0, entry.input_octets or 0, entry.output_octets or 0
        self.trail.add(micros(entry.at), places.index(place) if len(places) > 1 else 0, figures)
        if entry.seconds is None:  # the time may have been reckoned from Start and Stop
            self.trail.top_up(self.figures)

    def set_clock(self, behind: timedelta) -> None:
        """The NAS's clock was behind by so much when all this was told."""
        self.started_at += behind
        self.updated_at += behind
        self.ended_at = self.ended_at + behind if self.ended_at else None
        self.trail.shift(micros(self.started_at) - micros(self.started_at - behind))

    @property
    def moved(self) -> bool:
        """Whether its records name more than one place."""
        return len(self.places) > 1

    @property
    def unnamed(self) -> bool:
        """Whether a record did not say where."""
        return not all(place.name for place in self.places)

    def resolved(self, points: list[Point]) -> list[Point]:
        """Where a record names no access point, the station is where it was; before any was named, where it is named first."""
        if not self.moved or not self.unnamed:
            return points
        named = [number(point) for point in points if self.places[number(point)].name]
        found, here = [], named[0] if named else 0
        for point in points:
            here = number(point) if self.places[number(point)].name else here
            found.append(point._replace(place=here | point.place & BASE))
        return found

    def told(self) -> str:
        """Its name, times and totals as JSON, for a session of several legs."""
        own = {name: getattr(self, name) for name in _OWN}
        own |= {name: own[name] and own[name].isoformat() for name in _TIMES}
        return json.dumps([*self.identity[1:4], own])


@dataclass(slots=True, eq=False)
class Tally:
    """One session: the columns that accounting reads or changes, in the order in which they are read."""

    id: str
    client: str
    source: str
    nas_identifier: str
    acct_session_id: str
    multi_session_id: str
    station_hash: bytes
    user_hash: bytes
    realm: str
    home: str
    grant_id: str | None
    login: str | None
    access_point: str
    bssid: str
    ssid: str
    site: str
    local: str
    nas_address: str
    framed_ip: str
    started_at: datetime
    start_seen: bool
    heard_at: datetime | None
    updated_at: datetime
    ended_at: datetime | None
    status: SessionStatus
    terminate_cause: str
    seconds: int
    input_octets: int
    output_octets: int
    updates: int
    quarantined: str
    has_class: bool = False
    has_cui: bool = False
    sealed: dict[str, bytes | None] = field(default_factory=dict)  # columns to be written beside these
    legs: list[Leg] = field(default_factory=list)

    @property
    def place(self) -> Place:
        """Where it is, as its row says."""
        return Place(self.access_point, self.bssid, self.ssid, self.site, bool(self.realm))

    @property
    def identity(self) -> Identity:
        """As its row has it."""
        return Identity(self.client, self.source, self.nas_identifier, self.acct_session_id, self.station_hash)

    @property
    def newest(self) -> Leg:
        """The leg that began last."""
        return max(self.legs, key=lambda leg: leg.started_at)

    @property
    def roaming(self) -> bool:
        """Whether it counts as a visitor's of an institution: as its first record said, for good."""
        return self.legs[0].places[0].roaming

    def leg(self) -> Leg:
        """The only one: what the row says."""
        leg = Leg(
            self, 0, self.identity, self.started_at, self.start_seen, self.heard_at, self.updated_at,
            self.ended_at, self.status, self.terminate_cause, self.seconds, self.input_octets, self.output_octets, self.updates,
            self.quarantined,
        )  # fmt: skip
        self.legs.append(leg)
        return leg

    def another(self, identity: Identity, begun: datetime) -> Leg:
        """One more, of which nothing is known yet."""
        leg = Leg(self, len(self.legs), identity, begun, False, None, begun, None, SessionStatus.OPEN, "", 0, 0, 0, 0, "")
        self.legs.append(leg)
        return leg

    def settle(self) -> None:
        """The row says what its legs say."""
        newest = self.legs[0] if len(self.legs) == 1 else self.newest
        self.started_at, self.start_seen, self.heard_at = newest.started_at, newest.start_seen, newest.heard_at
        self.updated_at, self.ended_at, self.status = newest.updated_at, newest.ended_at, newest.status
        self.terminate_cause, self.updates, self.quarantined = newest.terminate_cause, newest.updates, newest.quarantined
        self.seconds, self.input_octets, self.output_octets = newest.seconds, newest.input_octets, newest.output_octets
        if len(self.legs) > 1:
            self._add_up(newest)
        if len(self.legs) > 1 or newest.moved:
            self._move()

    def _move(self) -> None:
        last = self.stays()[-1:]
        if last and last[0].place.name != self.place.name:
            self.access_point, self.bssid, self.ssid, self.site, _ = last[0].place

    def _add_up(self, newest: Leg) -> None:
        first = min(self.legs, key=lambda leg: leg.started_at)
        _, self.source, self.nas_identifier, self.acct_session_id, _ = newest.identity
        self.started_at, self.start_seen, self.heard_at = first.started_at, first.start_seen, first.heard_at
        self.updated_at = max(leg.updated_at for leg in self.legs)
        self.updates = sum(leg.updates for leg in self.legs)
        self.quarantined = next((leg.quarantined for leg in self.legs if leg.quarantined), "")
        self.seconds, self.input_octets, self.output_octets = (sum(part) for part in zip(*(leg.figures for leg in self.legs), strict=True))

    @property
    def based(self) -> bool:
        """Whether its oldest records are forgotten."""
        return any(leg.trail.based for leg in self.legs)

    def stays(self, *, before: bool = False) -> list[Stay]:
        """Every arrival at an access point, in order; as it was known before, or as it is known now."""
        seen: list[tuple[int, Place]] = []
        legs = sorted(self.legs, key=lambda leg: leg.started_at)
        for leg, following in zip(legs, [*legs[1:], None], strict=True):
            left = micros(following.started_at) if following else None  # what it says later is of a station that has gone
            points = leg.resolved(leg.trail.points(before=before))
            seen += [(point.at, leg.places[number(point)]) for point in points if left is None or point.at < left]
        found: list[Stay] = []
        for at, place in seen:
            if place.name and (not found or found[-1].place.name != place.name):
                found.append(Stay(moment(at), place))
        if found:
            found[0] = Stay(min(found[0].at, self.started_at), found[0].place)
        return found


def restored(tally: Tally, state: str) -> Leg:
    """A leg as `told` wrote it."""
    source, nas_identifier, name, own = json.loads(state)
    own |= {key: own[key] and datetime.fromisoformat(own[key]) for key in _TIMES} | {"status": SessionStatus(own["status"])}
    tally.legs.append(Leg(tally, len(tally.legs), Identity(tally.client, source, nas_identifier, name, tally.station_hash), **own))
    return tally.legs[-1]


@lru_cache(maxsize=4_096)
def places(text: str, *, roaming: bool) -> tuple[Place, ...]:
    """A trail's list of places; of those that an older version wrote, the row knows whose they were."""
    return tuple(Place(*(*each, roaming)[:5]) for each in json.loads(text))


def micros(at: datetime) -> int:
    """Microseconds since 1970."""
    return round(at.timestamp() * 1_000_000)


def moment(at: int) -> datetime:
    """The time of so many microseconds."""
    seconds, rest = divmod(at, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)
