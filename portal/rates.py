"""How often: an address is slowed, never locked; a device has a minute's worth of its own (decisions-portal 17).

An address may be a campus behind one router: its window is a second, so that whoever is refused has room a second later.
A device is known by the token that it holds. Flask-Limiter counts here and nothing else: guessing has counters of its own.
"""

from __future__ import annotations

import hmac
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Final

from flask import g, request
from flask_limiter import ApplicationLimit, Limiter

from portal.kit import kit

if TYPE_CHECKING:
    from flask import Flask

    from portal.doors import House

_FREE: Final = frozenset({"probes.alive", "probes.probe", "static"})  # cheap, and asked for by machines
_SIGN_IN: Final = frozenset({"visits.go", "stays.again"})  # each may be a device, a grant and an order that we keep


def limit(app: Flask, house: House) -> None:
    """Count this app's requests; beyond the rates: 429."""
    app.config["RATELIMIT_STORAGE_URI"] = "memory://"
    Limiter(
        _address,
        app=app,
        strategy="moving-window",
        application_limits=[
            ApplicationLimit(f"{house.address_rate} per second", key_function=_address, scope="address", exempt_when=_free),
            ApplicationLimit(f"{house.device_rate} per minute", key_function=_device, scope="device", exempt_when=_unknown),
            ApplicationLimit(f"{house.sign_in_rate} per minute", key_function=_address, scope="sign-in", exempt_when=_looks),
        ],
    )


def _address() -> str:
    """Of IPv6 the network: its other 64 bits are whatever a host likes (RFC 8981)."""
    said = request.remote_addr or ""
    try:
        address = ip_address(said)
    except ValueError:  # a socket without addresses, or a proxy's own word
        return said[:64]
    return str(ip_network((address, 64), strict=False)) if address.version == 6 else said


def _device() -> str:
    """A keyed hash: the counters hold no station's address.

    With where it comes from: at a gateway that signs nothing, anyone could use up another device's share from elsewhere.
    """
    station = g.visit.arrival.station or g.visit.arrival.session or g.visit.number
    return hmac.digest(kit().privacy.device_key, f"rate {station} {_address()}".encode(), "sha256")[:12].hex()


def _free() -> bool:
    return request.endpoint in _FREE


def _looks() -> bool:
    return request.endpoint not in _SIGN_IN


def _unknown() -> bool:
    return g.get("visit") is None
