"""gunicorn's threaded worker as one thread of ours: it accepts and answers, our supervisor does what its arbiter would.

Theory of operation. gunicorn's master process forks workers, restarts and signals them; here the supervisor does that
for every process alike, and forks nobody. So its ThreadWorker is run by itself: its parts are made as its own
`init_process` makes them, without signals. Ours is who gets a thread: a connection whose request is there
(proxeny/hearing.py), so that silent and slow clients hold none; of those with a long body a quarter of the threads at most;
and for no longer than WHOLE_WITHIN. When there are too many connections, the one that has been slow for longest goes.

Never logs a request's line: it may hold a token.
"""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import socket
import sys
import threading
import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import structlog
from gunicorn.config import Config
from gunicorn.workers import gthread

from proxeny.hearing import Heard, Hearing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from proxeny.own_certificate import OwnCertificate
    from proxeny.parts_web import Pages

READ_WITHIN: Final = 15.0  # seconds for a request's head and short body, TLS handshake included
WHOLE_WITHIN: Final = 30.0  # seconds in a thread: to read a long body, to answer
PARTING: Final = 2.0  # seconds for a client to close a connection that we have closed
KEEP: Final = 5  # seconds that an idle connection stays open
CONNECTIONS: Final = 1_000  # at once; for a further one, the slowest goes that has not said all
LONGEST_LINE: Final = 8_190  # octets of a request line, gunicorn's own most


class Answering(gthread.ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """The worker."""

    def __init__(
        self, sock: socket.socket, app: Callable[..., Iterable[bytes]], pages: Pages, graceful: float, own: OwnCertificate | None = None
    ) -> None:
        super().__init__(0, os.getppid(), [sock], _App(app), 0, _config(pages, graceful, own), _Log())
        self._long = threading.BoundedSemaphore(max(pages.threads // 4, 1))
        self._parting: deque[Hearing] = deque()  # answered, and not yet closed by their clients
        self._answered: dict[Any, float] = {}  # connection -> since when it has a thread

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
        """Once a second at least, in place of a word to the arbiter: close what is too slow."""
        now = time.monotonic()
        for conn, since in list(self._answered.items()):
            if now - since > WHOLE_WITHIN:
                with contextlib.suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RDWR)
        while self._parting and self._parting[0].timeout < now:
            self._leave(self._parting[0])
        while not self.alive and self.pending_conns:
            self._drop(self.pending_conns[0])

    def is_parent_alive(self) -> bool:
        """The channel to the supervisor tells that."""
        return True

    def accept(self, listener: socket.socket) -> None:
        """A new connection: heard first."""
        try:
            sock, client = listener.accept()
        except OSError as fault:
            if fault.errno not in {errno.EAGAIN, errno.ECONNABORTED}:
                raise
            return
        self.nr_conns += 1
        try:
            conn = Hearing(self.cfg, sock, client, listener.getsockname())
        except OSError:  # gone already; or the certificate is just being replaced
            self.nr_conns -= 1
            sock.close()
            return
        self.enqueue_req(conn)
        if self.nr_conns >= self.worker_connections and self.pending_conns:
            self._drop(self.pending_conns[0])

    def enqueue_req(self, conn: Hearing) -> None:
        """Of a new connection, or of one that was answered: to a thread if its request is there, else to be heard."""
        conn.again()
        if conn.hear() is not Heard.PART:
            self._hand_over(conn)
            return
        conn.timeout = time.monotonic() + READ_WITHIN
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def on_pending_socket_readable(self, conn: Hearing, client: Any) -> None:
        """It has said more."""
        if conn.hear() is not Heard.PART:
            self.poller.unregister(client)
            self.pending_conns.remove(conn)
            self._hand_over(conn)

    def handle(self, conn: Hearing) -> Any:
        """In a thread of the pool: one request."""
        long = conn.heard is Heard.HEAD
        if long and not self._long.acquire(blocking=False):
            return False
        self._answered[conn] = time.monotonic()
        try:
            conn.init()
            return super().handle(conn)
        finally:
            self._answered.pop(conn, None)
            if long:
                self._long.release()

    def finish_request(self, conn: Hearing, answer: Any) -> None:
        """Answered: to be heard again, or to be closed. gunicorn's own way waits for the client to close, and everyone with it."""
        if not answer.cancelled() and answer.exception() is None and answer.result():
            super().finish_request(conn, answer)
            return
        self.nr_conns -= 1
        if not conn.part():
            conn.close()
            return
        conn.timeout = time.monotonic() + PARTING
        self._parting.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._drain, conn))
        if len(self._parting) > self.worker_connections:
            self._leave(self._parting[0])

    def _drain(self, conn: Hearing, _client: Any) -> None:
        if not conn.drain():
            self._leave(conn)

    def _leave(self, conn: Hearing) -> None:
        self._parting.remove(conn)
        self.poller.unregister(conn.sock)
        conn.close()

    def _hand_over(self, conn: Hearing) -> None:
        if conn.heard is Heard.GONE:
            self.nr_conns -= 1
            conn.close()
        else:
            super().enqueue_req(conn)

    def _drop(self, conn: Hearing) -> None:
        """Close one that is being heard."""
        self.pending_conns.remove(conn)
        with contextlib.suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()


class _App:
    """What gunicorn asks for its application."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app

    def wsgi(self) -> Callable[..., Iterable[bytes]]:
        return self._app


def _config(pages: Pages, graceful: float, own: OwnCertificate | None) -> Any:
    config = Config()
    wanted: dict[str, Any] = {
        "threads": pages.threads,
        "worker_connections": CONNECTIONS,
        "keepalive": KEEP,
        "graceful_timeout": int(graceful),
        "limit_request_line": LONGEST_LINE,
        "forwarded_allow_ips": "",  # portal/proxies.py decides whom to believe
        "secure_scheme_headers": {},
        "certfile": str(pages.certificate) if pages.certificate else None,
        "keyfile": str(pages.key) if pages.key else None,
        **({"ssl_context": own.of_connection} if own is not None else {}),
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
