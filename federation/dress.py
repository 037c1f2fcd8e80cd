"""What a forwarded request gets beside what it came with: Operator-Name, and the question for a CUI.

Only what is absent is added, behind what was received. Never changes or removes an attribute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from federation import cui, operator_name
from radius.message import Code, Type

if TYPE_CHECKING:
    from radius.message import Message
    from radius.tables import Client, Route

_ASK: Final = cui.request()
_CUI: Final = int(Type.CHARGEABLE_USER_IDENTITY)
_OPERATOR: Final = int(Type.OPERATOR_NAME)
_ACCESS_REQUEST: Final = int(Code.ACCESS_REQUEST)


class Dresser:
    """Knows the operator's name; "" leaves Operator-Name out."""

    __slots__ = ("_both", "_operator")

    def __init__(self, name: str) -> None:
        self._operator = operator_name.encode(name) if name else b""
        self._both = self._operator + _ASK

    def dress(self, message: Message, _client: Client | None = None, _route: Route | None = None) -> bytes:
        """Attributes in octets to append to a forwarded Access-Request or Accounting-Request."""
        first = message.first
        if message.code == _ACCESS_REQUEST and _CUI not in first:  # RFC 4372, 2.1: only an Access-Request asks
            return _ASK if _OPERATOR in first else self._both
        return b"" if _OPERATOR in first else self._operator
