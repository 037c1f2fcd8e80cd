"""proxeny.own_certificate: what browsers meet changes between two handshakes, and whoever is connected does not notice."""

from __future__ import annotations

import asyncio
import http.client
import socket
import ssl
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from proxeny.own_certificate import OwnCertificate
from proxeny.serving import Serving
from proxeny.settings import load
from proxeny.threads import Answering
from store import keys, listener_keys
from store.schema import prepare
from store.sealed import create_keys
from store.session import engine, transaction
from tests.peers.authority import Authority
from tests.peers.program import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from proxeny.settings import Settings

HOST = "localhost"


class Served:
    """A listener with a page of one word, and what a browser meets at it."""

    def __init__(self, folder: Path) -> None:
        file = folder / "proxeny.toml"
        file.write_text(
            f'data_dir = "{folder}"\n[guest]\nlisten = "127.0.0.1:1"\nurl = "https://{HOST}"\ncertificate = "app"\nthreads = 2\n'
        )
        self.settings: Settings = load(file, {})
        prepare(self.settings.database.url)
        create_keys(self.settings.seal_key)
        self.authority = Authority(folder / "authority")
        self.database = engine(self.settings.database.url)
        assert self.settings.guest is not None
        self.own = OwnCertificate(self.settings, "guest", self.settings.guest.names)
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.sock.setblocking(False)
        self.answering = Answering(self.sock, _app, self.settings.guest, 1.0, self.own)
        self.thread = threading.Thread(target=self.answering.serve)
        self.thread.start()

    def end(self) -> None:
        self.answering.stop()
        self.thread.join()
        self.sock.close()
        self.database.dispose()

    def connection(self, *, trusting: bool = True) -> http.client.HTTPSConnection:
        """A browser that trusts the authority, or anybody."""
        context = ssl.create_default_context(cafile=str(self.authority.file))
        if not trusting:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        made = http.client.HTTPSConnection(HOST, self.sock.getsockname()[1], context=context, timeout=20)
        made.sock = context.wrap_socket(socket.create_connection(("127.0.0.1", made.port), 20), server_hostname=HOST)
        return made

    def met(self, **how: bool) -> int:
        """The serial number of the certificate that a new connection is met with."""
        there = self.connection(**how)
        octets = there.sock.getpeercert(binary_form=True)
        there.close()
        return x509.load_der_x509_certificate(octets or b"").serial_number

    def used(self, pem: bytes | None = None, chain: str = "") -> int:
        """A new one is kept and to be used: its serial number."""
        made = self.authority.issue(HOST)
        chain = chain or made.certificate.read_text()
        with transaction(self.database) as session:
            seal = keys.unlock(session, self.settings.seal_key)
            row = listener_keys.add(session, seal, "guest", pem or made.key.read_bytes(), by="a test", now=now(), chain=chain)
            listener_keys.use(session, row, now())
        self.own.look()
        return x509.load_pem_x509_certificate(made.certificate.read_bytes()).serial_number


def now() -> datetime:
    return datetime.now(UTC)


def _app(_environ: object, start: object) -> list[bytes]:
    start("200 OK", [("Content-Length", "4")])
    return [b"here"]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served(tmp_path_factory.mktemp("served"))
    yield made
    made.end()


def read(there: http.client.HTTPSConnection) -> bytes:
    there.request("GET", "/")
    return there.getresponse().read()


def test_before_there_is_one_a_browser_is_warned(served: Served) -> None:
    """Signed by itself, for the listener's name: who must upload the right one gets to the page."""
    with pytest.raises(ssl.SSLCertVerificationError):
        served.connection()
    assert 0 < served.met(trusting=False)


def test_a_new_one_is_met_without_a_restart_and_nobody_is_cut_off(served: Served) -> None:
    """Before and after, by real handshakes; a connection that was there goes on; the former one can be used again."""
    first = served.used()
    assert first == served.met()
    there = served.connection()
    assert b"here" == read(there)
    second = served.used()
    assert (second, b"here") == (served.met(), read(there))
    there.close()
    with transaction(served.database) as session:
        former = listener_keys.of(session, "guest")
        listener_keys.use(session, next(row for row in former if row.retired_at is not None), now())
    served.own.look()
    assert first == served.met()


def test_a_broken_one_never_takes_a_good_ones_place(served: Served) -> None:
    """Another certificate's key, no certificate at all, one that does not open: the good one is met, look after look."""
    good = served.used()
    other = served.authority.issue(HOST).key.read_bytes()
    for pem, chain in ((other, ""), (None, "no certificate"), (b"no key", "")):
        served.used(pem, chain)
        served.own.look()
        assert good == served.met()
    with transaction(served.database) as session:
        row = listener_keys.in_use(session, "guest")
        assert row is not None
        row.key = b"sealed by somebody else"
        listener_keys.use(session, row, now())
    served.own.look()
    assert good == served.met()


def test_the_guests_process_takes_it_by_itself(served: Served) -> None:
    """The process as the supervisor starts it: it looks each second, and the page is served with what it found."""
    good = served.used()
    sock = socket.create_server(("127.0.0.1", 0))
    sock.setblocking(False)
    process = Serving(served.settings, sock)
    asyncio.run(process.begin())
    before, served.sock = served.sock, sock
    try:
        assert good == served.met()
        other = served.authority.issue(HOST)
        with transaction(served.database) as session:
            seal = keys.unlock(session, served.settings.seal_key)
            row = listener_keys.add(session, seal, "guest", other.key.read_bytes(), by="", now=now(), chain=other.certificate.read_text())
            listener_keys.use(session, row, now())
        until(lambda: good != served.met(), "the process to look", 10)
    finally:
        served.sock = before
        asyncio.run(process.end(2.0))
        sock.close()


def test_no_key_is_ever_a_file(served: Served) -> None:
    """What is on the disk is sealed."""
    served.used()
    folder = served.settings.data_dir
    files = [path for path in folder.rglob("*") if path.is_file() and path.parent.name != "authority"]
    assert [] == [path for path in files if b"PRIVATE KEY" in path.read_bytes()]
