"""Other people's phones at the demo's gateway: each opens the first page once, and a few follow what a shop shows there.

They are what makes the shops' figures move: each visit is a page of the portal like anybody's, asked for under another address
of a station, at one of the gateway's access points. None signs in. Never faster than one in `PAUSE[0]` seconds.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from http.client import HTTPException
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin
from urllib.request import Request, build_opener

from proxeny.simulated.gateway import Setting, redirect

if TYPE_CHECKING:
    import random
    import threading
    from collections.abc import Callable, Sequence
    from typing import Any

PAUSE: Final = (2.0, 6.0)  # seconds from one to the next, at least and at most
CLICKS: Final = 0.12  # of those who see an advert, so many follow it
FRENCH: Final = 0.3  # so many phones are French
PATIENCE: Final = 5.0  # seconds for a page
_LINK: Final = re.compile(r'href="([^"]*/a/[^"]+)"')
_AGENT: Final = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"


def pass_by(setting: Setting, radios: Sequence[str], chance: random.Random, ended: threading.Event) -> None:
    """One after the other, until it has ended; a portal that does not answer has nobody."""
    browse = build_opener()
    while not ended.wait(chance.uniform(*PAUSE)):
        try:
            visit(setting, chance.choice(radios), chance, browse.open)
        except (OSError, HTTPException, ValueError):
            continue


def visit(setting: Setting, radio: str, chance: random.Random, browse: Callable[..., Any]) -> bool:
    """One phone: page one, and now and then the advert on it; whether that was followed."""
    station = "-".join(("02", "00", "5E", "40", *(f"{chance.randrange(256):02X}" for _ in range(2))))
    phone = replace(setting, mac=radio, station=station)
    headers = {"User-Agent": _AGENT, "Accept-Language": "fr" if chance.random() < FRENCH else "en"}
    address = redirect(phone, os.urandom(16), "notyet")
    with browse(Request(address, headers=headers), timeout=PATIENCE) as answer:  # noqa: S310  our own portal
        page = answer.read().decode()
    found = _LINK.search(page)
    if found is None or chance.random() >= CLICKS:
        return False
    shop = Request(urljoin(address, found[1].replace("&amp;", "&")), headers=headers)  # noqa: S310
    with browse(shop, timeout=PATIENCE) as answer:
        answer.read()
    return True
