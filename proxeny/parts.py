"""The parts of the settings: one frozen model per section of proxeny.toml, with every default.

A key's meaning is told in config/proxeny.toml, which names each of them. Never reads a file or the environment.
"""

from __future__ import annotations

import pwd
from datetime import timedelta
from pathlib import Path  # noqa: TC003  pydantic reads the annotations when the module runs
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from proxeny.addresses import Endpoint, endpoint, literal
from proxeny.faults import WrongError
from radius import tables

if TYPE_CHECKING:
    from collections.abc import Sequence

Seconds = Annotated[float, Field(gt=0, le=3600)]
Count = Annotated[int, Field(ge=1, le=10_000_000)]
Days = Annotated[int, Field(ge=1, le=36_500)]
MOST_DAYS: Final = 1_096  # three years, one of them a leap year: what tells of a person is kept no longer, whatever is set
OfPeople = Annotated[int, Field(ge=1, le=MOST_DAYS)]
FOUR_WEEKS: Final = 29  # days, with one for the clocks west of UTC: adverts' figures go by four weeks, and never by those that run


def listed(value: object) -> object:
    """A list, or the same separated by commas (the environment has no lists)."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _database_url(value: object) -> str:
    url = str(value)
    if url.startswith("sqlite:///") and url not in ("sqlite:///", "sqlite:///:memory:"):
        return url
    if url.startswith("postgresql+psycopg://") and _is_url(url):
        return url
    remedy = 'Write "sqlite:///var/proxeny.db" or "postgresql+psycopg://user@host/name"'
    raise WrongError("is not a database this version can use", remedy)  # the URL may hold a password: not shown


def _is_url(text: str) -> bool:
    from sqlalchemy import exc, make_url  # noqa: PLC0415  heavy, and most have the default

    try:
        make_url(text)
    except (exc.ArgumentError, ValueError):  # the latter: a port that is no number
        return False
    return True


def _user(value: object) -> str:
    try:
        return pwd.getpwnam(str(value)).pw_name
    except KeyError:
        raise WrongError(f'there is no user "{value}" here', f"Create it: useradd --system {value}") from None


def _destination(value: object) -> object:
    """Refuse what no line could ever reach."""
    text = str(value)
    if "://" not in text:
        return value
    try:
        where = urlsplit(text)
        reached = where.scheme == "syslog" and where.hostname and where.port != 0
    except ValueError:  # a port that is none
        reached = False
    if not reached:
        raise WrongError(f'"{text}" is nowhere that lines can go', 'Write "syslog", "syslog://192.0.2.1:514", or a file')
    return value


def _named(value: object) -> object:
    """The environment has no booleans: its words for them mean the same."""
    return {"true": True, "false": False}.get(value.lower(), value) if isinstance(value, str) else value


At = Annotated[Endpoint, BeforeValidator(endpoint)]
Listed = Annotated[tuple[At, ...], BeforeValidator(listed)]
Address = Annotated[str, BeforeValidator(literal)]


def check_timing(resend: Sequence[float], request_timeout: float) -> None:
    """Refuse resends that do not rise or that come after the request was given up."""
    if list(resend) != sorted(set(resend)) or resend[-1] >= request_timeout:
        raise WrongError("must rise, and end before request_timeout", "The default is [1, 3, 7] and 15", ("resend",))


class Part(BaseModel):
    """A section: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Run(Part):
    """[run]: how the program runs."""

    user: Annotated[str, BeforeValidator(_user)] | None = None
    drain: Annotated[float, Field(ge=0, le=300)] = 10.0


class Database(Part):
    """[database]"""

    url: Annotated[str, BeforeValidator(_database_url)]


class Radius(Part):
    """[radius]: the road's ports, and when a home is asked again; the timing keys stand in [[home]] too."""

    auth: Listed = (Endpoint("127.0.0.1", 1812),)
    acct: Listed = (Endpoint("127.0.0.1", 1813),)
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    source: Address | None = None
    receive_buffer: Annotated[int, Field(ge=65_536, le=1 << 30)] = 8 << 20
    resend: Annotated[tuple[Seconds, ...], BeforeValidator(listed), Field(min_length=2, max_length=8)] = (1.0, 3.0, 7.0)
    request_timeout: Seconds = 15.0
    zombie_probe: Seconds = 2.0
    zombie_misses: Count = 3
    dead_probe: Seconds = 10.0
    revive_probe: Seconds = 1.0
    revive_answers: Count = 3

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        listens = (*self.auth, *self.acct)
        for at, listen in enumerate(listens):
            if listen in listens[:at]:
                where = ("auth", at) if at < len(self.auth) else ("acct", at - len(self.auth))
                raise WrongError(f"{listen} is there twice", "One address and port has one use", where)
        check_timing(self.resend, self.request_timeout)
        return self

    @property
    def timing(self) -> tables.Timing:
        """The defaults for every home, as the road takes them."""
        return tables.Timing(**{name: getattr(self, name) for name in TIMING})


