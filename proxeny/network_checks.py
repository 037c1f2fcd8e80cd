"""What the entries of a network mean together: references, one address for one secret, no road back to ourselves.

Yields a Finding for everything, so that all of it is reported at once. Never changes a row.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from federation.hygiene import Hygiene
from federation.realms import MOST_EXPRESSIONS, RealmRow, Realms
from proxeny.addresses import is_ours
from proxeny.faults import WrongError, did_you_mean
from proxeny.parts import Radius, check_timing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from proxeny.network import Network, Policy


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with one row."""

    section: str
    name: str
    key: str
    what: str
    remedy: str = ""

    @property
    def called(self) -> str:
        """The row and key: client "library-wlc": secret."""
        row = f'{self.section} "{self.name}"' if self.name or self.section == "realm" else self.section
        return f"{row}: {self.key}" if self.key else row

    def __str__(self) -> str:
        return f"{self.called}: {self.what}" + (f". {self.remedy}" if self.remedy else "")


def findings(network: Network, radius: Radius | None, judge: Callable[[Policy], None]) -> Iterator[Finding]:
    """Everything wrong among the rows. `judge` raises ValueError for a policy row that the road would refuse."""
    yield from _references(network)
    yield from _missing_secrets(network)
    yield from _same_address(network)
    yield from _own_address(network, radius)
    yield from _timing(network, radius or Radius())
    yield from _realms(network)
    yield from _hygiene(network)
    yield from _policies(network, judge)


_REFERENCES: Final = (
    ("portal", "plan", "plan"),
    ("site", "portal", "portal"),
    ("client", "site", "site"),
    ("access_point", "site", "site"),
    ("access_point", "client", "client"),
    ("realm", "homes", "home"),
    ("policy", "site", "site"),
    ("policy", "client", "client"),
    ("policy", "home", "home"),
)


def _references(network: Network) -> Iterator[Finding]:
    for section, key, target in _REFERENCES:
        known = network.rows[target]
        for name, row in network.rows[section].items():
            value = getattr(row, key)
            for wanted in (value,) if isinstance(value, str) else value or ():
                if wanted not in known:
                    yield Finding(section, name, key, f'there is no {target} "{wanted}"', did_you_mean(wanted, list(known)[:20]))


def _missing_secrets(network: Network) -> Iterator[Finding]:
    for section in ("client", "home"):
        for row in network.of(section):
            if row.secret is None and getattr(row, "radius", True):
                yield Finding(section, row.name, "secret", "is missing", "A new entry needs secret, secret_env or secret_file")


def _same_address(network: Network) -> Iterator[Finding]:
    """One address, one secret (RFC 2865, 3: the source address selects it)."""
    claimed: dict[str, str] = {}
    for client in network.of("client"):
        for prefix in client.addresses if client.radius else ():
            if (other := claimed.setdefault(prefix, client.name)) != client.name:
                words = f'{prefix} belongs to client "{other}" too'
                yield Finding("client", client.name, "address", words, "One address has one secret: give each client its own")
    macs: dict[str, str] = {}
    for point in network.of("access_point"):
        if point.mac and (other := macs.setdefault(point.mac, point.name)) != point.name:
            yield Finding("access_point", point.name, "mac", f'{point.mac} belongs to access point "{other}" too')
    servers: dict[tuple[str, int], str] = {}
    for home in network.of("home"):
        if home.address and (other := servers.setdefault((home.address, home.port), home.name)) != home.name:
            remedy = "Name the one home in both realms"
            yield Finding("home", home.name, "address", f'{home.address} port {home.port} is home "{other}" already', remedy)


def _own_address(network: Network, radius: Radius | None) -> Iterator[Finding]:
    """A home that is our own listener would be a loop of one."""
    if radius is None:
        return
    for home in network.of("home"):
        for key, port, listens in (("port", home.port, radius.auth), ("acct_port", home.acct_port, radius.acct)):
            for listen in listens:
                if listen.port == port and _reaches(home.address, listen.host):
                    words = f"{home.address} port {port} is our own [radius] listener {listen}"
                    yield Finding("home", home.name, key, words, "Requests would come back to us: give the home server's own address")


