"""An empty app of those who sign in: the staff's and the shops' are made of it, each with its own cookie, templates and pages.

Flask's own session is not used: who is signed in is a row (store/staff_sessions.py). Never a page of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, g
from flask_babel import Babel
from jinja2 import ChoiceLoader, FileSystemLoader

from portal import counts, languages
from portal.admin import guard
from portal.business import tenancy

if TYPE_CHECKING:
    from babel import Locale

    from portal.admin.desk import Desk


def made(desk: Desk, *folders: str) -> Flask:
    """With the gate before it; of templates that two folders have, the first's counts."""
    app = Flask("portal", static_folder=None, template_folder=f"templates/{folders[0]}")
    app.extensions["staff"] = desk
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(languages.CATALOGUES)
    app.jinja_env.loader = ChoiceLoader([FileSystemLoader(f"{app.root_path}/templates/{folder}") for folder in folders])
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    guard.guard(app)
    app.before_request(tenancy.admit)  # behind the gate: it asks who is signed in
    Babel(app, locale_selector=_locale)
    counts.group(app)
    return app


def _locale() -> Locale:
    found: Locale = g.locale
    return found
