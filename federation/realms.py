"""A realm to its route: exact, longest suffix, regular expression, hygiene list, default.

The order is the operator's protection: what was written down beats what was built in, and what was built in beats `*`.
Look-ups cost one dictionary access per label, however many realms there are. Never answers "nothing": a realm without
a rule is a route too, and it says no.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import re2

from federation.hygiene import Hygiene
from radius.actions import Reason
from radius.tables import Action, Route

if TYPE_CHECKING:
    from collections.abc import Iterable

    from radius.nai import Nai
    from radius.tables import Client

MOST_EXPRESSIONS: Final = 64
REMEMBERED: Final = 65_536
_NAME: Final = re.compile(r"[0-9a-z_-]{1,63}(?:\.[0-9a-z_-]{1,63})*")


@dataclass(frozen=True, slots=True)
class RealmRow:
    """One `[[realm]]` of the network file."""

    match: str
    action: Action = Action.PROXY
    homes: tuple[str, ...] = ()
    balance: bool = False
    forward_accounting: bool = False
    reason: str = ""
    institution: str = ""
    country: str = ""


class Realms:
    """Every realm of one version of the network. Raises ValueError, naming the row, for rows that cannot stand."""

    __slots__ = ("_default", "_exact", "_expressions", "_hygiene", "_seen", "_suffixes")

    def __init__(self, rows: Iterable[RealmRow], hygiene_allow: Iterable[str] = (), hygiene_refuse: Iterable[str] = ()) -> None:
        self._exact: dict[str, RealmRow] = {}
        self._suffixes: dict[str, RealmRow] = {}  # without the `*.`
        self._expressions: dict[str, tuple[re2._Regexp[str], RealmRow]] = {}
        self._default: RealmRow | None = None
        self._hygiene = Hygiene(hygiene_allow, hygiene_refuse)
        self._seen: dict[str, Route] = {}
        for row in rows:
            self._place(row)

    def _place(self, row: RealmRow) -> None:
        if row.action is Action.PROXY and not row.homes:
            raise ValueError(f'realm "{row.match}": to proxy it, name at least one home')
        match = row.match
        if match.startswith("~"):
            self._place_expression(row)
        elif match == "*":
            if self._default is not None:
                raise ValueError('two realms match "*"')
            self._default = row
        else:
            name = match.lower().removeprefix("*.")
            table = self._suffixes if match.startswith("*.") else self._exact
            if match and not (len(name) <= 253 and _NAME.fullmatch(name)):
                raise ValueError(f'realm "{match}": write a host name in ASCII (xn--… for others), "*.name", "*", "~expression" or ""')
            if table.setdefault(name, row) is not row:
                raise ValueError(f'two realms match "{match}"')

    def _place_expression(self, row: RealmRow) -> None:
        if row.match in self._expressions:
            raise ValueError(f'two realms match "{row.match}"')
        if len(self._expressions) >= MOST_EXPRESSIONS:
            raise ValueError(f'realm "{row.match}": more than {MOST_EXPRESSIONS} regular expressions; each is tried in turn')
        self._expressions[row.match] = (compiled(row.match), row)

    def route(self, nai: Nai, _client: Client | None = None) -> Route:
        """Where an identity goes. The client may choose nothing yet: its place in the call is kept for rules that will."""
        realm = nai.realm
        route = self._seen.get(realm)
        if route is None:
            route = self._look(realm)
            if len(self._seen) >= REMEMBERED:  # anyone may invent realms
                self._seen.clear()
            self._seen[realm] = route
        return route

    def _look(self, realm: str) -> Route:
        if (row := self._row(realm)) is not None:
            return _by_row(realm, row)
        if not realm:
            return Route(realm, "(no realm)", Action.REJECT, reason="Your identity has no realm", refusal=Reason.NO_REALM)
        if (item := self._hygiene.refuses(realm)) is not None:
            words = "No home institution has such a realm"  # a stranger's octets are never sent back (CVE-2024-3596)
            return Route(realm, f"(hygiene: {item})", Action.REJECT, reason=words, refusal=Reason.JUNK_REALM)
        if self._default is not None:
            return _by_row(realm, self._default)
        return Route(realm, "(no route)", Action.REJECT, reason="No route to this realm", refusal=Reason.NO_ROUTE)

    def _row(self, realm: str) -> RealmRow | None:
        """The row written for this realm; `*` is not one."""
        if (row := self._exact.get(realm)) is not None or not realm:
            return row
        rest = realm
        while rest := rest.partition(".")[2]:
            if (row := self._suffixes.get(rest)) is not None:
                return row
        for expression, candidate in self._expressions.values():
            if expression.search(realm):
                return candidate
        return None


def compiled(match: str) -> re2._Regexp[str]:
    """The expression of a `~…` row; ValueError where re2 refuses it. Linear in the realm's length, whatever it says."""
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(match[1:], options)
    except re2.error as fault:
        words = fault.args[0].decode() if isinstance(fault.args[0], bytes) else fault.args[0]
        raise ValueError(f'realm "{match}": {words}') from None


def _by_row(realm: str, row: RealmRow) -> Route:
    refused = row.action in {Action.REJECT, Action.BLACKHOLE}
    return Route(
        realm=realm,
        rule=row.match,
        action=row.action,
        homes=row.homes,
        balance=row.balance,
        forward_accounting=row.forward_accounting,
        reason=row.reason or ("This realm is not served here" if refused else ""),
        institution=row.institution,
        country=row.country,
        refusal=Reason.REFUSED_REALM if refused else None,
    )
