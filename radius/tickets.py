"""Accounting-Requests that wait for the disk: asked about, then answered, or left for the NAS to repeat.

A record is made durable first and answered then (RFC 2866, 4.2; decisions, 1); where the realm says so, a copy goes on
to the home, for which nobody waits. Never answers what is not on disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from radius import accounting, forward
from radius.actions import Ask, Drop, Reason
from radius.exchange import Conversation, Exchange
from radius.message import Code
from radius.nai import parse as parse_nai
from radius.records import Accounting
from radius.tables import Action

if TYPE_CHECKING:
    from radius.actions import Actions
    from radius.attempts import Attempts
    from radius.duplicates import Duplicates
    from radius.tables import Tables

_USER_NAME, _CALLED, _STATION, _NAS = 1, 30, 31, 32  # radius.message.Type, as plain numbers
_ACCOUNTED: Final = int(Code.ACCOUNTING_RESPONSE)


class Tickets:
    """ticket -> the exchange whose record is on its way to the disk."""

    tables: Tables  # swapped by the engine

    def __init__(self, attempts: Attempts, duplicates: Duplicates, counts: dict[str, int]) -> None:
        self._attempts = attempts
        self._duplicates = duplicates
        self._counts = counts
        self._waiting: dict[int, Exchange] = {}
        self._last = 0

    def begin(self, exchange: Exchange, now: float) -> Actions:
        """Have it kept; sent on to the home as well where the realm says so."""
        request, client, origin = exchange.request, exchange.client, exchange.key[0]
        self._last += 1
        self._waiting[self._last] = exchange
        key = accounting.key(request, client.name)
        kept = Ask(self._last, Accounting(key, client.name, _text(origin.peer), _text(origin.local), request.octets))
        nai = parse_nai(request.value(_USER_NAME) or b"")
        if isinstance(nai, Reason):
            return (kept,)
        route = self.tables.route(nai, client)
        if route.action is not Action.PROXY or not route.forward_accounting:
            return (kept,)
        copy = Exchange((origin, -1), client, exchange.secret, request, now)
        copy.copy = True
        place = self.tables.place(request.value(_CALLED), request.value(_NAS), client)
        copy.conversation = Conversation(client.name, origin.peer, b"", request.value(_STATION) or b"", route, place, now)
        return (kept, *self._attempts.send(copy, now))

    def settled(self, ticket: int, outcome: bool, now: float) -> Actions:
        """The record of `ticket` is on disk, or could not be put there."""
        exchange = self._waiting.pop(ticket, None)
        if exchange is None or exchange.over:
            return ()
        if not outcome:
            self._counts[Reason.NOT_KEPT.name] += 1
            self._duplicates.forget(exchange)
            return (Drop(Reason.NOT_KEPT, exchange.key[0], exchange.client.name),)
        self._counts["accounting"] += 1
        reply = forward.reply(exchange, _ACCOUNTED, forward.proxy_states(exchange.request))
        self._duplicates.answered(exchange, reply.octets, now)
        return (reply,)

    def __len__(self) -> int:
        return len(self._waiting)


def _text(address: object) -> str:
    """ "address port" of a socket address, text as it is, "" for none."""
    if isinstance(address, tuple):
        return f"{address[0]} {address[1]}"
    return str(address or "")
