"""The mails' words: whole in each language, both forms alike, and nothing of a stranger's in them but what was typed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from portal import messages
from portal.messages.letter import line, stranger
from portal.messages.mails import spaced

if TYPE_CHECKING:
    from store.messages import Content

LINK = "https://wifi.city.example/m/gAAAAbc-_"
PLACE, NETWORK = "Central Library", "City Wi-Fi"


def every(language: str, place: str = PLACE, network: str = NETWORK) -> list[Content]:
    return [
        messages.mail_code(language, place, network, "482913", LINK, 15),
        messages.mail_sign_in(language, network, LINK, 15),
        messages.mail_sponsor(language, place, network, "Guest 017", LINK, 120),
    ]


def test_a_code_in_english() -> None:
    """Where, the code, how long, the link, and what to do who did not ask."""
    mail = messages.mail_code("en", PLACE, NETWORK, "482913", LINK, 15)
    assert "Your Wi-Fi code · Central Library" == mail.subject
    assert (
        "City Wi-Fi · Central Library\n\nYour code is:\n\n482 913\n\n"
        "Type it on the page that is open on your device. It works for 15\nminutes.\n\n"
        "Was that you? You can also say so here, and your device stays online.\n\n"
        f"Yes, that was me\n{LINK}\n\n"
        "If you did not ask for it, do nothing. Give the code to nobody: we never\nask you for it.\n"
    ) == mail.text


@pytest.mark.parametrize("language", ["en", "fr", "fr-CA", "xx", ""])
def test_both_forms_say_the_same(language: str) -> None:
    """Who reads HTML reads what who reads plain text does; lines are short, and the link is whole."""
    for mail in every(language):
        plain = " ".join(mail.text.replace(LINK, "").split())
        seen = " ".join(re.sub(r"<style>.*</style>|<title>.*</title>", "", mail.html).split())
        seen = " ".join(re.sub(r"<[^>]*>", " ", seen).replace("&#39;", "'").split())
        assert plain == seen
        assert (LINK in mail.text) == (LINK in mail.html)
        assert max(map(len, mail.text.splitlines())) <= 78


@pytest.mark.parametrize("language", ["en", "fr"])
def test_nothing_is_fetched_and_nobody_is_followed(language: str) -> None:
    """No image, no script, no style from elsewhere, no address but the one to press."""
    for mail in every(language):
        assert {LINK} >= set(re.findall(r"https?:[^\"\s<]+", mail.html))
        assert [] == re.findall(r"<(?:img|script|link|iframe|object)|url\(|@import", mail.html)
        assert "color-scheme:light dark" in mail.html
        assert [] == re.findall(r"(?:background|[^-]color):#", mail.html)  # the reader's own colours


def test_french_is_french() -> None:
    """Whole sentences in French, with its own numbers; what no catalogue has is English."""
    mail = messages.mail_code("fr", "Bibliothèque centrale", NETWORK, "482913", LINK, 15)
    assert "Votre code Wi-Fi · Bibliothèque centrale" == mail.subject
    assert '<html lang="fr" dir="ltr">' in mail.html
    assert "Il est valable 15 minutes." in mail.html
    assert [a.text for a in every("xx")] == [b.text for b in every("en")]
    for french, english in zip(every("fr"), every("en"), strict=True):
        assert not set(french.text.split("\n\n")[1:]) & (set(english.text.split("\n\n")[1:]) - {"482 913\n", "482 913", "Guest 017"})


def test_a_language_from_right_to_left_is_set_so() -> None:
    """Even before it has a catalogue."""
    assert 'lang="ar" dir="rtl"' in messages.mail_sign_in("ar", NETWORK, LINK, 15).html


def test_names_are_words_and_nothing_else() -> None:
    """Neither markup nor a line of their own; a stranger's is short, and nothing in it becomes a link."""
    hostile = '<b>x</b>\r\nBcc: a@b.example "\u202e http://evil.example/x www.evil.example'
    for mail in every("en", hostile, hostile):
        assert "<b>" not in mail.html
        assert "\n" not in mail.subject
        assert "\r" not in mail.subject + mail.text
    mail = messages.mail_sponsor("en", PLACE, NETWORK, hostile + "x" * 500, LINK, 30)
    said = mail.text.split("\n\n")[2].replace("\n", " ")
    assert [] == re.findall(r"\w\.\w|://", said)
    assert len(said.replace("\u200b", "")) <= 80
    assert "<b>" not in mail.html


def test_lines() -> None:
    """Controls and what turns text round are spaces, and spaces are single."""
    assert "a b c" == line("a\r\n b\u202e\u2066 \x00c\ufeff")
    assert "a:\u200b/\u200b/\u200bb.\u200bc" == stranger("a://b.c")
    assert ["482 913", "1234", "123 45", ""] == [spaced(code) for code in ("482913", "1234", "12345", "")]


def test_a_place_without_a_name() -> None:
    """The network's stands alone."""
    mail = messages.mail_code("en", "", NETWORK, "482913", LINK, 15)
    assert ("Your Wi-Fi code · City Wi-Fi", "City Wi-Fi") == (mail.subject, mail.text.split("\n")[0])
    assert "Your Wi-Fi code" == messages.mail_code("en", "", "", "482913", LINK, 15).subject
