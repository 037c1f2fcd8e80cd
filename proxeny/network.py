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


@dataclass(frozen=True, slots=True)
class Client:
    """[[client]]; a secret of None in a declaration means: keep the stored one."""

    name: str
    addresses: tuple[str, ...]
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


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """[[access_point]]; without `mac` it is known by a NAS-Identifier equal to its name."""

    name: str
    mac: str | None = None
    site: str | None = None
    client: str | None = None


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


Row = Operator | Site | Client | AccessPoint | Home | Realm | Policy | Hygiene
# Section -> the field that names an entry; in the order they refer to each other and are written.
KEYS: Final = {
    "operator": "",
    "site": "id",
    "client": "name",
    "access_point": "name",
    "home": "name",
    "realm": "match",
    "policy": "name",
    "hygiene": "realm",
}
ORDERED: Final = frozenset({"realm", "policy"})  # the order of the file decides
SECRETS: Final = ("secret", "previous_secret", "coa_secret")
Rows = dict[str, Row]


@dataclass(frozen=True, slots=True)
class Network:
    """Every row by section and name, in order; what the store adds rides along."""

    rows: Mapping[str, Rows] = field(default_factory=lambda: {section: {} for section in KEYS})
    app: frozenset[tuple[str, str]] = frozenset()  # (section, name) kept by the staff app: --prune leaves them
    whole: frozenset[str] = frozenset()  # sections declared whole: what such a section leaves out is gone
    version: int = 0
    proxy_tag: bytes = b""
    # From the settings, so that a worker needs nothing else:
    timing: Timing = field(default_factory=Timing)
    limits: Limits = field(default_factory=Limits)
    source: str | None = None

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
    """The declared row with the stored secrets where it names none (decision 28)."""
    if not isinstance(new, Client | Home) or old is None:
        return new
    kept: dict[str, Any] = {"secret": new.secret or getattr(old, "secret", None)}
    if isinstance(new, Client) and isinstance(old, Client):
        kept["coa_secret"] = new.coa_secret or old.coa_secret
        if new.previous_until and not new.previous_secret:
            kept["previous_secret"] = old.previous_secret
    weak = new.weak_secret or (new.secret is None and bool(getattr(old, "weak_secret", False)))
    return replace(new, **kept, weak_secret=weak)


def _in_file_order(rows: Rows, declared: tuple[str, ...]) -> Rows:
    """The declared rows in the file's order, in the places that they hold together; the others stay where they are."""
    turn = iter(declared)
    here = frozenset(declared)
    order = [next(turn) if name in here else name for name in rows]
    return {name: rows[name] for name in order}
