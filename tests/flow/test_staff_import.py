"""Five hundred access points out of a spreadsheet, in Chromium: three bad rows mended, all of them on the map."""

from __future__ import annotations

import csv
import io
import threading
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from werkzeug.serving import make_server

from portal.admin.desk import Office
from tests.peers.browser import chromium, page
from tests.portal.gallery import shape
from tests.portal.staffroom import room
from tests.portal.test_staff_import import five_hundred

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.peer("chromium")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Page, str]]:
    """A tab where somebody is signed in, and where the pages are; their policy is in force, and nothing may go wrong in the browser."""
    staff = room(tmp_path / "room", shape(tmp_path / "shape"))

    def pages(environ: Any, start: Any) -> Any:
        """The app, made at the first request: by then its address is known."""
        return staff.app(environ, start)

    server = make_server("127.0.0.1", 0, pages, threaded=True)
    url = f"http://localhost:{server.server_port}"
    staff.office = Office(url)
    cookie = staff.client().get_cookie("proxeny-staff", domain="localhost")
    assert cookie is not None
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    wrong: list[str] = []
    try:
        with chromium(tmp_path / "browser") as browser, page(browser, scripts=True, accept_downloads=True) as tab:
            tab.context.add_cookies([{"name": "proxeny-staff", "value": cookie.value, "url": url}])
            tab.on("console", lambda line: wrong.append(line.text) if line.type == "error" and "status of 404" not in line.text else None)
            tab.on("pageerror", lambda fault: wrong.append(str(fault)))
            yield tab, url
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
        staff.database.dispose()
    assert [] == wrong


def look(tab: Page, url: str, text: str) -> None:
    tab.goto(f"{url}/access-points/import")
    tab.set_input_files("#file", {"name": "points.csv", "mimeType": "text/csv", "buffer": text.encode()})
    tab.get_by_role("button", name="Look at it").click()


def test_five_hundred_with_three_bad_rows(desk: tuple[Page, str]) -> None:
    """The bad ones are named by line, the good ones come in at one go, the mended file follows; then the map has all of them."""
    tab, url = desk
    look(tab, url, five_hundred())
    bad = tab.get_by_role("region", name="Cannot be used").locator("tbody tr")
    expect(bad).to_have_count(3)
    assert ["101", "250", "499"] == bad.locator("td.num").all_inner_texts()
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Mend the file").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    tab.get_by_role("button", name="Import 497 good rows").click()
    expect(tab.locator(".notice")).to_contain_text("497 good rows were imported")
    expect(tab.locator(".total")).to_have_text("498 rows")

    mended = [{"name": row["name"] + ("" if row["name"] != "sensor-1" else "b"), "site": "central-library"} for row in rows]
    look(tab, url, "Nom;Établissement d’attache;Lieu\n" + "".join(f"{row['name']};;{row['site']}\n" for row in mended))
    tab.get_by_role("button", name="Import 3 good rows").click()
    expect(tab.locator(".total")).to_have_text("501 rows")
    tab.get_by_role("button", name="Undo").click()
    expect(tab.locator(".notice")).to_have_text("3 access points are as they were.")

    tab.goto(f"{url}/access-points/map")
    marks = tab.locator(".leaflet-marker-icon.pin")
    expect(marks.first).to_be_visible()
    few = marks.count()
    tab.click("[aria-label='Zoom in']")
    expect(marks).not_to_have_count(few)
