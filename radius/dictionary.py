"""Attribute names and numbers, and values as people write them.

Read once by pyrad from `dictionaries/`; used where rules are compiled and where values are shown, not per packet. A key
is a type (27) or a vendor's (9, 1). Never raises over octets: a value that does not fit its type is shown as hex.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyrad.dictionary
from pyrad.tools import DecodeAttr, EncodeAttr

from radius.dictionary_files import DictionaryError, gather
from radius.message import Type
from radius.text import shown
from radius.wire import attribute

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Dictionary", "DictionaryError", "Key", "load", "read"]

Key = int | tuple[int, int]
_FOLDER: Final = Path(__file__).parent / "dictionaries"
_NUMBERS: Final = re.compile(r"(?:(\d{1,3})|26\.(\d{1,10})\.(\d{1,3}))", re.ASCII)
_INTEGERS: Final = {"integer": 4, "date": 4, "short": 2, "byte": 1, "integer64": 8}


@dataclass(frozen=True, slots=True)
class Definition:
    """What the dictionary says of one attribute."""

    name: str
    type: str
    tagged: bool
    hidden: int  # 0: not; 1: as User-Password; 2: with a salt
    numbers: dict[str, int]  # named values, names in lower case
    names: dict[int, str]


@cache
def load() -> Dictionary:
    """The dictionary that comes with the program."""
    return read()


def read(more: Iterable[Path] = ()) -> Dictionary:
    """The program's dictionary with an operator's files added; DictionaryError, with file and line, where they are wrong."""
    lines = gather([*sorted(_FOLDER.glob("*.dictionary")), *more])
    try:
        parsed = pyrad.dictionary.Dictionary(StringIO("\n".join(line.text for line in lines)))
    except pyrad.dictionary.ParseError as fault:
        place = lines[fault.line - 1] if 0 < fault.line <= len(lines) else lines[-1]
        raise place.fault(str(fault.msg)) from None
    return Dictionary(parsed)


class Dictionary:
    """Every attribute known by name."""

    __slots__ = ("_definitions", "_keys", "salted")

    def __init__(self, parsed: Any) -> None:
        self._definitions: dict[Key, Definition] = {}
        self._keys: dict[str, Key] = {}
        for name, entry in parsed.attributes.items():
            if entry.is_sub_attribute:
                continue
            key: Key = (parsed.vendors.GetForward(entry.vendor), entry.code) if entry.vendor else entry.code
            self._definitions[key] = _definition(name, entry)
            self._keys[name.lower()] = key
        hidden = {key for key, definition in self._definitions.items() if definition.hidden == 2}
        self.salted: Final[frozenset[Key]] = frozenset(hidden | {(311, 16), (311, 17)})

    def key(self, text: str) -> Key:
        """ "Session-Timeout" or "27" -> 27, "Cisco-AVPair" or "26.9.1" -> (9, 1); ValueError for anything else."""
        text = text.strip()
        if (known := self._keys.get(text.lower())) is not None:
            return known
        if (match := _NUMBERS.fullmatch(text)) is not None:
            plain, vendor, kind = match.groups()
            if plain and 0 < int(plain) < 256:
                return int(plain)
            if vendor and 0 < int(vendor) < 1 << 32 and 0 < int(kind) < 256:
                return int(vendor), int(kind)
        close = get_close_matches(text.lower(), self._keys, 1)
        hint = f"; is it {self.name(self._keys[close[0]])}?" if close else '; write its number, as "27" or "26.9.1"'
        raise ValueError(f'no attribute is called "{text}"{hint}')

    def name(self, key: Key) -> str:
        """The attribute's name, or its numbers where it has none."""
        if (definition := self._definitions.get(key)) is not None:
            return definition.name
        return f"26.{key[0]}.{key[1]}" if isinstance(key, tuple) else str(key)

    def is_integer(self, key: Key) -> bool:
        """Whether its value is a plain number of four octets, such as can be clamped."""
        definition = self._definitions.get(key)
        return definition is not None and definition.type == "integer" and not definition.tagged and not definition.hidden

    def encode(self, key: Key, value: str | int) -> bytes:
        """A whole attribute in octets, a vendor's wrapped in Vendor-Specific; ValueError where the value does not fit."""
        octets = self.value(key, value)
        if isinstance(key, int):
            return attribute(key, octets)
        vendor, kind = key
        if len(octets) > 247:  # 253 less the vendor's number and the inner header (RFC 2865, 5.26)
            raise ValueError(f"{self.name(key)} cannot hold {len(octets)} octets")
        return attribute(Type.VENDOR_SPECIFIC, vendor.to_bytes(4, "big") + bytes((kind, len(octets) + 2)) + octets)

    def written(self, name: str, value: str | int) -> bytes:
        """The same by the attribute's name."""
        return self.encode(self.key(name), value)

    def value(self, key: Key, value: str | int) -> bytes:
        """The value alone in octets; ValueError where it does not fit."""
        definition = self._definitions.get(key)
        if definition is None:
            return _octets(self.name(key), str(value))
        if definition.hidden:
            raise ValueError(f"{definition.name} is hidden with a secret of the hop and cannot be written by a rule")
        if definition.type in _INTEGERS:
            return _integer(definition, value)
        if definition.type in {"string", "octets"}:
            return _octets(definition.name, str(value), hexadecimal=definition.type == "octets")
        try:
            return bytes(EncodeAttr(definition.type, str(value)))
        except Exception as fault:  # noqa: BLE001  # pyrad raises what its parsers raise; whatever it is, the value is wrong
            raise ValueError(f'{definition.name} cannot be "{value}": {fault}') from None

    def typed(self, key: Key, octets: bytes) -> str | int:
        """A value for display: text, number or named value; hex where the octets do not fit the type."""
        definition = self._definitions.get(key)
        if definition is None or definition.hidden:
            return "0x" + octets.hex()
        if definition.tagged and octets and octets[0] < 0x20:  # RFC 2868, 3: a tag before the value
            octets = octets[1:] if definition.type == "string" else b"\0" + octets[1:]
        if definition.type == "string":
            return shown(octets)
        try:
            value = DecodeAttr(definition.type, octets)
        except Exception:  # noqa: BLE001  # their octets, pyrad's parsers: nothing of it may end a page or a packet
            return "0x" + octets.hex()
        if isinstance(value, bytes):
            return "0x" + value.hex()
        return definition.names.get(value, value) if isinstance(value, int) else str(value)


