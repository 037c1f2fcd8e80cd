"""Each section of the network file as a row: which keys it has, what they may say, what they mean when left out.

One function per section, in the order of the file. Never looks at another entry: that is network_checks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from federation import operator_name
from proxeny import portal_rows
from proxeny.addresses import literal, mac, prefix, secure_page
from proxeny.faults import WrongError, did_you_mean
from proxeny.network import AccessPoint, Client, Home, Operator, Policy, Realm, Site
from proxeny.parts import TIMING, check_timing
from radius.nas import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from proxeny.entry import Entry

_SELECTOR: Final = re.compile(r"\*|(?:\*\.)?[0-9a-z_-]{1,63}(?:\.[0-9a-z_-]{1,63})*")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_UNSAID: Final = ""
INDOOR_OUTDOOR: Final = (_UNSAID, "indoor", "outdoor", "both")
ACCESSIBLE: Final = (_UNSAID, "yes", "limited", "no")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where `secret_file` and `secret_env` look."""

    folder: Path
    environ: Mapping[str, str]


def operator(entry: Entry) -> Operator:
    return Operator(
        name=entry.label("name"),
        operator_name=entry.checked("operator_name", lambda text: operator_name.validated(str(text)) if text else "", ""),
        country=entry.checked("country", _country, ""),
        timezone=entry.checked("timezone", _timezone, "UTC"),
    )


def site(entry: Entry) -> Site:
    return Site(
        id=entry.label("id"),
        name=entry.text("name", needed=True),
        district=entry.text("district"),
        address=entry.text("address"),
        latitude=entry.number("latitude", -90, 90),
        longitude=entry.number("longitude", -180, 180),
        timezone=entry.checked("timezone", _timezone, "UTC"),
        portal=entry.maybe("portal"),
        indoor_outdoor=entry.choice("indoor_outdoor", INDOOR_OUTDOOR, _UNSAID),
        opening_hours=entry.text("opening_hours"),
        activated_on=entry.checked("activated_on", _day, ""),
        accessible_entrance=entry.choice("accessible_entrance", ACCESSIBLE, _UNSAID),
        published=entry.flag("published", default=True),
    )


def client(entry: Entry, sources: Sources) -> Client:
    entry.not_yet("certificate", "RADIUS over TLS comes later; give an address and a secret")
    weak = entry.flag("weak_secret", default=False)
    nas = _family(entry)
    family = FAMILIES.get(nas, FAMILIES["generic"])
    radius = entry.flag("radius", default=family.radius)
    options, secrets = portal_rows.options(entry, sources.folder, sources.environ, weak=weak)
    row = Client(
        name=entry.label("name"),
        addresses=entry.each("address", prefix, needed=radius and not entry.has("certificate")),
        secret=entry.secret("secret", sources.folder, sources.environ, weak=weak),
        previous_secret=entry.secret("previous_secret", sources.folder, sources.environ, weak=True),
        previous_until=entry.checked("previous_until", _moment, None),
        coa_secret=entry.secret("coa_secret", sources.folder, sources.environ, weak=weak),
        coa_port=entry.integer("coa_port", family.port, 1, 65535),
        weak_secret=weak,
        nas=nas,
        site=entry.maybe("site"),
        require_message_authenticator=entry.flag("require_message_authenticator", default=True),
        rate=entry.number("rate", 0.1, 1_000_000),
        radius=radius,
        key=entry.checked("key", portal_rows.key, ""),
        options=options,
        **secrets,
    )
    for key in ("secret", "previous_secret", "coa_secret"):
        if getattr(row, key) and not radius:
            remedy = "Take it out; where its other networks do send RADIUS, write radius = true"
            entry.note(
                key,
                f'has no use: a client of the family "{nas}" sends no RADIUS for guests'
                if not entry.has("radius")
                else "has no use with radius = false",
                remedy,
            )
    if row.previous_secret and not row.previous_until:
        entry.note("previous_until", "is missing", "Say until when the previous secret is taken too: previous_until = 2030-01-31T12:00:00Z")
    return row


def access_point(entry: Entry) -> AccessPoint:
    return AccessPoint(
        name=entry.label("name"),
        mac=entry.checked("mac", _mac, None),
        site=entry.maybe("site"),
        client=entry.maybe("client"),
        latitude=entry.number("latitude", -90, 90),
        longitude=entry.number("longitude", -180, 180),
    )


def _family(entry: Entry) -> str:
    """The NAS family; a maker's name alone does not say which of its ways is meant."""
    nas = entry.text("nas", "generic")
    of_maker = sorted(name for name in FAMILIES if name.startswith(f"{nas}-"))
    if nas not in FAMILIES and of_maker:
        words = " or ".join(f'"{name}"' for name in of_maker)
        entry.note("nas", f'"{nas}" is a maker with more than one way', f"Did you mean {words}? See docs/nas")
        return "generic"
    if nas not in FAMILIES:
        entry.note("nas", f'"{nas}" is none of its words', did_you_mean(nas, FAMILIES))
        return "generic"
    return nas


