"""A throw-away certificate authority: a server certificate for the homes, a client chain of more than 4 KiB for EAP-TLS.

Never used outside a test's temporary folder.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from pathlib import Path

LONG = 1500  # octets of padding in an intermediate's extension: two of them carry the chain past 4 KiB


@dataclass(frozen=True, slots=True)
class Certificates:
    """Paths of PEM files."""

    root: Path
    server: Path  # certificate and key
    client_chain: Path  # leaf, then intermediates
    client_key: Path


@dataclass(frozen=True, slots=True)
class _Issuer:
    name: x509.Name
    key: rsa.RSAPrivateKey


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _issue(subject: str, issuer: _Issuer | None, *extensions: x509.ExtensionType, authority: bool) -> tuple[x509.Certificate, _Issuer]:
    """A certificate under `issuer` (its own where None), good from yesterday for a month."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    own = _Issuer(_name(subject), key)
    signer = issuer or own
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(own.name)
        .issuer_name(signer.name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(signer.key, hashes.SHA256()), own


def _pem(*parts: x509.Certificate | rsa.RSAPrivateKey) -> bytes:
    return b"".join(
        part.public_bytes(Encoding.PEM)
        if isinstance(part, x509.Certificate)
        else part.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        for part in parts
    )


def _padding() -> x509.UnrecognizedExtension:
    # Netscape comment: ignored by everyone, as long as we like; DER IA5String with a two-octet length.
    return x509.UnrecognizedExtension(x509.ObjectIdentifier("2.16.840.1.113730.1.13"), b"\x16\x82" + LONG.to_bytes(2, "big") + b"p" * LONG)


def make(folder: Path, *, identity: str = "student@uni-a.example") -> Certificates:
    """Write root, server and client certificates into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    root, root_issuer = _issue("Test root", None, authority=True)
    server, server_issuer = _issue(
        "radius.test.example",
        root_issuer,
        x509.SubjectAlternativeName([x509.DNSName("radius.test.example")]),
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]),
        authority=False,
    )
    upper, upper_issuer = _issue("Test upper", root_issuer, _padding(), authority=True)
    lower, lower_issuer = _issue("Test lower", upper_issuer, _padding(), authority=True)
    leaf, leaf_issuer = _issue(identity, lower_issuer, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), authority=False)
    made = Certificates(folder / "root.pem", folder / "server.pem", folder / "client-chain.pem", folder / "client-key.pem")
    made.root.write_bytes(_pem(root))
    made.server.write_bytes(_pem(server, server_issuer.key))
    made.client_chain.write_bytes(_pem(leaf, lower, upper))
    made.client_key.write_bytes(_pem(leaf_issuer.key))
    if sum(len(each.public_bytes(Encoding.DER)) for each in (leaf, lower, upper)) <= 4096:
        raise AssertionError("the client's chain is meant to pass 4 KiB")
    return made
