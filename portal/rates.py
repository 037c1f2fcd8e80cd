"""How often: an address is slowed, never locked; a device has a minute's worth of its own (decisions-portal 17).

An address may be a campus behind one router: its window is a second, so that whoever is refused has
room a second later. A device is known by the token that it holds. Guessing has counters of its own, in the database.

Never keeps a station's address.
"""

from __future__ import annotations

import hmac
from ipaddress import ip_address, ip_network
from typing import Final

from flask import g, request

from portal.kit import kit
from portal.pace import Rate
from portal.troubles import Trouble, TroubleError

_FREE: Final = frozenset({"probes.alive", "probes.probe"})  # cheap, and asked for by machines
# each may be a device, a grant and an order that we keep
_SIGN_IN: Final = frozenset(
    {
        "visits.go",
        "stays.again",
        "visits.resume",
        "voucher.redeem",
        "email.ask",
        "sms.ask",
        "card.sign_in",
        "oidc.begin",
        "oidc.back",
        "sponsor.ask",
        "sponsor.check",
    }
)
_SENDS: Final = frozenset({"sms.ask"})  # each is a message that costs money
# each may be a mail to somebody: five times as many, so that a conference gets in
_MAILS: Final = frozenset({"email.ask", "email.change", "codes.resend", "codes.stay_resend", "prove.send", "sponsor.ask"})


def by_address() -> None:
    """Before anything is opened: what is forged costs as much as what is not."""
    house = kit().house
    if request.endpoint in _FREE:
        return
    whence = address()
    _take(f"address {whence}", Rate(house.address_rate, 1.0))
    if request.endpoint == "front.link":  # nobody's device is known
        _take(f"sending {whence}", Rate(house.sending_rate, 600.0))


def by_device() -> None:
    """Once the token is open; a keyed hash, with where it comes from.

    At a gateway that signs nothing anyone could use up another device's share, but not from where that device is.
    """
    if g.visit is None:
        return
    house, arrival = kit().house, g.visit.arrival
    words = f"rate {arrival.station or arrival.session or g.visit.number} {address()}"
    _take(hmac.digest(kit().privacy.device_key, words.encode(), "sha256")[:12].hex(), Rate(house.device_rate, 60.0))
    if request.endpoint in _SIGN_IN:  # now: a device that has no room of its own takes none of its neighbours'
        _take(f"sign-in {address()}", Rate(house.sign_in_rate, 60.0))
    if request.endpoint in _SENDS:
        _take(f"sending {address()}", Rate(house.sending_rate, 600.0))
    if request.endpoint in _MAILS:
        _take(f"mailing {address()}", Rate(5 * house.sending_rate, 600.0))


def _take(whose: str, rate: Rate) -> None:
    if not kit().rates.take(whose, rate, kit().now()):
        raise TroubleError(Trouble.TOO_MANY)


def address() -> str:
    """Whence this request comes. Of IPv6 the network: its other 64 bits are whatever a host likes (RFC 8981)."""
    said = request.remote_addr or ""
    try:
        found = ip_address(said)
    except ValueError:  # a socket without addresses, or a proxy's own word
        return said[:64]
    found = getattr(found, "ipv4_mapped", None) or found  # as a socket for both families has IPv4 guests
    return str(ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
