"""What openNDS's authmon says when it polls, and what it is answered with.

It asks `view` (what is new; or, with a payload of rhids, what it has done), `list`, `clear`, and reports `deauthed` and
`custom`. Nothing authenticates a poll but the path's key and `gatewayhash`, so an answer holds proofs (rhids) and no
address, and never more than four short records: authmon cuts after 1,024 characters and passes each on to a shell. Never
puts into a record anything but hexadecimal, numbers and base64.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from enum import Enum
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

from radius.nas import amounts
from radius.nas.family import Misfit
from radius.nas.mac import read
from radius.nas.query import one

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from radius.nas.plan import Plan, Remaining

MOST: Final = 4  # records in one answer: authmon's own bound
LONGEST: Final = 1_024  # characters of an answer that authmon reads
ACKNOWLEDGED: Final = "ack"
NOTHING: Final = "*"
_CUSTOM: Final = "bm9uZQ=="  # "none": we send the gateway's scripts no word of our own
_HASH: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TOKEN: Final = re.compile(r"[0-9a-f]{1,64}", re.ASCII)
_PAYLOAD: Final = 16_384
_MOST_ACKNOWLEDGED: Final = 64
_PAIR: Final = re.compile(r"([a-z_]{1,32})=\"?([^,\"]*)\"?(?:,|$)", re.ASCII)


class Ask(Enum):
    """What a poll is for."""

    VIEW = "view"
    LIST = "list"
    CLEAR = "clear"
    DEAUTHED = "deauthed"
    CUSTOM = "custom"


class Message(NamedTuple):
    """One poll."""

    ask: Ask
    gatewayhash: str
    acknowledged: tuple[str, ...] = ()  # rhids that the gateway has let in
    text: str = ""  # of `deauthed` and `custom`
    told: bool = False  # a `view` that acknowledges, be it nothing: what it is answered with, authmon does not read


class Deauthed(NamedTuple):
    """A guest's end, as the gateway tells it; None where it did not say, or said no number."""

    station: str
    method: str  # timeout_deauth, ndsctl_deauth, …
    incoming: int | None  # octets, by the gateway's own names: "incoming" is what went down to the client
    outgoing: int | None
    begun: int | None  # seconds since 1970
    ended: int | None
    token: str = ""  # of the session: its sha256 is the hid, and so leads to the rhid


def parse(form: Mapping[str, Sequence[str]]) -> Message | Misfit:
    """A poll, of the form that php-cli posts or of the query that wget gets. Any words; never raises."""
    said, gatewayhash = one(form, "auth_get", 16), one(form, "gatewayhash", 64).lower()
    if not said or not gatewayhash:
        return Misfit.MISSING
    payload = _payload(one(form, "payload", _PAYLOAD))
    if said not in {ask.value for ask in Ask} or not _HASH.fullmatch(gatewayhash) or payload is None:
        return Misfit.MALFORMED
    ask = Ask(said)
    if ask in {Ask.DEAUTHED, Ask.CUSTOM}:
        return Message(ask, gatewayhash, text=payload)
    done = tuple(word for word in payload.split() if _HASH.fullmatch(word))[:_MOST_ACKNOWLEDGED]
    return Message(ask, gatewayhash, done, told=payload.startswith(NOTHING))


def answer(records: Iterable[str]) -> str:
    """The records that fit, in the order given; `*` alone where there are none. The rest wait for the next poll."""
    text = NOTHING
    for record in list(records)[:MOST]:
        longer = f"{text} {quote(record, safe='')}"
        if len(longer) > LONGEST:
            break
        text = longer
    return text


def record(rhid: str, plan: Plan, left: Remaining) -> str:
    """rhid, minutes, kbit/s up and down, kB up and down, custom; 0 is the gateway's own default, which is no limit of ours.

    A quota is of one direction, what remains is of both: each direction gets the whole remainder, so the gateway ends a
    guest at the latest where either is spent, and the agent's reports end it where both together are.
    """
    if not _HASH.fullmatch(rhid):
        raise ValueError("an rhid is 64 hexadecimal digits")
    minutes = amounts.minutes(left.seconds) if left.seconds else 0
    up, down = (max(rate // 1000, 1) if rate else 0 for rate in (plan.up, plan.down))
    quota = max(left.octets // 1000, 1) if left.octets else 0
    return f"{rhid} {minutes} {up} {down} {quota} {quota} {_CUSTOM}"


def hash_of(gatewayname: str) -> str:
    """gatewayhash: of the name exactly as it came in the redirect, percent-encoded."""
    return sha256(gatewayname.encode()).hexdigest()


def deauthed(text: str) -> Deauthed | Misfit:
    """What a `deauthed` message says of whom."""
    said = dict(_PAIR.findall(re.sub(r",\s+", ",", text)))
    if not (station := read(said.get("clientmac", ""))):
        return Misfit.MALFORMED
    return Deauthed(
        station=station,
        method=said.get("method", "")[:64],
        incoming=_number(said.get("bytes_incoming", "")),
        outgoing=_number(said.get("bytes_outgoing", "")),
        begun=_number(said.get("session_start", "")),
        ended=_number(said.get("session_end", "")),
        token=said.get("token", "") if _TOKEN.fullmatch(said.get("token", "")) else "",
    )


def _payload(text: str) -> str | None:
    if text in {"", "none"}:
        return ""
    try:
        plain = b64decode(text.replace(" ", "+"), validate=True).decode("utf-8", "replace")
    except (ValueError, binascii.Error):
        return None
    return "" if plain == "none" else plain


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) else None
