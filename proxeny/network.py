"""The declared network: one frozen row per entry of NETWORK.toml, as the file, the store and the workers share it.

Fields carry the names of the store's columns. Picklable, and free of pydantic and SQLAlchemy, because workers receive
it. Never a default that the network file does not promise: what an entry leaves out means the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from radius.tables import Limits, Timing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from radius.secret import Secret


@dataclass(frozen=True, slots=True)
class Operator:
    """[operator]"""

    name: str
    operator_name: str = ""
    country: str = ""
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class District:
    """[[district]]"""

    name: str


@dataclass(frozen=True, slots=True)
class Plan:
    """[[plan]]: seconds, octets, bit/s; None is no limit."""

    name: str
    session: int | None = None
    day_time: int | None = None
    day_data: int | None = None
    month_data: int | None = None
    up: int | None = None
    down: int | None = None
    devices: int | None = None
    simultaneous: int | None = None
    idle: int | None = None
    extend_times: int = 0
    extend_by: int = 0


@dataclass(frozen=True, slots=True)
class Portal:
    """[[portal]]; texts are language -> text, `plans` is way -> plan."""

    name: str
    plan: str
    ways: tuple[str, ...] = ("terms",)
    plans: Mapping[str, str] = field(default_factory=dict)
    languages: tuple[str, ...] = ("en", "fr")
    logo: str = ""
    accent: str = ""
    welcome: Mapping[str, str] = field(default_factory=dict)
    help: Mapping[str, str] = field(default_factory=dict)
    terms: Mapping[str, str] = field(default_factory=dict)
    privacy: Mapping[str, str] = field(default_factory=dict)
    provisional: int = 600
    sponsors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ssid:
    """[[ssid]]"""

    name: str
    profile: str = "portal"


@dataclass(frozen=True, slots=True)
class Site:
    """[[site]]"""

    id: str
    name: str
    district: str = ""
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None
    timezone: str = "UTC"
    portal: str | None = None
    indoor_outdoor: str = ""
    opening_hours: str = ""
    activated_on: str = ""
    accessible_entrance: str = ""
    published: bool = True  # whether open data may name it


@dataclass(frozen=True, slots=True)
class Client:
    """[[client]]; in a declaration a secret of None, and a key of "", mean: keep the stored one."""

    name: str
    addresses: tuple[str, ...] = ()
    secret: Secret | None = None
    previous_secret: Secret | None = None
    previous_until: datetime | None = None
    coa_secret: Secret | None = None
    coa_port: int = 3799
    weak_secret: bool = False
    nas: str = "generic"
    site: str | None = None
    require_message_authenticator: bool = True
    rate: float | None = None
    radius: bool = True  # False: it sends none
    key: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)  # [client.options] but its secrets: only what was written
    uam_secret: Secret | None = None
    fas_key: Secret | None = None
    api_secret: Secret | None = None


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """[[access_point]]; without `mac` it is known by a NAS-Identifier equal to its name."""

    name: str
    mac: str | None = None
    site: str | None = None
    client: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """[[home]]; `timing` holds only the keys that differ from [radius]."""

    name: str
    address: str
    port: int = 1812
    acct_port: int = 1813
    transport: str = "udp"
    secret: Secret | None = None
    weak_secret: bool = False
    source: str | None = None
    enabled: bool = True
    foreign: bool = True
    status_server: bool = True
    require_message_authenticator: bool = True
    timing: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Realm:
    """[[realm]]"""

    match: str
    action: str = "proxy"
    homes: tuple[str, ...] = ()
    strategy: str = "failover"
    accounting: str = "local"
    institution: str = ""
    country: str = ""
    profile: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """[[policy]]"""

    name: str
    direction: str
    codes: tuple[str, ...] = ()
    realm: str | None = None
    site: str | None = None
    client: str | None = None
    home: str | None = None
    remove: tuple[str, ...] = ()
    clamp: Mapping[str, Any] = field(default_factory=dict)
    add: Mapping[str, Any] = field(default_factory=dict)
    set: Mapping[str, Any] = field(default_factory=dict)
    refuse: Mapping[str, Any] = field(default_factory=dict)
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Hygiene:
    """One item of [hygiene] `allow` or `refuse`."""

    realm: str
    verdict: str


Row = Operator | District | Plan | Portal | Ssid | Site | Client | AccessPoint | Home | Realm | Policy | Hygiene
# Section -> the field that names an entry; in the order they refer to each other and are written.
KEYS: Final = {
    "operator": "",
    "district": "name",
    "plan": "name",
    "portal": "name",
    "ssid": "name",
    "site": "id",
    "client": "name",
    "access_point": "name",
    "home": "name",
    "realm": "match",
    "policy": "name",
    "hygiene": "realm",
}
ORDERED: Final = frozenset({"realm", "policy"})  # the order of the file decides
OPTION_SECRETS: Final = ("uam_secret", "fas_key", "api_secret")
SECRETS: Final = ("secret", "previous_secret", "coa_secret", *OPTION_SECRETS)
Rows = dict[str, Row]


@dataclass(frozen=True, slots=True)
class Network:
    """Every row by section and name, in order; what the store adds rides along."""

    rows: Mapping[str, Rows] = field(default_factory=lambda: {section: {} for section in KEYS})
    app: frozenset[tuple[str, str]] = frozenset()  # (section, name) kept by the staff app: --prune leaves them
    whole: frozenset[str] = frozenset()  # sections declared whole: what such a section leaves out is gone
    version: int = 0
    proxy_tag: bytes = b""
    device_key: bytes = b""  # stations become devices with it
    visit_key: bytes = b""  # seals what the road and the guest app tell each other
    # From the settings, so that a worker needs nothing else:
    timing: Timing = field(default_factory=Timing)
    limits: Limits = field(default_factory=Limits)
    source: str | None = None
    portal_url: str = ""  # origin of the guest app; "" where [guest] is off

    def of(self, section: str) -> Iterator[Any]:
        """The rows of one section, in order."""
        yield from self.rows[section].values()

    @property
    def operator(self) -> Operator | None:
        return next(self.of("operator"), None)


def merged(stored: Network, declared: Network, *, prune: bool) -> Network:
    """What the store holds after `declared` was applied over it. Secrets that the declaration leaves out stay."""
    rows = {}
    for section in KEYS:
        old, new = stored.rows[section], declared.rows[section]
        kept = {name: row for name, row in old.items() if not _pruned(section, name, stored, declared, prune=prune)}
        both = kept | {name: _keeping(old.get(name), row) for name, row in new.items()}
        rows[section] = _in_file_order(both, tuple(new))
    return replace(stored, rows=rows, app=stored.app - {(section, name) for section in KEYS for name in declared.rows[section]})


def _pruned(section: str, name: str, stored: Network, declared: Network, *, prune: bool) -> bool:
    if name in declared.rows[section] or (section, name) in stored.app or section == "operator":
        return False
    return prune or section in declared.whole


def _keeping(old: Row | None, new: Row) -> Row:
    """The declared row with the stored secrets, and a client's key, where it names none (decision 28)."""
    if isinstance(new, Client) and isinstance(old, Client):
        return _client_keeping(old, new)
    if isinstance(new, Home) and isinstance(old, Home):
        return replace(new, secret=new.secret or old.secret, weak_secret=_still_weak(old, new))
    return new


def _client_keeping(old: Client, new: Client) -> Client:
    kept: dict[str, Any] = {"key": new.key or old.key}
    if new.radius:
        kept |= {name: getattr(new, name) or getattr(old, name) for name in ("secret", "coa_secret")}
        if new.previous_until and not new.previous_secret:
            kept["previous_secret"] = old.previous_secret
    if new.nas == old.nas:  # another family's keys are of no use to this one
        kept |= {name: getattr(new, name) or getattr(old, name) for name in OPTION_SECRETS}
    return replace(new, **kept, weak_secret=_still_weak(old, new))


def _still_weak(old: Client | Home, new: Client | Home) -> bool:
    return new.weak_secret or (new.secret is None and old.weak_secret)


def _in_file_order(rows: Rows, declared: tuple[str, ...]) -> Rows:
    """The declared rows in the file's order, in the places that they hold together; the others stay where they are."""
    turn = iter(declared)
    here = frozenset(declared)
    order = [next(turn) if name in here else name for name in rows]
    return {name: rows[name] for name in order}
