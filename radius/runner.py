"""Performs what the engine asks for: reads sockets, sends octets, keeps time, hands records on. It never decides.

Theory of operation. The loop calls `read` when a listener or an upstream socket has something. Each datagram goes through the
engine at once and its actions are performed at once, up to 64 per wake-up and socket. One timer stands for all
deadlines: it is moved only when the engine wants to be woken earlier. After a gap of more than a second (the machine
slept, the process was stopped) the clock's work is done before anything is read, so that nothing stale is answered.
An exception out of the engine is a fault of ours: it is reported, the packet is dropped, the loop goes on.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from radius.actions import Ask, Drop, Reason, Record, Reply, Send
from radius.questions import ByDirectory, ByStation, ByToken, Verdict
from radius.records import Accounting
from radius.udp import Upstream

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Hashable

    from radius.actions import Actions, Origin
    from radius.admission import Allowed
    from radius.ports import Journal, Ledger, Listener, Porter
    from radius.tables import Client, Tables
    from radius.udp import UdpListener, UpstreamSocket

GAP: Final = 1.0  # seconds without a wake-up after which the clock goes first
SOONEST: Final = 0.001  # seconds between two ticks at least: a deadline already past never spins the loop
CALENDAR_DRIFT: Final = 0.5  # seconds by which the calendar may be off before the engine is told anew
MOST_DROPS: Final = 10_000  # (sender, client, reason) counted apart; beyond, per client and reason only


class Road(Protocol):
    """The engine, as far as the runner knows it."""

    def datagram(self, octets: bytes, origin: Origin, allowed: Allowed, now: float, client: Client | None = None) -> Actions: ...
    def answer(self, octets: bytes, peer: tuple[str, int], via: tuple[str | None, int], now: float) -> Actions: ...
    def tick(self, now: float) -> Actions: ...
    def due(self, now: float) -> float | None: ...
    def adopt(self, tables: Tables, now: float) -> Actions | None: ...
    def settled(self, ticket: int, outcome: bool | Verdict, now: float) -> Actions: ...
    def date(self, calendar: float) -> None: ...
    def suspect(self, home: str, now: float) -> Actions: ...


class Runner:
    """One engine, its sockets and its clock."""

    def __init__(
        self,
        engine: Road,
        loop: asyncio.AbstractEventLoop,
        *,
        ledger: Ledger,
        journal: Journal,
        porter: Porter | None = None,
        fault: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        calendar: Callable[[], float] = time.time,
    ) -> None:
        self.engine = engine
        self._loop = loop
        self._ledger = ledger
        self._journal = journal
        self._porter = porter
        self._fault = fault  # called inside `except`: logs the trace
        self._clock = clock
        self._calendar = calendar
        self._dated = float("-inf")
        self._listeners: dict[int, Listener] = {}
        self._read: set[int] = set()
        self.upstream = Upstream(self._listen_upstream, fault)
        self.drops: dict[tuple[Hashable, str, str], int] = {}
        self._awake = clock()
        self._wake_at = float("inf")
        self._timer: asyncio.TimerHandle | None = None
        self._date(self._awake)

    # Listeners

    def know(self, index: int, listener: Listener) -> None:
        """A listener that replies may go to; nothing is read from it yet."""
        self._listeners[index] = listener

    def read_from(self, index: int, listener: UdpListener) -> None:
        """Take requests from this listener until `leave`."""
        self.know(index, listener)
        self._read.add(index)
        self._loop.add_reader(listener.fileno(), self._requests, listener)

    def leave(self, index: int, listener: UdpListener) -> None:
        """Read it no more; replies may still go out by it."""
        self._read.discard(index)
        self._loop.remove_reader(listener.fileno())

    def _listen_upstream(self, sock: UpstreamSocket) -> None:
        self._loop.add_reader(sock.fileno(), self._answers, sock)

    # Octets in

    def _requests(self, listener: UdpListener) -> None:
        self._wake()
        clock, datagram, allowed = self._clock, self.engine.datagram, listener.allowed
        for octets, origin in listener.received():
            try:
                self.perform(datagram(octets, origin, allowed, clock()))
            except Exception:  # noqa: BLE001  # the shell's one boundary: our own bug costs one packet, never the process
                self._fault("a request was dropped")
        self._reschedule()

    def _answers(self, sock: UpstreamSocket) -> None:
        self._wake()
        clock, answer, key = self._clock, self.engine.answer, sock.key
        for octets, peer in sock.received():
            try:
                self.perform(answer(octets, peer, key, clock()))
            except Exception:  # noqa: BLE001  # as above
                self._fault("an answer was dropped")
        self._reschedule()

    # Everything else that moves the engine

    def call(self, step: Callable[[float], Actions | None]) -> None:
        """One step of the engine that is not a packet: `runner.call(partial(engine.suspect, home))`."""
        try:
            self.perform(step(self._clock()) or ())
        except Exception:  # noqa: BLE001  # as above
            self._fault("a step of the engine was given up")
        self._reschedule()

    def adopt(self, tables: Tables) -> None:
        """A new version of the network, swapped whole."""
        self.call(partial(self.engine.adopt, tables))

    def settled(self, ticket: int, outcome: bool | Verdict) -> None:
        """Work done: called in the loop."""
        self.call(partial(self.engine.settled, ticket, outcome))

    def submit(self, octets: bytes, origin: Origin, allowed: Allowed, client: Client) -> Actions:
        """A request from a client of our own that is no socket (`proxeny ask`); its actions are performed and returned."""
        actions = self.engine.datagram(octets, origin, allowed, self._clock(), client)
        self.perform(actions)
        self._reschedule()
        return actions

    # Actions out

    def perform(self, actions: Actions) -> None:
        """Do them, in order. Dispatched by class: this is the hot loop."""
        for action in actions:
            kind = action.__class__
            if kind is Send:
                self.upstream.send(action[0], action[1])  # type: ignore[misc, arg-type]  # mypy does not narrow by class identity
            elif kind is Reply:
                origin = action[0]
                self._listeners[origin.listener].reply(action[1], origin)  # type: ignore[union-attr, misc, arg-type]
            elif kind is Record:
                self._journal.write(action[0])  # type: ignore[arg-type]
            elif kind is Drop:
                self._count(action)  # type: ignore[arg-type]
            elif kind is Ask:
                self._ask(action)  # type: ignore[arg-type]

    def _ask(self, ask: Ask) -> None:
        question = ask.question
        if isinstance(question, Accounting):
            self._ledger.keep(question, partial(self.settled, ask.ticket))
        elif isinstance(question, ByStation | ByToken | ByDirectory):
            if self._porter is not None:
                self._porter.ask(question, partial(self.settled, ask.ticket))
            else:
                self._loop.call_soon(self.settled, ask.ticket, Verdict(False, Reason.PORTER_SILENT.name))
        else:
            self._loop.call_soon(self.settled, ask.ticket, False)  # nobody here can answer it

    def _count(self, drop: Drop) -> None:
        """Drops by sender, client and reason, until the daemon reports them."""
        peer = drop.origin.peer if drop.origin else ""
        sender = peer[0] if isinstance(peer, tuple) else peer
        key = (sender, drop.client, drop.reason.name)
        count = self.drops.get(key)
        if count is None and len(self.drops) >= MOST_DROPS:
            key = ("", drop.client, drop.reason.name)
            count = self.drops.get(key)
        self.drops[key] = (count or 0) + 1

    # The clock

    def _wake(self) -> None:
        now = self._clock()
        if now - self._awake > GAP:
            self._tick(now)
        self._awake = now

    def _date(self, now: float) -> None:
        """Tell the engine the calendar, again only where somebody has set it: what it is told is part of a replay."""
        calendar = self._calendar() - now
        if abs(calendar - self._dated) > CALENDAR_DRIFT:
            self._dated = calendar
            self.engine.date(calendar)

    def _tick(self, now: float) -> None:
        self._date(now)
        try:
            self.perform(self.engine.tick(now))
        except Exception:  # noqa: BLE001  # as above
            self._fault("a tick was given up")

    def _reschedule(self) -> None:
        """Move the one timer if the engine wants to be woken earlier than it stands."""
        due = self.engine.due(self._clock())
        if due is None or due >= self._wake_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._wake_at = due
        self._timer = self._loop.call_later(max(SOONEST, due - self._clock()), self._on_timer)

    def _on_timer(self) -> None:
        now = self._awake = self._clock()
        self._timer, self._wake_at = None, float("inf")
        self._tick(now)
        self._reschedule()

    def close(self) -> None:
        """Read nothing more, keep no time."""
        if self._timer is not None:
            self._timer.cancel()
        for sock in self.upstream.sockets():
            self._loop.remove_reader(sock.fileno())
        self.upstream.close()
