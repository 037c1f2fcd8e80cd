"""The certificate that the app keeps for one listener, as the process that serves it has it: looked at each second, taken without a stop.

Theory of operation. `certificate = "app"` in a listener's section: key and chain are a row of the database, the key sealed. A TLS
context is made of them and put in the place of the one before; connections that are there keep theirs, new ones meet the new one. A
row that does not load leaves the one before in its place, and is said. Until there is a row, and while the database is away at the
start, a certificate signed by itself stands in: browsers warn of it, but whoever must upload the right one gets to the page.

Never writes a key to a disk: OpenSSL reads it from memory that has no name.
"""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from sqlalchemy.exc import SQLAlchemyError

from portal.cases.key_files import request
from store import keys, listener_keys
from store.faults import StoreError
from store.session import engine, reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proxeny.settings import Settings

APP: Final = "app"  # in place of a path
PATIENCE: Final = 2  # seconds for a locked database
STANDS_IN: Final = timedelta(days=30)  # at most a process' life without a certificate


class OwnCertificate:
    """Of one listener."""

    def __init__(self, settings: Settings, listener: str, names: Sequence[str]) -> None:
        self._settings, self._listener = settings, listener
        self._database = engine(settings.database.url, patience=PATIENCE)
        self._context = context(_stand_in(names, datetime.now(UTC)))
        self._seen: tuple[str, datetime] | None = None  # what was tried last
        self._log = structlog.get_logger(part=listener)
        self._fault = ""  # the last that the log has

    def look(self) -> None:
        """Whether another one is to be used."""
        try:
            with reading(self._database) as session:
                row = listener_keys.in_use(session, self._listener)
                if row is None or row.used_from is None or (row.id, row.used_from) == self._seen:
                    return
                pem = listener_keys.pem(row, keys.unlock(session, self._settings.seal_key))
            self._seen = row.id, row.used_from
            self._context = context(pem)
        except (SQLAlchemyError, StoreError, OSError, ValueError) as fault:
            if self._fault != (words := type(fault).__name__):
                self._log.warning("the certificate that is to be used cannot be; the one before goes on", fault=words)
            self._fault = words
            return
        self._fault = ""
        self._log.info("a certificate was taken into use", certificate=row.id, ends=str(row.ends_at))

    def of_connection(self, _config: Any, _usual: Any) -> ssl.SSLContext:
        """gunicorn's hook: what a new connection is met with."""
        return self._context


def context(pem: bytes) -> ssl.SSLContext:
    """Key and chain in one PEM as OpenSSL has them; ssl.SSLError (an OSError) where they do not serve."""
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    memory = os.memfd_create("certificate", os.MFD_CLOEXEC)
    try:
        os.write(memory, pem)
        made.load_cert_chain(f"/proc/self/fd/{memory}", password=_nobody)
    finally:
        os.close(memory)
    return made


def _nobody() -> str:
    """Nobody is there to type a passphrase."""
    raise OSError("the key asks for a passphrase")


def _stand_in(names: Sequence[str], now: datetime) -> bytes:
    """A key and a certificate signed by itself."""
    plain, asked = request([name.strip("[]") for name in names], "EC P-256")
    key: Any = load_pem_private_key(plain, None)
    csr = x509.load_pem_x509_csr(asked.encode())
    made = x509.CertificateBuilder().subject_name(csr.subject).issuer_name(csr.subject).public_key(csr.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(hours=1)).not_valid_after(now + STANDS_IN)
    for extension in csr.extensions:
        made = made.add_extension(extension.value, extension.critical)
    return plain + made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
