"""The network as the road sees it: frozen rows and the look-ups handed in by the composition root.

A new version of the network is a new Tables; `engine.adopt` swaps it whole. Never holds anything that changes while
packets flow: health, identifiers and buckets live in the engine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from radius.actions import Reason
    from radius.clients import Clients
    from radius.message import Message
    from radius.nai import Nai
    from radius.nas.family import Gateway
    from radius.nas.plan import Plan
    from radius.policy import Policy
    from radius.secret import Secret


class Action(Enum):
    """What a realm row says to do (design: NETWORK.toml, `action`)."""

    PROXY = "proxy"
    REJECT = "reject"
    LOCAL = "local"
    BLACKHOLE = "blackhole"


@dataclass(frozen=True, slots=True)
class Client:
    """A NAS or a proxy below us: whatever sends us RADIUS."""

    name: str
    secret: Secret
    networks: tuple[str, ...] = ()  # prefixes in text; () for a client known otherwise (certificate, control socket)
    previous_secret: Secret | None = None  # accepted too, while a rotation overlaps
    nas: str = "generic"
    site: str = ""
    require_message_authenticator: bool = True
    coa_port: int = 3799
    coa_secret: Secret | None = None
    rate: float | None = None  # packets a second; None: no limit
    gateway: Gateway | None = None  # the same client as its NAS family sees it
    trial: bool = False  # no NAS at all: `proxeny ask`, whose stations do not exist


@dataclass(frozen=True, slots=True)
class Timing:
    """When a request to a home is repeated, moved and given up; seconds after it was first sent."""

    resend: tuple[float, ...] = (1.0, 3.0, 7.0)  # the same octets again; at the second, a silent home is a zombie
    request_timeout: float = 15.0
    zombie_probe: float = 2.0
    zombie_misses: int = 3
    dead_probe: float = 10.0  # give or take 30 %
    revive_probe: float = 1.0
    revive_answers: int = 3


@dataclass(frozen=True, slots=True)
class Home:
    """One server of a home institution, or of the federation above us."""

    name: str
    address: str  # literal, v4 or v6
    secret: Secret
    port: int = 1812
    acct_port: int = 1813
    transport: str = "udp"
    source: str | None = None  # local address to send from
    status_server: bool = True
    require_message_authenticator: bool = True
    foreign: bool = True  # built-in policy for other people's homes applies
    timing: Timing = field(default_factory=Timing)


@dataclass(frozen=True, slots=True)
class Route:
    """Where a realm goes, and by which rule."""

    realm: str  # lower case, "" for none
    rule: str  # the row's `match`, or the name of the built-in that decided
    action: Action
    homes: tuple[str, ...] = ()
    balance: bool = False  # consistent by Calling-Station-Id, else in order
    forward_accounting: bool = False
    reason: str = ""  # words for the guest's device and the trace, where refused
    institution: str = ""
    country: str = ""
    refusal: Reason | None = None  # which counter a refusal is under; None where the request goes on


@dataclass(frozen=True, slots=True)
class Place:
    """Where a station is, as far as the packet says (Called-Station-Id, NAS-Identifier, client)."""

    access_point: str = ""  # our name of it; "" where unknown
    bssid: str = ""  # AA-BB-CC-DD-EE-FF, "" where unknown
    ssid: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """Ceilings of one worker; each has its line in docs/limits.md."""

    station_rate: float = 50.0  # new conversations a second from one station
    station_burst: float = 200.0
    reject_rate: float = 1.0  # Access-Rejects of ours at once, per station and second
    reject_burst: float = 5.0
    reject_delay: float = 1.0
    rejects_waiting: int = 10_000
    stations: int = 50_000
    duplicates: int = 50_000
    duplicate_seconds: float = 5.0
    conversations: int = 100_000
    conversation_seconds: float = 60.0
    attributes: int = 200
    grants: int = 100_000  # live grants in memory
    asked: int = 1_000  # questions to the porter at once
    asked_seconds: float = 8.0


def _unwritable(name: str, value: str | int) -> bytes:
    raise ValueError(f"no dictionary was handed in: {name} = {value}")


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything the road looks up. `route`, `dress` and `place` are handed in: the road knows no realm syntax but the NAI."""

    clients: Clients
    homes: Mapping[str, Home]
    policy: Policy
    route: Callable[[Nai, Client], Route]
    dress: Callable[[Message, Client, Route], bytes]  # attributes in octets to append to a forwarded request
    looped: Callable[[Message], bool]  # whether a request carries a Proxy-State of ours
    place: Callable[[bytes | None, bytes | None, Client], Place]
    proxy_tag: bytes  # 4 octets, the same in all workers: begins every Proxy-State of ours
    salted: frozenset[int | tuple[int, int]]  # attributes hidden with a salt: type, or (vendor, type)
    limits: Limits = field(default_factory=Limits)
    version: int = 0
    plans: Mapping[str, Plan] = field(default_factory=dict)  # by name
    device_key: bytes = b""  # 32 octets: stations become radius.grants devices with it; b"" without a guests' half
    written: Callable[[str, str | int], bytes] = _unwritable  # a whole attribute by its name; ValueError where it does not fit
    visit_key: bytes = b""  # 32 octets: seals what the road tells the portal of a station; b"" without a portal