def home(entry: Entry, sources: Sources) -> Home:
    transport = entry.choice("transport", ("udp", "tls"), "udp")
    if transport == "tls":
        entry.note("transport", '"tls" is not served by this version: RADIUS over TLS comes later', 'Use "udp"')
    for key in ("tls_name", "trust"):
        entry.not_yet(key, "it belongs to RADIUS over TLS")
    weak = entry.flag("weak_secret", default=False)
    port = entry.integer("port", 1812, 1, 65535)
    return Home(
        name=entry.label("name"),
        address=entry.checked("address", literal, "", needed=True),
        port=port,
        acct_port=entry.integer("acct_port", min(port + 1, 65535), 1, 65535),
        secret=entry.secret("secret", sources.folder, sources.environ, weak=weak),
        weak_secret=weak,
        source=entry.checked("source", literal, None),
        enabled=entry.flag("enabled", default=True),
        foreign=entry.flag("foreign", default=True),
        status_server=entry.flag("status_server", default=True),
        require_message_authenticator=entry.flag("require_message_authenticator", default=True),
        timing=_timing(entry),
    )


def realm(entry: Entry) -> Realm:
    homes = entry.texts("homes")
    action = entry.choice("action", ("proxy", "reject", "local", "blackhole", "discover"), "proxy")
    if action == "discover":
        entry.note("action", '"discover" is not served by this version: RFC 7585 comes later', "Name the realm's homes instead")
    if action == "proxy" and not homes:
        entry.note("homes", "is missing", 'Name at least one home, or write action = "reject"')
    if action not in ("proxy", "discover") and homes:
        entry.note("homes", f'has no meaning with action = "{action}"', "Take one of the two out")
    match = entry.text("match")
    if not entry.has("match"):
        entry.note("match", "is missing", 'Write "uni.example", "*.uni.example", "*", "~expression", or "" for no realm')
    return Realm(
        match=match if match.startswith("~") else match.lower(),
        action=action,
        homes=homes,
        strategy=entry.choice("strategy", ("failover", "balance"), "failover"),
        accounting=entry.choice("accounting", ("local", "forward"), "local"),
        institution=entry.text("institution"),
        country=entry.checked("country", _country, ""),
        profile=entry.checked("profile", secure_page, ""),
        reason=entry.text("reason"),
    )


def policy(entry: Entry) -> Policy:
    return Policy(
        name=entry.label("name"),
        direction=entry.choice("direction", ("request", "reply"), ""),
        codes=entry.texts("codes"),
        realm=entry.checked("realm", _selector, None),
        site=entry.maybe("site"),
        client=entry.maybe("client"),
        home=entry.maybe("home"),
        remove=entry.texts("remove"),
        clamp=entry.inline("clamp"),
        add=entry.inline("add"),
        set=entry.inline("set"),
        refuse=entry.inline("refuse"),
        foreign=entry.flag("foreign", default=False),
    )


def _timing(entry: Entry) -> dict[str, Any]:
    """The timing keys this home has for itself."""
    timing: dict[str, Any] = {}
    for key in TIMING:
        if key == "resend":
            if resend := entry.checked(key, _resend, None):
                timing[key] = resend
        elif key.endswith(("misses", "answers")):
            if count := entry.integer(key, 0, 1, 1000):
                timing[key] = count
        elif (seconds := entry.number(key, 0.1, 3600)) is not None:
            timing[key] = seconds
    if "resend" in timing and "request_timeout" in timing:
        try:
            check_timing(timing["resend"], timing["request_timeout"])
        except WrongError as fault:
            entry.note("resend", fault.what, fault.remedy)
    return timing


def _resend(value: object) -> tuple[float, ...]:
    numbers = value if isinstance(value, list) else ()
    plain = [item for item in numbers if isinstance(item, int | float) and not isinstance(item, bool) and 0 < item <= 3600]
    if not 2 <= len(numbers) <= 8 or len(plain) < len(numbers):
        raise WrongError("must be a list of 2 to 8 numbers of seconds", "The default is [1, 3, 7]")
    if list(numbers) != sorted(set(numbers)):
        raise WrongError("must rise", "The default is [1, 3, 7]")
    return tuple(float(item) for item in numbers)


def _mac(value: object) -> str:
    base, bits = mac(value)
    return base if bits == 48 else f"{base}/{bits}"


def _country(value: object) -> str:
    if not _COUNTRY.fullmatch(str(value)):
        raise WrongError(f'"{value}" is no country code', 'Write two capital letters of ISO 3166, like "CA"')
    return str(value)


def _timezone(value: object) -> str:
    try:
        return ZoneInfo(str(value)).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        if not available_timezones():  # a machine without tzdata can judge none
            return str(value)
        raise WrongError(f'"{value}" is no time zone', 'Write a name of the IANA list, like "America/Toronto"') from None


def _day(value: object) -> str:
    """2026-05-01: TOML's own date, or the same as text; "" for none."""
    text = str(value)
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise WrongError(f'"{text}" is no day', "Write 2026-05-01") from None


def _selector(value: object) -> str:
    text = str(value).lower()
    if not _SELECTOR.fullmatch(text):
        raise WrongError(f'"{value}" selects no realm', 'Write "uni.example", "*.uni.example" or "*"; leave it out for any')
    return text


def _moment(value: object) -> datetime:
    """A TOML date or time, or the same as text; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if isinstance(moment, date) and not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    if not isinstance(moment, datetime):
        raise WrongError(f'"{value}" is not a time', "Write 2030-01-31T12:00:00Z")
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise WrongError(f'"{value}" is beyond the calendar', "Write 2030-01-31T12:00:00Z") from None
