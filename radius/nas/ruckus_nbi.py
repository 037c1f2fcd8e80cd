"""Ruckus's northbound portal interface as a conversation: one JSON request, and what its ResponseCode means.

Codes as in Ruckus's reference guide of the hotspot portal. Never tells a wrong request password apart from others to
the guest: the order's record says it to staff.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from radius.nas import replies
from radius.nas.family import Outcome, Request

if TYPE_CHECKING:
    from collections.abc import Generator

    from radius.nas.family import Gateway, Response

_PATH: Final = "/portalintf"
_GOOD: Final = {"Login": {101, 201}, "Disconnect": {100, 200}}  # 101: authorized already; 100: not authorized any more
_MEANS: Final = {
    100: "the client is not authorized",
    101: "the client is authorized",
    202: "authentication is still pending",
    300: "the controller does not know the client",
    301: "our RADIUS answer refused the login",
    302: "it calls the request malformed",
    303: "it does not speak this version of the interface",
    304: "it does not know the command",
    305: "it does not know the category",
    306: "the request password is wrong",
    400: "the controller has an internal fault",
    401: "the controller got no RADIUS answer",
}
_AGAIN: Final = frozenset({202, 300, 400, 401})


class Guest(NamedTuple):
    """Whom a request is about."""

    station: str
    address: str = ""
    proxy: str = "0"
    name: str = ""
    password: str = ""


def ask(gateway: Gateway, kind: str, guest: Guest) -> Generator[Request, Response, Outcome]:
    """`kind` is Login or Disconnect."""
    options = gateway.options
    body = {
        "Vendor": "ruckus",
        "RequestUserName": options.api_user,
        "RequestPassword": options.api_secret.octets.decode("utf-8", "replace") if options.api_secret else "",
        "APIVersion": "1.0",
        "RequestCategory": "UserOnlineControl",
        "RequestType": kind,
        "UE-IP": guest.address,
        "UE-MAC": guest.station,
        "UE-Proxy": guest.proxy,
        "UE-Username": guest.name,
        "UE-Password": guest.password,
    }
    reply = yield Request("POST", options.api_url.rstrip("/") + _PATH, (), {name: value for name, value in body.items() if value})
    found = replies.table(reply)
    code = found.get("ResponseCode")
    if reply.status != 200 or not isinstance(code, int):
        return replies.failed(kind, reply)
    if code in _GOOD[kind]:
        return Outcome(done=True, text=f"{kind}: {code}")
    means = _MEANS.get(code) or replies.word(found.get("ReplyMessage"))[: replies.MOST_SHOWN] or "no words"
    return Outcome(done=False, text=f"{kind}: {code}, {means}", again=code in _AGAIN)
