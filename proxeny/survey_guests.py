"""What `check` looks at for guests' and staff's sake: their pages' certificate, ports that others hold, the city's directory, providers.

Each look is bounded: the directory has its own time-out, a provider four seconds. Never changes anything, and never signs anybody in.
"""

from __future__ import annotations

import fcntl
import socket
import ssl
from datetime import timedelta
from ipaddress import ip_network
from typing import TYPE_CHECKING, Final

from cryptography import x509

from portal.cases.certificates import covers
from portal.fetching import AwayError
from proxeny import providers
from proxeny.addresses import Endpoint, is_ours
from proxeny.faults import Fault
from proxeny.parts_web import AUDIENCES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from proxeny.parts_web import Directory, Pages
    from proxeny.settings import Settings

SOON: Final = timedelta(days=14)  # a certificate that ends sooner is said
_NOBODY: Final = b"proxeny-check"  # asked for in the directory; that it is not there is an answer


class NoPassphraseError(Exception):
    """A key that only a person can open: the pages start without one."""


def faults(settings: Settings, file: str, now: datetime) -> Iterator[Fault]:
    """What would keep guests' pages or the directory from working."""
    for section in AUDIENCES:
        if pages := getattr(settings, section):
            yield from _certificate(pages, section, file, now)
    if settings.directory:
        yield from _directory(settings.directory, file)


def warnings(settings: Settings, file: str, now: datetime) -> Iterator[Fault]:
    """What works, and for how long or for whom is in doubt."""
    for section in AUDIENCES:
        if pages := getattr(settings, section):
            yield from _ending(pages, section, file, now)
            yield from _believing(pages, section, file)
    for section, whose in (("staff", "staff"), ("business", "shops")):
        if (pages := getattr(settings, section)) and not pages.secure:
            what = f"is {pages.origin}: passwords of {whose} travel in clear"
            yield Fault(file, f"{section}.url", what, "Serve https: give certificate and key, or a proxy that has them")
    if settings.business and settings.mail is None:
        what = "is served, and no mail is sent: shops hear of nothing, and nobody signs in by a link"
        yield Fault(file, "business", what, "Write [mail], too")
    yield from _providers(settings, file, now)
    if not _runs(settings):
        yield from _taken(settings, file)


def duties(settings: Settings, file: str) -> Iterator[Fault]:
    """What guests should be told, and nobody has written down."""
    if settings.guest and settings.privacy is None:
        what = "is missing: /privacy names no authority, no purpose and nobody to ask"
        yield Fault(file, "privacy", what, "Write [privacy]: many a law wants it, Ontario's MFIPPA in s. 29 (2)")


def _providers(settings: Settings, file: str, now: datetime) -> Iterator[Fault]:
    """Each is asked for its document and its keys, as a guest's sign-in would."""
    asked = {f"oidc.{name}": (provider, "Guests") for name, provider in providers.providers(settings).items()}
    if settings.staff is not None and settings.staff.oidc is not None:
        from proxeny import staff_central  # noqa: PLC0415  ldap3 comes along, which is slow to load

        asked["staff.oidc"] = staff_central.provider(settings.staff.oidc), "Staff"
    for section, (provider, who) in asked.items():
        try:
            provider.reachable(now.timestamp())
        except AwayError as fault:
            remedy = f"{who} are told that it is away: is issuer written as it writes it itself, and may this machine reach it?"
            yield Fault(file, f"{section}.issuer", f"{provider.registered.issuer} cannot be used: {fault}", remedy)


# The pages' certificate


def _certificate(pages: Pages, section: str, file: str, now: datetime) -> Iterator[Fault]:
    if pages.files is None:
        return
    certificate, private = pages.files
    for key, path in (("certificate", certificate), ("key", private)):
        if fault := _unreadable(path):
            yield Fault(file, f"{section}.{key}", f"{path}: {fault}", "It must be ours to read, in PEM")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, private, _no_passphrase)
    except NoPassphraseError:
        yield Fault(
            file,
            f"{section}.key",
            f"{private} asks for a passphrase",
            "Nobody is there to type it: keep the key without, readable for us alone",
        )
    except ssl.SSLError as fault:
        words = "is not the certificate's" if "MISMATCH" in str(fault) else f"and {section}.certificate are no key and certificate in PEM"
        yield Fault(file, f"{section}.key", f"{private} {words}", "Put the files in place that were made together")
    except OSError:
        return  # told above
    if (leaf := _leaf(certificate)) and leaf.not_valid_after_utc <= now:
        yield Fault(file, f"{section}.certificate", f"ended on {leaf.not_valid_after_utc:%Y-%m-%d}", "Browsers refuse it: renew it")


