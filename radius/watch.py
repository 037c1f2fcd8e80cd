"""Keeps an eye on the home servers: doubts, probes, tells when one changes.

Status-Server (RFC 5997) is the only thing asked of a silent home, at most one in flight, at intervals that differ by
chance so that workers and controllers do not ask in step. A home's state is this worker's opinion; a change is told to
the others, who then ask for themselves. Never marks a home by anything but its own verified words or their absence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from radius import codec
from radius.actions import Drop, Reason, Record, Send
from radius.admission import admit_answer
from radius.message import Code
from radius.pool import Health, Pool, Probe
from radius.records import HomeChange

if TYPE_CHECKING:
    from collections.abc import Callable

    from radius.actions import Actions
    from radius.exchange import Exchange
    from radius.message import Message
    from radius.pool import Lane, Server
    from radius.timers import Timers

    Later = Timers[tuple[Callable[..., Actions], Exchange | Probe | None, int]]  # what to call, with what, and its mark

PATIENCE: Final = 2.0  # seconds for a Status-Server's answer
_NOTHING: Final = ()
_ALIVE: Final = Health.ALIVE


class Watch:
    """The watch over one worker's homes."""

    def __init__(self, timers: Later, entropy: Callable[[int], bytes], counts: dict[str, int]) -> None:
        self.pool = Pool()
        self._timers = timers
        self._entropy = entropy
        self._counts = counts

    def sign(self, server: Server, now: float) -> Actions:
        """The home said something valid."""
        if server.health is _ALIVE:  # nearly always
            server.heard = now
            return _NOTHING
        server.trial = None
        if not server.sign(now):
            return _NOTHING
        return self._tell(server, now, "answers")

    def silent(self, server: Server, exchange: Exchange, now: float) -> Actions:
        """An exchange waited three seconds while the home said nothing to anyone."""
        if server.trial is exchange:
            server.trial = None
            news = server.missed(exchange.sent_at, now, self._chance())
        else:
            news = server.silent(now)
        return self._tell(server, now, "silent to everyone") if news else _NOTHING

    def doubt(self, server: Server, now: float) -> Actions:
        """A second without a word: ask whether it is there."""
        if not server.home.status_server or server.probe is not None or not self.pool.listens(server.lane):
            return _NOTHING
        return self._ask(server, now)

    def suspect(self, name: str, now: float) -> Actions:
        """Another worker told of a change."""
        server = self.pool.servers.get(name)
        return _NOTHING if server is None else self.doubt(server, now)

    def tick(self, now: float) -> Actions:
        """Status-Servers that are due."""
        return tuple(action for server in self.pool.due(now) for action in self._ask(server, now))

    def next(self) -> float | None:
        """When `tick` next has something to do."""
        return self.pool.next_probe()

    def _ask(self, server: Server, now: float) -> Actions:
        """One Status-Server, with an identifier and authenticator of its own each time (RFC 5997, 4.1)."""
        lane = server.lane
        probe = Probe(server, lane, now)
        probe.slot = lane.take(probe, now)
        if probe.slot < 0:
            server.probe_at = now + server.home.timing.zombie_probe if server.probe_at is not None else None
            return _NOTHING
        probe.authenticator = self._entropy(16)
        server.probe = probe
        self._counts["probes"] += 1
        self._timers.after(PATIENCE, now, (self._unanswered, probe, 0))
        octets = codec.sign_access(Code.STATUS_SERVER, probe.slot & 255, probe.authenticator, b"", probe.server_secret)
        return (Send(lane.links[probe.slot >> 8], octets),)

    def probed(self, probe: Probe) -> None:
        """A Status-Server was answered."""
        probe.server.attends = True
        if probe.server.probe is probe:
            probe.server.probe = None

    def _unanswered(self, probe: Probe, _: int, now: float) -> Actions:
        server = probe.server
        if server.probe is not probe:
            return _NOTHING
        server.probe = None
        probe.lane.give_up(probe.slot, now)
        return self._tell(server, now, "Status-Server unanswered") if server.missed(probe.sent_at, now, self._chance()) else _NOTHING

    def late(self, lane: Lane, slot: int, answer: Message, now: float) -> Actions:
        """An answer under an identifier given up: counted, and a sign of life where it is genuine."""
        attempt = lane.late.get(slot)
        if attempt is None:
            return _NOTHING
        server = attempt.server
        fault = admit_answer(answer, attempt.asked, attempt.authenticator, attempt.secret, server.home)
        reason = Reason.LATE if fault is None else fault
        self._counts[reason.name] += 1
        if fault is not None or attempt.came:
            return (Drop(reason),)
        lane.late[slot] = attempt._replace(came=True)
        return (*self.sign(server, now), Drop(reason))

    def state(self) -> list[dict[str, str | int | float]]:
        """A row a home: name, address, health, what is in flight."""
        return [
            {
                "home": server.name,
                "address": server.home.address,
                "port": server.home.port,
                "state": server.health.value,
                "in_flight": len(server.lane.pending),
                "heard": server.heard,
            }
            for server in self.pool.servers.values()
        ]

    def _tell(self, server: Server, now: float, why: str) -> Actions:
        if server.retired:  # its name may belong to another by now
            return _NOTHING
        self.pool.unwell.pop(server.name, None)
        if server.health is not _ALIVE:
            self.pool.unwell[server.name] = server
        self._counts["home_changes"] += 1
        return (Record(HomeChange(now, server.name, server.health.value, why)),)

    def _chance(self) -> float:
        return self._entropy(1)[0] / 255
