"""What the pages are handed: one Door for each gateway, in words and values that its guests meet.

The composition root makes them from the network, and swaps them whole when it changes. Texts are language -> text.
Never holds a guest, and never reaches for the database by itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from radius.nas.plan import Plan  # noqa: TC001  a field of frozen values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from radius.nas.family import Gateway

_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
ADDRESS_RATE: Final = 50  # requests of one address a second: a second later there is room again
DEVICE_RATE: Final = 40  # requests a minute of one device, known by a token of ours
SIGN_IN_RATE: Final = 600  # presses of the button a minute of one address: a whole city may be behind it
KEPT: Final = {  # days: what [retention] says where it says nothing
    "auth_event": 365, "session": 365, "orders": 365, "device": 30, "grant": 365, "account": 365, "guest_usage": 62, "message": 30,
    "privacy_request": 1_095,
}  # fmt: skip
SENDING_RATE: Final = 120  # messages that one address asks for within ten minutes, of those that nobody's device is counted for
PATIENCE: Final = 2.5  # seconds that a guest's POST waits for an order


@dataclass(frozen=True, slots=True)
class Words:
    """One `[[portal]]` as its guests read it."""

    portal: str = ""
    languages: tuple[str, ...] = ()  # those offered; empty for all we have
    accent: str = ""  # #rrggbb
    welcome: Mapping[str, str] = field(default_factory=dict)  # two lines: a heading and a sentence; one line: the sentence
    help: Mapping[str, str] = field(default_factory=dict)
    terms: Mapping[str, str] = field(default_factory=dict)
    privacy: Mapping[str, str] = field(default_factory=dict)  # what the privacy page says of this portal besides
    provisional: int = 600  # seconds online, for who has yet to read the mail
    sponsors: tuple[str, ...] = ()  # addresses, or domains with "@" before them, that may let guests in
    logo: str = ""  # the digest of a picture that we serve


@dataclass(frozen=True, slots=True)
class Door:
    """One gateway's entrance: whose it is, where it is, what it offers."""

    gateway: Gateway
    words: Words = field(default_factory=Words)
    ways: Mapping[str, Plan] = field(default_factory=dict)  # those served here, in the page's order, each with its plan; none: it is shut
    plans: Mapping[str, Plan] = field(default_factory=dict)  # every plan by name: a grant may have been given elsewhere
    site: str = ""  # its id
    place: str = ""  # its name, as a guest reads it; "" for none
    timezone: str = "UTC"  # of the site: the hours that a page shows
    district: str = ""  # of the site, by name

    @property
    def plan(self) -> Plan | None:
        """Of the first way in: what page one promises; None where this door lets nobody in."""
        return next(iter(self.ways.values()), None)


@dataclass(frozen=True, slots=True)
class Institution:
    """One of those whose people sign in here with an account of their own."""

    name: str
    country: str = ""  # ISO 3166-1 alpha-2
    realm: str = ""  # what stands behind the @; "" where it is a pattern
    profile: str = ""  # https address of its own instructions and profiles


