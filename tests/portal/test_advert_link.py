"""portal/cases/link.py: where an advert may lead."""

from __future__ import annotations

import pytest

from portal.cases import link

GOOD = {
    "https://bakery.example/": "bakery.example",
    "https://bakery.example/menu?day=1#bread": "bakery.example",
    "https://www.bakery.example:8443/": "www.bakery.example",
    "https://xn--bcker-gra.example/": "xn--bcker-gra.example",
}
BAD = (
    "http://bakery.example/",
    "https://",
    "https://bakery",
    "https://localhost/",
    "https://shop.localhost/",
    "https://printer.local/",
    "https://router.lan/",
    "https://router.home.arpa/",
    "https://stra\u00dfe.example/",
    "https://10.0.0.1/",
    "https://127.1/",
    "https://0x7f.1/",
    "https://2130706433/",
    "https://[::1]/",
    "https://user@bakery.example/",
    "https://bakery.example@evil.example/",
    "https://bakery.example\\@evil.example/",
    "https://bakery.example/\x01",
    "https://bakery.example/ menu",
    "https://bak<b>.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "//bakery.example/",
    "https://bakery.example:99999/",
    "https://bakery.example./",
    "https://" + "a" * 500 + ".example/",
)


@pytest.mark.parametrize("typed", GOOD)
def test_a_link_leads_to_a_named_host(typed: str) -> None:
    """Which is shown beside it."""
    assert ("", GOOD[typed]) == (link.fault(typed), link.host(typed))


@pytest.mark.parametrize("typed", BAD)
def test_what_leads_elsewhere_is_refused_in_words(typed: str) -> None:
    """And names no host."""
    assert (True, "") == (bool(link.fault(typed)), link.host(typed))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("  bakery.example ", "https://bakery.example"),
        ("bakery.example/menu", "https://bakery.example/menu"),
        ("https://bäcker.example/x", "https://xn--bcker-gra.example/x"),
        ("https://bаkery.example/", "https://xn--bkery-4ve.example/"),  # the second letter is Cyrillic
        ("http://bakery.example", "http://bakery.example"),
        ("Https://Bakery.example/Menu", "https://bakery.example/Menu"),  # a phone's keyboard begins with a capital
        ("https://BÄCKER.example", "https://xn--bcker-gra.example"),
        ("https://stra\u00dfe.example/", "https://stra\u00dfe.example/"),  # not strasse.example, which is somebody else's
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("https://[::1", "https://[::1"),
        ("\u2028", ""),
    ],
)  # fmt: skip
def test_what_was_meant_is_kept(typed: str, kept: str) -> None:
    """The scheme that nobody types on a phone; a host in the letters that browsers compare."""
    assert kept == link.tidied(typed)
