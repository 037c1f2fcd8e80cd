"""The applications, each made by a factory from what it is handed: its own cookie, key, guard and pages.

The guest app keeps no Flask session: what its cookie holds is a sealed token (portal/capabilities.py), under a key of the
guest app's own. Never reads a setting, the environment or a clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Flask, g
from flask_babel import Babel

from portal import counts, guard, languages
from portal.guest import (
    adverts,
    arrivals,
    capport,
    card,
    codes,
    email,
    front,
    gateways,
    mails,
    me,
    oidc,
    open_data,
    pages,
    probes,
    prove,
    shops,
    sms,
    sponsor,
    stays,
    visits,
    voucher,
)
from portal.proxies import Proxies

if TYPE_CHECKING:
    from babel import Locale

    from portal.kit import Kit

_WAYS: Final = (codes, email, sms, mails, voucher, card, oidc, sponsor)
_VIEWS: Final = (me, prove, *_WAYS, arrivals, visits, stays, front, pages, open_data, probes, gateways, adverts, shops, capport)


def guest_app(kit: Kit) -> Flask:
    """The residents' and visitors' pages."""
    app = Flask("portal", static_folder=None, template_folder="templates/guest")
    app.extensions["guest"] = kit
    app.url_map.merge_slashes = False  # a gateway may append a whole URL to our path
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(languages.CATALOGUES)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    guard.guard(app)
    Babel(app, locale_selector=_locale)
    counts.group(app)
    for views in _VIEWS:
        app.register_blueprint(views.blueprint)
    app.wsgi_app = Proxies(app.wsgi_app, kit.house.trusted_proxies)  # type: ignore[method-assign, assignment]  # as Flask's own guide does
    return app


def _locale() -> Locale:
    found: Locale = g.locale
    return found