class Venue(NamedTuple):
    """One site, as a page of its own tells of it."""

    name: str
    district: str = ""
    timezone: str = "UTC"
    access_points: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Doors:
    """Every door by its gateway's key, and what all of them share."""

    by_key: Mapping[str, Door] = field(default_factory=dict)
    ssids: tuple[str, ...] = ()  # names in the air of the networks that lead to the portal
    timezone: str = "UTC"  # of the operator: days and months of plans turn at its midnight
    country: str = ""  # ISO 3166-1 alpha-2: how dates and hours are written
    access_points: Mapping[str, str] = field(default_factory=dict)  # AA-BB-CC-DD-EE-FF -> name of its gateway, where both are declared
    elsewhere: Mapping[tuple[str, str], Door] = field(default_factory=dict)  # (key, site) of a gateway's access points at other sites
    site_of: Callable[[str, str], str] = lambda _gateway, _access_point: ""  # of an access point that is this gateway's own
    point_of: Callable[[str, str], str] = lambda _gateway, _access_point: ""  # its name, where it is this gateway's own
    venues: Mapping[str, Venue] = field(default_factory=dict)  # every site by its id
    eduroam: tuple[str, ...] = ()  # names in the air of eduroam, here
    institutions: tuple[Institution, ...] = ()  # by name

    def find(self, family: str, key: str) -> Door | None:
        """The door at /in/<family>/<key>; the family must be the gateway's own."""
        door = self.by_key.get(key)
        return door if door is not None and door.gateway.family == family else None

    def named(self, client: str, site: str = "") -> Door | None:
        """The door of the gateway of this name, at this site where it has one there."""
        own = next((door for door in self.by_key.values() if door.gateway.name == client), None)
        return self.elsewhere.get((own.gateway.key, site), own) if own is not None else None

    def at(self, key: str, access_point: str) -> Door | None:
        """The door of this key as it is where the guest stands: a controller may have access points at many sites.

        What a redirect says of the access point is not signed by every family; so it can only name one of the gateway's own.
        """
        door = self.by_key.get(key)
        if door is None or not access_point or not self.elsewhere:
            return door
        return self.elsewhere.get((key, self.site_of(door.gateway.name, access_point)), door)

    def console(self, site: str, access_point: str) -> Door | None:
        """The UniFi gateway of a console's site; where several are called so, the one whose access point it is.

        An id in the place of the site's name, as the keyed API takes it, may be any: a redirect never has it.
        """
        mine = [door for door in self.by_key.values() if door.gateway.family == "unifi" and _called(door.gateway.options.site, site)]
        if len(mine) > 1:
            owner = self.access_points.get(access_point)
            mine = [door for door in mine if door.gateway.name == owner]
        return mine[0] if mine else None


def _called(site: str, name: str) -> bool:
    return name == (site or "default") or bool(_ID.fullmatch(site))


@dataclass(frozen=True, slots=True)
class Notice:
    """What the law wants said beside what is kept: by which authority, what for, whom to ask. Language -> text."""

    authority: Mapping[str, str]
    purpose: Mapping[str, str]
    officer_title: Mapping[str, str]
    officer_phone: Mapping[str, str]
    officer_address: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which licence open data is given, by whom."""

    licence: str  # its identifier: "CC-BY-4.0"
    title: str
    url: str  # of its text, https
    publisher: str
    contact: str = ""  # an e-mail address; "" for none


@dataclass(frozen=True, slots=True)
class House:
    """What the settings say to the pages."""

    url: str = "http://127.0.0.1:8080"  # origin of the guest app
    hosts: tuple[str, ...] = ()  # other names that it answers to
    trusted_proxies: tuple[str, ...] = ()  # prefixes whose X-Forwarded-For and -Proto are believed
    retention_days: int = 365  # until what tells of a guest is purged: logins, sessions, grants
    device_days: int = 30  # until a device is forgotten, after its last grant
    kept: Mapping[str, int] = field(default_factory=lambda: dict(KEPT))  # days of each class (store.retention.Kept)
    most_days: int = 1_096  # that anything which tells of a person may be kept, whatever is set
    notice: Notice | None = None
    opened_alone: bool = False  # whether one person may open sealed connections of the past
    address_rate: int = ADDRESS_RATE
    device_rate: int = DEVICE_RATE
    sign_in_rate: int = SIGN_IN_RATE
    patience: float = PATIENCE
    sending_rate: int = SENDING_RATE
    sms_countries: tuple[str, ...] = ()  # ISO 3166-1: whose numbers are written to
    sms_per_day: int = 1000  # text messages in all
    open_data: Terms | None = None  # None: none can be published
    providers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # of OpenID Connect: name -> language -> how guests call it

    @property
    def secure(self) -> bool:
        """Whether guests come by https."""
        return self.url.startswith("https://")
