"""`proxeny guide CLIENT`: a gateway's set-up with its own values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from radius.nas import FAMILIES
from tests.proxeny.installation import SECRET, SETTINGS

if TYPE_CHECKING:
    from tests.proxeny.installation import Installation

GUEST = '[guest]\nurl = "https://wifi.city.example"\n'
OPTIONS = "\n".join(
    (
        f'uam_secret = "{SECRET}"',
        f'fas_key = "{SECRET}"',
        f'api_secret = "{SECRET}"',
        'login_url = "http://10.1.0.1"',
        'api_url = "https://c.example"',
    )
)
GATEWAY = '[[client]]\nname = "box"\nnas = "{nas}"\nkey = "0123456789abcdef"\naddress = "192.0.2.1"\n{secret}[client.options]\n{options}\n'


@pytest.mark.parametrize("nas", sorted(FAMILIES))
def test_every_familys_guide_is_filled_in(installed: Installation, nas: str) -> None:
    """Name and entrance of the gateway stand in its guide, no mark is left, and no secret is shown."""
    installed.settings.write_text(SETTINGS + GUEST)
    secret = f'secret = "{SECRET}"\n' if FAMILIES[nas].radius else ""
    assert 0 == installed.apply(GATEWAY.format(nas=nas, secret=secret, options=OPTIONS)).exit_code
    result = installed.run("guide", "box")
    assert (0, "") == (result.exit_code, result.stderr)
    assert "box" in result.stdout
    assert "{{" not in result.stdout
    assert SECRET not in result.stdout


def test_what_is_missing_is_told(installed: Installation) -> None:
    """An unknown client with the nearest name; settings without pages with what to write."""
    installed.apply(GATEWAY.format(nas="coova", secret=f'secret = "{SECRET}"\n', options=""))
    assert (1, 'CLIENT: there is no client "bx". Did you mean "box"?\n') == (
        (result := installed.run("guide", "bx")).exit_code,
        result.stderr,
    )
    assert "guest: there is no such section, so no page to send guests to. Write [guest] with a url" in installed.run("guide", "box").stderr


def test_hosts_that_guests_need_before_they_are_online(installed: Installation) -> None:
    """Where a portal has a provider, its guide ends with the names to let through; elsewhere there is no such section."""
    provider = 'issuer = "https://id.city.example/wifi"\nclient_id = "w"\nclient_secret = "s"\nlabel = "City"\n'
    gate = GATEWAY.format(nas="coova", secret=f'secret = "{SECRET}"\n', options="")
    portal = '[[plan]]\nname = "visitor"\n[[portal]]\nname = "city"\nplan = "visitor"\nways = ["terms"]\n'
    installed.settings.write_text(f'{SETTINGS}{GUEST}[oidc.city]\n{provider}walled_garden = ["*.login.example"]\n')
    assert 0 == installed.apply(portal + gate).exit_code
    assert "## Before sign-in" not in installed.run("guide", "box").stdout
    assert 0 == installed.apply(portal.replace('"terms"', '"terms", "oidc:city"') + gate).exit_code
    told = installed.run("guide", "box").stdout.partition("## Before sign-in")[2]
    assert ["- `id.city.example`", "- `*.login.example`"] == [line for line in told.splitlines() if line.startswith("- ")]
