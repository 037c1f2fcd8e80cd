"""What an Access-Reject of our own says.

EAP asked: EAP-Failure and no Reply-Message (RFC 3579, 2.6.5). Otherwise Reply-Message with words of ours. Never repeats
anything the client sent but its Proxy-State (CVE-2024-3596).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from radius import eap, forward
from radius.actions import Reason
from radius.message import Type
from radius.wire import attribute

if TYPE_CHECKING:
    from radius.message import Message

UNANSWERED: Final = frozenset((Reason.HOME_SILENT, Reason.NO_HOME_ALIVE))  # the home's silence, not our refusal


def attributes(request: Message, words: str) -> bytes:
    """The attributes behind Message-Authenticator; `words` are cut to what one attribute holds."""
    packet = eap.joined(request)
    if packet is not None:
        said = attribute(Type.EAP_MESSAGE, eap.failure(packet))
    else:
        text = words.encode()[:253].decode(errors="ignore").encode()
        said = attribute(Type.REPLY_MESSAGE, text) if text else b""
    return said + forward.proxy_states(request)