def _ending(pages: Pages, section: str, file: str, now: datetime) -> Iterator[Fault]:
    leaf = _leaf(pages.files[0]) if pages.files else None
    if leaf is None:
        return
    if now < leaf.not_valid_after_utc < now + SOON:
        yield Fault(file, f"{section}.certificate", f"ends on {leaf.not_valid_after_utc:%Y-%m-%d}", "Renew it")
    if now < leaf.not_valid_before_utc:
        yield Fault(file, f"{section}.certificate", f"begins on {leaf.not_valid_before_utc:%Y-%m-%d} only", "Is the clock right?")
    name = pages.names[0]
    if not covers(leaf, name.strip("[]")):
        yield Fault(file, f"{section}.certificate", f"is not made for {name}", f"Browsers refuse it under that name: see [{section}] url")


def _believing(pages: Pages, section: str, file: str) -> Iterator[Fault]:
    """Whose word on a browser's address is taken: rates of requests are kept by it."""
    trusted = [ip_network(each) for each in pages.trusted_proxies]
    if any(each.prefixlen == 0 for each in trusted):
        what = "believes everybody: whoever writes X-Forwarded-For escapes every rate, or uses up another's"
        yield Fault(file, f"{section}.trusted_proxies", what, "Write the addresses of your own proxies")
    if pages.origin.startswith("https:") and pages.certificate is None and not trusted:
        what = "names no proxy, and url is https without a certificate here: everybody behind the proxy count as one address"
        yield Fault(
            file, f"{section}.trusted_proxies", what, 'Write its address, trusted_proxies = ["127.0.0.1"], or give certificate and key'
        )


def _leaf(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())[0]
    except (OSError, ValueError):
        return None


def _unreadable(path: Path) -> str:
    try:
        path.read_bytes()
    except OSError as fault:
        return fault.strerror or "cannot be read"
    return ""


def _no_passphrase() -> str:
    raise NoPassphraseError


# Ports


def _runs(settings: Settings) -> bool:
    """Whether a controller of ours holds the ports; also where we may not look."""
    try:
        with (settings.data_dir / "run.lock").open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _taken(settings: Settings, file: str) -> Iterator[Fault]:
    radius = settings.radius
    listens: list[tuple[str, Endpoint, socket.SocketKind]] = []
    if radius:
        listens += [(f"radius.{key}", at, socket.SOCK_DGRAM) for key in ("auth", "acct") for at in getattr(radius, key)]
    listens += [
        (f"{name}.listen", part.listen, socket.SOCK_STREAM) for name in ("metrics", *AUDIENCES) if (part := getattr(settings, name))
    ]
    for key, at, kind in listens:
        if is_ours(at.host) and _is_taken(at, kind):
            yield Fault(file, key, f"{at} is held by another program", f"`ss -{'u' if kind is socket.SOCK_DGRAM else 't'}lnp` names it")


def _is_taken(at: Endpoint, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in at.host else socket.AF_INET, kind) as probe:
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if ":" in at.host:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            probe.bind((at.host, at.port))
        except PermissionError:  # a low port: told elsewhere
            return False
        except OSError:
            return True
    return False


# The directory


def _directory(part: Directory, file: str) -> Iterator[Fault]:
    if part.ca is not None and (fault := _unreadable(part.ca)):
        yield Fault(
            file, "directory.ca", f"{part.ca}: {fault}", "It must be ours to read, in PEM; without it we trust as this machine does"
        )
        return
    from proxeny.directories import directory  # noqa: PLC0415  ldap3 is slow to load, and most have no directory
    from store.refusal import Refusal  # noqa: PLC0415  the same

    try:
        found = directory(part)
    except ValueError as fault:
        yield Fault(file, "directory", str(fault))
        return
    try:
        answer = found.verify(_NOBODY, b"-")
        if isinstance(answer, Refusal) and answer.ours:
            words = f"{part.uri}: {answer.value.rstrip('.')}" + (f" ({found.words})" if found.words else "")
            yield Fault(file, "directory", words, "Sign-ins with the city's own accounts are refused until it answers")
    finally:
        found.close()
