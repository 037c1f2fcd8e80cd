"""Names and filters: what may be a name, how it stands in a filter, and whether an operator's filter can hold one.

Never lets a name change the shape of a filter.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from ldap3.core.exceptions import LDAPExceptionError
from ldap3.operation.search import parse_filter

LONGEST_USER: Final = 253  # octets: RFC 2865, 5


def is_name(user: bytes) -> bool:
    """Whether this may be somebody's name: UTF-8, not blank, without control characters, of a length that RADIUS has."""
    try:
        text = user.decode()
    except UnicodeDecodeError:
        return False
    return 0 < len(user) <= LONGEST_USER and bool(text.strip()) and not any(unicodedata.category(each) == "Cc" for each in text)


def escaped(user: bytes) -> str:
    """The octets as a filter's value (RFC 4515, 3); more than needed, so that nothing needs to be remembered."""
    return "".join(chr(octet) if chr(octet).isascii() and chr(octet).isalnum() else f"\\{octet:02x}" for octet in user)


def check_filter(template: str) -> None:
    """Raise ValueError with what is wrong with an operator's filter."""
    if "{user}" not in template or re.search(r"(?:^|\()[^=()]*\{user\}", template):
        raise ValueError(f"{template} does not say {{user}} where a name belongs: (uid={{user}})")
    try:
        parse_filter(template.replace("{user}", "x"), None, auto_escape=False, auto_encode=False, validator=None, check_names=False)
    except LDAPExceptionError as fault:
        raise ValueError(f"{template} is no LDAP filter: {fault}") from None
