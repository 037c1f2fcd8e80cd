"""EAP inside RADIUS: the packet joined from its fragments, its header judged, its failure written.

Only what RFC 3748, 4 and RFC 3579, 2.1 let a proxy see: code, identifier, length, the outer identity. Never looks
inside a method, but for the one TLS alert, in clear, by which a device says that it distrusts the home's certificate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from radius.message import Type

if TYPE_CHECKING:
    from radius.message import Message

REQUEST, RESPONSE, FAILURE, INITIATE = 1, 2, 4, 5
_FROM_PEERS: Final = frozenset((REQUEST, RESPONSE, INITIATE))  # RFC 3748, 4; RFC 6696, 5.3 (Initiate)
_IDENTITY: Final = 1
_EAP: Final = int(Type.EAP_MESSAGE)
_TLS: Final = frozenset((13, 21, 25, 43, 55))  # EAP-TLS, TTLS, PEAP, FAST, TEAP: a TLS record behind the same flags
_FATAL: Final = b"\0\2\2"  # a record of two octets, level fatal (RFC 5246, 6.2.1 and 7.2)
_DISTRUST: Final = frozenset((42, 43, 44, 45, 46, 48))  # bad, unsupported, revoked, expired, unknown certificate; unknown CA


def joined(message: Message) -> bytes | None:
    """The EAP packet of a message, its fragments joined in order (RFC 3579, 3.1); None without EAP-Message."""
    if _EAP in message.repeated:
        return b"".join(message.values(_EAP))
    return message.value(_EAP)


def sound(packet: bytes, user_name: bytes) -> bool:
    """Whether a packet from a peer keeps to its own header.

    Empty is EAP-Start and legal (RFC 3579, 2.1). Otherwise at least four octets, a code that peers send, the Length
    of the octets there are, and an Identity equal to the User-Name (RFC 3579, 2.1: the NAS copies it).
    """
    if not packet:
        return True
    size = len(packet)
    if size < 4 or packet[0] not in _FROM_PEERS or packet[2] << 8 | packet[3] != size:
        return False
    if packet[0] != RESPONSE:
        return True
    return size > 4 and (packet[4] != _IDENTITY or packet[5:] == user_name)


def distrusts(packet: bytes) -> bool:
    """Whether a peer ends its handshake because of the certificate it was shown: an alert of TLS 1.2 or older, and nothing else.

    TLS 1.3 hides its alerts; a device may also just fall silent. So False means nothing.
    """
    if len(packet) not in (13, 17) or packet[0] != RESPONSE or packet[4] not in _TLS:  # with or without a TLS length (RFC 5216, 3.1)
        return False
    alert = packet[-7:]
    return alert[:2] == b"\x15\3" and alert[3:6] == _FATAL and alert[6] in _DISTRUST


def failure(packet: bytes) -> bytes:
    """EAP-Failure answering a packet: the Response's identifier, 0 for EAP-Start (RFC 3748, 4.2)."""
    identifier = packet[1] if len(packet) > 1 else 0
    return bytes((FAILURE, identifier, 0, 4))
