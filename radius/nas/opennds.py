"""openNDS 9 and 10: a sealed redirect (FAS levels 1 to 4), and a grant that its authmon collects, or one GET.

Theory of operation. Level 1 (http) and 4 (https) send `fas`, the guest's fields in base64; level 2 (http) and 3 (https)
encrypt them with the shared faskey. At 3 and 4 the gateway's authmon polls us (radius/nas/authmon.py) and is answered
with a record; at 1 and 2 the guest's browser carries the proof, `tok`, to the gateway itself. There is no RADIUS: usage
and kicks go through the agent on the gateway (config/gateways/opennds). AES-CBC without a signature can be bent by whoever
holds a query, so of a sealed query only a literal address is taken, and only for that guest's own way back.

Never sends a guest to a gateway address that is neither registered nor sealed with the faskey.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar, Final
from urllib.parse import unquote

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from radius.nas import authmon
from radius.nas.family import Arrival, Attributes, Bound, Browse, Means, Misfit, Poll, Refused
from radius.nas.generic import Generic
from radius.nas.mac import read
from radius.nas.query import LONGEST_URL, address, destination, one, origin, url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from radius.nas.family import Gateway, Login, Options, Target, Way
    from radius.nas.plan import Plan, Remaining
    from radius.secret import Secret

_SEALED: Final = {2, 3}
_POLLED: Final = {3, 4}
_LONGEST: Final = 8_192
_KEY: Final = 32
_HID: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_FOLDER: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_USUAL: Final = "opennds_auth"


class Opennds(Generic):
    """openNDS with our portal as its FAS."""

    name: ClassVar[str] = "opennds"
    grants: ClassVar[Means] = Means.POLL
    ends: ClassVar[Means] = Means.POLL
    radius: ClassVar[bool] = False
    holds: ClassVar[frozenset[Bound]] = frozenset({Bound.TIME, Bound.RATE})
    needs: ClassVar[frozenset[str]] = frozenset({"fas_key"})
    mac_form: ClassVar[str] = "aa:bb:cc:dd:ee:ff"

    def arrival(self, query: Mapping[str, Sequence[str]], gateway: Gateway, now: float) -> Arrival | Misfit:
        """The fields of `fas`, opened at levels 2 and 3."""
        key = gateway.options.fas_key
        if key is None or not one(query, "fas", _LONGEST):
            return Misfit.MISSING
        text = _opened(query, gateway.options.fas_level, key)
        if text is None:
            return Misfit.UNREADABLE
        said = fields(text)
        hid, station = said.get("hid", ""), read(said.get("clientmac", ""))
        if not _HID.fullmatch(hid) or not station:
            return Misfit.MALFORMED if "hid" in said else Misfit.MISSING
        if gateway.options.site and gateway.options.site != unquote(said.get("gatewayname", "")):
            return Misfit.FOREIGN
        sealed = gateway.options.fas_level in _SEALED
        return Arrival(
            station=station,
            access_point=read(said.get("gatewaymac", "")),
            address=address(said.get("clientip", "")),
            destination=destination(unquote(said.get("originurl", ""))[:LONGEST_URL]),
            session=proof(hid, key),
            proven=sealed,
            words=_words(said, sealed=sealed),
        )

    def let_in(self, arrival: Arrival, gateway: Gateway, login: Login, plan: Plan, left: Remaining) -> Way:
        """A record for the next poll, or the browser's GET."""
        if not _HID.fullmatch(arrival.session):
            return Refused("this guest's visit names no session of the gateway")
        if gateway.options.fas_level in _POLLED:
            return Poll(authmon.record(arrival.session, plan, left))
        if not (where := _where(arrival, gateway)):
            return Refused("`login_url` is not declared for this gateway, and the query did not come sealed")
        folder = dict(arrival.words).get("authdir", _USUAL)
        back = arrival.back or arrival.destination or gateway.entrance
        return Browse("GET", url(f"{where}/{folder}/", [("tok", arrival.session), ("redir", back)]))

    def reaches(self, arrival: Arrival, gateway: Gateway) -> tuple[str, ...]:
        """The gateway's own page, at the levels where the browser goes there."""
        where = "" if gateway.options.fas_level in _POLLED else _where(arrival, gateway)
        return (where,) if where else ()

    def lacks(self, options: Options) -> str:
        """`fas_key` always, and at level 1 `login_url`: nothing there proves the gateway's address."""
        if options.fas_level not in {1, 2, 3, 4}:
            return "fas_level (1, 2, 3 or 4)"
        unproven = options.fas_level == 1 and not options.login_url
        return ", ".join(name for name in (super().lacks(options), "login_url" if unproven else "") if name)

    def attributes(self, plan: Plan, left: Remaining, gateway: Gateway) -> Attributes:
        """None: it speaks no RADIUS."""
        return ()

    def disconnect(self, target: Target, gateway: Gateway) -> Way:
        """The station's address, for the agent on the gateway to give to `ndsctl deauth`."""
        if not target.station:
            return Refused("the station's address is not known")
        return Poll(self.station(target.station, gateway))


def proof(hid: str, key: Secret) -> str:
    """rhid: what a gateway of that faskey takes for our word that this client may go online."""
    return sha256(hid.encode() + key.octets).hexdigest()


def fields(text: str) -> dict[str, str]:
    """ "name=value, name=value, ": the first of each name; what is no pair, as `(null)` in themespec, is passed over."""
    said: dict[str, str] = {}
    for field in text.split(", "):
        name, mark, value = field.partition("=")
        if mark:
            said.setdefault(name.strip(), value)
    return said


def _opened(query: Mapping[str, Sequence[str]], level: int, key: Secret) -> str | None:
    try:
        octets = _base64(one(query, "fas", _LONGEST))
        if level in _SEALED:
            octets = _decrypted(_base64(octets.decode("ascii")), one(query, "iv", 32), key)
        text = octets.decode()
    except (ValueError, binascii.Error):
        return None
    return text if text.isprintable() else None


def _base64(text: str) -> bytes:
    return b64decode(text.replace(" ", "+"), validate=True)  # an unescaped plus arrives as a space


def _decrypted(octets: bytes, iv: str, key: Secret) -> bytes:
    """As PHP's openssl_decrypt has it: the key cut or filled with zeros to 32 octets, the iv's characters as they are."""
    cipher = Cipher(algorithms.AES(key.octets[:_KEY].ljust(_KEY, b"\0")), modes.CBC(iv.encode("ascii"))).decryptor()
    padding = PKCS7(128).unpadder()
    return padding.update(cipher.update(octets) + cipher.finalize()) + padding.finalize()


def _words(said: Mapping[str, str], *, sealed: bool) -> tuple[tuple[str, str], ...]:
    """The gateway's name as it is hashed, and of a sealed query where its page is."""
    words = [("gatewayhash", authmon.hash_of(said.get("gatewayname", "")))]
    host, _, port = said.get("gatewayaddress", "").rpartition(":")
    literal = address(host.strip("[]"))
    if sealed and literal and (where := origin(f"http://{f'[{literal}]' if ':' in literal else literal}:{port}")):
        words.append(("login", where))
        words += [("authdir", said["authdir"])] if _FOLDER.fullmatch(said.get("authdir", "")) else []
    return tuple(words)


def _where(arrival: Arrival, gateway: Gateway) -> str:
    registered = origin(gateway.options.login_url)
    return registered or (origin(dict(arrival.words).get("login", "")) if arrival.proven else "")
