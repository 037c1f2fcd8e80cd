"""A simulated home institution: a RADIUS server for a handful of accounts (PAP, CHAP, EAP-MD5, Status-Server).

Theory of operation. An EAP sign-in takes three round trips, as a real one would take several: the identity is answered
with a method that the device refuses (EAP-TTLS, by an empty start), its Nak with MD5-Challenge, the response with the
verdict. The Accept carries what an institution's would: MPPE keys, Class, and a VLAN of its own that means nothing here.

Never a way to sign real people in: it takes the accounts it is handed, from clients that sign with its secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from radius.codec import ZERO, ended_by, hide_password, reveal_password, sign_access_answer, sign_digest, signed_by
from radius.eap import FAILURE, REQUEST, RESPONSE, joined
from radius.message import Code, Type
from radius.secret import md5, same
from radius.wire import Malformed, attribute, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from radius.message import Message
    from radius.secret import Secret

SUCCESS: Final = 3  # RFC 3748, 4.2
IDENTITY, NAK, MD5_CHALLENGE, TTLS = 1, 3, 4, 21  # RFC 3748, 5; RFC 5281, 9
TTLS_START: Final = b"\x20"  # RFC 5281, 9.1: the S flag, version 0
MOST_CONVERSATIONS: Final = 10_000
MICROSOFT: Final = 311
SEND_KEY, RECV_KEY = 16, 17  # RFC 2548, 2.4.2 and 2.4.3
VLAN: Final = (bytes((64, 6, 0, 0, 0, 13)), bytes((65, 6, 0, 0, 0, 6)), attribute(81, b"4011"))  # RFC 3580, 3.31


@dataclass(frozen=True, slots=True)
class Institution:
    """Who may sign in, and the secret shared with the controller."""

    secret: Secret
    accounts: Mapping[bytes, bytes]  # whole identity -> password


class Verdict(NamedTuple):
    """What to answer: a code, and attributes in octets."""

    code: Code
    attributes: bytes = b""


class Home:
    """The institution at its desk: a datagram in, a datagram or nothing out."""

    def __init__(self, institution: Institution, entropy: Callable[[int], bytes]) -> None:
        self._secret, self._accounts, self._entropy = institution.secret, institution.accounts, entropy
        self._conversations: dict[bytes, bytes] = {}  # State -> the challenge sent with it

    def answer(self, octets: bytes) -> bytes | None:
        """The answer to a packet; None where it deserves none. Never raises on input."""
        try:
            message = parse(octets)
        except Malformed:
            return None
        if message.code == Code.ACCOUNTING_REQUEST:
            return self._acknowledged(message)
        if message.code not in (Code.ACCESS_REQUEST, Code.STATUS_SERVER) or not self._signed(message):
            return None
        verdict = Verdict(Code.ACCESS_ACCEPT) if message.code == Code.STATUS_SERVER else self._judged(message)
        body = verdict.attributes + _proxy_states(message)
        return sign_access_answer(verdict.code, message.identifier, message.authenticator, body, self._secret)

    def _signed(self, message: Message) -> bool:
        return Type.MESSAGE_AUTHENTICATOR in message.first and signed_by(message, self._secret, message.authenticator)

    def _acknowledged(self, message: Message) -> bytes | None:
        if not ended_by(message.octets, self._secret, ZERO):
            return None
        return sign_digest(Code.ACCOUNTING_RESPONSE, message.identifier, message.authenticator, _proxy_states(message), self._secret)

    def _judged(self, message: Message) -> Verdict:
        if (packet := joined(message)) is not None:
            return self._eap(message, packet)
        password = self._accounts.get(message.value(Type.USER_NAME) or b"")
        if password is not None and (self._pap(message, password) or _chap(message, password)):
            return self._accepted(message)
        return Verdict(Code.ACCESS_REJECT, attribute(Type.REPLY_MESSAGE, b"Unknown account or wrong password"))

    def _pap(self, message: Message, password: bytes) -> bool:
        hidden = message.value(Type.USER_PASSWORD)
        if not hidden or len(hidden) % 16:
            return False
        return same(reveal_password(hidden, self._secret, message.authenticator).rstrip(b"\0"), password)

    def _eap(self, message: Message, packet: bytes) -> Verdict:
        if not packet:  # EAP-Start (RFC 3579, 2.1)
            return _challenged(0, IDENTITY, b"", b"")
        if len(packet) < 5 or packet[0] != RESPONSE:
            return _failed(packet)
        step = {IDENTITY: self._offered, NAK: self._agreed, MD5_CHALLENGE: self._proved}.get(packet[4])
        return (step(message, packet) if step else None) or _failed(packet)

    def _offered(self, _: Message, packet: bytes) -> Verdict:
        return _challenged(packet[1], TTLS, TTLS_START, self._remembered())

    def _agreed(self, message: Message, packet: bytes) -> Verdict | None:
        state = message.value(Type.STATE) or b""
        challenge = self._conversations.get(state)
        if challenge is None or MD5_CHALLENGE not in packet[5:]:
            return None
        return _challenged(packet[1], MD5_CHALLENGE, bytes((len(challenge),)) + challenge, state)

    def _proved(self, message: Message, packet: bytes) -> Verdict | None:
        challenge = self._conversations.get(message.value(Type.STATE) or b"")
        password = self._accounts.get(message.value(Type.USER_NAME) or b"")
        if challenge is None or password is None:
            return None
        proof = md5(packet[1:2] + password + challenge).digest()  # RFC 1994, 4.1, by way of RFC 3748, 5.4
        return self._accepted(message, _eap_attributes(bytes((SUCCESS, packet[1], 0, 4)))) if same(packet[6:22], proof) else None

    def _remembered(self) -> bytes:
        if len(self._conversations) >= MOST_CONVERSATIONS:
            del self._conversations[next(iter(self._conversations))]
        state = self._entropy(16)
        self._conversations[state] = self._entropy(16)
        return state

    def _accepted(self, message: Message, eap: bytes = b"") -> Verdict:
        send, receive = self._entropy(32), self._entropy(32)
        first = int.from_bytes(self._entropy(2), "big") & 0x7FFE | 0x8000  # RFC 2548, 2.4.2: high bit set, each salt its own
        keys = self._key(message, SEND_KEY, send, first) + self._key(message, RECV_KEY, receive, first + 1)
        rest = attribute(Type.USER_NAME, message.value(Type.USER_NAME) or b"") + attribute(Type.CLASS, self._entropy(16)) + b"".join(VLAN)
        return Verdict(Code.ACCESS_ACCEPT, eap + keys + rest)

    def _key(self, message: Message, kind: int, key: bytes, salt: int) -> bytes:
        salted = salt.to_bytes(2, "big")
        # RFC 2548, 2.4.2 hides a key as RFC 2865 hides a password, with the salt behind the authenticator.
        hidden = salted + hide_password(bytes((len(key),)) + key, self._secret, message.authenticator + salted)
        return attribute(Type.VENDOR_SPECIFIC, MICROSOFT.to_bytes(4, "big") + bytes((kind, len(hidden) + 2)) + hidden)


def _chap(message: Message, password: bytes) -> bool:
    answer = message.value(Type.CHAP_PASSWORD)
    if answer is None or len(answer) != 17:
        return False
    challenge = message.value(Type.CHAP_CHALLENGE) or message.authenticator  # RFC 2865, 2.2
    return same(answer[1:], md5(answer[:1] + password + challenge).digest())


def _challenged(identifier: int, kind: int, content: bytes, state: bytes) -> Verdict:
    packet = bytes((REQUEST, (identifier + 1) % 256)) + (5 + len(content)).to_bytes(2, "big") + bytes((kind,)) + content
    return Verdict(Code.ACCESS_CHALLENGE, _eap_attributes(packet) + (attribute(Type.STATE, state) if state else b""))


def _failed(packet: bytes) -> Verdict:
    return Verdict(Code.ACCESS_REJECT, _eap_attributes(bytes((FAILURE, packet[1] if len(packet) > 1 else 0, 0, 4))))


def _eap_attributes(packet: bytes) -> bytes:
    return b"".join(attribute(Type.EAP_MESSAGE, packet[at : at + 253]) for at in range(0, len(packet), 253))


def _proxy_states(message: Message) -> bytes:
    return b"".join(attribute(Type.PROXY_STATE, value) for value in message.values(Type.PROXY_STATE))  # RFC 2865, 5.33
