"""The porter: one process that knows what the road must not wait for. `python -m proxeny.begin proxeny.porter SPEC`.

Theory of operation. The loop moves datagrams between the workers' windows and the threads; it touches no database. One
thread opens the store and keeps the feed of live grants; one looks stations up, all that wait at once; two take tokens,
which are used up by writing; as many as the directory has places answer from the directory. Each kind has a queue of its
own, so that neither a slow directory nor a long transaction delays a station, and no flood of stations a sign-in.
When the channel closes, the supervisor is gone and so are we.

Never opens a listening socket, and never logs a question.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from proxeny import lifetime, logs
from proxeny import porter_wire as wire
from proxeny.channel import Channel, below
from proxeny.clerks import Clerks
from proxeny.following import Following
from proxeny.stations import Stations
from proxeny.verdicts import refused
from proxeny.window import Window
from radius.actions import Reason
from radius.questions import ByStation, ByToken

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from proxeny.network import Network
    from proxeny.settings import Settings
    from radius.questions import Question, Verdict

BEAT: Final = 0.5  # seconds: half of what the workers may expect (porter_wire.BEAT)
STORE_QUEUE: Final = 1_000  # questions about stations that may wait
TOKEN_THREADS: Final = 2  # a commit waits for a disk, or a lock, most of its time
TOKEN_QUEUE: Final = 256
OPENS: Final = 2.0  # seconds that a question waits for the store to be opened for the first time
DIRECTORY_QUEUE: Final = 64
DIRECTORY_THREADS: Final = 4  # as long as there is no directory to say otherwise
_KINDS: Final = {"ByStation": "asked_station", "ByToken": "asked_token", "ByDirectory": "asked_directory"}


class Porter:
    """The loop's side."""

    def __init__(self, sockets: list[socket.socket], channel: Channel, loop: asyncio.AbstractEventLoop, settings: Settings) -> None:
        self._channel = channel
        self._counts: Counter[str] = Counter({"answered": 0, "refused": 0, **dict.fromkeys(_KINDS.values(), 0)})
        self.following = Following(settings, loop)
        self._windows = [Window(number, sock, loop, self._heard) for number, sock in enumerate(sockets)]
        self._stations = Stations(self._look_up, STORE_QUEUE, loop)
        self._tokens: Clerks[Verdict] = Clerks("tokens", TOKEN_THREADS, TOKEN_QUEUE, Reason.PORTER_BUSY, loop)
        self._directory: Clerks[Verdict] = Clerks("directory", _places(settings), DIRECTORY_QUEUE, Reason.DIRECTORY_BUSY, loop)
        self._asked = (self._stations, self._tokens, self._directory)

    def begin(self) -> None:
        """Tell every worker everything: they were there before us, perhaps."""
        for window in self._windows:
            self.following.feed.follow(window)
        self.following.thread.start()

    def _heard(self, window: Window, said: wire.Upward) -> None:
        if isinstance(said, wire.Ask):
            self._ask(window, said)
        else:
            window.renew()
            self.following.feed.follow(window)
            self.following.awake.set()

    def _ask(self, window: Window, asked: wire.Ask) -> None:
        question, life = asked.question, window.life
        self._counts[_KINDS[type(question).__name__]] += 1
        if isinstance(question, ByStation):
            self._stations.take(window, asked.ticket, question)
            return
        clerks = self._tokens if isinstance(question, ByToken) else self._directory
        clerks.take(partial(self._answer, window, life, question), partial(self._answered, window, life, asked.ticket))

    def _look_up(self, questions: Sequence[ByStation]) -> list[Verdict]:
        """In the stations' thread."""
        verdicts = self.following.opened(OPENS)
        return [refused(Reason.PORTER_SILENT)] * len(questions) if verdicts is None else verdicts.stations(questions)

    def _answer(self, window: Window, life: int, question: Question) -> Verdict:
        """In a clerk's thread."""
        verdicts = self.following.opened(OPENS)
        if verdicts is None or window.life != life:  # no database yet; or who asked is gone
            return refused(Reason.PORTER_SILENT)
        return verdicts.of(question)

    def _answered(self, window: Window, life: int, ticket: int, verdict: Verdict) -> None:
        self._counts["answered" if verdict.accept else "refused"] += 1
        window.answer(life, wire.told(ticket, verdict))

    def counts(self) -> dict[str, Any]:
        """Plain numbers for the supervisor's metrics, and two lines for /readyz."""
        following = self.following
        return {
            **self._counts,
            "answered": self._counts["answered"] + self._stations.answered,
            "refused": self._counts["refused"] + self._stations.refused,
            "waiting": self._stations.waiting + self._tokens.waiting,
            "waiting_directory": self._directory.waiting,
            "faults": sum(each.faults for each in self._asked),
            "grants_streamed": following.feed.streamed,
            "unsent": sum(window.unsent for window in self._windows),
            "database_up": int(following.fault == ""),
            "database_fault": following.fault,
            **following.directory_state(),
        }

    async def beat(self) -> None:
        """Say to workers and supervisor that we live."""
        while self.following.thread.is_alive():
            for window in self._windows:
                window.beat()
            lifetime.tell(self._channel, self)
            await asyncio.sleep(BEAT)

    async def obey(self) -> float:
        """Take settings and networks until told to end; how long that may take."""
        while (message := await self._channel.read()) is not None:
            match message:
                case ("settings", settings):
                    logs.to_standard_error(settings.log.level)
                    self.following.adopt(settings)
                    self._directory.staff(_places(settings))
                case ("network", network):
                    self.following.serve(network)
                case ("drain", seconds):
                    return float(seconds)
        return 0.0

    async def end(self, seconds: float) -> None:
        """Answer what was asked already, for at most so long."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds - 0.5
        while any(each.waiting for each in self._asked) and loop.time() < deadline:  # noqa: ASYNC110  clerks have no events
            await asyncio.sleep(0.02)
        self.following.end()
        for each in self._asked:
            each.dismiss()
        for window in self._windows:
            window.close()


async def serve(spec: dict[str, Any]) -> None:
    """The whole life of a porter."""
    loop = asyncio.get_running_loop()
    channel = await below(lifetime.inherited(spec["channel"]))
    first = await channel.read(), await channel.read()
    if None in first:
        return
    settings: Settings = first[0][1]
    network: Network = first[1][1]
    logs.to_standard_error(settings.log.level)
    porter = Porter([lifetime.inherited(fd) for fd in spec["windows"]], channel, loop, settings)
    porter.following.serve(network)
    porter.begin()
    await lifetime.spend(channel, porter, porter.beat(), porter.obey())


def _places(settings: Settings) -> int:
    """Sign-ins that the directory takes at once."""
    return settings.directory.pool if settings.directory else DIRECTORY_THREADS


def main() -> None:
    """Run until the channel closes."""
    lifetime.run(serve)
