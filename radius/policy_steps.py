"""The four things a rule does to a packet's attributes, octets in and octets out.

Targets are types, or sub-attributes inside Vendor-Specific (RFC 2865, 5.26), each with the beginnings of the values
that are meant. Never changes an attribute that is not targeted, nor its place among its own type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from radius.wire import attribute

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from radius.actions import Reason
    from radius.dictionary import Key

_VENDOR_SPECIFIC: Final = 26
ANY: Final = b""


class Targets:
    """Which attributes are meant: by type, by vendor and sub-type, and there by how the value begins."""

    __slots__ = ("_types", "_vendors", "keys")

    def __init__(self, wanted: Iterable[tuple[Key, bytes]]) -> None:
        pairs = [(key, beginning.lower()) for key, beginning in wanted]
        self.keys: frozenset[Key] = frozenset(key for key, _ in pairs)
        self._types: dict[int, tuple[bytes, ...]] = {}
        self._vendors: dict[bytes, dict[int, tuple[bytes, ...]]] = {}
        for key, beginning in pairs:
            if isinstance(key, int):
                self._types[key] = (*self._types.get(key, ()), beginning)
            else:
                subtypes = self._vendors.setdefault(key[0].to_bytes(4, "big"), {})
                subtypes[key[1]] = (*subtypes.get(key[1], ()), beginning)

    def meets(self, octets: bytes) -> bool:
        """Whether a whole attribute is meant, or anything inside it."""
        beginnings = self._types.get(octets[0])
        if beginnings is not None and octets[2:].lower().startswith(beginnings):
            return True
        return any(inside for _, inside in self.parts(octets))

    def parts(self, octets: bytes) -> Iterator[tuple[bytes, bool]]:
        """The sub-attributes of a targeted vendor's attribute, each with whether it is meant; a last one may be broken."""
        if octets[0] != _VENDOR_SPECIFIC or (subtypes := self._vendors.get(octets[2:6])) is None:
            return
        at, end = 6, len(octets)
        while at < end:
            size = octets[at + 1] if at + 1 < end else 0
            part = octets[at : at + size] if 2 <= size <= end - at else octets[at:]
            beginnings = subtypes.get(part[0])
            yield part, beginnings is not None and part[2:].lower().startswith(beginnings)
            at += len(part)

    def without(self, octets: bytes) -> bytes:
        """A whole attribute without what is meant; b"" where nothing is left of it."""
        if not self.meets(octets):
            return octets
        kept = b"".join(part for part, meant in self.parts(octets) if not meant)
        return attribute(_VENDOR_SPECIFIC, octets[2:6] + kept) if kept else b""


class Remove:
    """Takes the targets away."""

    __slots__ = ("targets",)
    always = False

    def __init__(self, targets: Targets) -> None:
        self.targets = targets

    def run(self, attributes: list[bytes]) -> list[bytes]:
        return [kept for octets in attributes if (kept := self.targets.without(octets))]


class Refuse:
    """Refuses a packet that has one of the targets, with these very values."""

    __slots__ = ("_reason", "_values", "targets")
    always = False

    def __init__(self, targets: Targets, values: Iterable[bytes], reason: Reason) -> None:
        self.targets, self._values, self._reason = targets, frozenset(values), reason

    def run(self, attributes: list[bytes]) -> list[bytes] | Reason:
        for octets in attributes:
            if self.targets.meets(octets) and (octets in self._values or any(self._meant(octets))):
                return self._reason
        return attributes

    def _meant(self, octets: bytes) -> Iterator[bool]:
        for part, meant in self.targets.parts(octets):
            yield meant and attribute(_VENDOR_SPECIFIC, octets[2:6] + part) in self._values


class Clamp:
    """Keeps a number of four octets within bounds; one of another length is nobody's number and stays."""

    __slots__ = ("_high", "_low", "targets")
    always = False

    def __init__(self, targets: Targets, low: int, high: int) -> None:
        self.targets, self._low, self._high = targets, low, high

    def run(self, attributes: list[bytes]) -> list[bytes]:
        return [self._bounded(octets) if self.targets.meets(octets) else octets for octets in attributes]

    def _bounded(self, octets: bytes) -> bytes:
        if octets[0] == _VENDOR_SPECIFIC:
            return octets[:6] + b"".join(self._value(part) if meant else part for part, meant in self.targets.parts(octets))
        return self._value(octets)

    def _value(self, octets: bytes) -> bytes:
        if len(octets) != 6 or octets[1] != 6:
            return octets
        number = int.from_bytes(octets[2:], "big")
        return octets[:2] + min(max(number, self._low), self._high).to_bytes(4, "big")


class Write:
    """Puts attributes at the end: where there are none yet, or in the place of those there are."""

    __slots__ = ("_octets", "_replace", "targets")
    always = True

    def __init__(self, targets: Targets, octets: tuple[bytes, ...], *, replace: bool) -> None:
        self.targets, self._octets, self._replace = targets, octets, replace

    def run(self, attributes: list[bytes]) -> list[bytes]:
        if self._replace:
            return [*(kept for octets in attributes if (kept := self.targets.without(octets))), *self._octets]
        if any(self.targets.meets(octets) for octets in attributes):
            return attributes
        return [*attributes, *self._octets]


Step = Refuse | Remove | Clamp | Write
