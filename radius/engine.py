"""The road: what to do with a datagram, an answer, a moment. The page to read first.

    client -> datagram -> parse, admit, duplicates, limits -> identity, route -> a home is chosen -> Send
    home   -> answer   -> parse, match, verify -> attributes re-hidden, policy -> Reply, Record
    clock  -> tick     -> resend, move to another home, give up, probe
    store  -> adopt    -> a new version of the network, swapped whole
    disk   -> settled  -> the accounting record is durable, or the porter has decided a local login: answer it

Calls take octets and a monotonic `now` and return actions for the shell to perform: a day replays with no port open.
Never waits, never raises on input, never reads a clock or a socket.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from radius import codec, forward
from radius.actions import Drop, Reason, Record, Reply
from radius.admission import admit, admit_answer, flaw
from radius.attempts import Attempts
from radius.conversations import Conversations
from radius.duplicates import Duplicates
from radius.exchange import Conversation, Exchange
from radius.limits import Buckets
from radius.local import Local
from radius.message import Code
from radius.nai import parse as parse_nai
from radius.pool import Probe
from radius.questions import Verdict
from radius.refusals import Refusals
from radius.tables import Action, Route
from radius.tickets import Tickets
from radius.timers import Timers
from radius.watch import Watch
from radius.wire import LONGEST, Malformed, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from radius.actions import Actions, Origin
    from radius.admission import Allowed
    from radius.message import Message
    from radius.pool import Lane, Server
    from radius.tables import Client, Limits, Tables
    from radius.watch import Later

_ACCEPT, _CHALLENGE, _STATUS = int(Code.ACCESS_ACCEPT), int(Code.ACCESS_CHALLENGE), int(Code.STATUS_SERVER)
_ACCOUNTING, _ACCOUNTED, _PROTOCOL_ERROR = int(Code.ACCOUNTING_REQUEST), int(Code.ACCOUNTING_RESPONSE), int(Code.PROTOCOL_ERROR)
_USER_NAME, _STATE, _CALLED, _STATION, _NAS, _PROXY_STATE, _MA, _CUI = 1, 24, 30, 31, 32, 33, 80, 89  # radius.message.Type
_UNROUTED: Final = Route("", "(identity)", Action.REJECT)
_VERDICTS: Final = {2: "accept", 3: "reject", 11: "challenge"}
CLIENT_BURST: Final = 100.0
NOTHING: Final = ()


class Engine:
    """The road of one worker over one version of the network at a time."""

    def __init__(self, tables: Tables, entropy: Callable[[int], bytes]) -> None:
        """`entropy(n)` gives n random octets; it must differ from worker to worker (CVE-2013-0294)."""
        limits = tables.limits
        self.counts: dict[str, int] = defaultdict(int)
        self.rotating: dict[str, int] = defaultdict(int)  # client -> packets signed with its previous secret, until they are reported
        self.durable = True  # whether accounting can be kept: the answer to Status-Server on the accounting port
        self._entropy = entropy
        self._timers: Later = Timers()
        self._duplicates = Duplicates(limits.duplicates, limits.duplicate_seconds)
        self._conversations = Conversations(limits.conversations, limits.conversation_seconds)
        self._stations = Buckets(limits.station_rate, limits.station_burst, limits.stations)
        self._clients = Buckets(1.0, CLIENT_BURST, limits.stations)
        self._watch = Watch(self._timers, entropy, self.counts)
        self._pool = self._watch.pool
        self._refusals = Refusals(limits, self._timers, self._duplicates, self.counts)
        self._attempts = Attempts(self._watch, self._timers, entropy, self.counts, self._refusals.refuse)
        self.local = Local(limits, self._timers, self._duplicates, self._refusals, entropy, self.counts)
        self._tickets = Tickets(self._attempts, self._duplicates, self.counts)
        self._limits = limits
        self.adopt(tables, 0.0)

    # ---- from a client ----------------------------------------------------------------------------------------------

    def datagram(self, octets: bytes, origin: Origin, allowed: Allowed, now: float, client: Client | None = None) -> Actions:
        """What to do with octets from the network. `client` where the listener knows it (a certificate, our own socket)."""
        if client is None and (client := self.tables.clients.find(origin.peer[0])) is None:  # type: ignore[index]
            return self._drop(Reason.UNKNOWN_CLIENT, origin)
        try:
            request = parse(octets, self._most_attributes)
        except Malformed as fault:
            return self._drop(fault.reason, origin, client)
        secret = admit(request, client, allowed)  # RFC 2865, 3; RFC 3579, 3.2
        if isinstance(secret, Reason):
            return self._drop(secret, origin, client)
        if secret is not client.secret:
            self.rotating[client.name] += 1
        exchange = Exchange((origin, request.code << 8 | request.identifier), client, secret, request, now)
        if (old := self._duplicates.find(exchange.key)) is not None:
            if old.asked == exchange.asked:
                return self._repeated(old)
            self._supersede(old, now)
        if request.code == _STATUS:
            return self._status(exchange, allowed)
        if client.rate is not None and not self._clients.take(client.name, now, client.rate):
            return self._drop(Reason.CLIENT_LIMITED, origin, client)
        if _PROXY_STATE in request.first and self.tables.looped(request):
            return self._drop(Reason.LOOP, origin, client)
        if not self._duplicates.begin(exchange):
            return self._drop(Reason.TABLE_FULL, origin, client)
        return self._tickets.begin(exchange, now) if request.code == _ACCOUNTING else self._access(exchange, now)

    def _repeated(self, old: Exchange) -> Actions:
        """RFC 5080, 2.2.2: in flight, nothing; answered, the same octets."""
        if old.reply is None:
            self.counts[Reason.DUPLICATE_IN_FLIGHT.name] += 1
            return NOTHING
        self.counts[Reason.DUPLICATE_ANSWERED.name] += 1
        return (Reply(old.key[0], old.reply),)

    def _supersede(self, old: Exchange, now: float) -> None:
        """RFC 5080, 2.2.2: a new authenticator under the same identifier is a new request; nobody waits for the old."""
        if not old.over:
            self.counts[Reason.SUPERSEDED.name] += 1
            old.conversation.busy = False  # the new request may go on where the old one was
            old.rest(now)
            self._duplicates.forget(old)

    def _status(self, exchange: Exchange, allowed: Allowed) -> Actions:
        """RFC 5997, 3: answered here, never forwarded, exempt from limits; accounting is silent while nothing can be kept."""
        self.counts["status_server"] += 1
        if _ACCOUNTING in allowed and Code.ACCESS_REQUEST not in allowed:
            return (forward.reply(exchange, _ACCOUNTED, b""),) if self.durable else NOTHING
        return (forward.reply(exchange, _ACCEPT, b""),)

    def _access(self, exchange: Exchange, now: float) -> Actions:
        """A login's next round: resumed by its State, or begun."""
        request = exchange.request
        value = request.value
        if _MA not in request.first:
            self.counts[Reason.UNSIGNED_ACCEPTED.name] += 1
        user_name = value(_USER_NAME) or b""
        client = exchange.client
        if (state := value(_STATE)) is not None:
            resumed = self._conversations.resume(client.name, state, user_name)
            if resumed is not None:
                exchange.conversation = resumed
                resumed.round_trips += 1
                fault = flaw(request, user_name)
                return self._attempts.send(exchange, now) if fault is None else self._refusals.refuse(exchange, fault, now)
        station = value(_STATION) or b""
        if station and not self._stations.take(station, now):  # without one it is the client's traffic, under the client's rate
            self._duplicates.forget(exchange)
            return self._drop(Reason.STATION_LIMITED, exchange.key[0], client)
        route, bad = self.local.route(request, user_name, station), None
        if route is None:
            nai = parse_nai(user_name)
            route, bad = (_UNROUTED, nai) if isinstance(nai, Reason) else (self.tables.route(nai, client), None)
        place = self.tables.place(value(_CALLED), value(_NAS), client)
        exchange.conversation = Conversation(client.name, exchange.key[0].peer, user_name, station, route, place, now)
        if state is not None:
            exchange.conversation.held = self._conversations.holder(client.name, state, user_name)
        fault = flaw(request, user_name) or bad
        if fault is not None:
            return self._refusals.refuse(exchange, fault, now)
        return self._attempts.send(exchange, now) if route.action is Action.PROXY else self._turn_away(exchange, route, now)

    def _turn_away(self, exchange: Exchange, route: Route, now: float) -> Actions:
        """A realm that is not proxied."""
        if route.action is Action.BLACKHOLE:
            self._duplicates.forget(exchange)
            return self._drop(Reason.REFUSED_REALM, exchange.key[0], exchange.client)
        if route.action is Action.LOCAL and route.refusal is None:
            return self.local.begin(exchange, now)
        return self._refusals.refuse(exchange, route.refusal or Reason.REFUSED_REALM, now, route.reason)

    # ---- from a home ------------------------------------------------------------------------------------------------

    def answer(self, octets: bytes, peer: tuple[str, int], via: tuple[str | None, int], now: float) -> Actions:
        """What to do with octets that came from `peer` to the upstream socket `via` (source address, index)."""
        lane = self._pool.lanes.get((peer, via[0]))
        if lane is None:
            return self._drop(Reason.UNKNOWN_HOME)
        try:
            answer = parse(octets, self._most_attributes)
        except Malformed as fault:
            return self._drop(fault.reason)
        slot = via[1] << 8 | answer.identifier
        waiting = lane.pending.get(slot)
        if waiting is None:
            return self._watch.late(lane, slot, answer, now) or self._drop(Reason.UNMATCHED)
        if (server := waiting.server) is None:
            return self._drop(Reason.UNMATCHED)
        asked = _STATUS if isinstance(waiting, Probe) else waiting.request.code
        reason = admit_answer(answer, asked, waiting.authenticator, waiting.server_secret, server.home)
        if reason is not None:
            return self._drop(reason)  # a discarded answer leaves the request and its timers alone (RFC 5080, 2.2.1)
        news = self._watch.sign(server, now)
        if isinstance(waiting, Probe):
            lane.answered(slot)
            self._watch.probed(waiting)
            return news
        if answer.code == _PROTOCOL_ERROR:
            self.counts[Reason.PROTOCOL_ERROR.name] += 1  # this attempt failed; another home may do better
            return news + self._attempts.move(waiting, now)
        return self._deliver(waiting, server, lane, answer, now) + news

    def _deliver(self, exchange: Exchange, server: Server, lane: Lane, answer: Message, now: float) -> Actions:
        """A home's answer, re-secured for the client."""
        if answer.code == _ACCOUNTED:
            lane.answered(exchange.slot)
            exchange.finish(None)
            self.counts["accounting_forwarded"] += 1
            return NOTHING
        if _MA not in answer.first:
            self.counts[Reason.UNSIGNED_ACCEPTED.name] += 1
        talk = exchange.conversation
        theirs, ours = (exchange.server_secret, exchange.authenticator), (exchange.secret, exchange.asked)
        kept = forward.answer_attributes(answer, exchange, codec.Rehide(theirs, ours, self._entropy), self._salted, self.counts)
        plan = self.tables.policy.plan(answer.code, talk.route.realm, talk.place.site, talk.client, server.home)
        if not plan.idle(answer.first):
            ruled = plan.apply(kept)
            if isinstance(ruled, Reason):
                lane.answered(exchange.slot)
                return self._refusals.refuse(exchange, ruled, now)
            kept = ruled
        body = b"".join(kept) + forward.proxy_states(exchange.request)
        if len(body) + 38 > LONGEST:
            return self._drop(Reason.TOO_LONG, exchange.key[0], exchange.client)
        lane.answered(exchange.slot)
        talk.own += exchange.sent_at - exchange.began
        reply = forward.reply(exchange, answer.code, body)
        self.counts[verdict := _VERDICTS[answer.code]] += 1
        talk.note(exchange.request, self.counts)
        self._duplicates.answered(exchange, reply.octets, now)
        if answer.code != _CHALLENGE:
            return (reply, Record(talk.login(verdict, talk.distrust, now, answer.value(_CUI) or b"")))
        gone = self._conversations.challenged(talk, exchange.client.name, answer.value(_STATE) or b"", now)
        return (reply, *(Record(old.login("abandoned", Reason.TABLE_FULL.name, now)) for old in gone))

    # ---- the clock, the disk and the store --------------------------------------------------------------------------

    def tick(self, now: float) -> Actions:
        """Everything whose time has come."""
        actions: list[Actions] = [act(thing, mark, now) for act, thing, mark in self._timers.due(now)]
        actions.append(self._watch.tick(now))
        self._duplicates.expire(now)
        abandoned = [Record(talk.login("abandoned", talk.distrust, now)) for talk in self._conversations.abandoned(now)]
        self.counts["abandoned"] += len(abandoned)
        return (*(action for group in actions for action in group), *abandoned)

    def due(self, now: float) -> float | None:
        """When `tick` next has something to do; None while nothing waits."""
        times = (self._timers.next(), self._watch.next(), self._conversations.next(), now + 1.0 if len(self._duplicates) else None)
        return min((time for time in times if time is not None), default=None)

    def settled(self, ticket: int, outcome: bool | Verdict, now: float) -> Actions:
        """The accounting record of `ticket` is on disk, or could not be put there; or the porter's Verdict on a login."""
        if isinstance(outcome, Verdict):
            return self.local.settled(ticket, outcome, now)
        self.durable = outcome
        return self._tickets.settled(ticket, outcome, now)

    def adopt(self, tables: Tables, now: float) -> None:
        """A new version of the network. Exchanges finish with the client and the home that they began with."""
        self.tables = self._attempts.tables = self._tickets.tables = tables
        self.local.adopt(tables)
        self._salted = forward.Salted(tables.salted)
        self._most_attributes = tables.limits.attributes
        if tables.limits != self._limits:
            self._limit(tables.limits)
        self._pool.adopt(tuple(tables.homes.values()), now)

    def _limit(self, limits: Limits) -> None:
        """Other ceilings; what is under way stays, and every station begins with a full bucket."""
        self._limits = limits
        self._duplicates.bound(limits.duplicates, limits.duplicate_seconds)
        self._conversations.bound(limits.conversations, limits.conversation_seconds)
        self._stations = Buckets(limits.station_rate, limits.station_burst, limits.stations)
        self._clients = Buckets(1.0, CLIENT_BURST, limits.stations)
        self._refusals.bound(limits)

    def date(self, calendar: float) -> None:
        """Seconds since 1970 at the monotonic clock's zero: grants end by the calendar."""
        self.local.calendar = calendar

    def suspect(self, home: str, now: float) -> Actions:
        """Another worker doubts this home: ask it now."""
        return self._watch.suspect(home, now)

    def homes_state(self) -> list[dict[str, str | int | float]]:
        """How every home is, for `proxeny homes` and the metrics."""
        return self._watch.state()

    @property
    def in_flight(self) -> int:
        """Requests that wait for a home, the disk, the porter or their Reject to go out: drained before a worker ends."""
        return sum(len(lane.pending) for lane in self._pool.lanes.values()) + len(self._tickets) + len(self.local) + len(self._refusals)

    def _drop(self, reason: Reason, origin: Origin | None = None, client: Client | None = None) -> Actions:
        self.counts[reason.name] += 1
        return (Drop(reason, origin, "" if client is None else client.name),)
