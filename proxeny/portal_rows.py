"""What guests are offered, as the network file says it: districts, SSIDs, plans, portals, and a gateway's options.

One function per section. Never looks at another entry: that is portal_checks.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unicodedata import category

from portal import style
from portal.languages import LANGUAGES
from proxeny import measures
from proxeny.addresses import HOST, prefix, web_origin
from proxeny.faults import WrongError, did_you_mean
from proxeny.measures import Range
from proxeny.network import OPTION_SECRETS, District, Plan, Portal, Ssid
from radius.nas import mac
from store import portal_versions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from proxeny.entry import Entry
    from radius.secret import Secret

WAYS: Final = ("terms", "voucher", "email", "sms", "card", "sponsor")
PROFILES: Final = ("portal", "eduroam", "openroaming")
LONGEST_TEXT: Final = portal_versions.LONGEST
_DAY: Final = 86_400
_GRANT: Final = Range(60, 366 * _DAY)
_TURN: Final = Range(60, _DAY)
_DATA: Final = Range(1_000, 10**15)
_RATE: Final = Range(1_000, 10**12)
_OIDC: Final = re.compile(r"oidc:[a-z0-9][a-z0-9_-]{0,31}")
_ACCENT: Final = re.compile(r"#[0-9a-f]{6}")
_KEY: Final = re.compile(r"[0-9a-z]{16}")
_MAILBOX: Final = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{0,64}", re.ASCII)  # none: everybody of the domain


def district(entry: Entry) -> District:
    return District(name=entry.label("name"))


def ssid(entry: Entry) -> Ssid:
    name = entry.label("name")
    if len(name.encode()) > 32:
        entry.note("name", "is longer than 32 octets", "No access point can send it (IEEE 802.11, 9.4.2.2)")
    return Ssid(name=name, profile=entry.choice("profile", PROFILES, "portal"))


def plan(entry: Entry) -> Plan:
    times, by = _extend(entry)
    return Plan(
        name=entry.label("name"),
        session=entry.checked("session", measures.duration(_GRANT), None),
        day_time=entry.checked("day_time", measures.duration(_TURN), None),
        day_data=entry.checked("day_data", measures.octets(_DATA), None),
        month_data=entry.checked("month_data", measures.octets(_DATA), None),
        up=entry.checked("up", measures.rate(_RATE), None),
        down=entry.checked("down", measures.rate(_RATE), None),
        devices=entry.integer("devices", 0, 1, 1_000) or None,
        simultaneous=entry.integer("simultaneous", 0, 1, 1_000) or None,
        idle=entry.checked("idle", measures.duration(_TURN), None),
        extend_times=times,
        extend_by=by,
    )


def _extend(entry: Entry) -> tuple[int, int]:
    """`extend = { times = 2, by = "30m" }`."""
    if not entry.has("extend"):
        entry.skip("extend")
        return 0, 0
    inner = entry.inside("extend")
    if inner is None:
        return 0, 0
    times = inner.integer("times", 1, 1, 100)
    by = inner.checked("by", measures.duration(_GRANT), 0, needed=True)
    inner.done()
    return times, by


def portal(entry: Entry) -> Portal:
    return Portal(
        name=entry.label("name"),
        plan=entry.text("plan", needed=True),
        ways=_ways(entry),
        plans=_plans(entry),
        languages=entry.each("languages", _language) or LANGUAGES,
        logo=entry.text("logo"),
        accent=entry.checked("accent", _accent, ""),
        welcome=_words(entry, "welcome"),
        help=_words(entry, "help"),
        terms=_words(entry, "terms"),
        privacy=_words(entry, "privacy"),
        provisional=entry.checked("provisional", measures.duration(_TURN), 600),
        sponsors=entry.each("sponsors", _sponsor),
    )


def _ways(entry: Entry) -> tuple[str, ...]:
    if not entry.has("ways"):
        entry.skip("ways")
        return ("terms",)
    ways = entry.texts("ways")
    for way in ways:
        if way not in WAYS and not _OIDC.fullmatch(way):
            entry.note("ways", f'"{way}" is no way in', did_you_mean(way, (*WAYS, "oidc:NAME")))
    if not ways:
        entry.note("ways", "is empty", 'Write at least ["terms"], or leave it out')
    return ways


def _plans(entry: Entry) -> dict[str, str]:
    """Way -> plan, where it is another than the portal's."""
    table = entry.inline("plans")
    for way, name in table.items():
        if not isinstance(name, str) or not name:
            entry.note("plans", f"{way} must name a plan")
    return {way: name for way, name in table.items() if isinstance(name, str)}


