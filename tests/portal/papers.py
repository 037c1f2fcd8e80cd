"""Keys and certificates of a test's own authority, made at a moment that the test's clock shows. Never used outside of tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.portal.staffroom import NOW

WIFI = "wifi.city.example"


def made_key(kind: str = "EC") -> Any:
    return {
        "EC": lambda: ec.generate_private_key(ec.SECP256R1()),
        "P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
        "Ed25519": ed25519.Ed25519PrivateKey.generate,
        "RSA 1024": lambda: rsa.generate_private_key(65_537, 1_024),
    }[kind]()


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Maker:
    """An authority with an intermediate, whose key signs what is asked for."""

    def __init__(self) -> None:
        self.root_key, self.key = made_key(), made_key()
        self.root = self._signed("Root", self.root_key.public_key(), "Root", self.root_key, authority=True)
        self.above = self._signed("Intermediate", self.key.public_key(), "Root", self.root_key, authority=True)

    def certificate(self, public: Any, *names: str, **more: Any) -> x509.Certificate:
        return self._signed(names[0] if names else WIFI, public, "Intermediate", self.key, names=names or (WIFI,), **more)

    def _signed(
        self, subject: str, public: Any, issuer: str, key: Any, *, names: tuple[str, ...] = (), authority: bool = False,
        begins: timedelta = timedelta(days=-1), ends: timedelta = timedelta(days=90), usage: Any = None, digest: Any = None,
    ) -> x509.Certificate:  # fmt: skip
        builder = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer)).public_key(public)
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(NOW + begins).not_valid_after(NOW + ends)
        builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False)
        if usage:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        return builder.sign(key, digest or hashes.SHA256())


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)


def private(key: Any, password: bytes = b"") -> bytes:
    locked = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)
