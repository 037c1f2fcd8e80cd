"""Certificates of our own listeners judged: is the key theirs, do they cover the names, are they good now, is the chain in order.

Theory of operation. What is uploaded may be PEM, DER or PKCS#12, with the chain in any order and an authority's root or others' in
between. `opened` takes it apart; it loads private keys, which a stranger can make as slow as they like, so it runs in a process of
its own (proxeny/unwrapping.py). `judged` then works on public things alone: it finds the certificate whose key it is, follows issuers
from there, and says what is wrong as a closed set of flaws, or what is merely worth knowing.

Never raises on input, and never has a private key's octets in a word of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

LARGEST: Final = 65_536  # octets of an upload
CHAIN: Final = 10  # certificates of an upload
BITS: Final = (2_048, 8_192)  # of an RSA key
_CURVES: Final = {"secp256r1": "P-256", "secp384r1": "P-384"}  # what browsers take
ODD: Final = (  # what reading a certificate raises, some of it only when a field is asked for
    ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType,
)  # fmt: skip
_GOOD: Final = (hashes.SHA256, hashes.SHA384, hashes.SHA512)


class Flaw(Enum):
    """Why it cannot serve; the value is its line of documentation."""

    EMPTY = "There is no certificate in it."
    LARGE = "It is larger than 64 kB, or has more than ten certificates."
    UNREADABLE = "It is no certificate or key in PEM, DER or PKCS#12."
    PASSWORD = "The password is missing, or another one."
    SLOW = "It took too long to open: no program writes files that are so hard to open."
    KEYLESS = "No key is there for it: neither in the upload, nor of a request made here."
    OTHER_KEY = "The key is another certificate's."
    KEYS = "There are several keys in it."
    WEAK_KEY = "Its key is too weak, too long, or of a kind that browsers do not take."
    WEAK_SIGNATURE = "It is signed with SHA-1 or something weaker."
    ENDED = "It has ended."
    EARLY = "It is not valid yet."
    NAMES = "It does not cover a host name of the listener."
    AUTHORITY = "It is an authority's own certificate, not a server's."
    PURPOSE = "It is not made for servers."


class Note(Enum):
    """What is worth knowing of one that serves."""

    REORDERED = "The chain was in another order."
    LEFT_OUT = "Certificates that are not of its chain were left out."
    SELF_SIGNED = "It is signed by itself: browsers warn of it."
    INCOMPLETE = "Its chain ends at an issuer that this machine does not know."


@dataclass(frozen=True, slots=True)
class Leaf:
    """A chain as a page shows it; the first certificate is the listener's own."""

    subject: str
    names: tuple[str, ...]
    issuer: str
    kind: str  # "EC P-256", "RSA 3072"
    begins: datetime
    ends: datetime
    fingerprint: str  # SHA-256
    chain: tuple[str, ...]  # subjects above it
    notes: tuple[Note, ...]

    def days(self, now: datetime) -> int:
        return max((self.ends - now) // timedelta(days=1), -1)


def judged(
    certificates: Sequence[x509.Certificate], public: bytes, names: Sequence[str], roots: frozenset[bytes], now: datetime
) -> tuple[str, Leaf] | Flaw:
    """(the chain in PEM, its own first; what it is), or why it cannot serve. `public`: the key that it must have, DER."""
    if not certificates:
        return Flaw.EMPTY
    if len(certificates) > CHAIN:
        return Flaw.LARGE
    leaf = next((each for each in certificates if spki_of(each) == public), None)
    if leaf is None:
        return Flaw.OTHER_KEY
    try:
        chain = _chain(leaf, certificates)
        if (flaw := next(_flaws(chain, names, now), None)) is not None:
            return flaw
        kept = [each for each in chain if each is leaf or each.subject != each.issuer]  # a root is the browser's own to have
        notes = tuple(_notes(kept, certificates, chain, roots))
        return "".join(each.public_bytes(Encoding.PEM).decode() for each in kept), told(kept, notes)
    except ODD:
        return Flaw.UNREADABLE


def shown(pem: bytes, roots: frozenset[bytes]) -> Leaf | None:
    """What a chain is that serves already, in its own order; None where it cannot be read."""
    try:
        chain = x509.load_pem_x509_certificates(pem[: LARGEST * 4])
        return told(chain, tuple(_notes(chain, chain, _chain(chain[0], chain), roots)))
    except (*ODD, IndexError):
        return None


def told(chain: Sequence[x509.Certificate], notes: tuple[Note, ...]) -> Leaf:
    """As a page has it."""
    leaf = chain[0]
    return Leaf(
        _called(leaf.subject),
        hosts(leaf),
        _called(leaf.issuer),
        kind(leaf.public_key()),
        leaf.not_valid_before_utc,
        leaf.not_valid_after_utc,
        leaf.fingerprint(hashes.SHA256()).hex(":").upper(),
        tuple(_called(each.subject) for each in chain[1:]),
        notes,
    )


def covers(leaf: x509.Certificate, name: str) -> bool:
    """Whether the certificate names the host (RFC 6125, 6.4.3: a wildcard stands for one label)."""
    known = hosts(leaf)
    return name in known or f"*.{name.partition('.')[2]}" in known


def hosts(leaf: x509.Certificate) -> tuple[str, ...]:
    """The host names and addresses that it is for."""
    try:
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, *ODD):
        return ()
    return (*(each.lower() for each in found.get_values_for_type(x509.DNSName)), *map(str, found.get_values_for_type(x509.IPAddress)))


