"""A city for the pages' tests: doors of three families, a real database, and a clock that the test turns."""

from __future__ import annotations

import hashlib
import os
import threading
from base64 import b64encode
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from flask.testing import FlaskClient

from portal import languages
from portal.apps import guest_app
from portal.doors import Door, Doors, House, Words
from portal.figures import Figures
from portal.kit import Kit
from radius.nas import FAMILIES, uam
from radius.nas.asked import ROAD, pack
from radius.nas.family import Asked, Gateway, Options
from radius.nas.plan import Plan
from radius.nas.tokens import Tokens
from radius.secret import Secret
from store.consumption import Consumption
from store.ledger import record_accounting
from store.privacy import privacy
from store.session import transaction
from tests.store.rows import NOW

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask import Flask
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

    from store.adverts import Run
    from store.entries import Entry
    from store.privacy import Privacy
    from store.sealed import Seal

URL = "http://wifi.city.example"
MAKING = threading.Lock()  # of apps: Werkzeug compiles every map's rules out of the same pieces, one at a time
_SPARE: list[Flask] = []  # apps of clients that are gone: its rules and its pages are most of what a test costs to compile
UAM = Secret(b"uamsecret-of-enough-length")
FAS = Secret(b"fas-key-of-enough-length")
VISITOR = Plan("visitor", session=7200, day_data=1_000_000_000, extend_times=2, extend_by=1800)
SHORT = Plan("short", day_time=1800)
STATION = "02-00-5E-00-00-07"
OURS = languages.CATALOGUES
CITY = Words(
    portal="library",
    welcome={"en": "From the City of Example.", "fr": "Wi-Fi gratuit à la Bibliothèque centrale\nOffert par la Ville d’Exemple."},
    languages=("en", "fr"),
)
COOVA_KEY, NDS_KEY, CWA_KEY = "c00va0000000000k", "0pennds00000000k", "c1scocwa0000000k"


def door(family: str, key: str, options: Options, url: str = URL, **changes: Any) -> Door:
    """One door of the library's."""
    gateway = Gateway(f"library-{family}", family, key, url, options=options)
    plans = {plan.name: plan for plan in (VISITOR, SHORT)}
    made = Door(gateway, CITY, {"terms": VISITOR}, plans, "central-library", "Central Library", "America/Toronto")
    return replace(made, **changes)


def doors(url: str = URL) -> Doors:
    """The library's three, where the pages are at this address."""
    made = (
        door("coova", COOVA_KEY, Options(uam_secret=UAM, login_url="http://10.1.0.1:3990"), url),
        door("opennds", NDS_KEY, Options(fas_key=FAS, fas_level=3), url),
        door("cisco-cwa", CWA_KEY, Options(), url),
    )
    return Doors({each.gateway.key: each for each in made}, ssids=("City Wi-Fi",), timezone="America/Toronto", country="CA")


