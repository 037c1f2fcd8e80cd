"""UniFi's keyed API (Network 9.1 and later) as a conversation: the site, the client at it, one action.

A client that has only just joined may not be listed yet: that is worth another try. Never acts on a client whose address
is not the one that was asked for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from radius.nas import replies
from radius.nas.family import Outcome, Request
from radius.nas.mac import read

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from radius.nas.family import Gateway, Response, Words

_ROOT: Final = "/proxy/network/integration/v1"
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PAGE: Final = 200
_MOST_PAGES: Final = 10


def act(gateway: Gateway, station: str, action: Mapping[str, Any]) -> Generator[Request, Response, Outcome]:
    """Find the site and the client, and have `action` done to it; `station` as aa:bb:cc:dd:ee:ff."""
    options = gateway.options
    base = options.api_url.rstrip("/")
    root = base if base.endswith("/v1") else base + _ROOT
    key = options.api_secret.octets.decode("utf-8", "replace") if options.api_secret else ""
    headers = (("X-API-KEY", key), ("Accept", "application/json"))
    site = yield from _site(root, headers, options.site or "default")
    if isinstance(site, Outcome):
        return site
    where = quote(f"macAddress.eq('{station}')", safe="")
    reply = yield Request("GET", f"{root}/sites/{site}/clients?filter={where}", headers)
    if reply.status != 200:
        return replies.failed("looking for the station", reply, _told(reply))
    found = (row for row in replies.rows(replies.table(reply), "data") if read(replies.word(row.get("macAddress"))) == read(station))
    client = next((known for row in found if (known := _id(row))), "")
    if not client:
        return Outcome(done=False, text="looking for the station: the console does not list it", again=True)
    reply = yield Request("POST", f"{root}/sites/{site}/clients/{client}/actions", headers, action)
    if not 200 <= reply.status < 300:
        return replies.failed(str(action["action"]), reply, _told(reply))
    return Outcome(done=True, text=str(action["action"]))


def _site(root: str, headers: Words, wanted: str) -> Generator[Request, Response, str | Outcome]:
    """The id of the site with this id, internal reference or name."""
    if _UUID.fullmatch(wanted):
        return wanted
    for page in range(_MOST_PAGES):
        reply = yield Request("GET", f"{root}/sites?offset={page * _PAGE}&limit={_PAGE}", headers)
        if reply.status != 200:
            return replies.failed("looking for the site", reply, _told(reply))
        listed = replies.rows(replies.table(reply), "data")
        for name in ("id", "internalReference", "name"):
            if found := next((known for row in listed if row.get(name) == wanted and (known := _id(row))), ""):
                return found
        if len(listed) < _PAGE:
            break
    return Outcome(done=False, text=f"looking for the site: the console has none called {wanted}")


def _id(row: Mapping[str, Any]) -> str:
    """An id that may stand in a path."""
    return quote(replies.word(row.get("id")), safe="")


def _told(reply: Response) -> str:
    return replies.word(replies.table(reply).get("message"))
