"""Networks as an operator might declare them, made by hypothesis: every one of them stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from proxeny.network import (
    AccessPoint,
    Client,
    District,
    Home,
    Hygiene,
    Network,
    Operator,
    Plan,
    Policy,
    Portal,
    Realm,
    Site,
    Ssid,
)
from radius.secret import Secret

NAMES = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=20)
COUNTRIES = st.sampled_from(["", "CA", "DE", "GB"])
SECRETS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=16, max_size=40).map(
    lambda text: Secret(text.encode())
)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001  hypothesis wants them without a zone


def unique(kind: Any, key: str, most: int = 4) -> st.SearchStrategy[dict[str, Any]]:
    """Rows of different names."""
    return st.lists(kind, max_size=most, unique_by=lambda row: getattr(row, key)).map(lambda rows: {getattr(row, key): row for row in rows})


TEXTS = st.dictionaries(st.sampled_from(["en", "fr"]), WORDS.filter(str.strip) | st.just("two\nlines"), max_size=2)
SECONDS = st.none() | st.integers(60, 86_400)
DATA = st.none() | st.integers(1_000, 10**15)
RATES = st.none() | st.integers(1_000, 10**12)
FEW = st.none() | st.integers(1, 1_000)
PLANS = st.builds(
    lambda extend, **values: Plan(**values, extend_times=extend[0], extend_by=extend[1]),
    name=NAMES,
    session=SECONDS,
    day_time=SECONDS,
    day_data=DATA,
    month_data=DATA,
    up=RATES,
    down=RATES,
    devices=FEW,
    simultaneous=FEW,
    idle=SECONDS,
    extend=st.just((0, 0)) | st.tuples(st.integers(1, 100), st.integers(60, 86_400)),
)
SSIDS = st.builds(
    Ssid,
    name=NAMES.filter(lambda name: len(name.encode()) <= 32),
    profile=st.sampled_from(["portal", "eduroam", "openroaming"]),
)


def _portals(plans: list[str]) -> st.SearchStrategy[Portal]:
    ways = st.lists(st.sampled_from(["voucher", "email", "sms", "sponsor", "oidc:city"]), max_size=3, unique=True)
    return st.builds(
        Portal,
        name=NAMES,
        plan=st.sampled_from(plans),
        ways=ways.map(lambda others: ("terms", *others)),
        plans=st.dictionaries(st.just("terms"), st.sampled_from(plans), max_size=1),
        languages=st.sampled_from([("en",), ("fr",), ("fr", "en"), ("en", "fr")]),
        logo=WORDS,
        accent=st.sampled_from(["", "#005ea5"]),
        welcome=TEXTS,
        help=TEXTS,
        terms=TEXTS,
        privacy=TEXTS,
        provisional=st.integers(60, 86_400),
        sponsors=st.sampled_from([(), ("@city.example",), ("desk@library.example", "@city.example")]),
    )


OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "fas_level": st.integers(0, 4),
        "login_url": st.sampled_from(["http://10.1.0.1:3990", "https://gate.city.example"]),
        "api_url": st.just("https://controller.city.example:8443"),
        "site": NAMES,
        "swap_octets": st.booleans(),
        "mac_format": st.sampled_from(["AA-BB-CC-DD-EE-FF", "aabbccddeeff"]),
        "time_unit": st.sampled_from(["s", "ms"]),
        "guest_networks": st.just(("10.1.0.0/24", "2001:db8::/64")),
    },
)
SITES = st.builds(
    Site,
    id=NAMES,
    name=NAMES,
    district=WORDS,
    address=WORDS,
    latitude=st.none() | st.floats(-90, 90),
    longitude=st.none() | st.floats(-180, 180),
    timezone=st.sampled_from(["UTC", "America/Toronto"]),
    indoor_outdoor=st.sampled_from(["", "indoor", "outdoor", "both"]),
    opening_hours=WORDS,
    activated_on=st.just("") | st.dates().map(str),
    accessible_entrance=st.sampled_from(["", "yes", "limited", "no"]),
    published=st.booleans(),
)
HOMES = st.builds(
    Home,
    name=NAMES,
    address=st.just("192.0.2.1"),
    port=st.integers(1, 65535),
    acct_port=st.integers(1, 65535),
    secret=SECRETS,
    weak_secret=st.booleans(),
    source=st.none() | st.just("192.0.2.9"),
    enabled=st.booleans(),
    foreign=st.booleans(),
    status_server=st.booleans(),
    require_message_authenticator=st.booleans(),
    timing=st.fixed_dictionaries(
        {}, optional={"request_timeout": st.floats(8, 60), "zombie_misses": st.integers(1, 9), "resend": st.just((1.0, 2.0))}
    ),
)
POLICIES = st.builds(
    Policy,
    name=NAMES,
    direction=st.just("reply"),
    codes=st.sampled_from([(), ("Access-Accept",)]),
    realm=st.none() | st.just("uni.example"),
    remove=st.sampled_from([(), ("Tunnel-Type", "26.9.1")]),
    clamp=st.sampled_from([{}, {"Session-Timeout": [60, 28800]}]),
    add=st.sampled_from([{}, {"Idle-Timeout": 600}]),
    set=st.sampled_from([{}, {"Tunnel-Private-Group-Id": "120"}]),
    refuse=st.sampled_from([{}, {"Service-Type": ["Administrative-User"]}]),
    foreign=st.booleans(),
)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """A whole network whose rows fit together."""
    plans, homes = draw(unique(PLANS, "name")), draw(unique(HOMES, "name"))
    portals = draw(unique(_portals(sorted(plans)), "name", 2)) if plans else {}
    portal = st.none() | st.sampled_from(sorted(portals)) if portals else st.none()
    sites = {row.id: replace(row, portal=draw(portal)) for row in draw(unique(SITES, "id")).values()}
    homes = {row.name: _at(row, number) for number, row in enumerate(homes.values())}
    site = st.none() | st.sampled_from(sorted(sites)) if sites else st.none()
    clients = draw(unique(_clients(site), "name"))
    clients = {row.name: _from(row, number) for number, row in enumerate(clients.values())}
    client = st.none() | st.sampled_from(sorted(clients)) if clients else st.none()
    points = draw(unique(st.builds(AccessPoint, name=NAMES, mac=st.none(), site=site, client=client), "name"))
    points = {
        name: replace(row, mac=f"02-00-5E-00-00-{at:02X}" if at % 2 else None, latitude=43.5 if at % 3 else None)
        for at, (name, row) in enumerate(points.items())
    }
    realms = draw(unique(_realms(sorted(homes)), "match"))
    hygiene = draw(
        unique(
            st.builds(Hygiene, realm=st.sampled_from(["gmail.com", "*.x", "no dot"]), verdict=st.sampled_from(["allow", "refuse"])), "realm"
        )
    )
    operator = draw(
        st.none()
        | st.builds(
            Operator,
            name=NAMES,
            operator_name=st.sampled_from(["", "1wifi.city.example"]),
            country=COUNTRIES,
            timezone=st.sampled_from(["UTC", "America/Toronto"]),
        )
    )
    rows: dict[str, Any] = {
        "operator": {"": operator} if operator else {},
        "district": draw(unique(st.builds(District, name=NAMES), "name")),
        "plan": plans,
        "portal": portals,
        "ssid": draw(unique(SSIDS, "name")),
        "site": sites,
        "client": clients,
        "access_point": points,
        "home": homes,
        "realm": realms,
        "policy": draw(unique(POLICIES, "name")),
        "hygiene": hygiene,
    }
    return Network(rows)


def _at(row: Home, number: int) -> Home:
    return replace(row, address=f"192.0.2.{number + 10}")


def _from(row: Client, number: int) -> Client:
    row = replace(row, addresses=(f"198.51.100.{number}/32", f"2001:db8:{number + 1:x}::/48"), key=f"{number:016}")
    if row.previous_secret is None or row.previous_until is None or not row.radius:
        row = replace(row, previous_secret=None, previous_until=None)
    return row if row.radius else replace(row, secret=None, coa_secret=None, weak_secret=False)


def _clients(site: st.SearchStrategy[str | None]) -> st.SearchStrategy[Client]:
    return st.builds(
        Client,
        name=NAMES,
        addresses=st.just(("192.0.2.1/32",)),
        secret=SECRETS,
        previous_secret=st.none() | SECRETS,
        previous_until=st.none() | MOMENTS,
        coa_secret=st.none() | SECRETS,
        coa_port=st.integers(1, 65535),
        weak_secret=st.booleans(),
        nas=st.sampled_from(["generic", "coova"]),
        site=site,
        require_message_authenticator=st.booleans(),
        rate=st.none() | st.floats(1, 1000),
        radius=st.booleans(),
        options=OPTIONS,
        uam_secret=st.none() | SECRETS,
        api_secret=st.none() | SECRETS,
    )


def _realms(homes: list[str]) -> st.SearchStrategy[Realm]:
    matches = st.sampled_from(["", "*", "a.example", "*.a.example", "~^x\\.\\w+$", "~y", "b.example"])
    told = {
        "institution": WORDS,
        "country": COUNTRIES,
        "profile": st.sampled_from(["", "https://uni.example/eduroam?for=guests"]),
        "reason": WORDS,
    }
    refused = st.builds(Realm, match=matches, action=st.sampled_from(["reject", "blackhole", "local"]), **told)
    if not homes:
        return refused
    names = st.lists(st.sampled_from(homes), min_size=1, unique=True).map(tuple)
    how = {"strategy": st.sampled_from(["failover", "balance"]), "accounting": st.sampled_from(["local", "forward"])}
    return refused | st.builds(Realm, match=matches, homes=names, **how, **told)
