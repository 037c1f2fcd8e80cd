"""Where a webhook may lead: which addresses are written so that nobody reads them in two ways, and which of them are judged good.

Theory of operation. Whoever may set a webhook must not reach through us what only we can reach (SSRF). So an address of the
web is taken apart strictly, and refused where any other reader might see another host in it. Its name is resolved by us, every
address that comes of it is judged, and the connection is made to a judged address and to nothing else (proxeny/outgoing.py);
that is done again at each delivery, so that a name that leads elsewhere later leads nowhere. What the operator names in
[webhooks] allow is good whatever it is: a city's own systems.

Pure: no resolver, no socket. Never guesses what an odd form might have meant.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

import idna

if TYPE_CHECKING:
    from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LONGEST: Final = 2_000  # characters of an address
PORTS: Final = {"https": (443, 8443), "http": (80, 443, 8443)}
_FORM: Final = re.compile(r"(https?)://(\[[0-9A-Fa-f:.]+\]|[^\[\]:/?#@\\%\s]+)(?::([0-9]{1,5}))?((?:/[!-~]*)?(?:\?[!-~]*)?)")
_UNFIT: Final = frozenset('\\"<>^`{}|#')  # in a path: read in two ways, or never sent by anyone who meant well
_ODD_NUMBER: Final = re.compile(r"(0x[0-9a-f]*|[0-9]+)", re.IGNORECASE)  # a last label of these is read as an IPv4 address by many


class Bad(StrEnum):
    """Why an address is not taken."""

    FORM = "form"  # it is no address of the web, or one that might be read in two ways
    HTTP = "http"  # in clear, to what the settings do not name
    USER = "user"  # a name or password in it
    PORT = "port"
    NAME = "name"  # no whole name, or one that cannot be
    NUMBER = "number"  # an IP address in another form than its own
    UNKNOWN = "unknown"  # nobody has such a name
    INSIDE = "inside"  # it leads to an address that is not the internet's


class Refused(NamedTuple):
    """It is not taken."""

    why: Bad
    about: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings say."""

    allow: tuple[Network, ...] = ()
    ports: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """An address of the web, taken apart."""

    scheme: str
    host: str  # a name in ASCII, or an IP address in its own form without brackets
    port: int
    rest: str  # path and query
    literal: Address | None = None

    @property
    def netloc(self) -> str:
        """As the Host header says it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == {"https": 443, "http": 80}[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """Written as it is understood."""
        return f"{self.scheme}://{self.netloc}{self.rest or '/'}"


def target(text: str, rules: Rules) -> Target | Refused:
    """The address taken apart, or why it is not taken. What its name leads to is `judge`'s to say."""
    if len(text) > LONGEST:
        return Refused(Bad.FORM)
    if "@" in text.partition("://")[2].replace("?", "/").replace("#", "/").partition("/")[0]:
        return Refused(Bad.USER)
    found = _FORM.fullmatch(text)
    if found is None or _UNFIT.intersection(found[4]):
        return Refused(Bad.FORM)
    scheme, host, said, rest = found[1], found[2], found[3], found[4]
    port = int(said) if said else PORTS[scheme][0]
    if not 0 < port < 65_536 or port not in (*PORTS[scheme], *rules.ports):
        return Refused(Bad.PORT, str(port))
    known = _host(host)
    if isinstance(known, Refused):
        return known
    literal = known if not isinstance(known, str) else None
    made = Target(scheme, str(known), port, rest, literal)
    if literal is not None:
        why = judge(made, [literal], rules)
        return Refused(why, str(literal)) if why is not None else made
    return Refused(Bad.HTTP) if scheme == "http" and not rules.allow else made


def _host(host: str) -> Address | str | Refused:
    if host.startswith("["):
        try:
            return ipaddress.IPv6Address(host[1:-1])
        except ValueError:
            return Refused(Bad.NUMBER, host)
    try:
        name = idna.encode(host, uts46=True, std3_rules=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        return Refused(Bad.NAME, host)
    labels = name.split(".")
    if _ODD_NUMBER.fullmatch(labels[-1]):
        try:
            address = ipaddress.IPv4Address(host)
        except ValueError:
            return Refused(Bad.NUMBER, host)
        return address
    if len(labels) < 2 or not all(labels):  # "intranet" would be looked for in our own domain, "city.example." nowhere else
        return Refused(Bad.NAME, host)
    return name


def judge(of: Target, addresses: Iterable[Address], rules: Rules) -> Bad | None:
    """Whether every one of these may be connected to; None: yes, and there is one."""
    some = list(addresses)
    if not some:
        return Bad.UNKNOWN
    named = [allowed(each, rules) for each in some]
    if not all(known or public(each) for known, each in zip(named, some, strict=True)):
        return Bad.INSIDE
    return Bad.HTTP if of.scheme == "http" and not all(named) else None


def allowed(address: Address, rules: Rules) -> bool:
    """Whether the operator allows it; an IPv4 address within an IPv6 one is that IPv4 address."""
    plain = inner(address) or address
    return any(plain in network for network in rules.allow if network.version == plain.version)


def inner(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that is reached through an IPv6 one: mapped, by NAT64, 6to4 or the long abandoned compatible form."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    octets = address.packed
    if address in _SIX_TO_FOUR:
        return ipaddress.IPv4Address(octets[2:6])
    return ipaddress.IPv4Address(octets[12:]) if any(address in network for network in _LAST_FOUR) else None


def public(address: Address) -> bool:
    """Whether it is the internet's, and somebody's: not a special one of RFC 6890, nor one that leads through a tunnel."""
    if (hidden := inner(address)) is not None:
        return public(hidden)
    if not address.is_global or address.is_multicast or address.is_reserved or address.is_unspecified:
        return False
    return not any(address in network for network in _SPECIAL if network.version == address.version)


_SIX_TO_FOUR: Final = ipaddress.IPv6Network("2002::/16")
_LAST_FOUR: Final = tuple(map(ipaddress.IPv6Network, ("::ffff:0:0/96", "64:ff9b::/96", "::ffff:0:0:0/96", "::/96")))
_SPECIAL: Final[tuple[Network, ...]] = tuple(
    ipaddress.ip_network(each)
    for each in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' own
        "127.0.0.0/8",
        "169.254.0.0/16",  # with 169.254.169.254, where clouds tell a machine its keys
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",  # this and the next two: documentation
        "198.51.100.0/24",
        "203.0.113.0/24",
        "192.31.196.0/24",  # whoever is nearest: AS112, AMT, 6to4
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.175.48.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "224.0.0.0/3",  # multicast, and what was never given to anyone
        "64:ff9b:1::/48",  # NAT64 of a network's own: where the IPv4 address stands in it is that network's to say
        "100::/64",
        "2001::/23",  # Teredo, ORCHID, benchmarks
        "2001:db8::/32",
        "2620:4f:8000::/48",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/9",  # link-local, and the site-local that was before fc00::/7
        "ff00::/8",
    )
)
