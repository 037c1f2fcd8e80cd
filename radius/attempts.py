"""One request towards its homes: sent, repeated, moved, given up.

Theory of operation. Moving on and giving up are two things (decisions, 5). At 1 s the same octets go out again; at 3 s
a home that has said nothing valid to anyone is a zombie, and the request moves to another that lives, under a new
identifier and authenticator, hidden values hidden anew. A home that shows life is waited for, reminded at 3 and 7 s;
one that spoke and then fell silent is asked again by Status-Server, and left within two seconds where it is gone.
At `request_timeout` the client gets an Access-Reject. Only these timers repeat anything: a client's own
retransmission never does. Never judges an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from radius import codec, forward
from radius.actions import Drop, Reason, Send
from radius.pool import FALLEN, Health
from radius.watch import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from radius.actions import Actions
    from radius.exchange import Exchange
    from radius.pool import Lane, Server
    from radius.tables import Tables
    from radius.watch import Later, Watch

_NOTHING: Actions = ()


class Attempts:
    """Sends exchanges to homes; `refuse` is called where there is none left."""

    tables: Tables  # swapped by the engine

    def __init__(
        self,
        watch: Watch,
        timers: Later,
        entropy: Callable[[int], bytes],
        counts: dict[str, int],
        refuse: Callable[[Exchange, Reason, float], Actions],
    ) -> None:
        self._watch = watch
        self._pool = watch.pool
        self._timers = timers
        self._entropy = entropy
        self._counts = counts
        self._refuse = refuse

    def send(self, exchange: Exchange, now: float) -> Actions:
        """Choose a home and send: a new identifier, a new authenticator, hidden values hidden anew."""
        talk = exchange.conversation
        server = self._pool.choose(talk.route, talk.station, talk.held, exchange.tried, now)
        if server is None:
            return self._refuse(exchange, Reason.HOME_SILENT if exchange.tried else Reason.NO_HOME_ALIVE, now)
        random = self._entropy(24)
        exchange.authenticator, exchange.server_secret = random[:16], server.home.secret
        plan = self.tables.policy.plan(exchange.request.code, talk.route.realm, talk.place.site, talk.client, server.home)
        body = forward.request_attributes(exchange, plan, self.tables, random[16:], self._counts)
        if isinstance(body, Reason):
            return self._refuse(exchange, body, now)
        lane = server.acct_lane if exchange.copy else server.lane
        slot = lane.take(exchange, now)
        if slot < 0:
            return self._refuse(exchange, Reason.NO_SLOT, now)
        self._charge(exchange, server, lane, slot, now)
        self._sign(exchange, slot & 255, body)
        self._timers.after(server.home.timing.resend[0], now, (self._silence, exchange, exchange.attempt << 4))
        return (Send(lane.links[slot >> 8], exchange.octets),)

    def _sign(self, exchange: Exchange, identifier: int, body: bytes) -> None:
        """An Access-Request has a random authenticator and Message-Authenticator; accounting is signed by its own (RFC 2866, 3)."""
        code, secret = exchange.request.code, exchange.server_secret
        if exchange.copy:
            exchange.octets = codec.sign_digest(code, identifier, codec.ZERO, body, secret)
            exchange.authenticator = exchange.octets[4:20]
        else:
            exchange.octets = codec.sign_access(code, identifier, exchange.authenticator, body, secret)

    def _charge(self, exchange: Exchange, server: Server, lane: Lane, slot: int, now: float) -> None:
        """Note which home is tried, and under which identifier."""
        if server.probe_at is not None and (not server.home.status_server or server.health is Health.DEAD):  # its probes tell nothing
            server.trial = exchange
        exchange.attempt += 1
        exchange.tried += (server.name,)
        exchange.server, exchange.lane, exchange.slot = server, lane, slot
        exchange.sent_at = now
        talk = exchange.conversation
        talk.held = server.name
        if server.name not in talk.tried:
            talk.tried += (server.name,)

    def _silence(self, exchange: Exchange, mark: int, now: float) -> Actions:
        """No answer so far; `mark` is the attempt and the step within it."""
        attempt, step = mark >> 4, mark & 15
        server, lane = exchange.server, exchange.lane
        if exchange.over or attempt != exchange.attempt or server is None or lane is None:
            return _NOTHING
        timing = server.home.timing
        if step == 0 and attempt == 1:
            self._timers.after(timing.request_timeout - timing.resend[0], now, (self._expired, exchange, 0))
        if step + 1 < len(timing.resend):
            self._timers.after(timing.resend[step + 1] - timing.resend[step], now, (self._silence, exchange, mark + 1))
        told = self._judge(exchange, server, mark, now)
        if step and (server.heard < exchange.sent_at or server.health in FALLEN) and self._another(exchange, now):
            return told + self.move(exchange, now)
        self._counts["resent"] += 1
        return (Send(lane.links[exchange.slot >> 8], exchange.octets), *told)

    def _judge(self, exchange: Exchange, server: Server, mark: int, now: float) -> Actions:
        """What this silence says of the home; of accounting it says nothing, for many homes take none."""
        step, resend = mark & 15, server.home.timing.resend
        if server.heard < exchange.sent_at:
            return self._watch.silent(server, exchange, now) if step and not exchange.copy else self._watch.doubt(server, now)
        if step:
            return self._fading(exchange, mark, now, resend[step] - resend[step - 1])
        self._timers.after(resend[0], now, (self._fading, exchange, mark))
        return _NOTHING

    def _fading(self, exchange: Exchange, mark: int, now: float, pause: float = 0.0) -> Actions:
        """It spoke after our request went out; where it did not since we last repeated it, it may have died behind that word."""
        server = exchange.server
        if exchange.over or mark >> 4 != exchange.attempt or server is None:
            return _NOTHING
        if server.heard >= now - (pause or server.home.timing.resend[0]):
            return _NOTHING
        told = self._watch.doubt(server, now)
        self._timers.after(PATIENCE, now, (self._faded, exchange, mark))  # behind the Status-Server's own time
        return told

    def _faded(self, exchange: Exchange, mark: int, now: float) -> Actions:
        """A home that had spoken was asked again: is it still there?"""
        server = exchange.server
        if exchange.over or mark >> 4 != exchange.attempt or server is None:
            return _NOTHING
        told, quiet = _NOTHING, server.heard < now - PATIENCE - server.home.timing.resend[0]
        if quiet and not server.home.status_server and not exchange.copy:  # the others have the Status-Server's word
            told = self._watch.silent(server, exchange, now)
        return told + self.move(exchange, now) if server.health in FALLEN and self._another(exchange, now) else told

    def _another(self, exchange: Exchange, now: float) -> bool:
        talk = exchange.conversation
        return self._pool.choose(talk.route, talk.station, "", exchange.tried, now) is not None

    def move(self, exchange: Exchange, now: float) -> Actions:
        """This attempt failed: another home, or none."""
        self._counts["moved"] += 1
        if exchange.attempt == 1 and exchange.server is not None:  # its timers are void now, perhaps before they set the end
            self._timers.after(exchange.server.home.timing.request_timeout, now, (self._expired, exchange, 0))
        if exchange.lane is not None:
            exchange.lane.give_up(exchange.slot, now)
        return self.send(exchange, now)

    def _expired(self, exchange: Exchange, _: int, now: float) -> Actions:
        """`request_timeout` is over; one that was refused already waits only for its Reject to go out."""
        return _NOTHING if exchange.over or exchange.server is None else self._refuse(exchange, Reason.HOME_SILENT, now)


def lost(exchange: Exchange, now: float, counts: dict[str, int]) -> Actions:
    """An accounting record that no home took: ours is stored, and nobody waits for this copy."""
    exchange.rest(now)
    counts[Reason.FORWARD_LOST.name] += 1
    return (Drop(Reason.FORWARD_LOST, exchange.key[0], exchange.client.name),)
