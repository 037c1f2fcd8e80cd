"""What the staff's pages of certificates ask of the installation: which listeners there are, what their files hold, whose roots we know.

Handed to the pages as `Desk.tools`. Reads certificates alone: never a key's file.
"""

from __future__ import annotations

import contextlib
import ssl
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from cryptography import x509

from portal.cases.certificates import LARGEST
from portal.cases.own_certificates import Listener
from proxeny import own_certificate, unwrapping
from proxeny.parts_web import Pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxeny.settings import Settings

_MOST: Final = LARGEST * 4  # octets of a file of the settings


def tools(settings: Callable[[], Settings]) -> dict[str, Callable[..., Any]]:
    """By name, for `Desk.tools`."""
    return {"listeners": lambda: listeners(settings()), "unwrap": unwrapping.unwrap, "loads": loads, "roots": roots}


def listeners(settings: Settings) -> list[Listener]:
    """Each section of the settings that browsers meet."""
    found = ((name, getattr(settings, name, None)) for name in type(settings).model_fields)
    return [_listener(name, pages) for name, pages in found if isinstance(pages, Pages)]


def _listener(name: str, pages: Pages) -> Listener:
    own = (urlsplit(pages.origin).hostname or "", *(each.strip("[]") for each in pages.hosts))
    file = pages.files[0] if pages.files else None
    try:
        with file.open("rb") if file is not None else open("/dev/null", "rb") as stream:  # noqa: PTH123  no file: nothing
            chain = stream.read(_MOST)
    except OSError:
        chain = b""
    return Listener(name, pages.origin, tuple(dict.fromkeys(filter(None, own))), pages.kept, file.name if file else "", chain)


def loads(pem: bytes) -> bool:
    """Whether OpenSSL serves with it."""
    try:
        own_certificate.context(pem)
    except OSError:
        return False
    return True


@cache
def roots() -> frozenset[bytes]:
    """Names of the authorities that this machine trusts, as most browsers do."""
    found = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some authorities are older than today's rules for them
        for each in ssl.create_default_context().get_ca_certs(binary_form=True):
            with contextlib.suppress(ValueError):
                found.add(x509.load_der_x509_certificate(each).subject.public_bytes())
    return frozenset(found)
