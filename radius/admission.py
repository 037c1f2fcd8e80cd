"""The first gate: is this code allowed here, and did the client who shares our secret send it?

Admits with the secret that fitted, or says why not. Never answers and never looks at what is being asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from radius import codec, eap
from radius.actions import Reason
from radius.message import Code, Type

if TYPE_CHECKING:
    from radius.message import Message
    from radius.secret import Secret
    from radius.tables import Client, Home

# What a listener takes. UDP separates the two services (RFC 2866, 3); a stream carries both (RFC 6614, 2.3).
Allowed = frozenset[int]
AUTH: Final[Allowed] = frozenset((Code.ACCESS_REQUEST, Code.STATUS_SERVER))
ACCT: Final[Allowed] = frozenset((Code.ACCOUNTING_REQUEST, Code.STATUS_SERVER))
BOTH: Final[Allowed] = AUTH | ACCT

# Plain numbers: on the road a member of an enum costs a look-up by name each time it is named.
_MA, _EAP, _PASSWORD, _CHAP = (int(kind) for kind in (Type.MESSAGE_AUTHENTICATOR, Type.EAP_MESSAGE, Type.USER_PASSWORD, Type.CHAP_PASSWORD))
_USER_NAME = int(Type.USER_NAME)
_ACCESS_REQUEST, _ACCOUNTING_REQUEST = int(Code.ACCESS_REQUEST), int(Code.ACCOUNTING_REQUEST)


def admit(message: Message, client: Client, allowed: Allowed) -> Secret | Reason:
    """The client's secret that signed the request, or the reason to drop it."""
    code = message.code
    if code not in allowed:
        return Reason.BAD_CODE
    if code == _ACCOUNTING_REQUEST:
        return _accounting(message, client)
    first = message.first
    if _MA not in first:
        return _unsigned(message, client)
    if _MA in message.repeated:
        return Reason.BAD_MESSAGE_AUTHENTICATOR
    secret, authenticator = client.secret, message.octets[4:20]
    if not codec.signed_by(message, secret, authenticator):
        if (previous := client.previous_secret) is None or not codec.signed_by(message, previous, authenticator):
            return Reason.BAD_MESSAGE_AUTHENTICATOR
        secret = previous
    if _EAP in first and (_PASSWORD in first or _CHAP in first):
        return Reason.EAP_AND_PASSWORD
    return secret


def _unsigned(message: Message, client: Client) -> Secret | Reason:
    """Without Message-Authenticator an Access-Request proves nothing: only a client declared so may send one.

    Never with EAP-Message (RFC 3579, 3.1), as Status-Server (RFC 5997, 3), or with Proxy-State (CVE-2024-3596).
    """
    if Type.PROXY_STATE in message.first:
        return Reason.PROXY_STATE_UNSIGNED
    must = client.require_message_authenticator or message.code == Code.STATUS_SERVER or Type.EAP_MESSAGE in message.first
    return Reason.NO_MESSAGE_AUTHENTICATOR if must else client.secret


def _accounting(message: Message, client: Client) -> Secret | Reason:
    """RFC 2866, 3: the Request Authenticator is the signature; a Message-Authenticator, if there, must fit too."""
    for secret in (client.secret, client.previous_secret):
        if secret is not None and codec.ended_by(message.octets, secret, codec.ZERO):
            break
    else:
        return Reason.BAD_AUTHENTICATOR
    if _MA in message.first and (_MA in message.repeated or not codec.signed_by(message, secret, codec.ZERO)):
        return Reason.BAD_MESSAGE_AUTHENTICATOR
    return secret


def flaw(request: Message, user_name: bytes) -> Reason | None:
    """What makes a signed Access-Request one that no home should see: it gets an Access-Reject."""
    first = request.first
    if not user_name:
        return Reason.NO_USER_NAME
    if _USER_NAME in request.repeated:
        return Reason.TWO_USER_NAMES
    if _EAP in first:
        return None if eap.sound(eap.joined(request) or b"", user_name) else Reason.BAD_EAP
    password, chap = request.value(_PASSWORD), request.value(_CHAP)
    if _PASSWORD in request.repeated or _CHAP in request.repeated:
        return Reason.BAD_PASSWORD_ATTRIBUTE  # RFC 2865, 5.44: at most one
    if password is not None and (not 16 <= len(password) <= 128 or len(password) % 16 or chap is not None):
        return Reason.BAD_PASSWORD_ATTRIBUTE  # RFC 2865, 5.2; 4.1: never both
    return Reason.BAD_PASSWORD_ATTRIBUTE if chap is not None and len(chap) != 17 else None


_ANSWERS: Final[dict[int, frozenset[int]]] = {
    Code.ACCESS_REQUEST: frozenset((Code.ACCESS_ACCEPT, Code.ACCESS_REJECT, Code.ACCESS_CHALLENGE, Code.PROTOCOL_ERROR)),
    Code.ACCOUNTING_REQUEST: frozenset((Code.ACCOUNTING_RESPONSE, Code.PROTOCOL_ERROR)),
    # A Status-Server may be answered by either kind of port (RFC 5997, 3).
    Code.STATUS_SERVER: frozenset((Code.ACCESS_ACCEPT, Code.ACCESS_REJECT, Code.ACCOUNTING_RESPONSE, Code.PROTOCOL_ERROR)),
}


def admit_answer(message: Message, asked: int, authenticator: bytes, secret: Secret, home: Home) -> Reason | None:
    """Why an answer to a request of code `asked` with `authenticator` is no answer; None where it is one.

    Presence of Message-Authenticator first, then the Response Authenticator, then the HMAC (CVE-2024-3596).
    """
    there = _MA in message.first
    if not there and asked == _ACCESS_REQUEST and (home.require_message_authenticator or _EAP in message.first):
        return Reason.NO_MESSAGE_AUTHENTICATOR  # with EAP-Message always (RFC 3579, 3.1)
    if not codec.ended_by(message.octets, secret, authenticator):
        return Reason.BAD_RESPONSE_AUTHENTICATOR
    if there:
        if _MA in message.repeated:
            return Reason.BAD_MESSAGE_AUTHENTICATOR
        if not codec.signed_by(message, secret, authenticator):
            return Reason.BAD_MESSAGE_AUTHENTICATOR
    return None if message.code in _ANSWERS[asked] else Reason.BAD_RESPONSE_CODE
