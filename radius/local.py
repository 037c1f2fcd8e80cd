"""Logins that we decide ourselves: MAC authentication, one-time tokens of the portal, the city's own realms.

Theory of operation. `route` recognises what no realm decides; `begin` answers from the grants in memory where these are
enough, and otherwise asks the porter: the exchange waits under a ticket, and `settled` resumes it. Memory is enough where
it holds a grant that allows something and nobody has to count an account's sessions. Where the porter is away, what
memory holds is enough for that too: guests who are in stay in. Every question has an end, by an answer or by time.

Calendar time is an argument like any other: `calendar` is told by the shell, seconds since 1970 at the monotonic clock's
zero, so that a replay has the same calendar as the day it replays (docs/decisions/0012).

Never waits, never sees a guest's own password but to hand it on, and never keeps what the porter said: only the stream of
grants changes memory, so that an answer overtaken by a revocation undoes nothing.
"""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Final

from radius import codec
from radius.actions import Ask, Reason
from radius.grants import Grants
from radius.local_answers import Answers
from radius.nas.plan import remaining
from radius.questions import ByDirectory, ByStation, ByToken
from radius.tables import Action, Route
from radius.text import mac

if TYPE_CHECKING:
    from collections.abc import Callable

    from radius.actions import Actions
    from radius.duplicates import Duplicates
    from radius.exchange import Exchange
    from radius.grants import LiveGrant
    from radius.message import Message
    from radius.questions import Question, Verdict
    from radius.refusals import Refusals
    from radius.tables import Limits, Tables
    from radius.watch import Later

_PASSWORD, _CHAP, _SERVICE_TYPE, _STATION, _CHALLENGE, _EAP = 2, 3, 6, 31, 60, 79  # radius.message.Type, as plain numbers
_CALL_CHECK: Final = (10).to_bytes(4, "big")  # RFC 2865, 5.6
_TOKEN: Final = re.compile(rb"t-[0-9A-Za-z_-]{16}")
_MAC_LENGTHS: Final = range(12, 18)  # without separators, Cisco's three groups, six pairs
_GROUP: Final = frozenset("13579BDF")  # second digits of addresses with the group bit (IEEE 802, 8.2)
_KEPT: Final = 4  # one in so many places is for sign-ins alone: addresses cost nothing to invent
_ZEROS: Final = "00-00-00-00-00-00"
STATION: Final = Route("", "(mac)", Action.LOCAL)
TOKEN: Final = Route("", "(token)", Action.LOCAL)
_MISMATCH: Final = Route("", "(mac)", Action.REJECT, refusal=Reason.MAC_MISMATCH)
_BY_EAP: Final = Route("", "(mac)", Action.REJECT, refusal=Reason.MAC_BY_EAP)
_UNHEARD: Final = frozenset((Reason.PORTER_SILENT, Reason.PORTER_BUSY))  # what is not the guest's doing


