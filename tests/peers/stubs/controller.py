"""A controller's API in a thread: HTTPS on a free port, a session by cookie, every request kept; bad moods on demand.

A stub refuses what its real twin would: a missing header, a cookie of nobody's, an unknown field. Never reaches further
than 127.0.0.1.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.peers.authority import Certificate


class Asked(NamedTuple):
    """One request as it came."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: Mapping[str, str]  # names in lower case
    body: Any  # of JSON; None where there was none


class Said(NamedTuple):
    """What the stub answers."""

    status: int
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Mood:
    """What is wrong with it today."""

    status: int = 0  # answered to everything in place of the truth
    raw: bytes = b""  # sent in place of any answer, and the connection closed
    hang: threading.Event | None = None  # answers wait for it
    drip: bool = False  # an octet of an endless answer now and then


@dataclass
class Stub:
    """The common part; a controller overrides `answer`."""

    mood: Mood = field(default_factory=Mood)
    asked: list[Asked] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)  # every complaint: a test ends with none
    sessions: dict[str, str] = field(default_factory=dict)  # cookie -> the token that goes with it
    url: str = ""

    def answer(self, asked: Asked) -> Said:
        raise NotImplementedError

    def read(self, octets: bytes) -> Any:
        return json.loads(octets)

    def refuse(self, why: str, status: int = 400, body: Any = None) -> Said:
        self.wrong.append(why)
        return Said(status, body)

    def sign_in(self, name: str) -> tuple[str, tuple[str, str]]:
        """A new session: its token and its Set-Cookie."""
        cookie, token = secrets.token_hex(16), secrets.token_hex(16)
        self.sessions[cookie] = token
        return token, ("Set-Cookie", f"{name}={cookie}; Path=/; Secure; HttpOnly")

    def session(self, asked: Asked, name: str) -> str | None:
        """The token of the request's session; None where its cookie is nobody's."""
        cookies = dict(part.strip().partition("=")[::2] for part in asked.headers.get("cookie", "").split(";"))
        return self.sessions.get(cookies.get(name, ""))

    @property
    def paths(self) -> list[str]:
        """The order of calls."""
        return [f"{each.method} {each.path}" for each in self.asked]


@contextlib.contextmanager
def serving(stub: Stub, certificate: Certificate | None, port: int = 0) -> Iterator[Stub]:
    """The stub on 127.0.0.1, over TLS with this certificate and key; `url` says where."""
    closing = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 20

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            octets = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked = Asked(
                self.command,
                parts.path,
                parse_qs(parts.query),
                {name.lower(): value for name, value in self.headers.items()},
                stub.read(octets) if octets else None,
            )
            stub.asked.append(asked)
            mood = stub.mood
            if mood.hang:
                while not mood.hang.wait(0.05) and not closing.is_set():
                    pass
            if mood.raw:
                self.wfile.write(mood.raw)
                self.close_connection = True
            elif mood.drip:
                self._drip()
            else:
                self._say(Said(mood.status, {"message": "in a bad mood"}) if mood.status else stub.answer(asked))

        do_POST = do_GET  # noqa: N815  the library's own name

        def _say(self, said: Said) -> None:
            octets = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
            self.send_response(said.status)
            for name, value in said.headers:
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        def _drip(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
            with contextlib.suppress(OSError):
                while not closing.wait(0.2):
                    self.wfile.write(b"1\r\n \r\n")

        def log_message(self, *_args: object) -> None:
            pass

    server = Quiet(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.certificate, certificate.key)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    stub.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        closing.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


class Quiet(ThreadingHTTPServer):
    """Connections that break off, as tests make them, are nobody's news."""

    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        pass
