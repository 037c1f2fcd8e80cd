"""The supervisor: opens what only root may, starts the others, and from then on watches, reloads, answers and ends them.

In order: sockets (a taken port is named), privileges, data_dir and its lock, database and seal, the network checked
once, then the workers and the recorder by exec. SIGTERM or Ctrl-C drains, SIGHUP reads the settings again, a changed
network_version row swaps the network. It touches no packet: when it dies the channels close, and nothing stays behind.

Never serves with a network that does not stand, and never forks.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import structlog

from proxeny import aloud, logs, notify, opening, paging, sockets
from proxeny.control import NAME, Control
from proxeny.crew import Crew
from proxeny.faults import Fault, FaultyError
from proxeny.jobbing import Jobbing
from proxeny.metrics import Counts, Pages
from proxeny.network_watch import NetworkWatch
from proxeny.portering import Portering
from proxeny.recording import Recording
from proxeny.reload import merged

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from proxeny.kept import Kept
    from proxeny.network import Network
    from proxeny.settings import Settings

POLL: Final = 1.0  # seconds between looks at network_version
GREETED: Final = 10.0  # seconds that `ready` waits for the porter: a database that is dead must not keep the road from starting
PATIENCE: Final = 5.0  # seconds for the database's answer until /readyz says that it is silent
BREATH: Final = 5.0  # seconds between two words to systemd's watchdog
_CALLED: Final = {"guest": "guests", "business": "shops", "staff": "staff"}  # on the `ready` line
JOURNAL_BUFFER: Final = 8 << 20  # octets of records that may wait for the recorder in the kernel


class Supervisor:
    """One running controller: the road, the guests' pages, or both."""

    def __init__(self, settings: Settings, load: Callable[[], Settings], said: Callable[[str], None], *, pages: bool = True) -> None:
        served = [name for name in _CALLED if pages and getattr(settings, name) is not None]
        if settings.radius is None and not served:
            remedy = 'Write one: [radius] with auth = ["127.0.0.1:1812"]; config/proxeny.toml shows all keys'
            raise FaultyError([Fault(str(settings.file or "settings"), "radius", "there is no such section, so nothing to serve", remedy)])
        os.umask(0o077)  # what lies in data_dir is nobody else's business
        logs.to_standard_error(settings.log.level)
        self._log = structlog.get_logger(part="supervisor")
        self.settings = settings
        self._load = load  # reads the settings again, for SIGHUP
        self._said = said  # the one line on standard output
        radius = settings.radius
        self._workers = radius.workers if radius is not None else 0  # none: every gateway sends its guests without RADIUS
        self._listening = sockets.open_all(radius, str(settings.file or "settings")) if radius is not None else []
        page_sockets = {name: paging.listen(settings, name) for name in served}
        opening.enter(settings)
        for name in served:
            paging.refuse_unreadable(settings, name)
        self.pages = {name: paging.Paging(settings, sock, name) for name, sock in page_sockets.items()}
        self._lock = opening.lock(settings.data_dir)
        database, seal = opening.store(settings)
        self._watch = NetworkWatch(database, seal, settings)
        self._network = _standing(self._watch)
        self._thread = ThreadPoolExecutor(1, "database")
        self._ending = asyncio.Event()
        self._again = asyncio.Event()

    async def run(self) -> None:
        """Serve until told to end."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ending.set)
        loop.add_signal_handler(signal.SIGHUP, self._again.set)
        self._warn()
        near, far = _journal()
        self.portering = Portering(self._workers, self.settings, self._network)
        self.crew = Crew(self._listening, near.fileno(), self.settings.spool_dir, self._workers, self.portering.doors)
        self.recording = Recording(far.fileno(), self.settings)
        self.jobbing = Jobbing(self.settings)
        control = Control(self.settings.data_dir / NAME, {"ask": self._ask, "homes": self._homes, "status": self._status})
        pages = Pages(Counts(self.crew, self._listening, self._gauges, lambda: self.recording.counts.get("alerts", {})), self.readiness)
        await self._open(control, pages)
        self.portering.begin()  # first: it has everything to tell, and the workers serve without it meanwhile
        self.crew.begin(self._network)
        self.recording.begin()
        self.jobbing.serve(self._network)
        for each in self.pages.values():
            each.begin()
        tasks = [loop.create_task(work()) for work in (self._announce, self._poll, self._reload, self._breathe)]
        try:
            await self._ending.wait()
            notify.tell("STOPPING=1")
            self._log.info("draining", seconds=self.settings.run.drain)
            await self.crew.drain(self.settings.run.drain)
        finally:
            for task in tasks:
                task.cancel()
            await self.portering.end()  # after the workers, who asked it until now
            await asyncio.gather(*(kept.end() for kept in self._kept if kept is not self.portering))
            await control.close()
            await pages.close()
            self._thread.shutdown(wait=False, cancel_futures=True)
            self._log.info("ended")

    @property
    def _kept(self) -> list[Kept]:
        """The processes beside the workers."""
        return [self.recording, self.portering, self.jobbing, *self.pages.values()]

    async def _open(self, control: Control, pages: Pages) -> None:
        await control.open()
        if (metrics := self.settings.metrics) is not None:
            try:
                await pages.open(metrics.listen)
            except OSError as fault:
                remedy = "Write another address in [metrics] listen"
                what = f"{metrics.listen} cannot be bound: {os.strerror(fault.errno or 0)}"
                raise FaultyError([Fault(str(self.settings.file or "settings"), "metrics.listen", what, remedy)]) from None

    def _warn(self) -> None:
        """What an operator should know, said aloud at the start."""
        radius = self.settings.radius
        if radius is not None and (small := sockets.small_buffers(self._listening, radius.receive_buffer)):
            self._log.warning(small)
        if self.settings.not_served:
            self._log.warning("not served by this version", sections=list(self.settings.not_served))
        self._say()

    def _say(self) -> None:
        aloud.unsigned(self._network, self._log)
        if "guest" in self.pages:
            aloud.unserved(self._network, self.settings, self._log)

    async def _announce(self) -> None:
        """The `ready` line, once every worker serves and has heard of the porter, or has waited for it long enough."""
        await self.crew.serving.wait()
        try:
            await asyncio.wait_for(self.crew.greeted.wait(), GREETED)
        except TimeoutError:
            self._log.warning("the porter has told nobody yet who may be online: until it does, guests are refused as PORTER_SILENT")
        at = ", ".join(dict.fromkeys(f"{each.kind} {each.at}" for each in self._listening)) or "no RADIUS"
        count = len(self.crew.places)
        pages = "".join(f"; {_CALLED[name]} at {getattr(self.settings, name).origin}" for name in self.pages)
        self._said(f"proxeny is ready: {at}; {count} worker{'' if count == 1 else 's'}; network version {self._watch.version}{pages}")
        notify.tell("READY=1")

    async def _breathe(self) -> None:
        """Tell systemd that the loop turns, whatever the database does."""
        while True:
            notify.tell("WATCHDOG=1")
            await asyncio.sleep(BREATH)

    # The network and the settings

    async def _poll(self) -> None:
        """Each second: is there a newer network?"""
        refused = self._watch.refused
        while True:
            await asyncio.sleep(POLL)
            await self._safely(self._look())
            if self._watch.refused != refused:
                refused = self._watch.refused
                self._log.error(self._watch.fault)

    async def _look(self, *, anyway: bool = False) -> None:
        looking = asyncio.get_running_loop().run_in_executor(self._thread, lambda: self._watch.poll(anyway=anyway))
        if not (await asyncio.wait((looking,), timeout=PATIENCE))[0]:
            self._watch.database_fault = f"has not answered for {PATIENCE:.0f} s"
        found = await looking
        if found is not None:
            self._network = found
            self.crew.adopt(found)
            self.portering.serve(found)
            self.jobbing.serve(found)
            self._log.info("network adopted", version=found.version)
            self._say()

    async def _reload(self) -> None:
        """SIGHUP: the settings again, whole or not at all."""
        while True:
            await self._again.wait()
            self._again.clear()
            try:
                fresh, kept = merged(self.settings, self._load())
            except FaultyError as faults:
                for fault in faults.faults:
                    self._log.error("settings refused, the old ones stay", fault=str(fault))
                continue
            if kept:
                self._log.warning("kept until a restart", keys=kept)
            self.settings = self._watch.settings = fresh
            logs.to_standard_error(fresh.log.level)
            for beside in self._kept:
                beside.adopt(fresh)
            self._log.info("settings read again")
            await self._safely(self._look(anyway=True))

    async def _safely(self, looking: Awaitable[None]) -> None:
        """A look that fails by a fault of ours is a look a second later: later versions must still arrive."""
        try:
            await looking
        except Exception:  # noqa: BLE001 - the shell's one boundary: logged, and the loop goes on
            self._log.exception("the network could not be looked at")

    # What others ask

    async def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        wanted = {"identity": "", "password": "", "client": "", "chap": False}
        return await self.crew.ask({key: question.get(key, default) for key, default in wanted.items()})

    async def _homes(self, _question: dict[str, Any]) -> dict[str, Any]:
        return {"workers": [{"worker": place.number, "homes": place.homes} for place in self.crew.places]}

    async def _status(self, _question: dict[str, Any]) -> dict[str, Any]:
        workers = [
            {"worker": place.number, "pid": place.child.pid if place.child else None, "restarts": place.restarts, **place.counts}
            for place in self.crew.places
        ]
        beside = {"recorder": self.recording.counts, "porter": self.portering.counts}
        return {**self.readiness(), "workers": workers, **beside, "restarts": {kept.name: kept.restarts for kept in self._kept}}

    def readiness(self) -> dict[str, Any]:
        """The truth for /readyz: whether requests are served, and what is wrong."""
        guests = self.pages.get("guest")
        serving = sum(place.serving_since is not None for place in self.crew.places)
        database = self._watch.database_fault or self.recording.counts.get("database_fault", "")  # read by us, written by it
        spool = sorted({place.counts.get("spool_fault", "") for place in self.crew.places} - {""})
        return {
            "ready": bool(serving if self.crew.places else any(each.alive for each in self.pages.values())) and not spool and not database,
            "workers": f"{serving}/{len(self.crew.places)}",
            "recorder": "alive" if self.recording.alive else "restarting",
            "porter": self.portering.state,
            "jobs": self.jobbing.state,
            **{name: self.pages[name].state if name in self.pages else "not served" for name in _CALLED},
            **({"directory": self.portering.counts["directory"]} if "directory" in self.portering.counts else {}),
            **({"guests_directory": guests.counts["directory"]} if guests is not None and "directory" in guests.counts else {}),
            **({"senders": self.jobbing.senders} if self.settings.mail or self.settings.sms else {}),
            "database": database or "answers",
            "network": self._watch.fault or f"version {self._watch.version}",
            "spool": "; ".join(spool) or "writes",
            "spool_backlog": self.recording.counts.get("backlog"),
            "spools_unreadable": self.recording.counts.get("spools_unreadable"),
            "logins_waiting": self.recording.counts.get("logins_waiting"),
            "logins_lost": self._lost(),
        }

    def _lost(self) -> int:
        """Records that no bound held, since the workers and the recorder began: logins we served and cannot trace."""
        unsent = sum(place.total()["journal_dropped"] for place in self.crew.places)
        return int(self.recording.counts.get("logins_lost", 0)) + unsent

    def _gauges(self) -> dict[str, float]:
        return {
            "network_version": self._watch.version,
            "network_versions_refused": self._watch.refused,
            "database_up": float(not self._watch.database_fault),
            "workers_serving": sum(place.serving_since is not None for place in self.crew.places),
            **{f"{kept.name}_restarts": float(kept.restarts) for kept in self._kept},
            **{f"{kept.name}_up": float(kept.alive) for kept in self._kept if kept.begun},
            **{
                f"{kept.name}_{name}": value for kept in self._kept for name, value in kept.counts.items() if isinstance(value, int | float)
            },
        }


def _standing(watch: NetworkWatch) -> Network:
    try:
        return watch.first()
    except ValueError as fault:
        raise FaultyError([Fault("network", "", str(fault), "Correct it with: proxeny apply NETWORK.toml")]) from None


def _journal() -> tuple[socket.socket, socket.socket]:
    """The workers' end and the recorder's; both stay open here, so records wait while a recorder is replaced."""
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    for number in (32, socket.SO_SNDBUF):  # SO_SNDBUFFORCE where we may
        with contextlib.suppress(PermissionError):
            near.setsockopt(socket.SOL_SOCKET, number, JOURNAL_BUFFER)
            break
    return near, far


def run(settings: Settings, load: Callable[[], Settings], said: Callable[[str], None], *, pages: bool = True) -> None:
    """The whole life of a controller, with or without [guest]'s pages; raises FaultyError or StoreError where it cannot begin."""
    supervisor = Supervisor(settings, load, said, pages=pages)
    with asyncio.Runner() as runner:
        runner.run(supervisor.run())
