"""The live grants in a worker's memory: who may be online, by the keyed hash of the station.

The porter fills it and keeps it true; a station that is not in it is asked about, never guessed. Bounded: beyond its
bound the grant not looked at for longest gives way, and is asked about when its station comes. Never holds a station's
address, and never decides what remains: that is radius/nas/plan.py.
"""

from __future__ import annotations

from collections import OrderedDict
from sys import intern
from typing import TYPE_CHECKING, Final, NamedTuple

from radius.nas.plan import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable


_MOMENTS: Final = 64


class LiveGrant(NamedTuple):
    """One grant, in plain values that marshal carries."""

    device: bytes  # 16 octets: HMAC of the station with the device key
    id: str
    plan: str  # its name
    ends_at: float  # seconds since 1970
    day_seconds: int = 0  # used by its account, else by its device
    day_octets: int = 0
    month_octets: int = 0
    day_ends: float = 0.0
    month_ends: float = 0.0
    account: str = ""  # "" where the grant belongs to the device alone
    live: bool = True  # False: revoked or ended; take it out

    @property
    def usage(self) -> Usage:
        """What was used, for radius.nas.plan.remaining."""
        return Usage(self.day_seconds, self.day_octets, self.month_octets, self.day_ends, self.month_ends)


class Grants:
    """device -> its live grant."""

    __slots__ = ("_by_device", "_ends", "most")

    def __init__(self, most: int = 100_000) -> None:
        self.most = most
        self._by_device: OrderedDict[bytes, LiveGrant] = OrderedDict()
        self._ends: dict[float, float] = {}  # of days and months: nearly always two

    def find(self, device: bytes) -> LiveGrant | None:
        """The live grant of this device, as far as memory knows."""
        if (grant := self._by_device.get(device)) is not None:
            self._by_device.move_to_end(device)
        return grant

    def put(self, grants: Iterable[LiveGrant]) -> None:
        """New or changed grants; one that is not live takes its device's out, if it is the one there."""
        for grant in grants:
            if grant.live:
                self._by_device[grant.device] = self._shared(grant)
                self._by_device.move_to_end(grant.device)
            elif (held := self._by_device.get(grant.device)) is not None and held.id == grant.id:
                del self._by_device[grant.device]
        while len(self._by_device) > self.most:
            self._by_device.popitem(last=False)

    def _shared(self, grant: LiveGrant) -> LiveGrant:
        """The same, holding what many have in common only once: a sixth less memory."""
        ends = self._ends
        if len(ends) > _MOMENTS:
            ends.clear()
        day_ends, month_ends = (ends.setdefault(moment, moment) for moment in (grant.day_ends, grant.month_ends))
        return grant._replace(plan=intern(grant.plan), day_ends=day_ends, month_ends=month_ends)

    def bound(self, most: int) -> None:
        """How many at once; those too many give way now."""
        self.most = most
        self.put(())

    def clear(self) -> None:
        """Forget all: the porter sends them anew."""
        self._by_device.clear()

    def __len__(self) -> int:
        return len(self._by_device)
