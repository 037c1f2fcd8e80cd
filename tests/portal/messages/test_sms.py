"""The SMS's words: one segment where the language allows it, and a last line that phones understand."""

from __future__ import annotations

import pytest

from portal.messages import sms_code
from portal.messages.sms import segments, size

ORIGIN = "https://wifi.city.example:8443"


def test_in_english() -> None:
    """Where, the code, how long; the last line binds the code to our pages, by host alone."""
    assert (
        "Central Library: 482913 is your Wi-Fi code. It works for 15 minutes. Give it to nobody.\n\n@wifi.city.example #482913"
    ) == sms_code("en", "Central Library", "City Wi-Fi", "482913", ORIGIN, 15).text


def test_in_french() -> None:
    """In the GSM alphabet: è and à are in it, ê and a no-break space are not."""
    text = sms_code("fr", "Bibliothèque de la Forêt", "Wi-Fi", "482913", ORIGIN, 15).text
    assert (
        "Bibliothèque de la Foret: 482913 est votre code Wi-Fi. Il est valable 15 minutes. Ne le donnez à personne."
        "\n\n@wifi.city.example #482913"
    ) == text
    assert 1 == segments(text)


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8080", "", "nothing"])
def test_only_pages_by_https_bind_a_code(origin: str) -> None:
    """No phone heeds another's last line, so there is none."""
    assert "@" not in sms_code("en", "Central Library", "City Wi-Fi", "482913", origin, 15).text


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("place", ["", "L’Île-Perrot – œuvre «Ô»", "x" * 500, "مكتبة المدينة المركزية", "中央图书馆", "📚" * 40, "a\r\nb"])
@pytest.mark.parametrize("origin", [ORIGIN, f"https://{'very-' * 8}long.city.example"])
def test_one_segment_whatever_the_place(language: str, place: str, origin: str) -> None:
    """What does not fit is left out: first how long, then where; never the code, nor the last line."""
    text = sms_code(language, place, "City Wi-Fi", "482913", origin, 15).text
    assert 1 == segments(text)
    assert text.split("\n")[0].count("482913") == 1
    assert text.endswith(" #482913")


def test_sizes() -> None:
    """160 septets or 70 units in one SMS; 153 and 67 in each of several. An astral character is two units."""
    assert (160, 2, None, 5) == (size("a" * 160), size("€"), size("ê"), size("@£à\n!"))
    assert [1, 2, 2, 3] == [segments("a" * count) for count in (160, 161, 306, 307)]
    assert [1, 2, 2, 3] == [segments("ê" * count) for count in (70, 71, 134, 135)]
    assert [1, 2] == [segments("📚" * count) for count in (35, 36)]
