"""A page out of its template: in the guest's language, with what every page shows. Never decides what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from flask import Response, g, make_response, render_template, request

from portal import languages, style, words
from portal.kit import kit
from radius.nas.query import origin

if TYPE_CHECKING:
    from radius.nas.family import Browse


_OF_VISIT: Final = frozenset({"arrivals.entrance", "arrivals.console", "visits.again", "visits.go"})
_LONGEST: Final = 512  # characters of a path that is worth repeating


def page(template: str, status: int = 200, **values: Any) -> Response:
    """The answer with this page."""
    tools = kit()
    door = g.door
    accent = door.words.accent if door is not None else ""
    shared = {
        "style": style.style(accent).sheet,
        "door": door,
        "place": door.place if door is not None else "",
        "network": network(),
        "number": g.number,
        "language": str(g.locale).replace("_", "-"),
        "direction": g.locale.text_direction,
        "languages": [(each, (languages.locale(each, "").get_display_name(each) or each).capitalize()) for each in g.languages],
        "spoken": g.language,
        "kept": words.kept(tools.house.retention_days),
        "forgotten": words.kept(tools.house.device_days),
        "words": words,
        "href": href,
        "text": lambda texts: languages.text(texts, g.language),
        "here": _here,
        "at": g.get("token", ""),
    }
    return make_response(render_template(template, **shared | values), status)


def network() -> str:
    """The Wi-Fi's name: the one that this guest came by, else the first that leads to the portal; "" where none is declared."""
    come = g.visit.arrival.ssid if g.get("visit") is not None else ""
    names: tuple[str, ...] = g.doors.ssids
    return come if come in names else next(iter(names), "")


def href(path: str, **query: str) -> str:
    """A link of ours that keeps the language that was chosen by a link."""
    said = query if "lang" in query or not g.chosen else query | {"lang": g.chosen}
    return path + ("?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in said.items() if value) if any(said.values()) else "")


def _here(language: str) -> str:
    """This page in another language: what came by POST, or with a gateway's query, has an address of its own."""
    token = g.get("token", "")
    if g.get("stay") is not None:
        path = f"/s/{token}" if token else "/"
    elif g.get("visit") is not None and request.endpoint in _OF_VISIT:
        path = f"/v/{token}"
    elif request.method == "GET" and len(request.path) < _LONGEST and not request.path.startswith(("/in/", "/guest/")):
        return href(quote(request.path), lang=language, at=token)
    else:
        path = "/help"
    return href(path, lang=language)


def away(url: str) -> Response:
    """The browser goes there, by GET."""
    answer = make_response("", 303)
    answer.headers["Location"] = url
    return answer


def onward(browse: Browse) -> Response:
    """The browser goes to the gateway: at once by GET, with a button of ours by POST."""
    g.origins = (origin(browse.url),)
    if browse.method == "GET":
        return away(browse.url)
    warned = kit().house.secure and not browse.url.startswith("https://")  # Chromium asks before it sends such a form
    return page("onward.html", browse=browse, warned=warned)
