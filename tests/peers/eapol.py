"""eapol_test: wpa_supplicant's own EAP peer speaking RADIUS, the way eduroam operators test a site.

Never reports success unless the MPPE keys of the Accept are the ones the student derived.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.peers.freeradius import SECRET
from tests.peers.program import found

if TYPE_CHECKING:
    from pathlib import Path

    from tests.peers.certificates import Certificates


@dataclass(frozen=True, slots=True)
class Student:
    """One way to sign in: the lines of a wpa_supplicant network block."""

    name: str
    identity: str
    lines: tuple[str, ...]

    def block(self, key_mgmt: str, *more: str) -> str:
        """The network block, for eapol_test (WPA-EAP) or a wire (IEEE8021X)."""
        body = "\n".join(f"    {line}" for line in (f"key_mgmt={key_mgmt}", *more, *self.lines))
        return f"network={{\n{body}\n}}\n"


def peap(identity: str, password: str, certificates: Certificates, *, outer: str = "") -> Student:
    """PEAP with MSCHAPv2 inside; the home's certificate is verified."""
    return Student(
        "PEAP-MSCHAPv2",
        outer or identity,
        ("eap=PEAP", *_names(identity, outer), f'password="{password}"', f'ca_cert="{certificates.root}"', 'phase2="auth=MSCHAPV2"'),
    )


def ttls(identity: str, password: str, certificates: Certificates, *, inner: str, outer: str = "") -> Student:
    """TTLS with PAP or MSCHAPV2 inside."""
    return Student(
        f"TTLS-{inner}",
        outer or identity,
        ("eap=TTLS", *_names(identity, outer), f'password="{password}"', f'ca_cert="{certificates.root}"', f'phase2="auth={inner}"'),
    )


def tls(identity: str, certificates: Certificates) -> Student:
    """EAP-TLS with the long client chain."""
    return Student(
        "EAP-TLS",
        identity,
        (
            "eap=TLS",
            f'identity="{identity}"',
            f'ca_cert="{certificates.root}"',
            f'client_cert="{certificates.client_chain}"',
            f'private_key="{certificates.client_key}"',
            "fragment_size=1000",
        ),
    )


def _names(identity: str, outer: str) -> tuple[str, ...]:
    return (f'identity="{identity}"', *((f'anonymous_identity="{outer}"',) if outer else ()))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What eapol_test saw."""

    success: bool
    keys_match: bool
    rounds: int
    output: str

    @property
    def answered(self) -> bool:
        """Whether a final verdict came at all."""
        return "(Access-Accept)" in self.output or "(Access-Reject)" in self.output


def sign_in(
    folder: Path,
    student: Student,
    port: int,
    *,
    secret: str = SECRET,
    address: str = "127.0.0.1",
    station: str = "02:00:00:00:00:01",
    attributes: tuple[str, ...] = (),
    seconds: int = 15,
    source: str = "",
) -> Outcome:
    """One sign-in; `attributes` in eapol_test's -N form (`30:s:AA-BB-CC-DD-EE-FF:eduroam`), `source` the address it is sent from."""
    config = folder / f"eapol-{station.replace(':', '')}-{student.name}.conf"
    config.write_text(student.block("WPA-EAP"))
    argv = [found("eapol_test"), "-c", str(config), "-a", address, "-p", str(port), "-s", secret, "-M", station, "-t", str(seconds)]
    for attribute in attributes:
        argv += ["-N", attribute]
    if source:
        argv += ["-A", source]
    ended = subprocess.run(argv, capture_output=True, text=True, errors="replace", timeout=seconds + 20, check=False)
    output = ended.stdout + ended.stderr
    keys = re.search(r"MPPE keys OK: (\d+)\s+mismatch: (\d+)", output)
    match = keys is not None and int(keys[1]) >= 1 and int(keys[2]) == 0
    return Outcome(
        success=ended.returncode == 0 and output.rstrip().endswith("SUCCESS") and match,
        keys_match=match,
        rounds=output.count("(Access-Challenge)"),
        output=output,
    )
