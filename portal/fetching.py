"""One request to somebody else's server and its whole answer, within so many seconds and so many octets; or why there is none.

Follows no redirect, keeps no cookie, asks no proxy of the environment, trusts the system's authorities. The time limit is
for all of it, so that no dripping server stretches it. Never raises anything but AwayError for what a server does.
"""

from __future__ import annotations

import asyncio
import ssl
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

import httpx

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST: Final = 262_144  # octets of an answer; a discovery document has some 3,000, keys the same
_HEADERS: Final = {"User-Agent": "proxeny", "Accept": "application/json", "Accept-Encoding": "identity"}  # unpacked it could be of any size


class AwayError(Exception):
    """There is no answer to be had, for these reasons."""


class Answer(NamedTuple):
    """A server's."""

    status: int
    body: bytes


def fetch(url: str, seconds: float, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    """The answer to a GET; to a POST, where there is a form."""
    try:
        return asyncio.run(_fetch(url, seconds, form, headers or {}))
    except TimeoutError:
        raise AwayError(f"nothing whole within {seconds:.1f} s") from None
    except httpx.HTTPError as fault:
        raise AwayError(f"{type(fault).__name__}: {fault}") from None
    except (httpx.InvalidURL, OSError, ValueError) as fault:
        raise AwayError(f"{type(fault).__name__}: {fault}") from None


async def _fetch(url: str, seconds: float, form: Mapping[str, str] | None, headers: Mapping[str, str]) -> Answer:
    client = httpx.AsyncClient(verify=_trust(), timeout=seconds, headers=_HEADERS, trust_env=False, follow_redirects=False)
    async with asyncio.timeout(seconds), client:
        request = client.build_request("GET" if form is None else "POST", url, data=form, headers=headers)
        answer = await client.send(request, stream=True)
        try:
            parts, size = [], 0
            async for part in answer.aiter_raw():
                parts.append(part)
                if (size := size + len(part)) > LARGEST:
                    raise AwayError(f"its answer is longer than {LARGEST} octets")
        finally:
            await answer.aclose()
    return Answer(answer.status_code, b"".join(parts))


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()
