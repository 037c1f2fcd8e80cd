"""The tokens that a guest holds: a visit signs in this device, a stay sees, extends and ends this one session.

Theory of operation. Whoever holds a token may do what it is for, and nothing else proves who a guest is; no request is
believed because of a cookie. So a page of strangers cannot make a guest's browser do anything: it would need the
token, which only our own page knows (no Referer leaves it). That is our protection against forged requests, in place of
a separate token in each form. A visit token lives 30 minutes and is no row anywhere; a stay token lives until a day
after its grant (the case reads that from the grant), and at most STAY. What a gateway is given as our page to send the
browser back to is good for five minutes only, and becomes a stay token there: gateways' own pages are mostly http.

Sealed, because both hold the station's address. Never longer than a URL may carry, never opened for another purpose.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from radius.nas.family import Arrival, Misfit, State
from radius.nas.tokens import LONGEST

if TYPE_CHECKING:
    from radius.nas.tokens import Tokens

VISIT: Final = 30 * 60.0  # seconds that an arrival is good for
STAY: Final = 400 * 86_400.0  # no grant is longer
BACK: Final = 300.0
ACCOUNT: Final = 15 * 60.0  # after a fresh code, card or voucher
ADVERT: Final = 86_400.0  # the status page shows it, too
ROUND: Final = 600.0  # at a provider and back
SPONSOR: Final = 86_400.0  # that a link is read for; the question ends sooner, and its page says so
CHANCE: Final = 22  # characters: 128 bits
_ROOM: Final = LONGEST * 3 // 4 - 64  # octets that fit a token, its own overhead taken off
_MORE: Final = 48  # octets that a stay's token holds beyond its visit's: the grant, a language
_INFLATED: Final = 16_384  # octets that a token of ours never unpacks beyond


class Capability(Enum):
    """What a view asks of whoever calls it; a view without one is shut (portal/guard.py)."""

    NONE = "anyone"
    VISIT = "whoever holds this visit's token"
    STAY = "whoever holds this session's token"
    BACK = "whoever a gateway sends back with the token that it was given"
    ACCOUNT = "whoever has just proven whose account it is"
    MAIL = "whoever holds the link of a mail of ours"
    ROUND = "whoever comes back from a provider with the state that it was given"
    SPONSOR = "whoever holds the link of a question to a sponsor"
    ADVERT = "whoever was shown this advert"
    GATEWAY = "a gateway that proves it knows its key"


@dataclass(frozen=True, slots=True)
class Visit:
    """One arrival at a door."""

    key: str  # of the gateway
    arrival: Arrival
    number: str  # what the guest can read aloud, as the log has it
    language: str = ""


@dataclass(frozen=True, slots=True)
class Stay:
    """One grant, and the visit that it came from."""

    grant: str
    visit: Visit


@dataclass(frozen=True, slots=True)
class Me:
    """One account, and the visit during which it was proven, if it was one."""

    account: str
    visit: Visit | None = None


@dataclass(frozen=True, slots=True)
class Click:
    """One advert on one page: which, where, in which language, in whose place of the count."""

    creative: str
    campaign: str
    shop: str  # slug of the page that it leads to
    site: str
    language: str
    visit: str  # number


@dataclass(frozen=True, slots=True)
class Round:
    """One visit's way to a provider and back; `chance` is this round's alone."""

    visit: Visit
    provider: str
    chance: str  # 22 characters


def seal_visit(tokens: Tokens, visit: Visit, now: float) -> str:
    """A token that a URL carries; what does not fit is left out, the guest's destination first. OverflowError where nothing helps."""
    return tokens.seal("visit", _packed(visit, "", _ROOM - _MORE), now)


def open_visit(tokens: Tokens, token: str, now: float) -> Visit | Misfit:
    """The visit of any text."""
    found = tokens.open("visit", token, now, VISIT)
    return found if isinstance(found, Misfit) else _unpacked(found)[0]


def seal_stay(tokens: Tokens, stay: Stay, now: float) -> str:
    """The same for a stay; the challenge was for the visit alone."""
    visit = replace(stay.visit, arrival=replace(stay.visit.arrival, challenge=""))
    return tokens.seal("stay", _packed(visit, stay.grant), now)


def seal_back(tokens: Tokens, stay: Stay, now: float) -> str:
    """The same for the way through a gateway's page."""
    return tokens.seal("back", _packed(stay.visit, stay.grant), now)


def open_back(tokens: Tokens, token: str, now: float) -> Stay | Misfit:
    """The stay of any text that comes back from a gateway."""
    return _stay(tokens.open("back", token, now, BACK))


