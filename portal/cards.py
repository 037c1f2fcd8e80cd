"""What is printed for a guest: one card for each voucher, in forms that fit paper and labels, in parts that fit the memory.

A card has the code in large letters and one QR code, which joins the Wi-Fi; then the portal's page opens by itself and asks for
the code. No QR code holds the voucher's: the page must know whose device it is, and only the gateway says that to the page
it opens itself, in a browser that shares nothing with the one that a camera opens (docs/decisions/0039). So no code is ever
in an address, a history or a log, and each one is typed, and counted as typed.

Never prints a code that is not there any more, and never more cards at once than `PART`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

import segno

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PART: Final = 504  # cards of one file: 24 whole sheets. A process of 130 MB makes their PDF in some seconds
HELP: Final = 90  # characters of the portal's help that a card has room for
_ESCAPED: Final = str.maketrans({each: f"\\{each}" for each in '\\;,":'})


class Form(Enum):
    """A paper: its name in addresses and in cards.css, and how many cards a page has."""

    A4 = ("a4", 21)  # 3 x 7, to be cut
    LETTER = ("letter", 21)  # 3 x 7, to be cut
    LABELS = ("labels", 21)  # A4 with 3 x 7 labels of 63.5 x 38.1 mm
    ROLL = ("roll", 1)  # a label printer's, 62 mm wide

    @property
    def name_(self) -> str:
        return self.value[0]

    @property
    def each(self) -> int:
        return self.value[1]


FORMS: Final[Mapping[str, Form]] = {form.name_: form for form in Form}


class Line(NamedTuple):
    """A line of a card, and the language it is in."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What all cards of a batch say."""

    network: str  # the SSID; "" where none is declared
    how: Sequence[Line]
    plan: Sequence[Line]
    help: Sequence[Line] = ()

    @property
    def picture(self) -> str:
        """The QR code that joins the network, as a data: address; "" without a network."""
        if not self.network:
            return ""
        drawn = segno.make(joining(self.network), error="m", micro=False)
        return str(drawn.png_data_uri(scale=12, border=0))  # a drawing of its squares takes twice as long to print, on each card


def joining(network: str) -> str:
    """What phones take for an open network of this name (ZXing's WIFI scheme, which Android and iOS read)."""
    return f"WIFI:T:nopass;S:{network.translate(_ESCAPED)};;"


def parts(count: int) -> list[tuple[int, int, int]]:
    """(number, first, last) of each part of so many cards."""
    return [(at // PART + 1, at + 1, min(at + PART, count)) for at in range(0, count, PART)]


def pages(codes: Sequence[str], form: Form) -> list[Sequence[str]]:
    """The codes of each page."""
    return [codes[at : at + form.each] for at in range(0, len(codes), form.each)]
