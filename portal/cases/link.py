"""A shop's link, as its owner types it: https, to a named host, and the host as every browser will show it.

Never an address by which a phone could be led into a network of its own, or whose host reads as another's.
"""

from __future__ import annotations

import re
from typing import Final

from flask_babel import gettext as _

from radius.nas.query import host as host_of

LONGEST: Final = 500  # characters
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_TOP: Final = re.compile(r"(?=.*[a-z])(?!0x)[a-z0-9-]{2,63}")  # of letters: 127.1 and 0x7f.1 are addresses to a browser (WHATWG URL, 3.5)
_NAME: Final = re.compile(r"[/?#:\\]")  # what ends it
_TWO: Final = re.compile("[\u00df\u1e9e\u03c2\u200c\u200d]")  # they make one name for Python and another for a browser (UTS 46, 7)
# RFC 6762, appendix G; RFC 8375
_OWN: Final = (
    ".localhost",
    ".local",
    ".internal",
    ".lan",
    ".home",
    ".corp",
    ".private",
    ".intranet",
    ".arpa",
)


def tidied(typed: str) -> str:
    """What was meant: with https:// where nothing stands before the host, and a host in the letters that addresses are made of."""
    text = typed.strip()
    if text and not _SCHEME.match(text.partition("/")[0]) and not text.startswith("/"):
        text = f"https://{text}"
    scheme, mark, rest = text.partition("://")
    name = _NAME.split(rest, maxsplit=1)[0]
    if not mark or _TWO.search(name):
        return text
    try:
        plain = name.lower() if name.isascii() else name.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return text
    return f"{scheme.lower()}://{plain}{rest[len(name) :]}"


def fault(link: str) -> str:
    """What is wrong with it, in words; "" for nothing, and for no link."""
    if not link:
        return ""
    if len(link) > LONGEST:
        return str(_("This address is too long: %(most)s characters at most.", most=LONGEST))
    if link[:8].lower() != "https://":
        return str(_("The address has to begin with https://, so that nobody can change on the way what your customers see."))
    name = host_of(link)
    top = name.rpartition(".")[2]
    if "." not in name or not _TOP.fullmatch(top) or name.endswith(_OWN):
        return str(_("This is no address that a customer can open. Copy it from your browser: https://your-shop.example/"))
    return ""


def host(link: str) -> str:
    """Where it leads, to be shown beside it; "" where that is nowhere."""
    return host_of(link) if not fault(link) else ""
