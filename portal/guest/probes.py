"""What machines ask: the probes by which systems look for a portal, and whether we live.

A probe reaches us only where a gateway answers for the whole Internet: it is shown the way to `/`, without a row, a
look-up or a page. Never answers a probe as its own server would: the system would believe to be online.
"""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, g, make_response, redirect

from portal.capabilities import Capability
from portal.guard import open_to
from portal.kit import kit

blueprint = Blueprint("probes", __name__)

# Collected from what public portals and manuals list; a guest who "wanted" such a page is offered no way on to it
PATHS: Final = (
    "/generate_204", "/gen_204", "/hotspot-detect.html", "/library/test/success.html", "/ncsi.txt", "/connecttest.txt", "/redirect",
    "/success.txt", "/canonical.html", "/captiveportal/generate_204", "/kindle-wifi/wifistub.html", "/kindle-wifi/wifiredirect.html",
    "/mobile/status.php", "/ok", "/check_network_status.txt", "/nm", "/nm-check.txt", "/static/hotspot.txt",
)  # fmt: skip
HOSTS: Final = frozenset({
    "captive.apple.com", "www.apple.com", "www.appleiphonecell.com", "connectivitycheck.gstatic.com", "connectivitycheck.android.com",
    "clients1.google.com", "clients3.google.com", "www.gstatic.com", "play.googleapis.com", "g.cn", "www.google.cn",
    "www.msftncsi.com", "ipv6.msftncsi.com", "www.msftconnecttest.com", "ipv6.msftconnecttest.com", "edge.microsoft.com",
    "detectportal.firefox.com", "fireoscaptiveportal.com", "spectrum.s3.amazonaws.com", "connect.rom.miui.com",
    "connectivitycheck.cbg-app.huawei.com", "connectivitycheck.platform.hicloud.com", "captive.roku.com", "nmcheck.gnome.org",
    "network-test.debian.org", "connectivity-check.ubuntu.com", "fedoraproject.org", "ping.archlinux.org", "status.client",
})  # fmt: skip


@open_to(Capability.NONE)
def probe() -> Response:
    """There is a portal."""
    answer = redirect(f"{kit().house.url}/", 302)
    assert isinstance(answer, Response)  # noqa: S101  for the type checker: Flask's own redirect
    return answer


@blueprint.get("/healthz")
@open_to(Capability.NONE)
def alive() -> Response:
    """This process answers."""
    return _plain("alive\n")


@blueprint.get("/robots.txt")
@open_to(Capability.NONE)
def robots() -> Response:
    """Nothing here is for a search engine."""
    return _plain("User-agent: *\nDisallow: /\n")


@blueprint.get("/favicon.ico")
@open_to(Capability.NONE)
def icon() -> Response:
    """None."""
    g.quiet = True
    return make_response("", 204)


def _plain(text: str) -> Response:
    answer = make_response(text)
    answer.mimetype = "text/plain"
    return answer


for path in PATHS:
    blueprint.add_url_rule(path, "probe", probe)
