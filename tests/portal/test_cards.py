"""portal.cards: what a QR code says, and how many cards a part and a page have."""

from __future__ import annotations

import pytest

from portal import cards
from portal.cards import Form


@pytest.mark.parametrize(
    ("network", "said"),
    [
        ("City Wi-Fi", "WIFI:T:nopass;S:City Wi-Fi;;"),
        ("Café;Bar", "WIFI:T:nopass;S:Café\\;Bar;;"),
        ('a\\b,"c":d', 'WIFI:T:nopass;S:a\\\\b\\,\\"c\\"\\:d;;'),
    ],
)
def test_a_networks_name_is_read_as_it_is(network: str, said: str) -> None:
    """What the scheme gives a meaning to is escaped."""
    assert said == cards.joining(network)


def test_every_voucher_is_in_one_part_once() -> None:
    """Ten thousand, in whole sheets; the last part is what is left."""
    parts = cards.parts(10_000)
    assert list(range(1, 10_001)) == [number for _part, first, last in parts for number in range(first, last + 1)]
    assert (20, (20, 9_577, 10_000)) == (len(parts), parts[-1])
    assert ([], [(1, 1, 1)]) == (cards.parts(0), cards.parts(1))
    assert all(0 == cards.PART % form.each for form in Form)


def test_pages_are_filled_in_order() -> None:
    """As many on each as the paper has places."""
    codes = [str(number) for number in range(50)]
    assert [21, 21, 8] == [len(page) for page in cards.pages(codes, Form.LABELS)]
    assert codes == [code for page in cards.pages(codes, Form.A4) for code in page]
    assert 50 == len(cards.pages(codes, Form.ROLL))


def test_no_network_no_picture() -> None:
    """A QR code that joins nothing would send guests nowhere; one that joins is a picture of our own."""
    assert "" == cards.Offer("", (), ()).picture
    assert cards.Offer("City Wi-Fi", (), ()).picture.startswith("data:image/png")
