"""A road without a port: an Engine over a small network, a clock that is told the time, and both of its neighbours.

The client and the homes here sign and check with the standard library's own MD5 and HMAC, so that the codec is not its
own witness.
"""

from __future__ import annotations

import hashlib
import hmac
import random
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from federation.dress import Dresser
from federation.loops import has_looped
from federation.realms import RealmRow, Realms
from radius import dictionary
from radius.actions import Drop, Origin, Record, Reply, Send
from radius.admission import AUTH
from radius.clients import Clients
from radius.engine import Engine
from radius.exchange import Conversation, Exchange
from radius.message import Attribute, Message
from radius.policy import Policy, builtins
from radius.secret import Secret
from radius.tables import Action, Client, Home, Limits, Place, Route, Tables
from radius.wire import attribute, parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from radius.actions import Actions

BELOW, ABOVE = b"the-client's-own-secret", b"the-home's-own-secret"
TAG = b"\x9e\x11\xa0\x42"
BOOK = dictionary.load()
ORIGIN = Origin(0, ("127.0.0.1", 40000))


def hmac_md5(secret: bytes, octets: bytes) -> bytes:
    """RFC 2104, by the standard library."""
    return hmac.new(secret, octets, "md5").digest()


def access(
    identifier: int,
    attributes: Iterable[tuple[int, bytes]],
    authenticator: bytes,
    secret: bytes = BELOW,
    code: int = 1,
    signed: bool = True,
) -> bytes:
    """An Access-Request (or another code with a random authenticator), Message-Authenticator last."""
    body = b"".join(attribute(kind, value) for kind, value in attributes)
    if signed:
        body += bytes((80, 18)) + bytes(16)
    head = bytes((code, identifier)) + (20 + len(body)).to_bytes(2, "big") + authenticator
    return head + body[:-16] + hmac_md5(secret, head + body) if signed else head + body


def accounting(identifier: int, attributes: Iterable[tuple[int, bytes]], secret: bytes = BELOW) -> bytes:
    """An Accounting-Request (RFC 2866, 3)."""
    body = b"".join(attribute(kind, value) for kind, value in attributes)
    head = bytes((4, identifier)) + (20 + len(body)).to_bytes(2, "big")
    return head + hashlib.md5(head + bytes(16) + body + secret).digest() + body


def answer(request: bytes, code: int, attributes: Iterable[tuple[int, bytes]] = (), secret: bytes = ABOVE, signed: bool = True) -> bytes:
    """An answer to `request`, Message-Authenticator first."""
    body = (bytes((80, 18)) + bytes(16) if signed else b"") + b"".join(attribute(kind, value) for kind, value in attributes)
    head = bytes((code, request[1])) + (20 + len(body)).to_bytes(2, "big")
    if signed:
        body = body[:2] + hmac_md5(secret, head + request[4:20] + body) + body[18:]
    return head + hashlib.md5(head + request[4:20] + body + secret).digest() + body


def check_answer(octets: bytes, request: bytes, secret: bytes = BELOW) -> Message:
    """The answer read, its Response Authenticator and (for Access-*) Message-Authenticator first and right."""
    assert hashlib.md5(octets[:4] + request[4:20] + octets[20:] + secret).digest() == octets[4:20]
    if octets[0] != 5:
        assert (80, 18) == (octets[20], octets[21])
        assert hmac_md5(secret, octets[:4] + request[4:20] + octets[20:22] + bytes(16) + octets[38:]) == octets[22:38]
    return parse(octets)


def check_request(octets: bytes, secret: bytes = ABOVE) -> Message:
    """A forwarded Access-Request read, its Message-Authenticator first and right."""
    assert (80, 18) == (octets[20], octets[21])
    assert hmac_md5(secret, octets[:22] + bytes(16) + octets[38:]) == octets[22:38]
    return parse(octets)


def exchange(identifier: int = 1, *attributes: tuple[int, bytes], now: float = 0.0, port: int = 40000) -> Exchange:
    """A client's Access-Request, admitted, in a conversation of its own to uni-a's two homes."""
    client = Client("library", Secret(BELOW), ("127.0.0.0/24",))
    request = parse(access(identifier, ((1, b"ada@uni-a.example"), *attributes), bytes((identifier,)) * 16))
    origin = Origin(0, ("127.0.0.1", port))
    made = Exchange((origin, 256 | identifier), client, client.secret, request, now)
    made.conversation = talk(now)
    return made


