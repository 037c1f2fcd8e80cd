"""A throw-away certificate authority of small keys, for servers whose names and dates a test chooses.

Never used outside a test's temporary folder.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.x509 import GeneralName

DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Paths of PEM files."""

    certificate: Path
    key: Path


class Authority:
    """Issues certificates into a folder; `file` is its own."""

    def __init__(self, folder: Path, name: str = "Test authority") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._serial = 0
        self.file = folder / f"{name.replace(' ', '-').lower()}.crt"
        made = self._signed(self._name, self._key.public_key(), -DAY, 30 * DAY, x509.BasicConstraints(ca=True, path_length=0), ())
        self.file.write_bytes(made.public_bytes(Encoding.PEM))

    def issue(self, *names: str, begins: dt.timedelta = -DAY, ends: dt.timedelta = 30 * DAY) -> Certificate:
        """A server's certificate for host names and addresses, good between two moments counted from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        made = self._signed(subject, key.public_key(), begins, ends, x509.BasicConstraints(ca=False, path_length=None), names)
        paths = Certificate(self._folder / f"server-{self._serial}.crt", self._folder / f"server-{self._serial}.secret")
        paths.certificate.write_bytes(made.public_bytes(Encoding.PEM))
        paths.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return paths

    def _signed(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        begins: dt.timedelta,
        ends: dt.timedelta,
        basic: x509.BasicConstraints,
        names: tuple[str, ...],
    ) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        self._serial += 1
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + begins)
            .not_valid_after(now + ends)
            .add_extension(basic, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        else:
            usage = dict.fromkeys(("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False)
            signing = x509.KeyUsage(digital_signature=True, content_commitment=False, key_cert_sign=True, crl_sign=True, **usage)
            builder = builder.add_extension(signing, critical=True)
        return builder.sign(self._key, hashes.SHA256())


def _general(name: str) -> GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