def kind(key: object) -> str:
    """ "EC P-256", "RSA 3072"; "" for what browsers do not take."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {_CURVES[key.curve.name]}" if key.curve.name in _CURVES else ""
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}" if BITS[0] <= key.key_size <= BITS[1] else ""
    return ""


def spki(key: object) -> bytes:
    """A public key as its certificate has it; b"" for one that no library of ours knows."""
    try:
        return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined, no-any-return]
    except (AttributeError, ValueError, UnsupportedAlgorithm):
        return b""


def spki_of(certificate: x509.Certificate) -> bytes:
    """The same of a certificate's; b"" for one that cannot be read."""
    try:
        return spki(certificate.public_key())
    except (ValueError, UnsupportedAlgorithm):
        return b""


def _chain(leaf: x509.Certificate, among: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """From the leaf up, as far as what was sent goes."""
    chain, rest = [leaf], [each for each in among if each != leaf]
    while (above := next((each for each in rest if _issued(chain[-1], each)), None)) is not None:
        chain.append(above)
        rest.remove(above)
    return chain


def _issued(below: x509.Certificate, above: x509.Certificate) -> bool:
    try:
        below.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _flaws(chain: Sequence[x509.Certificate], names: Sequence[str], now: datetime) -> Iterator[Flaw]:
    leaf = chain[0]
    if any(not kind(each.public_key()) for each in chain):
        yield Flaw.WEAK_KEY
    if any(not isinstance(_hash(each), _GOOD) for each in chain if each.subject != each.issuer or each is leaf):
        yield Flaw.WEAK_SIGNATURE
    if any(each.not_valid_after_utc <= now for each in chain):
        yield Flaw.ENDED
    if leaf.not_valid_before_utc > now:
        yield Flaw.EARLY
    try:
        basic = leaf.extensions.get_extension_for_class(x509.BasicConstraints).value
        if basic.ca and leaf.subject != leaf.issuer:
            yield Flaw.AUTHORITY
    except x509.ExtensionNotFound:
        pass
    if not _for_servers(leaf):
        yield Flaw.PURPOSE
    if any(not covers(leaf, name) for name in names):
        yield Flaw.NAMES


def _hash(certificate: x509.Certificate) -> object:
    try:
        return certificate.signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):
        return None


def _for_servers(leaf: x509.Certificate) -> bool:
    try:
        return ExtendedKeyUsageOID.SERVER_AUTH in leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True


def _notes(
    kept: Sequence[x509.Certificate],
    sent: Sequence[x509.Certificate],
    chain: Sequence[x509.Certificate],
    roots: frozenset[bytes],
) -> Iterator[Note]:
    if list(sent[: len(chain)]) != list(chain):
        yield Note.REORDERED
    if len(sent) > len(chain):
        yield Note.LEFT_OUT
    if kept[0].subject == kept[0].issuer:
        yield Note.SELF_SIGNED
    elif kept[-1].issuer.public_bytes() not in roots:
        yield Note.INCOMPLETE


def _called(name: x509.Name) -> str:
    """By its common name, else all of it; printable, and not longer than a page's line."""
    common = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    text = str(common[0].value) if common else name.rfc4514_string()
    return "".join(letter for letter in text if letter.isprintable())[:200]
