"""user@realm split from a User-Name, or refused (RFC 7542).

What is refused here no row of the network can allow: white space, control characters, octets beyond ASCII, a second
`@`, an empty label, characters that no host name has. `@realm` without a user is legal and is what a careful device
sends (RFC 7542, 2.4). Never changes the identity: the home gets the octets that came (RFC 3579, 3).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from radius.actions import Reason

_LABEL: Final = rb"[0-9A-Za-z_-]{1,63}"  # RFC 1035, 2.3.4; the underscore as eduroam's own filters take it
_REALM: Final = rb"(?:@(" + _LABEL + rb"(?:\." + _LABEL + rb")*))?"
_USUAL: Final = re.compile(rb"([\"#&-\-/-?A-~]*(?:\.[\"#&-\-/-?A-~]+)*)" + _REALM)  # printable ASCII but ! $ % @, no dot twice
_ANY: Final = re.compile(rb"([!-?A-~]*)" + _REALM)
# Source routes (`home.example!user@other.example`, RFC 4282, 2.7) send a request where its realm does not say;
# `%{` and `$(` are expressions in the configuration languages of other servers.
_TRAP: Final = re.compile(rb"[^!]*\.[^!]*!|.*(?:%\{|\$\()")
LONGEST: Final = 253
REMEMBERED: Final = 16_384


class Nai(NamedTuple):
    """A network access identifier."""

    user: bytes
    realm: str  # lower case; "" where the identity has no `@`


@lru_cache(REMEMBERED)  # a device comes back with the identity it came with, thousands with the same "anonymous"
def parse(user_name: bytes) -> Nai | Reason:
    """The parts of a User-Name's value, or the Reason to refuse it. Any octets; never raises."""
    match = _USUAL.fullmatch(user_name) or _unusual(user_name)
    if match is None or not 0 < len(user_name) <= LONGEST:
        return Reason.BAD_REALM
    user, realm = match.groups()
    return Nai(user, realm.decode("ascii").lower() if realm else "")


def _unusual(user_name: bytes) -> re.Match[bytes] | None:
    return None if b".." in user_name or _TRAP.match(user_name) else _ANY.fullmatch(user_name)