def _words(entry: Entry, key: str) -> dict[str, str]:
    """Language -> text."""
    table = entry.inline(key) if not entry.is_text(key) else {}
    if entry.is_text(key):
        entry.note(key, "must say its language", f'Write {key} = {{ en = "…", fr = "…" }}')
    kept = {}
    for language, text in table.items():
        if language not in LANGUAGES:
            entry.note(key, f'"{language}" is no language of the pages', f"They speak: {', '.join(LANGUAGES)}")
        elif not isinstance(text, str) or not text.strip():
            entry.note(key, f"{language} must be text in quotes")
        elif len(text) > LONGEST_TEXT[key] or not _readable(text):
            entry.note(key, f"{language} must be at most {LONGEST_TEXT[key]} printable characters")
        else:
            kept[language] = text
    return kept


def _readable(text: str) -> bool:
    """Nothing hidden in it: no marks that turn the direction, no control characters; French has spaces that do not break."""
    return all(each.isprintable() or each == "\n" or category(each) == "Zs" for each in text)


def _language(value: object) -> str:
    if value not in LANGUAGES:
        raise WrongError(f'"{value}" is no language of the pages', f"They speak: {', '.join(LANGUAGES)}")
    return str(value)


def _sponsor(value: object) -> str:
    """An address, or a domain with "@" before it."""
    text = str(value).strip().lower()
    name, at, domain = text.rpartition("@")
    if not at or not HOST.fullmatch(domain) or "." not in domain or not _MAILBOX.fullmatch(name):
        raise WrongError(f'"{value}" is no address', 'Write "desk@library.example", or "@city.example" for everybody there')
    return text


def _accent(value: object) -> str:
    text = str(value).lower()
    if not _ACCENT.fullmatch(text):
        raise WrongError(f'"{value}" is no colour', 'Write "#005ea5"')
    if not style.carries(text):
        words = f"{value} is too light for the white words on it ({style.contrast(text, '#ffffff'):.1f}:1)"
        raise WrongError(words, f"Take a darker one: {style.READ}:1 is needed, which {style.nearest(text)} has")
    return text


def key(value: object) -> str:
    """A client's path at the portal."""
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        raise WrongError("must be 16 small letters and digits", "Leave it out: one is made, and `proxeny export` shows it")
    return value


def options(entry: Entry, folder: Path, environ: Mapping[str, str], *, weak: bool) -> tuple[dict[str, Any], dict[str, Secret | None]]:
    """`[client.options]`: what was written, as plain values, and the secrets apart."""
    if not entry.has("options"):
        entry.skip("options")
        return {}, {}
    inner = entry.inside("options")
    if inner is None:
        return {}, {}
    kept = {name: read(inner, name) for name, read in OPTIONS.items() if inner.has(name)}
    for name in OPTIONS.keys() - kept.keys():
        inner.skip(name)
    secrets = {name: inner.secret(name, folder, environ, weak=weak or name == "api_secret") for name in OPTION_SECRETS}
    inner.done()
    return kept, secrets


def _one_of(words: tuple[str, ...]) -> Callable[[Entry, str], Any]:
    return lambda entry, name: entry.choice(name, words, "")


def _checked(check: Callable[[Any], Any]) -> Callable[[Entry, str], Any]:
    return lambda entry, name: entry.checked(name, check, "")


def _text(entry: Entry, name: str) -> str:
    return entry.text(name, needed=True)


def _example(value: object) -> str:
    if not isinstance(value, str) or not mac.fits(value):
        raise WrongError(f'"{value}" shows no form of a hardware address', 'Write one as the NAS writes it: "aa:bb:cc:dd:ee:ff"')
    return value


def _whole_path(value: object) -> str:
    """The file of an authority: read by the controller, whose folder is another than this file's."""
    if not isinstance(value, str) or not Path(value).is_absolute():
        raise WrongError(f'"{value}" does not begin at the root', 'Write the whole path: "/etc/proxeny/tls/controller-ca.pem"')
    return value


OPTIONS: Final[dict[str, Callable[[Entry, str], Any]]] = {
    "fas_level": lambda entry, name: entry.integer(name, 3, 0, 4),
    "login_url": _checked(web_origin),
    "api_url": _checked(web_origin),
    "api_user": _text,
    "api_ca": _checked(_whole_path),
    "site": _text,
    "swap_octets": lambda entry, name: entry.flag(name, default=False),
    "mac_format": _checked(_example),
    "time_unit": _one_of(("s", "ms", "us")),
    "bytes_unit": _one_of(("B", "kB", "MB")),
    "role": _text,
    "portal_acl": _text,
    "guest_networks": lambda entry, name: entry.each(name, prefix),
}
