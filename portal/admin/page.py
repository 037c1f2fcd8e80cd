"""A page of the staff app out of its template, with what every page shows: who is here, where they are, what they may open.

A request that carries X-Fragment gets the same page without its frame, with an ETag: that is how numbers stay fresh
(static/live.js). Never decides what a page says.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import g, make_response, render_template, request
from flask_babel import lazy_gettext as _

from portal import languages, words
from portal.admin import assets
from portal.admin.desk import desk
from portal.permissions import Permission, may

if TYPE_CHECKING:
    from flask import Response


LONG_AGO: Final = timedelta(days=200)


class Place(NamedTuple):
    """One entry of the navigation."""

    path: str
    title: Any
    permission: Permission


# decisions-portal 24; what a later version brings is not shown before it is there
NAVIGATION: Final[tuple[tuple[Any, tuple[Place, ...]], ...]] = (
    (
        _("Now"),
        (
            Place("/", _("Overview"), Permission.OVERVIEW),
            Place("/trace", _("Trace"), Permission.TRACE),
            Place("/sessions", _("Sessions"), Permission.SESSIONS),
            Place("/alerts", _("Alerts"), Permission.ALERTS),
        ),
    ),
    (
        _("Network"),
        (
            Place("/sites", _("Sites"), Permission.NETWORK),
            Place("/access-points", _("Access points"), Permission.NETWORK),
            Place("/gateways", _("Gateways"), Permission.NETWORK),
            Place("/homes", _("Homes and realms"), Permission.NETWORK),
            Place("/policy", _("Policy"), Permission.NETWORK),
            Place("/certificates", _("Certificates"), Permission.NETWORK),
        ),
    ),
    (
        _("Guests"),
        (
            Place("/desk", _("Desk"), Permission.GUESTS),
            Place("/accounts", _("Accounts"), Permission.GUESTS),
            Place("/vouchers", _("Vouchers"), Permission.VOUCHERS),
            Place("/plans", _("Plans"), Permission.NETWORK),
            Place("/portals", _("Portal pages"), Permission.NETWORK),
        ),
    ),
    (
        _("Splash"),
        (
            Place("/review", _("Review"), Permission.SPLASH),
            Place("/businesses", _("Businesses"), Permission.SPLASH),
            Place("/calendar", _("Calendar"), Permission.SPLASH),
            Place("/house", _("City’s own"), Permission.SPLASH),
        ),
    ),
    (
        _("Reports"),
        (
            Place("/analytics", _("Analytics"), Permission.REPORTS),
            Place("/visitors", _("Visitors"), Permission.REPORTS),
            Place("/open-data", _("Open data"), Permission.REPORTS),
        ),
    ),
    (
        _("System"),
        (
            Place("/staff", _("Staff and roles"), Permission.STAFF),
            Place("/audit", _("Audit log"), Permission.AUDIT),
            Place("/privacy", _("Privacy"), Permission.PRIVACY),
            Place("/jobs", _("Jobs and messages"), Permission.JOBS),
            Place("/webhooks", _("Webhooks"), Permission.WEBHOOKS),
            Place("/tokens", _("API"), Permission.TOKENS),
            Place("/health", _("Settings health"), Permission.HEALTH),
            Place("/backups", _("Backups"), Permission.HEALTH),
        ),
    ),
)


def page(template: str, status: int = 200, **values: Any) -> Response:
    """The answer with this page: templates/staff/<template>, which extends `frame`."""
    from portal.admin.guard import form_token  # noqa: PLC0415  the guard shows pages, too

    fragment = request.headers.get("X-Fragment", "")
    shared = {
        "frame": "fragment.html" if fragment else "layout.html",
        "staff": g.staff,
        "shop": g.shop,
        "acts": g.acts,
        "second": desk().office.second,
        "whole": g.staff is not None and g.session.step.value == "whole",
        "may": lambda name: g.staff is not None and may(g.staff.role, Permission[name]),
        "navigation": navigation(),
        "token": form_token(),
        "asset": assets.url,
        "language": str(g.locale).replace("_", "-"),
        "direction": g.locale.text_direction,
        "languages": [(each, (languages.locale(each, "").get_display_name(each) or each).capitalize()) for each in languages.LANGUAGES],
        "spoken": g.language,
        "number": g.number,
        "words": words,
        "now": g.now,
        "zone": desk().zone(),
        "when": when,
        "path": request.path,
        "demo": desk().office.demo,
        "help": desk().office.help,
        "asking": desk().office.help.linked,
        **({"under": "/house"} if g.shop is not None and g.shop.house else {}),  # where navigation has it: what is the city's own
        "notice": request.args.get("done", "") if status < 400 and ours() else "",
    }
    answer = make_response(words.one_stop(render_template(template, **shared | values)), status)
    if fragment and status == 200:
        answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest()[:24])
        answer.make_conditional(request)
    return answer


def ours() -> bool:
    """Whether a page of ours led here: in the words of another site's link, or a mail's, nothing is told and nothing offered."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"


def navigation() -> list[tuple[Any, list[Place]]]:
    """What this person may open."""
    if g.staff is None:
        return []
    groups = [(title, [place for place in places if may(g.staff.role, place.permission)]) for title, places in NAVIGATION]
    return [(title, places) for title, places in groups if places]


def when(moment: Any) -> str:
    """A time in the operator's zone: the hour, with its day where that is not today; of long ago the day alone. "" for none."""
    if moment is None:
        return ""
    zone = desk().zone()
    return words.moment(moment, zone, g.now) if abs(g.now - moment) < LONG_AGO else words.day(moment, zone)


def trouble(code: int) -> Response:
    """The page that says what went wrong, and what to do."""
    return page("trouble.html", code, code=code)
