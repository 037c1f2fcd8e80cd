"""From one hop's attributes to the next hop's, in both directions: what is kept, re-hidden, added, left behind.

Order out: Message-Authenticator (the codec's), what was received in its order, our additions, Proxy-State. What we do
not understand passes octet for octet. Never decides who gets it, never looks into a value that is not hidden.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from radius import codec
from radius.actions import Reason, Reply
from radius.message import Code, Type
from radius.wire import LONGEST, attribute

if TYPE_CHECKING:
    from collections.abc import Iterable

    from radius.exchange import Exchange
    from radius.message import Message
    from radius.policy import Plan
    from radius.tables import Tables

_MA: Final = int(Type.MESSAGE_AUTHENTICATOR)
_PASSWORD: Final = int(Type.USER_PASSWORD)
_CHAP: Final = int(Type.CHAP_PASSWORD)
_CHALLENGE: Final = int(Type.CHAP_CHALLENGE)
_PROXY_STATE: Final = int(Type.PROXY_STATE)
_VENDOR: Final = int(Type.VENDOR_SPECIFIC)
_ACCOUNTED: Final = int(Code.ACCOUNTING_RESPONSE)
_STATE_LENGTH: Final = 14
ROOM: Final = LONGEST - 38  # beside the header and Message-Authenticator
_MICROSOFT: Final = (311).to_bytes(4, "big")
_MS_CHAP_MPPE_KEYS: Final = 12  # RFC 2548, 2.4.1: hidden as User-Password is


class Salted:
    """The attributes hidden with a salt, arranged for the road."""

    __slots__ = ("types", "vendors")

    def __init__(self, keys: Iterable[int | tuple[int, int]]) -> None:
        keys = tuple(keys)
        self.types = frozenset(key for key in keys if isinstance(key, int))
        self.vendors: dict[bytes, frozenset[int]] = {_MICROSOFT: frozenset((_MS_CHAP_MPPE_KEYS,))}
        for key in keys:
            if isinstance(key, tuple):
                vendor = key[0].to_bytes(4, "big")
                self.vendors[vendor] = self.vendors.get(vendor, frozenset()) | {key[1]}


def request_attributes(exchange: Exchange, plan: Plan, tables: Tables, nonce: bytes, counts: dict[str, int]) -> bytes | Reason:
    """The attributes of the request for its home, without Message-Authenticator; `nonce` is 8 random octets.

    `exchange.authenticator` and `exchange.server_secret` are the next hop's already.
    """
    request = exchange.request
    octets, first = request.octets, request.first
    if plan.idle(first) and _PASSWORD not in first:
        at = first.get(_MA)
        body = octets[20:] if at is None else octets[20:at] + octets[at + 18 :]
    else:
        kept = plan.apply(_for_home(exchange))
        if isinstance(kept, Reason):
            return kept
        body = b"".join(kept)
    if _CHAP in first and _CHALLENGE not in first:
        body += attribute(_CHALLENGE, exchange.asked)  # RFC 2865, 2.3: the challenge was the authenticator
    added = tables.dress(request, exchange.client, exchange.conversation.route)
    if len(body) + len(added) + _STATE_LENGTH > ROOM:
        counts[Reason.NO_ROOM.name] += 1
        added = b""
        if len(body) + _STATE_LENGTH > ROOM:
            return Reason.TOO_LONG
    return body + added + b"\x21\x0e" + tables.proxy_tag + nonce


def _for_home(exchange: Exchange) -> list[bytes]:
    """Every attribute but Message-Authenticator, User-Password hidden anew."""
    octets, kept = exchange.request.octets, []
    for kind, start, end in exchange.request.spans():
        if kind == _PASSWORD:
            if exchange.copy:
                continue  # RFC 2866, 5.13: never in accounting
            ours, theirs = (exchange.secret, exchange.asked), (exchange.server_secret, exchange.authenticator)
            kept.append(attribute(kind, codec.rehide_password(octets[start + 2 : end], ours, theirs)))
        elif kind != _MA:
            kept.append(octets[start:end])
    return kept


def answer_attributes(answer: Message, exchange: Exchange, rehide: codec.Rehide, salted: Salted, counts: dict[str, int]) -> list[bytes]:
    """A home's attributes for the client: keys hidden anew, without Message-Authenticator and any Proxy-State."""
    octets, at, kept = answer.octets, 20, []
    end, types, vendors = len(octets), salted.types, salted.vendors
    while at < end:
        kind = octets[at]
        stop = at + octets[at + 1]
        if kind == _VENDOR:
            part = octets[at:stop]
            if (subtypes := vendors.get(octets[at + 2 : at + 6])) is not None:
                part = _vendor(part, subtypes, exchange, rehide, counts)
            if part:
                kept.append(part)
        elif kind in types:
            fresh = rehide.tagged(octets[at + 2 : stop])
            if fresh is None:
                counts[Reason.UNREADABLE_KEY.name] += 1
            else:
                kept.append(attribute(kind, fresh))
        elif kind not in (_MA, _PROXY_STATE):
            kept.append(octets[at:stop])
        at = stop
    return kept


def _vendor(part: bytes, subtypes: frozenset[int], exchange: Exchange, rehide: codec.Rehide, counts: dict[str, int]) -> bytes:
    """One vendor's attribute with its hidden sub-attributes carried across; b"" where nothing readable is left.

    Sub-attributes that do not fill the attribute exactly are not ours to judge: it passes as it came.
    """
    at, end, out = 6, len(part), [part[2:6]]
    if (
        end > 8 and part[7] == end - 6 and part[6] in subtypes and part[6] != _MS_CHAP_MPPE_KEYS
    ):  # the usual: one key, and it fills the attribute
        fresh = rehide.salted(part[8:])
        if fresh is not None:
            return part[:8] + fresh
    while at < end:
        size = part[at + 1] if at + 1 < end else 0
        if size < 2 or at + size > end:
            return part
        kind, value = part[at], part[at + 2 : at + size]
        if kind in subtypes:
            fresh = _password_like(value, exchange) if part[2:6] == _MICROSOFT and kind == _MS_CHAP_MPPE_KEYS else rehide.salted(value)
            if fresh is None:
                counts[Reason.UNREADABLE_KEY.name] += 1
            else:
                out.append(part[at : at + 2] + fresh)
        else:
            out.append(part[at : at + size])
        at += size
    if len(out) == 1:
        return b"" if end > 6 else part  # a vendor alone says nothing that was hidden
    return attribute(_VENDOR, b"".join(out))


def _password_like(value: bytes, exchange: Exchange) -> bytes | None:
    if not value or len(value) % 16:
        return None
    return codec.rehide_password(value, (exchange.server_secret, exchange.authenticator), (exchange.secret, exchange.asked))


def proxy_states(request: Message) -> bytes:
    """The client's own Proxy-States, whole and in order: they end every answer (RFC 2865, 5.33)."""
    if _PROXY_STATE not in request.first:
        return b""
    octets = request.octets
    return b"".join(octets[start:end] for kind, start, end in request.spans() if kind == _PROXY_STATE)


def reply(exchange: Exchange, code: int, attributes: bytes) -> Reply:
    """An answer of a home or of ours, signed for the client that asked."""
    sign = codec.sign_digest if code == _ACCOUNTED else codec.sign_access_answer
    return Reply(exchange.key[0], sign(code, exchange.request.identifier, exchange.asked, attributes, exchange.secret))