def talk(now: float = 0.0, user_name: bytes = b"ada@uni-a.example", station: bytes = b"02-00-00-00-00-01") -> Conversation:
    """A login at the library, for uni-a's two homes."""
    route = Route("uni-a.example", "uni-a.example", Action.PROXY, ("uni-a-1", "uni-a-2"))
    return Conversation("library", ("127.0.0.1", 40000), user_name, station, route, Place(site="central-library"), now)


def home(name: str, number: int, **more: object) -> Home:
    """A home at 127.0.1.`number`."""
    return Home(name, f"127.0.1.{number}", Secret(ABOVE), **more)  # type: ignore[arg-type]


class Road:
    """An engine, its clock, and what it did."""

    def __init__(self, homes: Iterable[Home] = (), realms: Iterable[RealmRow] = (), limits: Limits | None = None, **client: object) -> None:
        rows = tuple(homes) or (home("uni-a-1", 1), home("uni-a-2", 2))
        names = tuple(row.name for row in rows)
        self.realms = tuple(realms) or (RealmRow("uni-a.example", homes=names),)
        self.client = Client("library", Secret(BELOW), ("127.0.0.0/24",), **client)  # type: ignore[arg-type]
        self.random = random.Random(20)
        self.now = 1000.0
        self.engine = Engine(self.tables(rows, limits), self.random.randbytes)
        self.identifier = 0

    def tables(self, homes: Iterable[Home], limits: Limits | None = None, rules: Iterable[object] = ()) -> Tables:
        """One version of the network."""
        return Tables(
            clients=Clients((self.client,)),
            homes={row.name: row for row in homes},
            policy=Policy((*builtins(), *rules), BOOK),  # type: ignore[arg-type]
            route=Realms(self.realms).route,
            dress=Dresser("1wifi.city.example").dress,
            looped=partial(has_looped, tag=TAG),
            place=lambda _called, _nas, _client: Place(site="central-library"),
            proxy_tag=TAG,
            salted=BOOK.salted,
            limits=limits or Limits(),
        )

    def ask(self, *attributes: tuple[int, bytes], user: bytes | None = b"ada@uni-a.example", signed: bool = True, code: int = 1) -> bytes:
        """An Access-Request in octets, under the next identifier."""
        self.identifier = self.identifier + 1 & 255
        given = (((1, user),) if user is not None else ()) + attributes
        return access(self.identifier, given, self.random.randbytes(16), code=code, signed=signed)

    def receive(self, octets: bytes, origin: Origin = ORIGIN, allowed: frozenset[int] = AUTH) -> Actions:
        """Octets from the client."""
        return self.engine.datagram(octets, origin, allowed, self.now)

    def answered(self, send: Send, octets: bytes) -> Actions:
        """Octets from the home that `send` went to."""
        return self.engine.answer(octets, send.link.address, (send.link.source, send.link.socket), self.now)

    def wait(self, seconds: float) -> Actions:
        """Time passes; every moment that was due came in order."""
        end, actions = self.now + seconds, []
        while (due := self.engine.due(self.now)) is not None and due <= end:
            self.now = max(self.now, due)
            actions += self.engine.tick(self.now)
        self.now = end
        return (*actions, *self.engine.tick(end))


def only(actions: Actions, kind: type) -> list:
    """The actions of one kind."""
    return [action for action in actions if isinstance(action, kind)]


def sent(actions: Actions) -> Send:
    """The one Send among the actions."""
    (send,) = only(actions, Send)
    return send


def replied(actions: Actions) -> bytes:
    """The octets of the one Reply among the actions."""
    (reply,) = only(actions, Reply)
    return reply.octets


def reasons(actions: Actions) -> list[str]:
    """The names of the reasons of all drops."""
    return [drop.reason.name for drop in only(actions, Drop)]


def there_and_back(road: Road, asked: bytes, code: int, attributes: list[tuple[int, bytes]]) -> tuple[bytes, bytes]:
    """(what the home got, what the client got)."""
    out = sent(road.receive(asked))
    return out.octets, replied(road.answered(out, answer(out.octets, code, attributes)))


def verdicts(actions: Actions) -> list[tuple[str, str]]:
    """(verdict, reason) of every login recorded."""
    return [(record.record.verdict, record.record.reason) for record in only(actions, Record) if hasattr(record.record, "verdict")]


__all__ = ["Action", "Attribute", "replace"]
