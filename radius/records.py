"""What one worker tells the recorder: plain tuples of numbers, text and octets, so that marshal carries them cheaply.

Times are the monotonic clock's (one machine, one clock); the recorder turns them into the calendar's. Octets stay as
they came: decoding, hashing and escaping are the recorder's work, off the road. Never holds a secret or a password.
"""

from __future__ import annotations

from typing import NamedTuple


class Login(NamedTuple):
    """One finished conversation: an AuthEvent in the making."""

    began: float
    ended: float
    client: str
    source: str  # the client's address, in text
    access_point: str
    bssid: str
    ssid: str
    site: str
    user_name: bytes  # outer identity
    realm: str
    rule: str
    station: bytes  # Calling-Station-Id as sent
    nas_identifier: bytes
    acct_session_id: bytes
    home: str  # the home that decided, or the last one tried
    attempts: tuple[str, ...]  # every home tried, in order
    verdict: str  # accept, reject, no_answer, abandoned, refused
    reason: str  # a Reason's name, "" where the home decided
    round_trips: int
    milliseconds: float  # from the first packet to the verdict, the student's thinking included
    own_milliseconds: float  # of these, ours: from a packet's arrival to its departure, homes' time left out
    cui: bytes  # Chargeable-User-Identity of the Accept, b"" where none
    eap: bool
    grant: str = ""  # the grant that let it in or allowed nothing, "" for every other login


class Dropped(NamedTuple):
    """Admission drops of one address and reason since the last report."""

    at: float
    source: str
    client: str
    reason: str
    count: int  # type: ignore[assignment]  # in place of tuple.count, which nobody misses on a record


class HomeChange(NamedTuple):
    """A home server changed its state."""

    at: float
    home: str
    state: str  # alive, suspect, zombie, dead, reviving
    why: str


class Accounting(NamedTuple):
    """One Accounting-Request to make durable before it is answered."""

    key: bytes  # 32 octets: SHA-256 over client and attributes (decisions, 15)
    client: str
    source: str  # "address port" the packet came from
    local: str  # "address port" it was sent to
    octets: bytes  # the whole packet as verified


Record = Login | Dropped | HomeChange | Accounting
