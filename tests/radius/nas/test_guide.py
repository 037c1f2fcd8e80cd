"""Guides: filled in with a gateway's own values, holding no secret."""

from __future__ import annotations

import re

import pytest

from radius.nas import FAMILIES, guide
from radius.secret import Secret
from tests.radius.nas.gateways import KEY, PORTAL, gateway

WORDS = {"radius_address": "192.0.2.10", "auth_port": 1812, "acct_port": 1813, "ssid": "City Wi-Fi"}


def filled(family: str, **options: object) -> dict[str, str]:
    return guide.words(gateway(family, **options), **WORDS)  # type: ignore[arg-type]


def test_every_placeholder_has_a_word() -> None:
    """What is listed is what is filled in."""
    assert list(guide.PLACEHOLDERS) == list(filled("coova"))
    assert [] == [name for name, word in filled("coova").items() if not word]


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_every_family_has_a_guide_that_fills_in(family: str) -> None:
    """A template for each, with known places only, an entrance, and a section on what is not certain."""
    text = guide.template(family)
    assert set(re.findall(r"\{\{ *(\w+) *\}\}", text)) <= set(guide.PLACEHOLDERS)
    rendered = guide.render(text, filled(family))
    assert "{{" not in rendered
    assert "## Not certain" in rendered
    assert rendered.startswith("# ")


def test_a_guide_says_the_gateways_own_values() -> None:
    """The options where there are any, the entrance of the very gateway, and never a secret."""
    words = filled("mikrotik", login_url="http://hotspot.city.example", uam_secret=Secret(b"never shown"))
    text = guide.render(guide.template("mikrotik"), words)
    assert 'login_url = "http://hotspot.city.example"' in text
    assert f"{PORTAL}/in/mikrotik/{KEY}?mac=$(mac-esc)" in text
    assert not [word for word in words.values() if "never shown" in word]


@pytest.mark.parametrize("family", [name for name in sorted(FAMILIES) if FAMILIES[name].radius])
def test_a_secret_stands_where_it_belongs_for_once(family: str) -> None:
    """Where the guide may say the secret, it says it and not where it is found; otherwise the reverse."""
    told = {"secret": "told-for-once", "uam_secret": "told-too"}
    shown = guide.render(guide.template(family), guide.words(gateway(family), **WORDS, shown=told))
    assert (True, False) == ("told-for-once" in shown, "in the network file)" in shown)
    kept = guide.render(guide.template(family), guide.words(gateway(family), **WORDS, stored="(see {} of {})"))
    assert (False, True) == ("told-for-once" in kept, "(see secret of" in kept)


@pytest.mark.parametrize("family", ["coova", "mikrotik", "cisco-lwa"])
def test_a_login_is_written_as_it_was_declared(family: str) -> None:
    """With its port, once; and the gateway's own address where it has one."""
    text = guide.render(guide.template(family), guide.words(gateway(family, "198.51.100.9", login_url="http://10.9.0.1:3999"), **WORDS))
    assert '"http://10.9.0.1:3999"' in text
    assert ":3999:" not in text
    assert 'address = "198.51.100.9"' in text


@pytest.mark.parametrize("family", ["", "../family", "nobody", "coova.md"])
def test_what_is_no_family_has_no_guide(family: str) -> None:
    """No other file is read."""
    with pytest.raises(KeyError):
        guide.template(family)


def test_a_forgotten_word_is_told() -> None:
    """A place without a word is an error, not a gap."""
    with pytest.raises(KeyError, match="ssid"):
        guide.render("{{ ssid }}", {})
