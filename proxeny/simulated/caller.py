"""A RADIUS client's port: asks, repeats what goes unanswered, and believes only what is signed.

Never more than 256 questions at once: that is how many identifiers one port has (RFC 2865, 3).
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any, Final

from radius.codec import ZERO, ended_by, hide_password, sign_access, sign_digest, signed_by
from radius.message import Code, Type
from radius.wire import Malformed, attribute, parse

if TYPE_CHECKING:
    from radius.message import Message
    from radius.secret import Secret

REPEATS: Final = (2.0, 4.0, 6.0)  # seconds waited for an answer after each sending


class NoAnswerError(TimeoutError):
    """Nothing came back that was signed by the server."""


class Caller(asyncio.DatagramProtocol):
    """One UDP port towards one server."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret
        self._waiting: dict[int, tuple[bytes, asyncio.Future[Message]]] = {}
        self._next = 0
        self._transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # typeshed has the base class here
        self._transport = transport

    async def access(self, attributes: bytes, password: bytes | None = None) -> Message:
        """Ask for access; a password is hidden for this request (RFC 2865, 5.2)."""
        identifier, authenticator = self._free(), os.urandom(16)
        if password is not None:
            attributes += attribute(Type.USER_PASSWORD, hide_password(password, self._secret, authenticator))
        return await self._ask(identifier, sign_access(Code.ACCESS_REQUEST, identifier, authenticator, attributes, self._secret))

    async def account(self, attributes: bytes) -> Message:
        """Report to accounting."""
        identifier = self._free()
        return await self._ask(identifier, sign_digest(Code.ACCOUNTING_REQUEST, identifier, ZERO, attributes, self._secret))

    def _free(self) -> int:
        for _ in range(256):
            self._next = (self._next + 1) % 256
            if self._next not in self._waiting:
                return self._next
        raise NoAnswerError("256 questions are waiting already")

    async def _ask(self, identifier: int, octets: bytes) -> Message:
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[identifier] = octets[4:20], answer
        try:
            for seconds in REPEATS:
                self._transport.sendto(octets)  # the same octets each time (RFC 5080, 2.2.1)
                done, _ = await asyncio.wait([answer], timeout=seconds)
                if done:
                    return answer.result()
            raise NoAnswerError(f"no answer in {sum(REPEATS):g} seconds")
        finally:
            del self._waiting[identifier]

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:  # noqa: ARG002  # asyncio's own signature
        try:
            message = parse(data)
        except Malformed:
            return
        authenticator, answer = self._waiting.get(message.identifier, (ZERO, None))
        if answer is not None and not answer.done() and self._believed(message, authenticator):
            answer.set_result(message)

    def _believed(self, message: Message, authenticator: bytes) -> bool:
        if message.code == Code.ACCOUNTING_RESPONSE:
            return ended_by(message.octets, self._secret, authenticator)
        signed = Type.MESSAGE_AUTHENTICATOR in message.first and signed_by(message, self._secret, authenticator)
        return signed and ended_by(message.octets, self._secret, authenticator)
