"""Guests with an account, for the tests of their own pages: signed in by a voucher, and let into /me."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.portal.guests import links
from tests.portal.vouchers import codes, form, say, take

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.portal.world import World


def sign_in(city: World, number: int = 7, code: str = "", devices: int = 3) -> tuple[FlaskClient, str, str]:
    """(browser, its stay, the code) of a device that used a voucher: a fresh one where none is given."""
    take(city, "terms")
    code = code or codes(city, devices=devices)[0]
    guest = city.client()
    answer = say(guest, form(guest, number), code)
    assert 303 == answer.status_code, answer.text
    return guest, guest.get("/").headers["Location"], code


def me(guest: FlaskClient, stay: str) -> str:
    """The path of the account's pages, just after the proof."""
    answer = guest.get(f"{stay}/me")
    assert (303, "/me/") == (answer.status_code, answer.headers["Location"][:4]), answer.text
    return str(answer.headers["Location"])


def devices(guest: FlaskClient, path: str) -> list[str]:
    """The addresses of the account's devices."""
    page = guest.get(path)
    assert 200 == page.status_code, page.text
    return [link for link in links(page) if re.search(r"/device/[0-9a-f]{18}$", link)]