class Local:
    """The local half of one worker's road."""

    tables: Tables  # swapped by the engine

    def __init__(
        self,
        limits: Limits,
        timers: Later,
        duplicates: Duplicates,
        refusals: Refusals,
        entropy: Callable[[int], bytes],
        counts: dict[str, int],
    ) -> None:
        self.grants = Grants(limits.grants)
        self.calendar = 0.0
        self._timers = timers
        self._answers = Answers(duplicates, refusals, entropy, counts)
        self._waiting: dict[int, Exchange] = {}
        self._last = 0  # tickets count down, so that none is an accounting record's too
        self._limits = limits

    def adopt(self, tables: Tables) -> None:
        """A new version of the network; grants and questions stay."""
        self.tables = tables
        self._answers.adopt(tables)
        self._limits = tables.limits
        self.grants.bound(tables.limits.grants)

    def route(self, request: Message, user_name: bytes, station: bytes) -> Route | None:
        """The local way of a request; None where the identity's realm decides."""
        if b"@" in user_name or not self.tables.device_key:
            return None
        if _TOKEN.fullmatch(user_name):
            return None if _EAP in request.first else TOKEN
        named = mac(user_name) if len(user_name) in _MAC_LENGTHS else ""
        if _EAP in request.first:
            return _BY_EAP if named and named == mac(station) else None
        if named:
            return STATION if named == _single(station) else _MISMATCH  # a guest may type a neighbour's address
        return STATION if request.value(_SERVICE_TYPE) == _CALL_CHECK and _single(station) else None

    def begin(self, exchange: Exchange, now: float) -> Actions:
        """Answer from memory, or ask."""
        talk = exchange.conversation
        if _STATION in exchange.request.repeated:
            return self._answers.refuse(exchange, Reason.TWO_STATIONS, now)
        if talk.route is STATION:
            return self._station(exchange, now)
        if not self.tables.device_key:
            return self._answers.refuse(exchange, Reason.LOCAL_UNAVAILABLE, now)
        question = self._token(exchange) if talk.route is TOKEN else self._user(exchange)
        if question is None:
            return self._answers.refuse(exchange, Reason.LOCAL_NEEDS_PASSWORD, now)
        return self._ask(exchange, question, now)

    # ---- what is asked ----------------------------------------------------------------------------------------------

    def _station(self, exchange: Exchange, now: float) -> Actions:
        """MAC authentication: what the client sends as password is the address again, or nothing, and is not looked at."""
        device = self._device(exchange)
        grant = self.grants.find(device)
        if grant is not None and not self._counted(grant):
            decided = self._decide(exchange, grant, now)
            if not isinstance(decided, Reason):
                return decided  # one that allows nothing may have been followed by another a moment ago: ask
        return self._ask(exchange, ByStation(device, exchange.client.name, _host(exchange)), now)

    def _token(self, exchange: Exchange) -> ByToken | None:
        """The gateway repeats what the portal handed out, with PAP or CHAP."""
        request, talk = exchange.request, exchange.conversation
        password, chap = self._password(exchange), request.value(_CHAP) or b""
        if not password and not chap:
            return None
        challenge = (request.value(_CHALLENGE) or exchange.asked) if chap else b""  # RFC 2865, 5.40
        return ByToken(talk.user_name.decode("ascii"), password, chap, challenge, exchange.client.name, self._device(exchange))

    def _user(self, exchange: Exchange) -> ByDirectory | None:
        """A user of the city's own realm: the directory needs the password itself, so PAP alone; never an empty one (RFC 4513, 5.1.2)."""
        talk = exchange.conversation
        password = self._password(exchange)
        if not password or _EAP in exchange.request.first:
            return None
        user = talk.user_name.rpartition(b"@")[0] if b"@" in talk.user_name else talk.user_name
        client = exchange.client
        return ByDirectory(talk.route.realm, user, password, client.name, talk.place.site, self._device(exchange), client.trial)

    def _password(self, exchange: Exchange) -> bytes:
        """User-Password in clear, without its padding; b"" where there is none."""
        hidden = exchange.request.value(_PASSWORD)
        return codec.reveal_password(hidden, exchange.secret, exchange.asked).rstrip(b"\0") if hidden else b""

    def _device(self, exchange: Exchange) -> bytes:
        """The station as grants know it (store.keys.keyed_hash does the same); b"" where the request names none."""
        station = _single(exchange.conversation.station)
        return hmac.digest(self.tables.device_key, station.encode(), "sha256")[:16] if station else b""

    def _ask(self, exchange: Exchange, question: Question, now: float) -> Actions:
        most = self._limits.asked
        if len(self._waiting) >= (most - most // _KEPT if exchange.conversation.route is STATION else most):
            return self._unheard(exchange, Reason.PORTER_BUSY, now)
        self._last -= 1
        self._waiting[self._last] = exchange
        self._timers.after(self._limits.asked_seconds, now, (self._silent, None, self._last))  # not the exchange: most are over by then
        return (Ask(self._last, question),)

    # ---- what comes of it -------------------------------------------------------------------------------------------

    def settled(self, ticket: int, verdict: Verdict, now: float) -> Actions:
        """The porter's answer to `ticket`."""
        exchange = self._waiting.pop(ticket, None)
        if exchange is None or exchange.over:
            return ()
        if verdict.grant is not None:
            exchange.conversation.grant = verdict.grant.id
            if verdict.accept:
                return self._judge(exchange, verdict.grant, now)
        reason = Reason.__members__.get(verdict.reason, Reason.LOCAL_UNAVAILABLE)
        if reason in _UNHEARD:
            return self._unheard(exchange, reason, now)
        return self._turn_away(exchange, reason, now, verdict.words)

    def _silent(self, _: None, ticket: int, now: float) -> Actions:
        exchange = self._waiting.pop(ticket, None)
        return () if exchange is None or exchange.over else self._unheard(exchange, Reason.PORTER_SILENT, now)

    def _unheard(self, exchange: Exchange, reason: Reason, now: float) -> Actions:
        """The porter cannot say: a station that memory knows is let in, or told what memory tells; any other is refused."""
        grant = self.grants.find(self._device(exchange)) if exchange.conversation.route is STATION else None
        return self._answers.refuse(exchange, reason, now) if grant is None else self._judge(exchange, grant, now)

    def _counted(self, grant: LiveGrant) -> bool:
        """Whether somebody has to count the sessions of its account."""
        plan = self.tables.plans.get(grant.plan)
        return plan is not None and plan.simultaneous is not None and bool(grant.account)

    def _judge(self, exchange: Exchange, grant: LiveGrant, now: float) -> Actions:
        """Let in by this grant, or turned away."""
        decided = self._decide(exchange, grant, now)
        return self._turn_away(exchange, decided, now) if isinstance(decided, Reason) else decided

    def _decide(self, exchange: Exchange, grant: LiveGrant, now: float) -> Actions | Reason:
        """The Accept, or why this grant lets nobody in just now."""
        exchange.conversation.grant = grant.id
        plan = self.tables.plans.get(grant.plan)
        if plan is None:
            return Reason.PLAN_GONE
        left = remaining(plan, grant.usage, grant.ends_at, self._moment(now))
        if left.spent is not None:
            return Reason[f"GRANT_SPENT_{left.spent.name}"]
        return self._answers.admit(exchange, grant, plan, left, now)

    def _turn_away(self, exchange: Exchange, reason: Reason, now: float, words: str = "") -> Actions:
        """A station goes to the portal, where it learns more; a token or a user is refused."""
        if exchange.conversation.route is STATION:
            return self._answers.to_portal(exchange, reason, now, self._moment(now), words)
        return self._answers.refuse(exchange, reason, now, words)

    def _moment(self, now: float) -> float:
        """Seconds since 1970; a machine whose clock stands before that has none set yet."""
        return max(0.0, now + self.calendar)

    def __len__(self) -> int:
        return len(self._waiting)


def _single(station: bytes) -> str:
    """A station as AA-BB-CC-DD-EE-FF; "" for none, and for zeros, broadcast and multicast, which are no one device's."""
    named = mac(station)
    return "" if named[1:2] in _GROUP or named == _ZEROS else named


def _host(exchange: Exchange) -> str:
    """The NAS's address, without port."""
    peer = exchange.key[0].peer
    return str(peer[0] if isinstance(peer, tuple) else peer)
