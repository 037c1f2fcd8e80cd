"""Carries a family's conversation to a controller's API: one request after another, each answer handed back.

Theory of operation. A conversation is a generator that knows no socket; here it gets one: an httpx client of its own, with
its own cookies, that follows no redirect, trusts the system's authorities or the one named for the controller, and reads at
most so much. Every request and the whole conversation have a time limit that a dripping server cannot stretch. Whatever goes
wrong on the way is a Response with status 0 and the reason in words: what that means is for the family to say.

Never raises for what a controller does, never logs what it sends.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlencode

import httpx

from radius.nas.family import Outcome, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from radius.nas.family import Request

_log = logging.getLogger("proxeny.calling")
CONNECT: Final = 3.0  # seconds
PATIENCE: Final = 6.0  # seconds for one request, from first to last octet
WHOLE: Final = 12.0  # seconds for a conversation: less than an order's lease
LARGEST: Final = 1 << 20  # octets of an answer; a console's list of 200 sites has some 30,000
MOST_REQUESTS: Final = 32
_HEADERS: Final = {"User-Agent": "proxeny", "Accept-Encoding": "identity"}  # a packed answer could be of any size unpacked


class Ended(NamedTuple):
    """How a conversation ended."""

    outcome: Outcome
    heard: bool  # whether the controller answered to the end


def perform(begin: Callable[[], Generator[Request, Response, Outcome]], ca: Path | None = None) -> Ended:
    """Have the conversation. `ca`: a PEM file of the authority to trust in place of the system's."""
    try:
        trusted = trust(ca)
    except (OSError, ssl.SSLError) as fault:
        return Ended(Outcome(done=False, text=f"the authority {ca} cannot be read: {fault}"), heard=True)
    try:
        return asyncio.run(_converse(begin(), trusted))
    except Exception as fault:  # noqa: BLE001  a fault of our own must not be tried eight times
        _log.exception("a conversation failed by a fault of ours")
        return Ended(Outcome(done=False, text=f"a fault of ours: {type(fault).__name__}"), heard=True)


async def _converse(conversation: Generator[Request, Response, Outcome], trust: ssl.SSLContext) -> Ended:
    heard = True
    limits = httpx.Timeout(PATIENCE, connect=CONNECT)
    try:
        async with (
            asyncio.timeout(WHOLE),
            httpx.AsyncClient(verify=trust, timeout=limits, headers=_HEADERS, trust_env=False, follow_redirects=False) as client,
        ):
            request = next(conversation)
            for _ in range(MOST_REQUESTS):
                answer = await _exchange(client, request)
                heard = answer.status != 0
                request = conversation.send(answer)
    except StopIteration as end:
        return Ended(end.value, heard)
    except TimeoutError:
        return Ended(Outcome(done=False, text=f"the controller took longer than {WHOLE:.0f} s", again=True), heard=False)
    finally:
        conversation.close()
    return Ended(Outcome(done=False, text=f"the controller wanted more than {MOST_REQUESTS} requests"), heard=True)


async def _exchange(client: httpx.AsyncClient, request: Request) -> Response:
    """One answer, or why there is none."""
    try:
        async with asyncio.timeout(PATIENCE):
            headers, content = _content(request)
            async with client.stream(request.method, request.url, headers=headers, content=content) as answer:
                body = await _read(answer)
    except TimeoutError:
        return _none(f"nothing whole within {PATIENCE:.0f} s")
    except httpx.HTTPError as fault:
        return _none(_words(fault))
    except (httpx.InvalidURL, OSError, ValueError) as fault:
        return _none(f"{type(fault).__name__}: {fault}")
    if body is None:
        return _none(f"its answer is longer than {LARGEST} octets")
    return Response(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, body)


def _content(request: Request) -> tuple[list[tuple[str, str]], bytes | None]:
    """Headers and octets: as they are, JSON of a mapping, a form of Words."""
    headers = list(request.headers)
    if request.body is None:
        return headers, None
    if isinstance(request.body, bytes):
        return headers, request.body
    if isinstance(request.body, tuple):
        return [*headers, ("Content-Type", "application/x-www-form-urlencoded")], urlencode(request.body).encode()
    return [*headers, ("Content-Type", "application/json")], httpx.Request("POST", "http://json", json=request.body).content


async def _read(answer: httpx.Response) -> bytes | None:
    """The body as it came; None where it is too long."""
    parts: list[bytes] = []
    size = 0
    async for part in answer.aiter_raw():
        size += len(part)
        if size > LARGEST:
            return None
        parts.append(part)
    return b"".join(parts)


def _none(why: str) -> Response:
    return Response(0, {}, why.encode())


def _words(fault: httpx.HTTPError) -> str:
    """The reason under httpx's own, which is often empty."""
    kinds: dict[type[Any], str] = {
        httpx.ConnectTimeout: "no connection in time",
        httpx.ReadTimeout: "no answer in time",
        httpx.RemoteProtocolError: "it does not speak HTTP",
    }
    root: BaseException = fault
    while (inner := root.__cause__ or root.__context__) is not None:
        root = inner
    if isinstance(root, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {root.verify_message}"
    return kinds.get(type(fault)) or str(fault) or str(root) or type(fault).__name__


@lru_cache(32)
def _trust_of(ca: str, changed: int) -> ssl.SSLContext:  # noqa: ARG001  a file that changed is another
    return ssl.create_default_context(cafile=ca or None)


def trust(ca: Path | None) -> ssl.SSLContext:
    """Whom to believe: the system's authorities, or those of a PEM file; raises OSError or SSLError where it cannot be read."""
    return _trust_of(str(ca), ca.stat().st_mtime_ns) if ca else _trust_of("", 0)
