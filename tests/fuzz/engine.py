"""engine: any sequence of requests, answers, forgeries, ticks and reloads; nothing raises, leaks or goes out unsigned."""

from __future__ import annotations

import hmac
import random
from typing import TYPE_CHECKING

from federation.realms import RealmRow
from radius.actions import Ask, Origin, Reply, Send
from radius.admission import ACCT, AUTH
from radius.secret import Secret
from radius.tables import Action, Client
from tests.bench import sample, traffic
from tests.fuzz.dice import Dice
from tests.fuzz.menu import extras
from tests.fuzz.watched import LIMITS, NEXT, Watched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from radius.tables import Tables

MOST_STEPS = 120
ORIGINS = (
    *(Origin(0, (f"127.16.0.{i}", 30000)) for i in range(3)),
    Origin(0, ("127.17.0.1", 30000), ("127.0.0.1", 1812)),  # the lenient client
    Origin(0, ("127.18.0.1", 30000)),  # the limited one
    Origin(0, ("192.0.2.9", 1)),  # nobody's
)
REALMS = (
    traffic.REALM,
    traffic.REALM,
    "forwarded.example",
    "gmail.com",
    "nowhere.example",
    "",
    "b..c",
    "black.example",
    "ours.example",
    "ü.example",
)


def network(homes: int, **of_homes: object) -> Tables:
    """A client of each kind, a realm of each kind."""
    secret = Secret(traffic.SECRET)
    names = tuple(f"home-{i}" for i in range(homes))
    return sample.tables(
        homes=homes,
        limits=LIMITS,
        more_clients=(
            Client("lenient", Secret(NEXT), ("127.17.0.0/16",), secret, require_message_authenticator=False),
            Client("limited", secret, ("127.18.0.0/16",), rate=3.0),
        ),
        more_realms=(
            RealmRow("forwarded.example", homes=names, balance=True, forward_accounting=True),
            RealmRow("black.example", Action.BLACKHOLE),
            RealmRow("ours.example", Action.LOCAL),
        ),
        **of_homes,
    )


TABLES = (network(2), network(1), network(3, status_server=False, require_message_authenticator=False))


def seeds() -> Iterator[bytes]:
    """One of each step, and a login of two rounds with an Accept at its end."""
    yield from (bytes((step, 0, 1, 2, 3, 4, 5, 6, 7, 8)) * 3 for step in range(len(STEPS)))
    yield from (random.Random(number).randbytes(800) for number in range(16))
    request, answer, tick = b"\0\0\1\0\0\0\0\0\0", b"\4\0\2\0", b"\7\4"
    yield request + answer
    yield request + b"\4\0\0\0" + b"\0\0\2\0\0\1\0\0\0" + answer
    yield request * 3 + tick * 8 + answer
    yield b"\2\0\1\1\1" + b"\x08\0\1" + b"\2\0\1\1\1"


def one(octets: bytes) -> None:
    """Play the steps, then let three minutes pass."""
    dice, watched = Dice(octets), Watched(TABLES[0])
    for _ in range(MOST_STEPS):
        if not dice.left:
            break
        STEPS[dice.number(len(STEPS))](dice, watched)
    watched.silence()


def login(dice: Dice, watched: Watched) -> None:
    """A well signed Access-Request: sometimes with a State, a password, odd attributes."""
    origin, identifier = dice.pick(ORIGINS), dice.number(4)
    user = b"u%d" % dice.number(4) + (b"@" + dice.pick(REALMS).encode())
    shape, state, extra = dice.number(8), dice.number(), extras(dice)
    attributes = traffic.attribute(1, user[:200]) + traffic.attribute(31, b"02-00-00-00-00-%02d" % dice.number(12))
    if shape in {0, 1, 2, 3}:
        attributes += traffic.attribute(79, b"\2\1" + (len(user) + 5).to_bytes(2, "big") + b"\1" + user)
    elif shape == 4:
        attributes += traffic.attribute(2, (dice.octets(32) or b"p").ljust(16, b"\0"))
    elif shape == 5:
        attributes += traffic.attribute(3, bytes(17))
    attributes += traffic.attribute(33, b"below" + bytes(shape)) * (shape in {1, 2})
    if state % 2 and watched.states:
        attributes += traffic.attribute(24, watched.states[state % len(watched.states)][:253])
    sign = unsigned if shape == 7 else signed
    watched.datagram(sign(1, identifier, watched.engine._entropy(16), attributes + extra), origin, AUTH)


def unsigned(code: int, identifier: int, authenticator: bytes, attributes: bytes) -> bytes:
    """A packet without Message-Authenticator."""
    return bytes((code, identifier)) + (20 + len(attributes)).to_bytes(2, "big") + authenticator + attributes


