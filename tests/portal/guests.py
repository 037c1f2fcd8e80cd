"""What a guest does on the pages, for the tests of them."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from tests.portal.world import coova

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse


def forms(page: TestResponse | str) -> list[str]:
    """The addresses that the page's forms are sent to."""
    return [unescape(action) for action in re.findall(r'<form[^>]* action="([^"]*)"', page if isinstance(page, str) else page.text)]


def links(page: TestResponse) -> list[str]:
    """The addresses that the page's links lead to."""
    return [unescape(address) for address in re.findall(r'<a[^>]* href="([^"]*)"', page.text)]


def heading(page: TestResponse) -> str:
    """The page's one heading of the first rank."""
    found = re.findall(r"<h1>(.*?)</h1>", page.text, re.DOTALL)
    assert 1 == len(found)
    return unescape(found[0])


def arrive(guest: FlaskClient, path: str = "", **words: str) -> str:
    """The address that page one's button is sent to."""
    page = guest.get(path or coova(**words))
    assert 200 == page.status_code, page.text
    return forms(page)[0]


def connect(guest: FlaskClient, path: str = "") -> tuple[str, TestResponse]:
    """(status page, answer to the button) of a guest who pressed it."""
    answer = guest.post(arrive(guest, path))
    assert 303 == answer.status_code, answer.text
    stay = guest.get("/").headers["Location"]
    assert stay.startswith("/s/")
    return stay, answer


def sent_to(answer: TestResponse) -> tuple[str, dict[str, list[str]]]:
    """(address without query, query) of a redirect."""
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.scheme}://{parts.netloc}{parts.path}", parse_qs(parts.query)


def plain(page: TestResponse) -> str:
    """The page's text with ordinary spaces, for which of them stands where is the language's own affair; marks within a line left out."""
    return re.sub(r"[\u00a0\u202f]", " ", unescape(re.sub(r"</?(?:bdi|span)\b[^>]*>", "", page.text)))
