"""A page out of its template: in the guest's language, with what every page shows. Never decides what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from flask import Response, current_app, g, make_response, render_template, request
from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from portal import languages, style, words
from portal.guest.choices import choices
from portal.kit import kit
from radius.nas.query import origin

if TYPE_CHECKING:
    from radius.nas.family import Browse


_LONGEST: Final = 512  # characters of a path that is worth repeating


def page(template: str, status: int = 200, **values: Any) -> Response:
    """The answer with this page."""
    tools = kit()
    door = g.door
    offered = [way.partition(":")[2] for way in door.ways if way.startswith("oidc:")] if door is not None else []
    g.origins = (*g.origins, *(each for name in offered if name in tools.oidc for each in tools.oidc[name].origins))
    accent = door.words.accent if door is not None else ""
    g.pictures = g.pictures or bool(door is not None and door.words.logo)
    shared = {
        "style": style.style(accent, g.scheme).sheet,
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
        "marked": marked,
        "lang": lambda texts: marked(languages.told_in(texts, g.language)),
        "here": _here,
        "place_of": lambda site: found.name if (found := g.doors.venues.get(site)) is not None else "",
        "at": g.get("token", ""),
        "choices": choices(door, g.get("token", ""), tools.house.providers, g.language) if door is not None else [],
    }
    return make_response(words.one_stop(render_template(template, **shared | values)), status)


def marked(language: str) -> Markup:
    """What an element says of its text where that is in another language than the page (WCAG 2.2, 3.1.2)."""
    if language in ("", g.language):  # "": for all of them
        return Markup("")
    return Markup(' lang="{}" dir="{}"').format(language, languages.locale(language, "").text_direction)


def network() -> str:
    """The Wi-Fi's name: the one that this guest came by, else the first that leads to the portal; "" where none is declared."""
    come = g.visit.arrival.ssid if g.get("visit") is not None else ""
    names: tuple[str, ...] = g.doors.ssids
    return come if come in names else next(iter(names), "")


def href(path: str, **query: str) -> str:
    """A link of ours that keeps the language that was chosen by a link."""
    if kit().still:
        return "#"
    said = query if "lang" in query or not g.chosen else query | {"lang": g.chosen}
    return path + ("?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in said.items() if value) if any(said.values()) else "")


def _here(language: str) -> str:
    """This page in another language: what came by POST, or with a gateway's query, has an address of its own."""
    token = g.get("token", "")
    if request.path.startswith(("/in/", "/guest/")) or not _shown():
        path = "/help" if not token else f"/{'v' if g.get('stay') is None else 's'}/{token}"
        return href(path, lang=language)
    return href(quote(request.path), lang=language, at="" if "token" in (request.view_args or {}) else token)


def _shown() -> bool:
    """Whether this address is a page of its own; that of a form's answer may be one, too."""
    if request.method == "GET":
        return request.url_rule is not None or len(request.path) < _LONGEST
    try:
        current_app.url_map.bind("").match(request.path, method="GET")
    except (HTTPException, RequestRedirect):
        return False
    return True


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
