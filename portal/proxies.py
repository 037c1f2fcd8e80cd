"""Who speaks to us: behind a proxy of ours its X-Forwarded-For and -Proto, from anyone else the connection alone.

Werkzeug's ProxyFix believes whoever connects, so it is put only before requests of trusted proxies; the same headers of
others are taken out. Never believes X-Forwarded-Host: a proxy passes Host on.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, Final

from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_FORWARDED: Final = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PREFIX", "HTTP_FORWARDED")


class Proxies:
    """The app behind proxies of these prefixes."""

    def __init__(self, app: Callable[..., Iterable[bytes]], prefixes: Sequence[str]) -> None:
        self._plain = app
        self._behind = ProxyFix(app, x_for=1, x_proto=1, x_host=0, x_port=0, x_prefix=0)
        self._networks = [ip_network(prefix) for prefix in prefixes]

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if self._trusted(environ.get("REMOTE_ADDR", "")):
            return self._behind(environ, start)
        for header in _FORWARDED:
            environ.pop(header, None)
        return self._plain(environ, start)

    def _trusted(self, peer: str) -> bool:
        try:
            address = ip_address(peer)
        except ValueError:  # a socket without addresses
            return False
        address = getattr(address, "ipv4_mapped", None) or address
        return any(address in network for network in self._networks)
