"""Access-Rejects of our own: what they say, and how fast they go out.

EAP asked: EAP-Failure and no Reply-Message (RFC 3579, 2.6.5); otherwise Reply-Message with words of ours. The first few
of a station go at once, those beyond after a second, so that a device in a loop waits instead of hammering; nothing
is silently dropped before ten thousand wait. Never repeats anything the client sent but its Proxy-State (CVE-2024-3596).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from radius import eap, forward
from radius.actions import Drop, Reason, Record, Reply
from radius.attempts import lost
from radius.limits import Buckets
from radius.message import Code, Type
from radius.wire import attribute

if TYPE_CHECKING:
    from radius.actions import Actions
    from radius.duplicates import Duplicates
    from radius.exchange import Exchange
    from radius.message import Message
    from radius.tables import Limits
    from radius.watch import Later

_UNANSWERED: Final = frozenset((Reason.HOME_SILENT, Reason.NO_HOME_ALIVE))  # the home's silence, not our refusal


class Refusals:
    """Refuses exchanges, at a pace."""

    def __init__(self, limits: Limits, timers: Later, duplicates: Duplicates, counts: dict[str, int]) -> None:
        self._timers = timers
        self._duplicates = duplicates
        self._counts = counts
        self._waiting = 0
        self.bound(limits)

    def bound(self, limits: Limits) -> None:
        """How fast, how many, how long."""
        self._limits = limits
        self._buckets = Buckets(limits.reject_rate, limits.reject_burst, limits.stations)

    def refuse(self, exchange: Exchange, reason: Reason, now: float, words: str = "") -> Actions:
        """End an exchange with an Access-Reject, at once or a second later."""
        if exchange.copy:
            return lost(exchange, now, self._counts)
        talk = exchange.conversation
        if reason is Reason.NO_SLOT:  # the client repeats its request, and then there may be room
            talk.busy = False
            return self._forget(exchange, reason)
        verdict = "no_answer" if reason in _UNANSWERED else "refused"
        self._counts[reason.name] += 1
        self._counts[verdict] += 1
        talk.note(exchange.request, self._counts)
        record = Record(talk.login(verdict, reason.name, now))
        reply = forward.reply(exchange, Code.ACCESS_REJECT, said(exchange.request, words or reason.value))
        if exchange.lane is not None:
            exchange.lane.give_up(exchange.slot, now)
            exchange.lane = None
        if self._buckets.take(talk.station or exchange.key[0], now):
            self._duplicates.answered(exchange, reply.octets, now)
            return (reply, record)
        if self._waiting >= self._limits.rejects_waiting:
            return (record, *self._forget(exchange, Reason.REJECT_LIMITED))
        self._waiting += 1
        exchange.octets, exchange.server = reply.octets, None
        self._timers.after(self._limits.reject_delay, now, (self._late, exchange, 0))
        return (record,)

    def _forget(self, exchange: Exchange, reason: Reason) -> Actions:
        """Neither answered nor remembered."""
        self._counts[reason.name] += 1
        exchange.finish(None)
        self._duplicates.forget(exchange)
        return (Drop(reason, exchange.key[0], exchange.client.name),)

    def _late(self, exchange: Exchange, _: int, now: float) -> Actions:
        self._waiting -= 1
        if exchange.over:  # superseded meanwhile
            return ()
        reply = Reply(exchange.key[0], exchange.octets)
        self._duplicates.answered(exchange, reply.octets, now)
        return (reply,)

    def __len__(self) -> int:
        return self._waiting


def said(request: Message, words: str) -> bytes:
    """The attributes behind Message-Authenticator; `words` are cut to what one attribute holds.

    They give way where the client's Proxy-States, which must all go back (RFC 2865, 5.33), leave no room in 4096 octets.
    """
    packet, states = eap.joined(request), forward.proxy_states(request)
    if packet is not None:
        first = attribute(Type.EAP_MESSAGE, eap.failure(packet))
    else:
        text = words.encode()[:253].decode(errors="ignore").encode()
        first = attribute(Type.REPLY_MESSAGE, text) if text else b""
    return first + states if len(first) + len(states) <= forward.ROOM else states