def _definition(name: str, entry: Any) -> Definition:
    pairs: list[tuple[str, int]] = []
    if entry.type in _INTEGERS:
        pairs = [(word, int.from_bytes(octets, "big")) for word, octets in entry.values.forward.items()]
    numbers = {word.lower(): number for word, number in pairs}
    return Definition(name, entry.type, entry.has_tag, entry.encrypt, numbers, {number: word for word, number in pairs})


def _integer(definition: Definition, value: str | int) -> bytes:
    number = value if isinstance(value, int) else definition.numbers.get(value.strip().lower())
    if number is None and re.fullmatch(r"\d{1,20}", str(value).strip(), re.ASCII):
        number = int(value)
    if number is None or isinstance(number, bool):
        raise ValueError(f'{definition.name} is a number, not "{value}"')
    size = _INTEGERS[definition.type]
    if not 0 <= number < 1 << 8 * (size - definition.tagged):
        raise ValueError(f"{definition.name} cannot be {number}: {size - definition.tagged} octets hold it")
    return number.to_bytes(size, "big")  # a tagged one begins with the tag 0: no tag (RFC 2868, 3.1)


def _octets(name: str, value: str, *, hexadecimal: bool = True) -> bytes:
    if hexadecimal and value.startswith("0x"):
        try:
            octets = bytes.fromhex(value[2:])
        except ValueError:
            raise ValueError(f'{name}: "{value}" is not hexadecimal') from None
    else:
        octets = value.encode("utf-8")
    if not 0 < len(octets) <= 253:  # RFC 2865, 5: a text or string of no octets is left out instead
        raise ValueError(f"{name} cannot hold {len(octets)} octets")
    return octets
