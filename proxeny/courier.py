"""Carries orders to NASes: Disconnect-Requests over UDP, three tries of the same octets, and the answer that came.

Each order has a socket of its own, bound to the address that the NAS knows us by (decision 21), so that identifiers of
orders never meet. ICMP errors are no evidence; an answer from elsewhere, or wrongly signed, is no answer.
Never decides whether an order is right, and never writes to the database.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from radius import coa

if TYPE_CHECKING:
    from radius.message import Attribute, Code
    from radius.secret import Secret

TRIES: Final = (0.0, 1.0, 2.5)  # seconds after the first
PATIENCE: Final = 5.0  # seconds until a NAS counts as silent
LARGEST: Final = 4096
NO_ANSWER: Final = "no answer"
_identifiers = itertools.count()


@dataclass(frozen=True, slots=True)
class Errand:
    """One order, ready to be carried out."""

    order: int
    address: tuple[str, int]
    local: str  # our address to send from, "" where the kernel may choose
    code: Code
    attributes: tuple[Attribute, ...]
    secret: Secret


@dataclass(frozen=True, slots=True)
class Result:
    """What became of it."""

    order: int
    done: bool
    text: str
    error_cause: int | None = None


async def carry(errand: Errand) -> Result:
    """Send, and wait for the answer; never raises."""
    loop = asyncio.get_running_loop()
    try:
        with _socket(errand) as sock:
            octets = coa.build(errand.code, next(_identifiers) & 0xFF, errand.attributes, errand.secret, time.time())
            sending = loop.create_task(_send(sock, octets, errand.address))
            try:
                outcome = await asyncio.wait_for(_answer(sock, octets, errand), PATIENCE)
            finally:
                sending.cancel()
    except TimeoutError:
        return Result(errand.order, done=False, text=NO_ANSWER)
    except (OSError, ValueError) as fault:
        return Result(errand.order, done=False, text=f"{NO_ANSWER}: {fault}")
    return Result(errand.order, outcome.ack, outcome.text, outcome.error_cause)


def _socket(errand: Errand) -> socket.socket:
    family = socket.AF_INET6 if ":" in errand.address[0] else socket.AF_INET
    made = socket.socket(family, socket.SOCK_DGRAM)
    made.setblocking(False)
    if errand.local:
        with contextlib.suppress(OSError):  # an address we had once: then from whichever we have now
            made.bind((errand.local, 0))
    return made


async def _send(sock: socket.socket, octets: bytes, address: tuple[str, int]) -> None:
    begun = time.monotonic()
    for moment in TRIES:
        await asyncio.sleep(max(0.0, begun + moment - time.monotonic()))
        with contextlib.suppress(OSError):  # no route just now: the next try
            sock.sendto(octets, address)


async def _answer(sock: socket.socket, request: bytes, errand: Errand) -> coa.Outcome:
    loop = asyncio.get_running_loop()
    while True:
        try:
            octets, peer = await loop.sock_recvfrom(sock, LARGEST)
        except OSError:  # ICMP's word, which anyone may send
            await asyncio.sleep(0.05)
            continue
        if peer[:2] == errand.address:
            outcome = coa.read(octets, request, errand.secret)
            if isinstance(outcome, coa.Outcome):
                return outcome