TIMING: Final = tuple(tables.Timing.__dataclass_fields__)


class Metrics(Part):
    """[metrics]: Prometheus, /healthz and /readyz."""

    listen: At = Endpoint("127.0.0.1", 9812)


class FTicks(Part):
    """[fticks]: statistics lines for the federation."""

    destination: Annotated[str, Field(min_length=1), BeforeValidator(_destination)] = "syslog"
    mac: Literal["Static", "Original", "VendorHashed", "VendorKeyHashed", "FullyHashed", "FullyKeyHashed"] = "VendorKeyHashed"
    key_file: Path | None = None
    institution: Annotated[bool | str, BeforeValidator(_named)] = True
    prefix: Annotated[str, Field(pattern=r"^[^#\s]+$")] = "F-TICKS/eduroam/1.0"

    @model_validator(mode="after")
    def _keyed(self) -> Self:
        if "Key" in self.mac and not self.key_file:
            remedy = "Give key_file, or choose another mac; a hash without a key is reversible in minutes"
            raise WrongError(f'is missing, and mac = "{self.mac}" needs it', remedy, ("key_file",))
        return self


class Limits(Part):
    """[limits]: ceilings of one worker (docs/limits.md)."""

    station_rate: Annotated[float, Field(gt=0)] = 50.0
    station_burst: Annotated[float, Field(ge=1)] = 200.0
    reject_rate: Annotated[float, Field(gt=0)] = 1.0
    reject_burst: Annotated[float, Field(ge=1)] = 5.0
    reject_delay: Annotated[float, Field(ge=0, le=10)] = 1.0
    rejects_waiting: Count = 10_000
    stations: Count = 50_000
    duplicates: Count = 50_000
    duplicate_seconds: Seconds = 5.0
    conversations: Count = 100_000
    conversation_seconds: Seconds = 60.0
    attributes: Annotated[int, Field(ge=20, le=2000)] = 200
    grants: Count = 100_000
    asked: Count = 1_000
    asked_seconds: Seconds = 8.0

    @property
    def table(self) -> tables.Limits:
        """The same as the road takes it."""
        return tables.Limits(**self.model_dump())


# What the law of a place asks for, in days; where it asks for a time of months, their longest
PRESETS: Final = {
    "ca-on": 365,  # Ontario: R.R.O. 1990, Reg. 823, s. 5: a year after use
    "ca-bc": 365,  # British Columbia: FIPPA, s. 31: a year
    "eu-min": 184,  # six months: what eduroam's policy asks of whoever offers it, where no other law does
    "none": 30,  # nothing but the operation of the network
}
BY_PRESET: Final = ("logins", "sessions", "orders", "grants", "accounts", "vouchers")


class Retention(Part):
    """[retention]: days until a row is purged. A preset stands behind what is not given."""

    preset: Literal["ca-on", "ca-bc", "eu-min", "none"] = "ca-on"
    logins: OfPeople = 365
    sessions: OfPeople = 365
    drops: Days = 30
    orders: OfPeople = 365
    usage: Days = 1100
    unknown_access_points: Days = 90
    devices: OfPeople = 30
    grants: OfPeople = 365
    accounts: OfPeople = 365
    guest_usage: OfPeople = 62
    vouchers: OfPeople = 365
    messages: OfPeople = 30
    advert_figures: Annotated[int, Field(ge=FOUR_WEEKS, le=36_500)] = 1100
    requests: OfPeople = 1095
    openings: OfPeople = 1095
    events: Days = 30
    retention_runs: Days = 1100

    @model_validator(mode="before")
    @classmethod
    def _preset(cls, written: Any) -> Any:
        days = PRESETS.get(str(written.get("preset"))) if isinstance(written, dict) else None
        return written if days is None else dict.fromkeys(BY_PRESET, days) | written

    @property
    def kept(self) -> dict[str, timedelta]:
        """Each class of rows by the store's name (store.retention.Kept)."""
        return {kept: timedelta(days=getattr(self, name)) for name, kept in self.names().items()}

    @classmethod
    def names(cls) -> dict[str, str]:
        """The store's name of each key's class."""
        names = {"logins": "auth_event", "sessions": "session", "usage": "usage_hour", "unknown_access_points": "unknown_access_point"}
        names |= {"devices": "device", "grants": "grant", "accounts": "account", "vouchers": "voucher", "messages": "message"}
        names |= {"retention_runs": "retention_run", "requests": "privacy_request", "openings": "incident_opening", "events": "event"}
        return {name: names.get(name, name) for name in cls.model_fields if name != "preset"}


class Log(Part):
    """[log]"""

    level: Literal["debug", "info", "warning", "error"] = "info"


Unserved = dict[str, Any]  # a section this version takes and does not act on
