"""What a gateway wrote into the URL to which it sent a guest: read tolerantly, believed in nothing.

Controllers append `&redirect_url=…` to a URL that has no `?`, join with a second `?`, repeat keys, and leave octets
unencoded that no URL may hold; all of it is read. A destination is only ever a plain http or https URL without a user
part, control characters or backslashes, which browsers and parsers read differently. Never raises on any text, never
calls a host allowed that was not registered.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote_plus, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

RAW: Final = "?"  # the key under which the query stands as it came, for signatures over it; no parameter can be called so
MOST_FIELDS: Final = 64
LONGEST_QUERY: Final = 16_384  # octets; openNDS at level 3 sends some 2,500
LONGEST_NAME: Final = 64
LONGEST_VALUE: Final = 8_192
LONGEST_URL: Final = 2_048
_SECOND: Final = re.compile(r"[&?]")
_HOST: Final = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?", re.ASCII)
_UNSAFE: Final = re.compile(r"[\x00-\x20\x7f-\x9f\\<>\"]")
_PORTS: Final = {"http": 80, "https": 443}


def split(target: str) -> tuple[str, str]:
    """(path, query) of a request target as it came; "/in/cisco-lwa/key&redirect=…" without a `?` has a query too."""
    mark = _SECOND.search(target)
    return (target[: mark.start()], target[mark.end() :]) if mark else (target, "")


def parse(raw: str) -> dict[str, list[str]]:
    """Every value of every key, in order, decoded once; `raw` itself under RAW. What is too long is left out.

    A `?` joins like `&` only where a name and `=` follow it, so that `url=http://a.example/?x=1` unencoded
    loses its tail and nothing else is misread.
    """
    query: dict[str, list[str]] = {}
    if len(raw) > LONGEST_QUERY:
        return query
    for field in re.split(r"&|\?(?=[A-Za-z_][\w.-]*=)", raw)[:MOST_FIELDS]:
        name, mark, value = field.partition("=")
        name = unquote_plus(name)
        if mark and name and "?" not in name and len(name) <= LONGEST_NAME and len(value) <= LONGEST_VALUE:
            query.setdefault(name, []).append(unquote_plus(value))
    query[RAW] = [raw]
    return query


def one(query: Mapping[str, Sequence[str]], name: str, most: int = 253) -> str:
    """The first value of `name` as one line of text; "" where it is absent, longer than `most`, or holds control characters."""
    value = next(iter(query.get(name, ())), "")
    return value if len(value) <= most and value.isprintable() else ""


def address(text: str) -> str:
    """An IP address in its usual spelling; "" where it is none."""
    try:
        return str(ip_address(text)) if len(text) <= 45 else ""
    except ValueError:
        return ""


def destination(url: str) -> str:
    """`url` where a guest may safely be sent back to it: http or https, a plain host, no user part; else ""."""
    return url if origin(url) else ""


def origin(url: str) -> str:
    """ "https://host:port" of a URL, in lower case and without the scheme's own port; "" where it is no plain http(s) URL."""
    if len(url) > LONGEST_URL or _UNSAFE.search(url):
        return ""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or "@" in parts.netloc or not (host := _host(parts.hostname or "")):
        return ""
    return f"{scheme}://{host}" if port in {None, _PORTS[scheme]} else f"{scheme}://{host}:{port}"


def host(url: str) -> str:
    """The host of a plain http(s) URL, in lower case; "" where it is none."""
    return (urlsplit(found).hostname or "") if (found := origin(url)) else ""


def allowed(url: str, origins: Iterable[str], domains: Iterable[str] = ()) -> bool:
    """Whether `url` is at one of `origins`, or over https at its usual port on a host below one of `domains`."""
    found = origin(url)
    if not found:
        return False
    if found in {origin(known) for known in origins}:
        return True
    name = found.removeprefix("https://")
    return found.startswith("https://") and any(name == domain or name.endswith("." + domain) for domain in domains)


def url(base: str, words: Iterable[tuple[str, str]]) -> str:
    """`base` with `words` as its query, or after the query that it has."""
    text = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in words)
    if not text:
        return base
    return base + ("&" if "?" in base else "?") + text


def _host(name: str) -> str:
    if ":" in name:  # urlsplit has taken the brackets of an IPv6 literal
        return f"[{found}]" if (found := address(name)) and "%" not in name else ""
    return name if len(name) <= 253 and _HOST.fullmatch(name) else ""
