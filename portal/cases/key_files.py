"""Private keys, taken out of what somebody uploads and made for a request: PEM, DER, PKCS#12, with a password or without.

A key can be made so that it takes minutes to open or to check: only a process of its own, with bounds, calls `opened`
(proxeny/unwrapping.py). Never writes a key anywhere but into what it returns.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
    pkcs7,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from portal.cases.certificates import CHAIN, LARGEST, ODD, Flaw, kind, spki

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cryptography.x509 import GeneralName

    Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

KINDS: Final = ("EC P-256", "RSA 3072")  # that are made here
_KEY: Final = re.compile(rb"-----BEGIN ([A-Z ]{0,20}PRIVATE KEY)-----.{1,40000}?-----END \1-----", re.DOTALL)
_PEM: Final = b"-----BEGIN "


class Parcel(NamedTuple):
    """What was in an upload: the key in PKCS#8 PEM, b"" where there was none; its public half; certificates in DER."""

    key: bytes
    public: bytes
    certificates: tuple[bytes, ...]


def opened(octets: bytes, password: bytes) -> Parcel | Flaw:
    """Take an upload apart."""
    if len(octets) > LARGEST:
        return Flaw.LARGE
    if not octets.strip():
        return Flaw.EMPTY
    try:
        return _of_pem(octets, password) if _PEM in octets else _of_der(octets, password)
    except ODD:
        return Flaw.UNREADABLE


def _of_pem(octets: bytes, password: bytes) -> Parcel | Flaw:
    found = [each.group(0) for each in _KEY.finditer(octets)]
    if len(found) > 1:
        return Flaw.KEYS
    rest = _KEY.sub(b"", octets)
    try:
        certificates = x509.load_pem_x509_certificates(rest) if b"BEGIN CERTIFICATE" in rest else []
        certificates += pkcs7.load_pem_pkcs7_certificates(rest) if b"BEGIN PKCS7" in rest else []
    except ODD:
        return Flaw.UNREADABLE
    if not found and b"PRIVATE KEY" in octets:
        return Flaw.UNREADABLE
    key = _loaded(load_pem_private_key, found[0], password) if found else None
    return key if isinstance(key, Flaw) else _parcel(key, certificates)


def _of_der(octets: bytes, password: bytes) -> Parcel | Flaw:
    for load in (_one, pkcs7.load_der_pkcs7_certificates):
        with contextlib.suppress(*ODD):
            return _parcel(None, load(octets))
    key = _loaded(load_der_private_key, octets, password)
    if not isinstance(key, Flaw):
        return _parcel(key, [])
    return _of_pkcs12(octets, password)


def _of_pkcs12(octets: bytes, password: bytes) -> Parcel | Flaw:
    try:
        own, leaf, others = pkcs12.load_key_and_certificates(octets, password or None)
    except ValueError as fault:
        unlocked = _of_pkcs12(octets, b"") if password else Flaw.PASSWORD  # a password that it does not need is no fault
        why = Flaw.PASSWORD if "password" in str(fault).lower() else Flaw.UNREADABLE
        return why if isinstance(unlocked, Flaw) else unlocked
    if own is not None and not isinstance(own, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        return Flaw.WEAK_KEY
    return _parcel(own, [*([leaf] if leaf is not None else []), *others])


def _one(octets: bytes) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(octets)]


def _loaded(load: Callable[..., object], octets: bytes, password: bytes) -> Key | Flaw:
    """One key; a password that it does not need is no fault."""
    for word in (password or None, None):
        try:
            key = load(octets, word)
        except TypeError as fault:
            if "not encrypted" in str(fault):
                continue
            return Flaw.PASSWORD
        except ValueError as fault:
            return Flaw.PASSWORD if word and ("decrypt" in str(fault).lower() or "password" in str(fault).lower()) else Flaw.UNREADABLE
        return key if isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) else Flaw.WEAK_KEY
    return Flaw.UNREADABLE


def _parcel(key: Key | None, certificates: Sequence[x509.Certificate]) -> Parcel | Flaw:
    if len(certificates) > CHAIN:
        return Flaw.LARGE
    if key is None and not certificates:
        return Flaw.EMPTY
    if key is not None and not kind(key.public_key()):
        return Flaw.WEAK_KEY
    plain = _plain(key) if key is not None else b""
    public = spki(key.public_key()) if key is not None else b""
    return Parcel(plain, public, tuple(each.public_bytes(Encoding.DER) for each in certificates))


def _plain(key: Key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def request(names: Sequence[str], of: str) -> tuple[bytes, str]:
    """(a new key in PEM, the request that an authority signs), for these host names or addresses."""
    from ipaddress import ip_address  # noqa: PLC0415  one use

    key: Key = rsa.generate_private_key(65_537, 3_072) if of == "RSA 3072" else ec.generate_private_key(ec.SECP256R1())
    general: list[GeneralName] = []
    for name in names:
        try:
            general.append(x509.IPAddress(ip_address(name)))
        except ValueError:
            general.append(x509.DNSName(name))
    common = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])] if len(names[0]) <= 64 else [])  # X.520's bound
    made = x509.CertificateSigningRequestBuilder().subject_name(common)
    signed = made.add_extension(x509.SubjectAlternativeName(general), critical=False).sign(key, hashes.SHA256())
    return _plain(key), signed.public_bytes(Encoding.PEM).decode()
