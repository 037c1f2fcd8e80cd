"""A security key in software, for tests: it makes a credential and signs with it, as WebAuthn (level 3) has it."""

from __future__ import annotations

import hashlib
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from collections.abc import Mapping

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text(octets: bytes) -> str:
    return urlsafe_b64encode(octets).decode().rstrip("=")


def octets(said: str) -> bytes:
    return urlsafe_b64decode(said + "=" * (-len(said) % 4))


@dataclass
class SoftKey:
    """One key for one site. What a test changes of it, it lies about."""

    origin: str
    site: str
    counter: int = 0  # 0: it has none
    verifies: bool = True
    handle: bytes = b""
    name: bytes = field(default_factory=lambda: os.urandom(32))
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, options: Mapping[str, Any]) -> str:
        """A credential, as `navigator.credentials.create` gives it."""
        self.handle = octets(options["user"]["id"])
        numbers = self.private.public_key().public_numbers()
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        data = self._data(ATTESTED) + bytes(16) + len(self.name).to_bytes(2, "big") + self.name + public
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._said({"attestationObject": text(attestation), "clientDataJSON": text(self._client("webauthn.create", options))})

    def show(self, options: Mapping[str, Any]) -> str:
        """A signature, as `navigator.credentials.get` gives it."""
        if self.counter:
            self.counter += 1
        data, client = self._data(0), self._client("webauthn.get", options)
        signature = self.private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        parts = {"authenticatorData": data, "clientDataJSON": client, "signature": signature, "userHandle": self.handle}
        return self._said({key: text(value) for key, value in parts.items()})

    def _said(self, response: Mapping[str, str]) -> str:
        return json.dumps({"id": text(self.name), "rawId": text(self.name), "type": "public-key", "response": response})

    def _data(self, flags: int) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return hashlib.sha256(self.site.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big")

    def _client(self, kind: str, options: Mapping[str, Any]) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()