def open_stay(tokens: Tokens, token: str, now: float) -> Stay | Misfit:
    """The stay of any text."""
    return _stay(tokens.open("stay", token, now, STAY))


def seal_account(tokens: Tokens, me: Me, now: float) -> str:
    """The same for an account; the visit is left out where both do not fit."""
    try:
        octets = _packed(me.visit, me.account) if me.visit is not None else b""
    except OverflowError:
        octets = b""
    return tokens.seal("account", octets or _alone(me.account), now)


def open_account(tokens: Tokens, token: str, now: float) -> Me | Misfit:
    """The account of any text."""
    found = tokens.open("account", token, now, ACCOUNT)
    if isinstance(found, Misfit):
        return found
    visit, account = _unpacked(found)
    return Me(account, visit if visit.key else None)


def seal_round(tokens: Tokens, round_: Round, now: float) -> str:
    """The state that a provider repeats to us; OverflowError where an arrival is too long for it."""
    return tokens.seal("round", _packed(round_.visit, f"{round_.chance}{round_.provider}"), now)


def open_round(tokens: Tokens, token: str, now: float) -> Round | Misfit:
    """The round of any text."""
    found = tokens.open("round", token, now, ROUND)
    if isinstance(found, Misfit):
        return found
    visit, said = _unpacked(found)
    return Round(visit, said[CHANCE:], said[:CHANCE])


def seal_sponsor(tokens: Tokens, challenge: str, now: float) -> str:
    """What a sponsor's link holds: a challenge's id."""
    return tokens.seal("sponsor", challenge.encode(), now)


def open_sponsor(tokens: Tokens, token: str, now: float) -> str | Misfit:
    """The id; whether it may still be answered is the challenge's affair."""
    found = tokens.open("sponsor", token, now, SPONSOR)
    return found if isinstance(found, Misfit) else found.decode()


def seal_mail(tokens: Tokens, challenge: str, now: float) -> str:
    """What a link in a mail holds: a challenge's id."""
    return tokens.seal("mail", challenge.encode(), now)


def open_mail(tokens: Tokens, token: str, now: float, seconds: float) -> str | Misfit:
    """The id, for so long; how long is the challenge's own affair too."""
    found = tokens.open("mail", token, now, seconds)
    return found if isinstance(found, Misfit) else found.decode()


def seal_click(tokens: Tokens, click: Click, now: float) -> str:
    """What an advert's link holds."""
    return tokens.seal("advert", json.dumps(list(asdict(click).values()), separators=(",", ":")).encode(), now)


def open_click(tokens: Tokens, token: str, now: float) -> Click | Misfit:
    """The click of any text."""
    found = tokens.open("advert", token, now, ADVERT)
    return found if isinstance(found, Misfit) else Click(*json.loads(found))


def _alone(account: str) -> bytes:
    return _packed(Visit("", Arrival(""), ""), account)


def _stay(found: bytes | Misfit) -> Stay | Misfit:
    if isinstance(found, Misfit):
        return found
    visit, grant = _unpacked(found)
    return Stay(grant, visit)


def _packed(visit: Visit, grant: str, room: int = _ROOM) -> bytes:
    """Compressed JSON that fits: with the destination, with its origin alone, without."""
    arrival = visit.arrival
    origin = "{0.scheme}://{0.netloc}/".format(urlsplit(arrival.destination)) if arrival.destination else ""
    for smaller in (arrival, replace(arrival, destination=origin), replace(arrival, destination="")):
        octets = zlib.compress(json.dumps([grant, *_plain(replace(visit, arrival=smaller))], separators=(",", ":")).encode(), 9)
        if len(octets) <= room:
            return octets
    raise OverflowError("an arrival that no token can hold")


def _plain(visit: Visit) -> list[Any]:
    fields = asdict(visit.arrival) | {"state": visit.arrival.state.value}
    defaults = asdict(Arrival("")) | {"state": State.NOT_YET.value}
    return [visit.key, visit.number, visit.language, {name: value for name, value in fields.items() if value != defaults[name]}]


def _unpacked(octets: bytes) -> tuple[Visit, str]:
    """What `_packed` made; the seal has proven that we made it."""
    text = zlib.decompressobj().decompress(octets, _INFLATED)
    grant, key, number, language, fields = json.loads(text)
    fields["state"] = State(fields.get("state", State.NOT_YET.value))
    fields["words"] = tuple((name, value) for name, value in fields.get("words", ()))
    return Visit(key, Arrival(**({"station": ""} | fields)), number, language), grant
