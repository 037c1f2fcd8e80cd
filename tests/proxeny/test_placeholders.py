"""Placeholders: a value is what it was to whoever reads the request, whatever it holds."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, parse_qsl, urlsplit
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as some

from proxeny import placeholders
from proxeny.placeholders import FORM, JSON, XML

HOSTILE = "a\"b\\c&d=e;f<g>%20+ é\u2028\r\nBcc: x\x00{to}{secret}$'📚"
VALUES = {"to": "+14165550123", "digits": "14165550123", "text": HOSTILE, "id": "17", "secret": "s"}


def of(text: str) -> dict[str, str]:
    return {**VALUES, "text": text}


@given(some.text())
def test_json(text: str) -> None:
    """Within quotes, a string that ends where the template says."""
    read = json.loads(placeholders.in_body('{"to": "{to}", "text": "{text}", "x": {"id": "{id}"}}', JSON, of(text)))
    assert {"to": "+14165550123", "text": text, "x": {"id": "17"}} == read


@given(some.text(some.characters(exclude_categories=["Cs"])))
def test_forms_and_urls(text: str) -> None:
    """One field each, in a body and in a query; a path keeps its parts."""
    assert [("to", "+14165550123"), ("text", text)] == parse_qsl(
        placeholders.in_body("to={to}&text={text}", FORM, of(text)).decode("ascii"), keep_blank_values=True
    )
    url = urlsplit(placeholders.in_url("https://sms.example/{digits}/x?to={to}&text={text}", of(text)))
    assert ("sms.example", "/14165550123/x", "") == (url.netloc, url.path, url.fragment)
    assert {"to": ["+14165550123"], "text": [text]} == parse_qs(url.query, keep_blank_values=True)


def test_xml() -> None:
    """In text and in attributes; what no document may hold is left out."""
    read = ET.fromstring(placeholders.in_body('<sms to="{to}" note="{text}">{text}</sms>', XML, VALUES))
    assert ("+14165550123", HOSTILE.replace("\x00", ""), HOSTILE.replace("\x00", "")) == (read.get("to"), read.get("note"), read.text)


@pytest.mark.parametrize("value", ["a\r\nX: y", "é", "a\x00"])
def test_a_header_holds_one_line_of_ascii(value: str) -> None:
    """Anything else is refused, not mended."""
    assert "Bearer s" == placeholders.in_header("Bearer {secret}", VALUES)
    with pytest.raises(ValueError, match="printable"):
        placeholders.in_header("Bearer {secret}", {**VALUES, "secret": value})


def test_a_value_is_not_looked_through() -> None:
    """A text that says {secret} sends those letters."""
    assert b"text=%7Bsecret%7D" == placeholders.in_body("text={text}", FORM, of("{secret}"))


def test_kinds() -> None:
    """As the header says; without one, as the body looks."""
    assert [JSON, FORM, FORM, XML, "text/xml"] == [
        placeholders.media_type(*each)
        for each in (("", ' {"a": 1}'), ("", "a=b"), ("", ""), ("application/xml; charset=utf-8", ""), ("Text/XML", "{"))
    ]
    assert [True, False] == [placeholders.takes(kind) for kind in (JSON, "text/plain")]
