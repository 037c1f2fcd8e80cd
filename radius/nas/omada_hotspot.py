"""Omada's hotspot API as conversations: the controller's id, the operator's sign-in, the call.

From v5 on the path begins with the controller's id, which `api_url` may hold already, and each call repeats the sign-in's
token as Csrf-Token; v4 has neither. Never goes on after a refusal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlsplit

from radius.nas import replies
from radius.nas.family import Outcome, Request

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from radius.nas.family import Gateway, Response, Words


class Door(NamedTuple):
    """An operator who is signed in."""

    root: str
    headers: Words


def authorize(gateway: Gateway, body: Mapping[str, Any]) -> Generator[Request, Response, Outcome]:
    """Let the station in for `body["time"]`."""
    door = yield from _enter(gateway)
    if isinstance(door, Outcome):
        return door
    reply = yield Request("POST", f"{door.root}/extPortal/auth", door.headers, body)
    return Outcome(done=True, text="authorized") if _good(reply) else _failed("authorizing the station", reply)


def end(gateway: Gateway, body: Mapping[str, Any]) -> Generator[Request, Response, Outcome]:
    """`extPortal/unauth`, which TP-Link does not document; where it is refused, an authorization of one unit of time."""
    door = yield from _enter(gateway)
    if isinstance(door, Outcome):
        return door
    named = {"clientMac": body["clientMac"], "site": body["site"]}
    reply = yield Request("POST", f"{door.root}/extPortal/unauth", door.headers, named)
    if _good(reply):
        return Outcome(done=True, text="unauthorized")
    if reply.status == 0 or reply.status >= 500 or not ("apMac" in body or "gatewayMac" in body):
        return _failed("taking the authorization back", reply)
    reply = yield Request("POST", f"{door.root}/extPortal/auth", door.headers, body)
    return Outcome(done=True, text="authorized until now") if _good(reply) else _failed("ending the authorization", reply)


def _enter(gateway: Gateway) -> Generator[Request, Response, Door | Outcome]:
    """Find the controller's id where nobody gave it, and sign the operator in."""
    options = gateway.options
    base = options.api_url.rstrip("/")
    if not urlsplit(base).path:
        reply = yield Request("GET", f"{base}/api/info")
        if reply.status == 0 or reply.status >= 500:
            return _failed("finding the controller's id", reply)
        known = replies.word(replies.inner(replies.table(reply), "result").get("omadacId"))
        base += f"/{quote(known, safe='')}" if known else ""  # v4 has none
    root = f"{base}/api/v2/hotspot"
    secret = options.api_secret.octets.decode("utf-8", "replace") if options.api_secret else ""
    reply = yield Request("POST", f"{root}/login", (), {"name": options.api_user, "password": secret})
    if not _good(reply):
        return _failed("signing in to the controller", reply)
    token = replies.word(replies.inner(replies.table(reply), "result").get("token"))
    return Door(root, (("Csrf-Token", token),) if token else ())


def _good(reply: Response) -> bool:
    code = replies.table(reply).get("errorCode")
    return reply.status == 200 and code == 0 and code is not False


def _failed(step: str, reply: Response) -> Outcome:
    found = replies.table(reply)
    code, told = replies.word(found.get("errorCode")), replies.word(found.get("msg"))
    return replies.failed(step, reply, f"{code} {told}".strip())
