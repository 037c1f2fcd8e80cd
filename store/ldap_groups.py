"""Which groups somebody is in: by their own entry (memberOf), else by the group's (groupOfNames, groupOfUniqueNames).

A group is asked for by its own name, so that none lies beyond a search's limit. One that is not there has nobody in it. Never
follows groups within groups, and never puts a name into a filter as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldap3.core.exceptions import LDAPExceptionError
from ldap3.utils.dn import parse_dn

from store.ldap_words import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from store.ldap_line import Line


def held(line: Line, dn: str, wanted: Sequence[str], until: float) -> frozenset[str]:
    """Those of `wanted` that the entry `dn` is in, as they are written there."""
    entries = line.search(dn, "(objectClass=*)", ("memberOf",), 1, until, absent=True)
    own = {plain(each.decode(errors="replace")) for entry in entries for each in entry.attributes.get("memberof", ())}
    member = escaped(dn.encode())
    words = f"(|(member={member})(uniqueMember={member}))"
    return frozenset(each for each in wanted if plain(each) in own or line.search(each, words, ("cn",), 1, until, absent=True))


def plain(dn: str) -> str:
    """A name such that two ways to write one are the same: RFC 4514 leaves case and spaces free."""
    try:
        return ",".join(f"{name}={value}{mark}" for name, value, mark in parse_dn(dn, strip=True)).casefold()
    except (LDAPExceptionError, ValueError):
        return dn.casefold()
