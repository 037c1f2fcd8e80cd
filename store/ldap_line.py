"""One connection to a directory, over ldap3: opened once with TLS verified, then searched and bound, each within a deadline.

A line that failed is dead and is never opened again: ldap3 would do that by itself at the next bind, without the
StartTLS that went before, and send the password in the clear. Never follows a referral, never binds a name without a
password, never speaks in the clear to another machine.
"""

from __future__ import annotations

import contextlib
import ipaddress
import math
import ssl
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ldap3 import ANONYMOUS, DEREF_NEVER, NONE, SIMPLE, SUBTREE, Connection, Server

from store.ldap_wire import VerifiedTls, Where, Wire
from store.refusal import LineError, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_HALF: Final = 0.5  # of the time left, for one of the host's addresses to connect: many have two, and one of them is dead
# RFC 4511, A.1: result codes that say something of the directory or of our way to it
_SIZE_LIMIT: Final = 4
_ABSENT: Final = {32, 34}  # noSuchObject, invalidDNSyntax
_REFUSED: Final = {3: Refusal.TIMED_OUT, 11: Refusal.TIMED_OUT, 51: Refusal.UNREACHABLE, 52: Refusal.UNREACHABLE}


class Entry(NamedTuple):
    """What a search found; attribute names in lower case."""

    dn: str
    attributes: dict[str, list[bytes]]


class Bound(NamedTuple):
    """What became of a bind: LDAP's result code and the server's own words."""

    code: int
    words: str


class Line:
    """For one thread at a time. Whatever goes wrong is a LineError. `until` is a moment of time.monotonic."""

    def __init__(self, where: Where, until: float) -> None:
        self._wire = Wire(until)
        wait = max(0.1, (until - time.monotonic()) * _HALF)
        server = Server(where.host, where.port, where.ldaps, get_info=NONE, tls=VerifiedTls(where, self._wire), connect_timeout=wait)
        self._connection = Connection(
            server,
            auto_bind=False,
            auto_referrals=False,
            auto_range=False,
            auto_escape=False,
            auto_encode=False,
            check_names=False,
            return_empty_attributes=False,
        )
        self.used_at = time.monotonic()
        with self._living():
            self._open(where)

    def _open(self, where: Where) -> None:
        connection = self._connection
        connection.open(read_server_info=False)
        if not where.ldaps:
            self._wire.take(connection.socket)
            connection.socket = self._wire
        if where.clear and not ipaddress.ip_address(self._wire.peer()).is_loopback:
            raise LineError(Refusal.MISCONFIGURED, f"{where.host} is another machine, and passwords would go unencrypted")
        if where.starttls:
            connection.start_tls(read_server_info=False)

    def search(self, base: str, words: str, attributes: Sequence[str], most: int, until: float, *, absent: bool = False) -> list[Entry]:
        """At most `most` entries that fit the filter `words`; `absent`: a base that is not there holds none."""
        connection = self._ready(until)
        limit = max(1, math.ceil(until - time.monotonic()))
        with self._living():
            connection.search(base, words, SUBTREE, DEREF_NEVER, list(attributes), size_limit=most, time_limit=limit)
            found = [_entry(each) for each in connection.response or () if each["type"] == "searchResEntry"]
        code = connection.result["result"]
        if absent and code in _ABSENT:
            return []
        if code not in {0, _SIZE_LIMIT}:
            raise LineError(_REFUSED.get(code, Refusal.MISCONFIGURED), _said(connection.result))
        return found

    def bind(self, dn: str, password: bytes, until: float) -> Bound:
        """Become `dn`, or nobody where it is ""; the code is 0 where the server agrees."""
        if dn and not password:
            raise LineError(Refusal.EMPTY_PASSWORD)  # RFC 4513, 5.1.2: it would succeed and prove nothing
        connection = self._ready(until)
        connection.authentication = SIMPLE if dn else ANONYMOUS
        connection.user, connection.password = dn or None, password  # octets go as they are; a string would be prepared (RFC 4013)
        with self._living():
            connection.bind(read_server_info=False)
        connection.password = None
        code = connection.result["result"]
        if code in _REFUSED:
            raise LineError(_REFUSED[code], _said(connection.result))
        return Bound(code, _said(connection.result))

    def _ready(self, until: float) -> Connection:
        if self._connection.closed:
            raise LineError(Refusal.UNREACHABLE, "the connection is closed")
        self.used_at = time.monotonic()
        self._wire.renew(until)
        return self._connection

    @contextlib.contextmanager
    def _living(self) -> Iterator[None]:
        try:
            yield
        except Exception as fault:  # noqa: BLE001  what a strange server sends may trip ldap3 anywhere: the line is dead, no more
            self.close()
            self._connection.password = None
            raise (fault if isinstance(fault, LineError) else _told(self._wire.fault or fault)) from None

    def close(self) -> None:
        """Hang up at once."""
        if self._connection.socket is not None:
            self._connection.socket.close()
        self._wire.close()
        self._connection.closed = True


def _told(fault: Exception) -> LineError:
    """A fault underneath or of ldap3's, in one line."""
    words = str(fault).strip().splitlines()[0][:200] if str(fault).strip() else type(fault).__name__
    if isinstance(fault, TimeoutError) or "timed out" in words:
        return LineError(Refusal.TIMED_OUT, words)
    if isinstance(fault, ssl.SSLError | ssl.CertificateError) or type(fault).__name__ == "LDAPStartTLSError":
        return LineError(Refusal.TLS_FAILED, words)
    if isinstance(fault, FileNotFoundError | PermissionError):
        return LineError(Refusal.MISCONFIGURED, f"the file of trusted certificates: {words}")
    return LineError(Refusal.UNREACHABLE, words)


def _entry(found: dict[str, Any]) -> Entry:
    return Entry(found["dn"], {name.lower(): list(values) for name, values in found["raw_attributes"].items()})


def _said(result: dict[str, Any]) -> str:
    return f"{result['description']}: {result['message']}".strip(": ")[:200]