@dataclass
class World:
    """A guest app and what stands behind it."""

    database: Engine
    privacy: Privacy
    doors: Doors = field(default_factory=doors)
    time: float = field(default_factory=NOW.timestamp)
    lines: list[dict[str, Any]] = field(default_factory=list)
    house: House = field(default_factory=lambda: House(URL, address_rate=10_000, device_rate=10_000, sign_in_rate=10_000, patience=0.0))

    adverts: Sequence[Run] = ()
    figures: Figures = field(default_factory=Figures)
    more: dict[str, Any] = field(default_factory=dict)  # what else the Kit is given
    _lent: list[Flask] = field(default_factory=list)

    @property
    def app(self) -> Flask:
        with MAKING:
            return guest_app(self.kit)

    def close(self) -> None:
        """Nothing is kept; the apps of its clients, which no other world has meanwhile, serve the next."""
        _SPARE.extend(self._lent)
        self._lent.clear()
        self.database.dispose()

    @property
    def kit(self) -> Kit:
        return Kit(
            doors=lambda: self.doors,
            database=self.database,
            privacy=self.privacy,
            tokens=self.tokens,
            families=FAMILIES,
            now=lambda: self.time,
            entropy=os.urandom,
            count=self.count,
            said=lambda event, fields: self.lines.append({"event": event, **fields}),
            wait=self.pass_time,
            house=self.house,
            adverts=lambda: self.adverts,
            figures=self.figures,
            **self.more,
        )

    @property
    def tokens(self) -> Tokens:
        return Tokens(b"v" * 32, os.urandom)

    @property
    def url(self) -> str:
        return self.house.url

    def serve_at(self, url: str) -> None:
        """The pages are at another address from now on."""
        self.house, self.doors = replace(self.house, url=url), doors(url)

    def offer(self, *ways: str, **words: Any) -> None:
        """Every door offers these ways from now on, in these words."""
        plans = dict.fromkeys(ways, VISITOR)
        made = {key: replace(each, ways=plans, words=replace(each.words, **words)) for key, each in self.doors.by_key.items()}
        self.doors = replace(self.doors, by_key=made)

    def pass_time(self, seconds: float) -> None:
        self.time += seconds

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.doors.timezone)

    def count(self, session: Session, entries: Sequence[Entry]) -> None:
        record_accounting(session, entries, self.privacy, Consumption(self.zone))

    def client(self, *, cookies: bool = True) -> FlaskClient:
        """A browser with an empty jar, or without one, which asks for our own host."""
        app = self.borrowed()
        app.test_client_class = Browser
        return app.test_client(use_cookies=cookies)

    def borrowed(self) -> Flask:
        """An app that no other client has, of an earlier world where one is spare."""
        if self.house.trusted_proxies or languages.CATALOGUES != OURS:  # both are built into an app
            return self.app
        with MAKING:
            made = _SPARE.pop() if _SPARE else None
        if made is None:
            made = self.app
        made.extensions["guest"] = self.kit
        self._lent.append(made)
        return made


class Browser(FlaskClient):
    """Asks for our own host unless it is told another."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        if args and isinstance(args[0], str):
            kwargs.setdefault("base_url", self.application.extensions["guest"].house.url)
        return super().open(*args, **kwargs)


def world(database: Engine, seal: Seal) -> World:
    with transaction(database) as session:
        return World(database, privacy(session, seal, NOW))


def coova(url: str = URL, res: str = "notyet", **more: str) -> str:
    """The path and query of a guest whom CoovaChilli sends, signed."""
    words: Mapping[str, str] = {
        "res": res,
        "uamip": "10.1.0.1",
        "uamport": "3990",
        "challenge": "00112233445566778899aabbccddeeff",
        "called": "02-00-5E-77-00-01",
        "mac": STATION,
        "ip": "10.1.0.7",
        "ssid": "City Wi-Fi",
        "nasid": "library",
        "sessionid": "5f00000001",
        "userurl": "http://news.example/today",
        **more,
    }
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in words.items())
    path = f"/in/coova/{COOVA_KEY}?{query}"
    return f"{path}&md={uam.signature(url + path, UAM)}"


def opennds(name: str, token: str) -> str:
    """The path of a guest whom openNDS sends at level 3: sealed as PHP's openssl_encrypt does it."""
    hid = hashlib.sha256(token.encode()).hexdigest()
    said = f"hid={hid}, clientip=10.1.0.7, clientmac=02:00:5e:00:00:07, gatewayname={name}, gatewayaddress=10.1.0.1:2050, "
    text = said.encode() + b"gatewaymac=02:00:5e:77:00:01, authdir=opennds_auth, originurl=http%3a%2f%2fnews.example%2f, "
    padder = PKCS7(128).padder()
    cipher = Cipher(algorithms.AES(FAS.octets[:32].ljust(32, b"\0")), modes.CBC(b"0123456789abcdef")).encryptor()
    sealed = cipher.update(padder.update(text) + padder.finalize()) + cipher.finalize()
    return f"/in/opennds/{NDS_KEY}?fas={quote(b64encode(b64encode(sealed)).decode(), safe='')}&iv=0123456789abcdef"


def cwa(city: World, **changes: Any) -> str:
    """The path of a guest whom the road sends, with what it has sealed of the station."""
    asked = Asked(**{"station": STATION, "access_point": "02-00-5E-77-00-01", "ssid": "City Wi-Fi", "session": "0a0b0c0d", **changes})
    token = city.tokens.seal(ROAD, pack(asked, "192.0.2.9 32768", "192.0.2.1 1812"), city.time)
    return f"/in/cisco-cwa/{CWA_KEY}?v={token}"
