"""Certificates of our listeners, as staff and programs change them: a request made, a certificate taken in, used, and taken back.

Each takes a transaction and says what came of it; nothing here is a page's or the API's alone. Whoever calls has asked who it is and
writes the audit log. Never gives a private key out, and never takes a certificate into use that would not serve.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from cryptography import x509

from portal.cases import certificates, key_files
from portal.cases.certificates import Flaw, Leaf
from store import listener_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.cases.key_files import Parcel
    from store.models import ListenerKey
    from store.sealed import Seal

NAMES: Final = 20  # host names of one request
_HOST: Final = re.compile(r"(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Listener:
    """One of ours, as the settings have it."""

    name: str  # the section: "guest"
    origin: str  # how browsers know it
    names: tuple[str, ...]  # host names and addresses that its certificate must cover
    kept: bool  # certificate = "app"
    file: str = ""  # the name of its file, where the settings name one
    chain: bytes = b""  # what is in that file

    @property
    def proxied(self) -> bool:
        """Whether something before us speaks TLS, or nobody does."""
        return not self.kept and not self.file


class FullError(Exception):
    """There are as many kept as may be: one has to go first."""


def named(text: str) -> list[str]:
    """Host names out of what was typed, one a line, by commas or blanks."""
    return list(dict.fromkeys(each.strip("[]").lower().rstrip(".") for each in re.split(r"[\s,;]+", text.strip()) if each.strip("[]")))


def misnamed(names: Sequence[str]) -> str | None:
    """The first that is no host name or address; "" where there is none at all, or too many; None where all stand."""
    if not 0 < len(names) <= NAMES:
        return ""
    return next((each for each in names if not _is_name(each)), None)


def _is_name(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return len(text) <= 253 and _HOST.fullmatch(text) is not None
    return True


def ask(session: Session, seal: Seal, listener: Listener, names: Sequence[str], of: str, *, by: str, now: datetime) -> ListenerKey:
    """A new key, and the request for its certificate."""
    if not listener_keys.room(session, listener.name):
        raise FullError
    key, request = key_files.request(names, of)
    return listener_keys.add(session, seal, listener.name, key, by=by, now=now, request=request)


def take(
    session: Session, seal: Seal, listener: Listener, parcel: Parcel, roots: frozenset[bytes], *, by: str, now: datetime
) -> tuple[ListenerKey, Leaf] | Flaw:
    """A certificate for a request that waits, or one with its key; kept, and not in use yet."""
    chain = [x509.load_der_x509_certificate(each) for each in parcel.certificates]
    if not chain:
        return Flaw.EMPTY
    waiting = None if parcel.key else _waiting(session, listener, chain)
    public = parcel.public if parcel.key else _asked_for(waiting)
    if not public:
        return Flaw.KEYLESS
    found = certificates.judged(chain, public, listener.names, roots, now)
    if isinstance(found, Flaw):
        return found
    pem, leaf = found
    if waiting is None:
        if not listener_keys.room(session, listener.name):
            raise FullError
        return listener_keys.add(session, seal, listener.name, parcel.key, by=by, now=now, chain=pem, ends_at=leaf.ends), leaf
    waiting.chain, waiting.ends_at = pem, leaf.ends
    session.flush()
    return waiting, leaf


def _waiting(session: Session, listener: Listener, chain: Sequence[x509.Certificate]) -> ListenerKey | None:
    """The request that one of these answers; also one that was answered before: a certificate is renewed with its key at times."""
    theirs = {certificates.spki_of(each) for each in chain}
    rows = [row for row in listener_keys.of(session, listener.name) if row.request and row.used_from is None]
    return next((row for row in rows if _asked_for(row) in theirs), None)


def _asked_for(row: ListenerKey | None) -> bytes:
    """The public key of a request."""
    return certificates.spki(x509.load_pem_x509_csr(row.request.encode()).public_key()) if row is not None and row.request else b""


def use(
    session: Session, seal: Seal, listener: Listener, row: ListenerKey, loads: Callable[[bytes], bool], roots: frozenset[bytes],
    now: datetime,
) -> Flaw | None:  # fmt: skip
    """The listener takes it within a second; None where that stands. What would not serve stays where it is."""
    chain = x509.load_pem_x509_certificates(row.chain.encode()) if row.chain else []
    if not chain:
        return Flaw.EMPTY
    found = certificates.judged(chain, certificates.spki_of(chain[0]), listener.names, roots, now)
    if isinstance(found, Flaw):
        return found
    if not loads(listener_keys.pem(row, seal)):
        return Flaw.OTHER_KEY
    listener_keys.use(session, row, now)
    return None
