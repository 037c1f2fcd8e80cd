"""What the road asks the porter when memory cannot tell, and what it is told: plain tuples that marshal carries.

A question may wait for a database or a directory; the road does not. Never logged: a question may hold a password.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from radius.grants import LiveGrant


class ByStation(NamedTuple):
    """MAC authentication of a station that memory does not know, or whose account's sessions must be counted."""

    device: bytes  # 16 octets, radius.grants.LiveGrant.device
    client: str
    source: str  # the NAS's address, without port


class ByToken(NamedTuple):
    """Portal sign-in: the NAS repeats the one-time token that the portal handed out."""

    name: str
    password: bytes  # PAP: in clear; b"" with CHAP
    chap: bytes  # CHAP-Password, 17 octets; b"" with PAP
    challenge: bytes
    client: str
    device: bytes  # b"" where the request names no station


class ByDirectory(NamedTuple):
    """A user of the city's own realm, in the directory."""

    realm: str
    user: bytes  # the part before @
    password: bytes
    client: str
    site: str
    device: bytes
    trial: bool = False  # somebody wants to know, nobody wants in: nothing of it may be kept


Question = ByStation | ByToken | ByDirectory


class Verdict(NamedTuple):
    """What the porter says. An Accept needs a grant; `reason` is the name of a radius.actions.Reason otherwise."""

    accept: bool
    reason: str = ""
    grant: LiveGrant | None = None
    words: str = ""  # for the trace and Reply-Message, "" for the reason's own