def _reaches(address: str, listener: str) -> bool:
    """Whether packets to this address arrive at a socket bound to the listener's."""
    if not address:
        return False
    wild = ip_address(listener).is_unspecified and ip_address(listener).version == ip_address(address).version
    return address == listener or (wild and is_ours(address))


def _timing(network: Network, radius: Radius) -> Iterator[Finding]:
    """A home's own keys together with the defaults of [radius]."""
    for home in network.of("home"):
        try:
            if home.timing:
                check_timing(home.timing.get("resend", radius.resend), home.timing.get("request_timeout", radius.request_timeout))
        except WrongError as fault:
            key = "resend" if "resend" in home.timing else "request_timeout"
            yield Finding("home", home.name, key, f"with the defaults of [radius], resend {fault.what}", fault.remedy)


def _realms(network: Network) -> Iterator[Finding]:
    expressions = 0
    for row in network.of("realm"):
        if message := _refusal(partial(Realms, [RealmRow(row.match, homes=("any",))])):
            yield Finding("realm", row.match, "match", message.removeprefix(f'realm "{row.match}": '))
        expressions += row.match.startswith("~")
        if row.match.startswith("~") and expressions == MOST_EXPRESSIONS + 1:
            words = f"is one regular expression too many: {MOST_EXPRESSIONS} are the most, because each is tried in turn"
            yield Finding("realm", row.match, "match", words, 'Write "name" and "*.name" rows: they cost nothing')


def _hygiene(network: Network) -> Iterator[Finding]:
    for row in network.of("hygiene"):
        if message := _refusal(partial(Hygiene, [row.realm])):
            remedy = "Write a realm, or a pattern of those shapes"
            yield Finding("hygiene", "", row.verdict, message.removeprefix("[hygiene] allow: "), remedy)


def _policies(network: Network, judge: Callable[[Policy], None]) -> Iterator[Finding]:
    for row in network.of("policy"):
        if row.direction and row.name and (message := _refusal(partial(judge, row))):
            words = message.removeprefix(f'policy "{row.name}": ')
            key, colon, rest = words.partition(": ")
            yield Finding("policy", row.name, key, rest) if colon and key.isidentifier() else Finding("policy", row.name, "", words)


def _refusal(build: Callable[[], object]) -> str:
    """The words with which the road's own constructor refuses a row; "" where it takes it."""
    try:
        build()
    except ValueError as fault:
        return str(fault)
    return ""


def warnings(network: Network) -> Iterator[Finding]:
    """What may stand and is said aloud (decision 2; RFC 5080, BlastRADIUS)."""
    for section in ("client", "home"):
        for row in network.of(section):
            if not row.require_message_authenticator and getattr(row, "radius", True):
                yield Finding(section, row.name, "require_message_authenticator", "is off: answers to it can be forged (CVE-2024-3596)")
            if row.weak_secret:
                yield Finding(section, row.name, "weak_secret", "is on: the secret can be guessed offline from one packet")
    yield from (
        Finding("realm", row.match, "homes", "are all disabled: its logins are rejected")
        for row in network.of("realm")
        if row.homes and not any(getattr(network.rows["home"].get(name), "enabled", False) for name in row.homes)
    )
    if network.operator is None:
        yield Finding("operator", "", "", "is missing", "Write [operator] name, operator_name and country: homes and F-Ticks ask for them")


def count(network: Network) -> str:
    """One line of what a network holds."""
    sections = ["site", "client", "access_point", "home", "realm", *(name for name in ("plan", "portal") if network.rows[name])]
    words = Counter({section.replace("_", " "): len(network.rows[section]) for section in sections})
    return ", ".join(f"{number} {word}{'' if number == 1 else 's'}" for word, number in words.items())
