"""UniFi's classic API as a conversation: which kind of console, sign in, one command after another.

A UniFi OS console answers 401 where its Network application is asked without a session (PacketFence's way to tell), and
there everything lies below /proxy/network and each POST repeats the sign-in's X-CSRF-Token. Never goes on after a refusal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from radius.nas import replies
from radius.nas.family import Outcome, Request

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from radius.nas.family import Gateway, Response, Words

_TOKENS = ("x-updated-csrf-token", "x-csrf-token")


def command(gateway: Gateway, commands: Sequence[Mapping[str, Any]]) -> Generator[Request, Response, Outcome]:
    """Sign in, then each command of stamgr in turn."""
    options = gateway.options
    base = options.api_url.rstrip("/")
    probe = yield Request("GET", f"{base}/proxy/network/status")
    if probe.status == 0:
        return replies.failed("finding the console", probe)
    prefix, sign_in = ("/proxy/network", "/api/auth/login") if probe.status == 401 else ("", "/api/login")
    secret = options.api_secret.octets.decode("utf-8", "replace") if options.api_secret else ""
    reply = yield Request("POST", f"{base}{sign_in}", (), {"username": options.api_user, "password": secret})
    if reply.status != 200:
        return replies.failed("signing in to the console", reply, _told(reply))
    headers = _token(reply, ())
    url = f"{base}{prefix}/api/s/{quote(options.site or 'default', safe='')}/cmd/stamgr"
    for each in commands:
        reply = yield Request("POST", url, headers, each)
        if reply.status != 200 or replies.inner(replies.table(reply), "meta").get("rc") != "ok":
            return replies.failed(str(each["cmd"]), reply, _told(reply))
        headers = _token(reply, headers)
    return Outcome(done=True, text=", ".join(str(each["cmd"]) for each in commands))


def _token(reply: Response, before: Words) -> Words:
    """The header that the next POST repeats."""
    found = next((value for name in _TOKENS if (value := reply.headers.get(name, ""))), "")
    return (("X-CSRF-Token", found),) if found else before


def _told(reply: Response) -> str:
    found = replies.table(reply)
    return replies.word(replies.inner(found, "meta").get("msg")) or replies.word(found.get("message"))
