"""gunicorn's threaded worker as one thread of ours: it accepts and answers, our supervisor does what its arbiter would.

Theory of operation. gunicorn's master process forks workers, restarts and signals them; here the supervisor does that
for every process alike, and forks nobody. So its ThreadWorker is run by itself: its parts are made as its own
`init_process` makes them, without signals. Two things are ours: a connection that says nothing yet holds no thread, and
one whose request does not come whole within READ_WITHIN is closed, so that a few slow clients do not hold all threads.

Never logs a request's line: it may hold a token.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import sys
import time
from typing import TYPE_CHECKING, Any, Final

import structlog
from gunicorn.config import Config
from gunicorn.workers import gthread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from proxeny.parts_web import Guest

READ_WITHIN: Final = 15.0  # seconds for a request's head, TLS handshake included
FIRST_WORD: Final = 0.05  # seconds that a thread waits for a fresh connection to say something
KEEP: Final = 5  # seconds that an idle connection stays open
CONNECTIONS: Final = 1_000  # at once; further ones wait in the socket's queue
LONGEST_LINE: Final = 8_190  # octets of a request line, gunicorn's own most


class Answering(gthread.ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """The worker."""

    def __init__(self, sock: socket.socket, app: Callable[..., Iterable[bytes]], guest: Guest, graceful: float) -> None:
        super().__init__(0, os.getppid(), [sock], _App(app), 0, _config(guest, graceful), _Log())
        self._reading: dict[Any, float] = {}

    def serve(self) -> None:
        """Until `stop`; in any thread."""
        self.tpool = self.get_thread_pool()
        self.poller = selectors.DefaultSelector()
        self.method_queue.init()
        self.load_wsgi()
        self.booted = True
        self.run()

    def stop(self) -> None:
        """Accept nobody more, finish what is under way; from any thread."""
        self.handle_exit(None, None)

    def notify(self) -> None:
        """Once a second, in place of a word to the arbiter: close what is too slow."""
        now = time.monotonic()
        for conn, since in list(self._reading.items()):
            if now - since > READ_WITHIN:
                with contextlib.suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RDWR)

    def is_parent_alive(self) -> bool:
        """The channel to the supervisor tells that."""
        return True

    def handle(self, conn: Any) -> Any:
        """In a thread of the pool: one request."""
        if not conn.initialized and not conn.data_ready and not conn.wait_for_data(FIRST_WORD):
            return gthread._DEFER  # noqa: SLF001  what its own `handle` says of a silent connection, only sooner
        self._reading[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            self._reading.pop(conn, None)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """The head has come: from here on it is our own work that takes time."""
        self._reading.pop(conn, None)
        return super().handle_request(req, conn)


class _App:
    """What gunicorn asks for its application."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app

    def wsgi(self) -> Callable[..., Iterable[bytes]]:
        return self._app


def _config(guest: Guest, graceful: float) -> Any:
    config = Config()
    wanted = {
        "threads": guest.threads,
        "worker_connections": CONNECTIONS,
        "keepalive": KEEP,
        "graceful_timeout": int(graceful),
        "limit_request_line": LONGEST_LINE,
        "forwarded_allow_ips": "",  # portal/proxies.py decides whom to believe
        "secure_scheme_headers": {},
        "certfile": str(guest.certificate) if guest.certificate else None,
        "keyfile": str(guest.key) if guest.key else None,
        "control_socket_disable": True,
    }
    for name, value in wanted.items():
        config.set(name, value)
    return config


class _Log:
    """gunicorn's log as ours: what a stranger sent is never in it, a fault of ours is, with its trace."""

    def __init__(self) -> None:
        self._log = structlog.get_logger(part="guest")

    def exception(self, _words: str, *_args: Any) -> None:
        if isinstance(sys.exc_info()[1], OSError):
            self._log.debug("a connection broke off")  # or nothing came for PATIENCE seconds (proxeny/paging.py)
        else:
            self._log.exception("a connection failed")

    def error(self, _words: str, *_args: Any) -> None:
        self._log.error("a connection failed")

    critical = error

    def warning(self, _words: str, *_args: Any) -> None:
        self._log.debug("a request was refused before it was read")

    def debug(self, *_args: Any) -> None:
        """Nothing: it tells of every closed connection."""

    info = access = reopen_files = close_on_exec = debug
