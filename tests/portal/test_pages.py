"""What holds for every page: headers, one style by its hash, no script, nothing from elsewhere, whole in both languages."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.screens.states import STATES

if TYPE_CHECKING:
    from tests.portal.gallery import Gallery, Shown

EVERY = [(name, language) for name in STATES for language in ("en", "fr")]
VOID = {"meta", "link", "br", "img", "input", "hr", "path", "circle", "rect"}
WORDS = {"Sign out", "Connect", "Privacy", "Terms of use", "Help", "Accessibility", "Try again", "It is", "You are", "Back"}
KEPT = {"at": "public, max-age=60", "shop": "public, max-age=60"}  # pages that know nobody, where nobody is known
OWN = {"canonical", "alternate"}


class Outline(HTMLParser):
    """What is in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and (not self.open or self.open.pop() != tag):
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"style", "title", "script"}:
            self.words.append(data.strip())


@pytest.fixture(params=EVERY, ids="-".join)
def shown(request: pytest.FixtureRequest, gallery: Gallery) -> tuple[str, Shown, str]:
    """(language, page, how long it may be kept) of each state."""
    name, language = request.param
    return language, gallery.shown(name, language), KEPT.get(name, "no-store")


def _said_to_machines(tag: str, attributes: dict[str, str | None]) -> bool:
    """What a browser neither runs nor fetches: facts for whoever reads pages, and the page's own addresses."""
    return (tag, attributes.get("type")) == ("script", "application/ld+json") or (tag == "link" and attributes.get("rel") in OWN)


def test_each_page(shown: tuple[str, Shown, str]) -> None:
    """Headers, hash, origins, size, outline; nothing of English in French; the way to the other language: one look at each page."""
    language, page, city = shown[0], shown[1].answer, shown[1].city
    outline = Outline(page.text)
    assert ([], []) == (outline.wrong, outline.open)
    policy = dict(part.split(" ", 1) for part in page.headers["Content-Security-Policy"].split("; "))
    sheets = re.findall(r"<style>(.*?)</style>", page.text, re.DOTALL)
    assert 1 == len(sheets)
    digest = base64.b64encode(hashlib.sha256(sheets[0].encode()).digest()).decode()
    assert ("'none'", f"'sha256-{digest}'", "'none'", "'none'") == tuple(
        policy[name] for name in ("default-src", "style-src", "frame-ancestors", "base-uri")
    )
    assert set() == set(policy["form-action"].split()) - {"'self'", "http://10.1.0.1:3990", "https://id.city.example"}
    assert ("no-referrer", shown[2], "nosniff") == tuple(
        page.headers[name] for name in ("Referrer-Policy", "Cache-Control", "X-Content-Type-Options")
    )
    tags = {tag for tag, attributes in outline.tags if not _said_to_machines(tag, attributes)}
    assert set() == tags & {"script", "iframe", "link", "object", "embed", "base", "video", "audio", "picture"}
    assert [] == [name for _, attributes in outline.tags for name in attributes if name.startswith("on") or name == "style"]
    assert len(page.data) <= 100 * 1024
    fetched = [value or "" for _, attributes in outline.tags for name, value in attributes.items() if name in {"src", "action"}]
    assert [] == [address for address in fetched if urlsplit(address).netloc]
    assert [] == [tag for tag, attributes in outline.tags if tag == "img" and not (attributes["src"] or "").startswith("/media/")]
    away = [attributes for tag, attributes in outline.tags if tag == "a" and urlsplit(attributes["href"] or "").netloc]
    assert [] == [attributes for attributes in away if attributes.get("rel") != "noreferrer"]
    html = dict(outline.tags)["html"]
    assert (f"{language}-CA", "ltr") == (html["lang"], html["dir"])
    assert 1 == sum(tag == "h1" for tag, _ in outline.tags)
    assert "refresh" not in page.text.lower()
    if language == "fr":
        assert [] == [word for word in outline.words if any(f"{word} ".startswith(f"{each} ") for each in WORDS)]
    other = "en" if language == "fr" else "fr"
    address = re.search(rf'<a href="([^"]+)" lang="{other}"', page.text)
    assert address is not None
    assert f'<html lang="{other}-CA"' in city.client().get(address[1].replace("&amp;", "&")).text
