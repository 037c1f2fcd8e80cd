"""Whether a device is captive, and what is left to it: for the captive portal API (RFC 8908).

Theory of operation. Who asks is known in two ways (decisions-portal 12). A gateway that writes the station and its own name of
the session into the API's address: both must belong together in a session that we know, for a station's address alone is
anybody's to see. Or a network whose guests reach us with their own addresses: exactly one open session must have that
address now, and must have been heard of lately. Whoever is not known so is told nothing of anyone.

Never a row, and never another device's state.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from portal.cases.standing import State, standing
from store import sessions

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.doors import Door
    from store.models import Session as Accounting
    from store.privacy import Privacy

FRESH: Final = timedelta(minutes=15)  # three interims: an address that is longer silent may be another device's by now


class Captivity(NamedTuple):
    """What RFC 8908 asks for; None where it is not limited, or not counted."""

    captive: bool
    seconds: int | None = None
    octets: int | None = None
    may_extend: bool = False
    site: str = ""  # "" where nothing is known of the device


UNKNOWN: Final = Captivity(captive=True)  # to a gateway's guest of whom we know no session


def by_session(session: Session, privacy: Privacy, door: Door, zone: str, station: str, name: str, now: datetime) -> Captivity:
    """Of this station, whose gateway calls its session so; a session of before is proof enough."""
    mark = privacy.station(station)
    if not mark or not name or not sessions.was(session, door.gateway.name, mark, name):
        return UNKNOWN
    found = sessions.open_at(session, door.gateway.name, mark)
    return _told(session, door, zone, found, now) if found is not None else UNKNOWN


def by_address(session: Session, door: Door, zone: str, address: str, now: datetime) -> Captivity | None:
    """Of whoever has this address in a network of this gateway's; None where that is not exactly one."""
    held = sessions.holding(session, door.gateway.name, address, now)
    if len(held) != 1 or held[0].updated_at < now - FRESH or (":" not in address and held[0].framed_ip != address):
        return None
    return _told(session, door, zone, held[0], now)


def _told(session: Session, door: Door, zone: str, found: Accounting, now: datetime) -> Captivity:
    if found.grant_id is None:
        return Captivity(captive=False, site=found.site)  # an account of an institution: it has no plan of ours
    how = standing(session, found.grant_id, door, zone, now)
    if how.state is not State.ONLINE:
        return Captivity(captive=True, site=found.site)
    counted = found.input_octets + found.output_octets > 0  # some gateways report none
    return Captivity(False, how.left.seconds, how.left.octets if counted else None, how.may_extend, found.site)
