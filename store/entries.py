"""One accounting record as the ledger takes it: who sent it, when it happened, what it counts. Plain values only.

The recorder makes it out of octets; this room knows no RADIUS. Octets are the guest's: input = upload.
Never holds a number that the NAS did not say: what was absent or malformed is None.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Kind(StrEnum):
    """What the record says (RFC 2866, 5.1); OTHER is stored as it came."""

    START = "start"
    INTERIM = "interim"
    STOP = "stop"
    ON = "on"
    OFF = "off"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Entry:
    """One record."""

    key: bytes  # 32 octets: the same record again has the same key (decisions, 15)
    client: str
    source: str  # address it came from, without port
    local: str  # our address it was sent to, without port
    received_at: datetime
    kind: Kind
    at: datetime  # when it happened
    told: bool = False  # the NAS said when (Event-Timestamp, Acct-Delay-Time); else `at` is by our own clock
    acct_session_id: str = ""
    multi_session_id: str = ""
    nas_identifier: str = ""
    nas_address: str = ""
    station: str = ""  # AA-BB-CC-DD-EE-FF
    user_name: bytes = b""
    access_point: str = ""
    bssid: str = ""
    ssid: str = ""
    site: str = ""
    addresses: tuple[str, ...] = ()
    class_: bytes = b""
    cui: bytes = b""
    seconds: int | None = None
    input_octets: int | None = None
    output_octets: int | None = None
    terminate_cause: str = ""
    doubt: str = ""  # why the reader doubts its figures
    octets: bytes = b""  # the packet, kept sealed where it fits no session

    @property
    def roaming(self) -> bool:
        """Whether an institution vouches for the visitor: the name has a realm, and our Class tells of no guest."""
        return b"@" in self.user_name and not self.class_.startswith(b"g.")
