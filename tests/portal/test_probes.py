"""Probes: every path and host by which systems look for a portal is known, and answered without a look at anything."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from sqlalchemy import event
from werkzeug.test import EnvironBuilder, run_wsgi_app

from portal.guest.probes import HOSTS, PATHS
from store.models import Base
from tests.portal.world import URL, coova

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.portal.world import World

# What PacketFence lists, and what others publish of NetworkManager, Kindle, Roku and the rest
KNOWN = [
    "http://captive.apple.com/hotspot-detect.html",
    "http://www.apple.com/library/test/success.html",
    "http://www.appleiphonecell.com/library/test/success.html",
    "http://connectivitycheck.gstatic.com/generate_204",
    "http://connectivitycheck.android.com/generate_204",
    "http://clients3.google.com/generate_204",
    "http://www.gstatic.com/generate_204",
    "http://play.googleapis.com/generate_204",
    "http://g.cn/generate_204",
    "http://www.google.cn/generate_204",
    "http://www.google.cn/gen_204",
    "http://www.msftncsi.com/ncsi.txt",
    "http://www.msftconnecttest.com/connecttest.txt",
    "http://www.msftconnecttest.com/redirect",
    "http://edge.microsoft.com/captiveportal/generate_204",
    "http://detectportal.firefox.com/success.txt",
    "http://detectportal.firefox.com/canonical.html",
    "http://fireoscaptiveportal.com/generate_204",
    "http://spectrum.s3.amazonaws.com/kindle-wifi/wifistub.html",
    "http://connect.rom.miui.com/generate_204",
    "http://connectivitycheck.cbg-app.huawei.com/generate_204",
    "http://captive.roku.com/ok",
    "http://nmcheck.gnome.org/check_network_status.txt",
    "http://network-test.debian.org/nm",
    "http://fedoraproject.org/static/hotspot.txt",
    "http://ping.archlinux.org/nm-check.txt",
]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("probe", KNOWN)
def test_a_probe_is_shown_the_way(guest: FlaskClient, probe: str, method: str) -> None:
    """To our front page, whatever host it asks for; never with the answer that would make it believe to be online."""
    said = urlsplit(probe)
    answer = guest.open(said.path, method=method, base_url=f"{said.scheme}://{said.netloc}")
    assert (302, f"{URL}/") == (answer.status_code, answer.headers["Location"])
    assert (said.path in PATHS, said.hostname in HOSTS) == (True, True)
    assert answer.headers.get("Set-Cookie") is None
    assert "Success" not in answer.text


def test_ten_thousand_ask_for_nothing(city: World) -> None:
    """No statement, no row, no rate that is remembered; a guest is served as before."""
    said: list[str] = []
    event.listen(city.database, "before_cursor_execute", lambda *told: said.append(told[2]))
    app = city.app
    named = zip(PATHS * 2, sorted(HOSTS) * 2, ["GET", "HEAD"] * len(PATHS), strict=False)
    asked = [EnvironBuilder(path=path, base_url=f"http://{host}", method=method).get_environ() for path, host, method in named]
    answers = {run_wsgi_app(app, dict(asked[number % len(asked)]))[1] for number in range(10_000)}
    assert ({"302 FOUND"}, [], 0) == (answers, said, len(app.extensions["guest"].rates))
    with city.database.connect() as connection:
        rows = {table.name: len(connection.execute(table.select()).all()) for table in Base.metadata.sorted_tables}
    assert {"named_key"} == {name for name, count in rows.items() if count}
    assert 200 == city.client().get(coova()).status_code
