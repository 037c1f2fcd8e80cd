"""A process for one upload of keys and certificates: it takes it apart within bounds of time and memory, and ends.

`python -m proxeny.unwrapping`: on its standard input four octets of the password's length, the password, the upload; on its standard
output JSON. A key that is made to take minutes (PBKDF2 a billion times, primes of a million bits) costs a few seconds of this process
and nobody else's. Never writes a key to a disk, an argument or a log.
"""

from __future__ import annotations

import base64
import binascii
import json
import resource
import subprocess
import sys
from typing import Final

from portal.cases.certificates import Flaw
from portal.cases.key_files import Parcel, opened

SECONDS: Final = 5  # of a processor
PATIENCE: Final = 15.0  # seconds by the clock
MEMORY: Final = 1 << 30  # octets of addresses: Python and the library have half of it before anything is read


def unwrap(octets: bytes, password: bytes) -> Parcel | Flaw:
    """What is in an upload, by a process of its own."""
    asked = len(password).to_bytes(4, "big") + password + octets
    try:
        ours = [sys.executable, "-m", __name__]
        ended = subprocess.run(ours, input=asked, capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603  a module of ours
        said = json.loads(ended.stdout)
        if "flaw" in said:
            return Flaw[said["flaw"]]
        certificates = tuple(map(base64.b64decode, said["certificates"]))
        return Parcel(base64.b64decode(said["key"]), base64.b64decode(said["public"]), certificates)
    except (subprocess.TimeoutExpired, ValueError, KeyError, TypeError, binascii.Error):
        return Flaw.SLOW


def main() -> None:
    """In that process."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    asked = sys.stdin.buffer.read()
    length = int.from_bytes(asked[:4], "big")
    found = opened(asked[4 + length :], asked[4 : 4 + length])
    if isinstance(found, Flaw):
        told: dict[str, object] = {"flaw": found.name}
    else:
        key, public = (base64.b64encode(each).decode() for each in (found.key, found.public))
        told = {"key": key, "public": public, "certificates": [base64.b64encode(each).decode() for each in found.certificates]}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
