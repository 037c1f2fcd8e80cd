"""The demo outbox's pages, and the SMS gateway that fills it: POST /sms with {"to", "text", "id"}. Demo only.

A mail's HTML is shown as a mail program would, in a page that may do nothing. Never served where anyone but the reader of
the demo could reach it: it listens on loopback.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, Response, abort, render_template_string, request
from markupsafe import Markup, escape

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from proxeny.simulated.outbox import Outbox

_LINK: Final = re.compile(r"https?://[^\s<>\"]+")
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def pages(outbox: Outbox) -> Flask:
    """The pages, served by another thread than the mail server's loop."""
    app = Flask("proxeny.simulated.outbox_page", static_folder=None)

    @app.get("/")
    def listed() -> ResponseReturnValue:
        return _shown(render_template_string(_PAGE, arrived=list(outbox.arrived), linked=linked), _POLICY)

    @app.get("/mail/<int:number>")
    def mail(number: int) -> ResponseReturnValue:
        found = outbox.find(number)
        if found is None or not found.html:
            abort(404)
        return _shown(found.html, f"{_POLICY}; sandbox allow-top-navigation-by-user-activation")

    @app.post("/sms")
    def sms() -> ResponseReturnValue:
        words: Any = request.get_json()
        if not isinstance(words, dict) or not all(isinstance(words.get(name), str) for name in ("to", "text", "id")):
            return {"status": "bad"}, 400
        outbox.put("SMS", words["to"], words["text"])
        return {"status": "accepted"}

    return app


def linked(text: str) -> Markup:
    """The text, its addresses of pages as links."""
    parts, last = [], 0
    for found in _LINK.finditer(text):
        parts += [escape(text[last : found.start()]), Markup('<a href="{0}">{0}</a>').format(found[0])]
        last = found.end()
    return Markup("").join([*parts, escape(text[last:])])


def _shown(page: str, policy: str) -> Response:
    return Response(page, headers={"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="refresh" content="3">
<title>Outbox of the demo ({{ arrived | length }})</title>
<style>
  :root { color-scheme: light dark; font: 1.0625rem/1.5 system-ui, sans-serif; }
  body { margin: 0 auto; max-width: 40rem; padding: 3vh 1.25rem; }
  article { border: 1px solid; border-radius: .6em; padding: .2em 1em; margin: 1em 0; }
  h2 { font-size: 1.125rem; margin: .6em 0 0; }
  .text { white-space: pre-wrap; overflow-wrap: anywhere; }
  .about { opacity: .8; margin: 0; }
</style>
<h1>Outbox</h1>
<p class="about">Mails and SMS of the demo land here; none goes any further. The newest is first.</p>
{% for each in arrived %}
<article>
<h2>{{ each.kind }} to {{ each.to }}</h2>
<p class="about">{{ each.at.astimezone().strftime("%H:%M:%S") }}{% if each.subject %} · {{ each.subject }}{% endif %}
{% if each.html %} · <a href="/mail/{{ each.number }}">as HTML</a>{% endif %}</p>
<p class="text">{{ linked(each.text.strip()) }}</p>
</article>
{% else %}
<p role="status">Nothing yet. Ask for a code on the guest’s page.</p>
{% endfor %}
"""