def signed(code: int, identifier: int, authenticator: bytes, attributes: bytes, secret: bytes = traffic.SECRET) -> bytes:
    """A packet with its Message-Authenticator at the end, whatever the attributes are."""
    head = bytes((code, identifier)) + (20 + len(attributes) + 18).to_bytes(2, "big") + authenticator
    return head + attributes + traffic.attribute(80, hmac.digest(secret, head + attributes + traffic.attribute(80, bytes(16)), "md5"))


def raw(dice: Dice, watched: Watched) -> None:
    """Whatever octets, from whomever, on either port."""
    watched.datagram(dice.string(), dice.pick(ORIGINS), dice.pick((AUTH, ACCT)))


def record(dice: Dice, watched: Watched) -> None:
    """An Accounting-Request."""
    keys = {"realm": dice.pick(REALMS), "status": dice.pick((1, 3, 2, 7, 8)), "extra": extras(dice)}
    octets = traffic.accounting_request(dice.number(4), dice.number(), dice.number(), **keys)
    actions = watched.datagram(octets, dice.pick(ORIGINS), ACCT)
    assert not any(isinstance(action, Reply) for action in actions) or not any(isinstance(action, Ask) for action in actions)


def status(dice: Dice, watched: Watched) -> None:
    """A Status-Server."""
    watched.datagram(signed(12, dice.number(4), watched.engine._entropy(16), b""), dice.pick(ORIGINS), dice.pick((AUTH, ACCT)))


def answer(dice: Dice, watched: Watched) -> None:
    """A home's genuine answer of any kind, with whatever attributes beside, to something it was asked."""
    if not watched.sent:
        return
    send = watched.sent[dice.number(len(watched.sent))]
    code = dice.pick((11, 3, 2, 2, 5, 52, 4, 255))
    extra = extras(dice)
    watched.answer(traffic.answer(send.octets, code, state=watched.engine._entropy(8), extra=extra), send)


def forge(dice: Dice, watched: Watched) -> None:
    """An answer that is not the home's: dropped, and the request waits on (invariant 4)."""
    if not watched.sent:
        return
    send = watched.sent[dice.number(len(watched.sent))]
    genuine = traffic.answer(send.octets, dice.pick((2, 3, 11)), state=b"state")
    at = dice.number(len(genuine))
    forged = dice.pick((
        traffic.answer(send.octets, 2, secret=b"not the secret"),
        genuine[:at] + bytes((genuine[at] ^ (dice.number() or 1),)) + genuine[at + 1 :],
        genuine[:at],
        dice.string(),
    ))  # fmt: skip
    if len(forged) > 1 and forged[1] != genuine[1]:
        return  # it names another request: that one's watch is another step
    before, due = watched.pending(send), watched.engine.due(watched.now)
    actions = watched.answer(forged, send)
    assert not any(isinstance(action, (Reply, Send)) for action in actions)
    assert watched.pending(send) is before
    assert watched.engine.due(watched.now) == due


def strange(dice: Dice, watched: Watched) -> None:
    """Octets from where no home is."""
    assert not any(
        isinstance(action, (Reply, Send))
        for action in watched.engine.answer(dice.string(), ("192.0.2.1", 1), (None, dice.number()), watched.now)
    )


def tick(dice: Dice, watched: Watched) -> None:
    """Time passes: as long as the engine asked for, or longer, or a night."""
    due = watched.engine.due(watched.now)
    watched.now += dice.pick((0.0, 0.1, 1.0, 3.0, max(0.0, (due or watched.now) - watched.now), 61.0, 40_000.0))
    watched.check(watched.engine.tick(watched.now))


def settle(dice: Dice, watched: Watched) -> None:
    """The disk said yes, or no, to one of the tickets or to none."""
    ticket = watched.tickets[dice.number(len(watched.tickets))] if watched.tickets else 77
    watched.check(watched.engine.settled(ticket, bool(dice.number(3)), watched.now))


def repeat(dice: Dice, watched: Watched) -> None:
    """A client's retransmission: the same octets get at most the same octets."""
    if not watched.asked:
        return
    (origin, _), requests = list(watched.asked.items())[dice.number(len(watched.asked))]
    first = watched.engine.datagram(requests[-1], origin, AUTH, watched.now)
    second = watched.engine.datagram(requests[-1], origin, AUTH, watched.now)
    replies = [[action.octets for action in watched.check(actions) if isinstance(action, Reply)] for actions in (first, second)]
    assert not replies[0] or not replies[1] or replies[0] == replies[1] or requests[-1][0] == 12
    assert not any(isinstance(action, Send) for action in second)


def adopt(dice: Dice, watched: Watched) -> None:
    """Another version of the network."""
    watched.engine.adopt(dice.pick(TABLES), watched.now)
    watched.bounded()


def suspect(dice: Dice, watched: Watched) -> None:
    """Another worker doubts a home."""
    watched.check(watched.engine.suspect(dice.pick(("home-0", "home-1", "nobody")), watched.now))


STEPS = (login, raw, record, status, answer, forge, strange, tick, settle, repeat, adopt, suspect, login, answer)
