"""One POST to an address of somebody else's choice: resolved by us, judged, and sent to the judged address alone.

Theory of operation. portal/outward.py says which addresses are good; here a name is resolved once, and the connection goes to
what was judged: httpx is given the address, and the name for TLS and for the Host header alone, so that nobody resolves it a
second time (DNS rebinding). An address of this very machine is refused, too, public or not: what listens here trusts its
neighbours. No redirect is followed, no proxy of the environment asked, and of the answer the status is all that is kept: so
nothing can be read through us.

Never raises for what a server does, and never logs what it sends.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import queue
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, Final, NamedTuple

import httpx

from portal.outward import Bad, Refused, Target, allowed, judge, target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from portal.outward import Address, Rules

    Resolve = Callable[[str], list[str]]  # a name -> its addresses, as text

CONNECT: Final = 3.0  # seconds, for the name and again for the connection
WHOLE: Final = 10.0  # seconds, from the first octet to the last
POLITE: Final = 1.0  # of them, for the rest of an answer whose status is known
LARGEST: Final = 65_536  # octets of an answer, read and thrown away; a longer one is left
MOST_ADDRESSES: Final = 16  # of one name; more are nobody's honest answer
TRIED: Final = 2  # of them, where one does not answer
_HEADERS: Final = {"User-Agent": "proxeny", "Accept": "*/*", "Accept-Encoding": "identity"}


class Answer(NamedTuple):
    """What became of it. `status` None: there was no answer, and `why` says it."""

    status: int | None
    why: str
    milliseconds: int

    @property
    def heard(self) -> bool:
        return self.status is not None


class Way(NamedTuple):
    """Where a POST goes: what was written, and what of it was judged."""

    target: Target
    addresses: list[Address]


WORDS: Final[Mapping[Bad, str]] = {
    Bad.FORM: "its address is not one",
    Bad.HTTP: "http is for addresses that [webhooks] allow names",
    Bad.USER: "its address holds a user",
    Bad.PORT: "its port is not allowed",
    Bad.NAME: "its host is no whole name",
    Bad.NUMBER: "its host is an odd form of an IP address",
    Bad.UNKNOWN: "nobody has an address of this name",
    Bad.INSIDE: "it leads to an address that is not the internet's",
}


def post(url: str, headers: Mapping[str, str], body: bytes, rules: Rules, ca: Path | None, resolve: Resolve | None = None) -> Answer:
    """Send it, and what was answered."""
    began = time.monotonic()
    found = where(url, rules, resolve)
    if isinstance(found, Refused):
        status, why = None, WORDS[found.why]
    else:
        try:
            status, why = asyncio.run(_within(found, headers, body, trust(ca)))
        except (OSError, ssl.SSLError) as fault:
            status, why = None, f"the authority {ca} cannot be read: {fault}"
    return Answer(status, why, round((time.monotonic() - began) * 1_000))


def where(url: str, rules: Rules, resolve: Resolve | None = None) -> Way | Refused:
    """The addresses that it leads to now, each of them judged good; or why it may not be posted to."""
    found = target(url, rules)
    if isinstance(found, Refused):
        return found
    some = [found.literal] if found.literal is not None else _resolved(found.host, resolve or addresses)
    why = judge(found, some, rules)
    if why is None and any(ours(each) and not allowed(each, rules) for each in some):
        why = Bad.INSIDE
    return Refused(why, found.host) if why is not None else Way(found, some)


def look(url: str, rules: Rules, resolve: Resolve | None = None) -> Refused | None:
    """Why it may not be posted to as things are now; None where it may."""
    found = where(url, rules, resolve)
    return found if isinstance(found, Refused) else None


def _resolved(name: str, resolve: Resolve) -> list[Address]:
    """What a name leads to; nothing where nobody knows, or nobody says it in time. The resolver's thread is left to end by itself."""
    said: queue.SimpleQueue[list[str]] = queue.SimpleQueue()

    def ask() -> None:
        try:
            said.put(resolve(name))
        except (OSError, UnicodeError):
            said.put([])

    threading.Thread(target=ask, name="resolving", daemon=True).start()
    with contextlib.suppress(queue.Empty, ValueError):
        return [ipaddress.ip_address(each) for each in dict.fromkeys(said.get(timeout=CONNECT))][:MOST_ADDRESSES]
    return []


def addresses(name: str) -> list[str]:
    """What this machine's resolver says of a name."""
    return [str(each[4][0]).partition("%")[0] for each in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)]


def ours(address: Address) -> bool:
    """Whether it is this machine's own: then the way to it begins at it. Nothing is sent."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.connect((str(address), 9))
        return str(sock.getsockname()[0]) == str(address)
    return False


async def _within(way: Way, headers: Mapping[str, str], body: bytes, trust: ssl.SSLContext) -> tuple[int | None, str]:
    try:
        async with asyncio.timeout(WHOLE):
            return await _sent(way, headers, body, trust)
    except TimeoutError:
        return None, f"nothing whole within {WHOLE:.0f} s"


async def _sent(way: Way, headers: Mapping[str, str], body: bytes, trust: ssl.SSLContext) -> tuple[int | None, str]:
    """To the first address that answers; one that took the connection is the only one that is told."""
    limits = httpx.Timeout(WHOLE, connect=CONNECT)
    of = way.target
    said = {**_HEADERS, **headers, "Host": of.netloc}
    async with httpx.AsyncClient(verify=trust, timeout=limits, trust_env=False, follow_redirects=False) as client:
        why = ""
        for address in way.addresses[:TRIED]:
            host = f"[{address}]" if address.version == 6 else str(address)
            url = f"{of.scheme}://{host}:{of.port}{of.rest or '/'}"
            request = client.build_request("POST", url, headers=said, content=body, extensions={"sni_hostname": of.host})
            try:
                return await _answered(client, request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as fault:
                why = _words(fault)
            except httpx.HTTPError as fault:
                return None, _words(fault)
            except (httpx.InvalidURL, OSError, ValueError) as fault:
                return None, type(fault).__name__
    return None, why


async def _answered(client: httpx.AsyncClient, request: httpx.Request) -> tuple[int, str]:
    """Its status. The rest is read for politeness alone: who drips it, or breaks off, was told all the same, and is not told again."""
    answer = await client.send(request, stream=True)
    try:
        with contextlib.suppress(TimeoutError, httpx.HTTPError):
            async with asyncio.timeout(POLITE):
                await _drained(answer)
    finally:
        await answer.aclose()
    return answer.status_code, ""


async def _drained(answer: httpx.Response) -> None:
    size = 0
    async for part in answer.aiter_raw():
        if (size := size + len(part)) > LARGEST:
            return


def _words(fault: httpx.HTTPError) -> str:
    """In words, and without an address."""
    root: BaseException = fault
    while (inner := root.__cause__ or root.__context__) is not None:
        root = inner
    if isinstance(root, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {root.verify_message}"
    if isinstance(root, ssl.SSLError):
        return "no TLS with it"
    kinds: dict[type[httpx.HTTPError], str] = {
        httpx.ConnectTimeout: "no connection in time",
        httpx.ConnectError: "no connection",
        httpx.ReadTimeout: "no answer in time",
        httpx.RemoteProtocolError: "it does not speak HTTP",
    }
    return kinds.get(type(fault), "the connection broke")


def trust(ca: Path | None) -> ssl.SSLContext:
    """The system's authorities, and those of a PEM file beside them."""
    context = ssl.create_default_context()
    if ca is not None:
        context.load_verify_locations(ca)
    return context
