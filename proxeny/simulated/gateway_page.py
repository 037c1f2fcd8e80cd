"""The simulated gateway's own pages, as the phone's browser meets them: joined and offline, or online. Demo only.

`/` says how the phone is; `/web` is any web page it wanted, caught and sent to the portal; `/logon` and `/logoff` are
what the portal's answer and the guest use. Never served where a real guest could reach it: it listens on loopback.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from flask import Flask, redirect, render_template_string, request

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from proxeny.simulated.gateway import Gateway

PATIENCE: Final = 15.0  # seconds for the controller's answer


def pages(gateway: Gateway, loop: asyncio.AbstractEventLoop) -> Flask:
    """The pages, served by another thread than the gateway's loop."""
    app = Flask("proxeny.simulated.gateway_page", static_folder=None)

    @app.get("/")
    def here() -> str:
        return render_template_string(_PAGE, gateway=gateway, online=gateway.online)

    @app.get("/web")
    def caught() -> ResponseReturnValue:
        return redirect(gateway.redirect("notyet"))

    @app.get("/logon")
    def logon() -> ResponseReturnValue:
        asked = gateway.logon(request.args.get("username", ""), request.args.get("response", ""))
        return redirect(asyncio.run_coroutine_threadsafe(asked, loop).result(PATIENCE))

    @app.post("/logoff")
    def logoff() -> ResponseReturnValue:
        asyncio.run_coroutine_threadsafe(gateway.leave(), loop).result(PATIENCE)
        return redirect("/")

    return app


_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>A phone: {{ "online" if online else "offline" }}</title>
<style>
  :root { color-scheme: light dark; font: 1.0625rem/1.5 system-ui, sans-serif; }
  body { margin: 0 auto; max-width: 30rem; padding: 12vh 1.25rem; }
  .state, a, button { display: inline-block; color: #fff; }
  .state { padding: .1em .6em; border-radius: 1em; background: {{ "#176b3a" if online else "#8a2b1d" }}; }
  a, button { font: inherit; padding: .6em 1.2em; border-radius: .6em; border: 0; background: #1f4e79; text-decoration: none; }
  small { opacity: .8; }
</style>
<h1>A phone just joined {{ gateway.setting.ssid }}: <span class="state" role="status">{{ "online" if online else "offline" }}</span></h1>
{% if online %}
<p>The controller let it in{% if online.left is not none %}, for {{ online.left // 60 }} more minutes{% endif %}.
{{ "%.1f"|format((online.up + online.down) / 1000000) }} MB so far.</p>
<form method="post" action="/logoff"><button>Switch the phone off</button></form>
{% else %}
<p>Whatever page it opens, the gateway sends it to the city's portal first.</p>
<p><a href="/web">Open a web page</a></p>
{% endif %}
<p><small>This page plays the gateway {{ gateway.setting.name }} and the phone {{ gateway.setting.station }} behind it.</small></p>
"""
