"""The process that serves one audience's pages. `python -m proxeny.begin proxeny.serving SPEC`, or `proxeny web`.

Requests are answered in gunicorn's threads (proxeny/threads.py), the network is followed in one more. Never opens its
listening socket itself: the supervisor did, before it gave up its privileges.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog

from proxeny import lifetime
from proxeny.threads import Answering

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable

    from proxeny.channel import Channel
    from proxeny.own_certificate import OwnCertificate
    from proxeny.settings import Settings

ENDS_WITHIN: Final = 5.0  # seconds for requests under way
LOOK: Final = 1.0  # seconds between looks at the network's version
_MAKERS: Final = {  # none needs what the others import
    "guest": ("proxeny.web", "Guests"),
    "business": ("proxeny.business_web", "Shops"),
    "staff": ("proxeny.staff_web", "Desks"),
}


class Audience(Protocol):
    """A WSGI application that follows the network and the settings."""

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]: ...
    def look(self) -> None: ...
    def told(self) -> dict[str, Any]: ...
    def adopt(self, settings: Settings) -> None: ...
    def end(self) -> None: ...


def made(audience: str, settings: Settings) -> Audience:
    """The app of this audience."""
    module, name = _MAKERS[audience]
    found: Audience = getattr(import_module(module), name)(settings)
    return found


class Serving:
    """One listening socket and the app behind it."""

    def __init__(self, settings: Settings, sock: socket.socket, audience: str = "guest") -> None:
        if (pages := getattr(settings, audience)) is None:
            raise ValueError(f"[{audience}] is not in the settings")
        self.app = made(audience, settings)
        self._own = _own(settings, audience) if pages.kept else None
        self._answering = Answering(sock, self.app, pages, ENDS_WITHIN, self._own)
        self._ended = threading.Event()
        self._log = structlog.get_logger(part=audience)
        self.thread = threading.Thread(target=self._answering.serve, name="answering", daemon=True)
        self._following = threading.Thread(target=self._follow, name="following", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether requests are answered."""
        return self.thread.is_alive()

    async def begin(self) -> None:
        """Look at the network once, then answer."""
        await asyncio.to_thread(self._look)
        gc.freeze()  # the app and what it imported live as long as we do: proxeny/begin.py
        self.thread.start()
        self._following.start()

    def _follow(self) -> None:
        while not self._ended.wait(LOOK):
            try:
                self._look()
            except Exception:  # noqa: BLE001 - a look that failed is a look later: this thread is the only one that follows the network
                self._log.exception("the pages could not look at the network")

    def _look(self) -> None:
        if self._own is not None:
            self._own.look()
        self.app.look()

    async def end(self, seconds: float) -> None:
        """Finish what is under way, for at most so long."""
        self._ended.set()
        self._answering.stop()
        await asyncio.to_thread(self.thread.join, max(seconds - 1.0, 0.0))
        await asyncio.to_thread(self.app.end)

    def adopt(self, settings: Settings) -> None:
        """New settings, for the pages to come."""
        self.app.adopt(settings)

    def counts(self) -> dict[str, Any]:
        """What was answered, and the faults of database and directory for /readyz."""
        return {**self.app.told(), "connections": self._answering.nr_conns}


def _own(settings: Settings, audience: str) -> OwnCertificate:
    from proxeny.own_certificate import OwnCertificate  # noqa: PLC0415  most listeners have files, or a proxy that has them

    return OwnCertificate(settings, audience, getattr(settings, audience).names)


async def serve(spec: dict[str, Any]) -> None:
    """The whole life of a child of the supervisor."""
    await lifetime.live(spec, partial(_made, spec["listen"], spec["audience"]), ENDS_WITHIN)


def _made(listen: int, audience: str, _channel: Channel, settings: Settings) -> Serving:
    return Serving(settings, lifetime.inherited(listen), audience)


async def alone(settings: Settings, sock: socket.socket, audience: str = "guest") -> None:
    """`proxeny web`: until SIGTERM or Ctrl-C, or until it cannot answer any more."""
    serving = Serving(settings, sock, audience)
    await serving.begin()
    told = asyncio.create_task(lifetime.told_to_end())
    while serving.alive and not told.done():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(told), lifetime.BEAT)
    told.cancel()
    await serving.end(ENDS_WITHIN)


def main() -> None:
    """Run until the channel closes."""
    lifetime.run(serve)
