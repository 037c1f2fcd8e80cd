"""A batch of vouchers from its order to a guest online: made while somebody watches, printed, typed on the portal's page, counted.

Staff and guest are in Chromium, before the real controller, whose jobs process makes the vouchers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from portal import cards, press
from store.models import Role
from tests.flow.test_staff_guests import KEY, STATION, town
from tests.peers.guests import PLAN

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.flow.test_staff_guests import Town

pytestmark = [pytest.mark.peer("chromium"), pytest.mark.peer("pango")]
COUNT = 5_000
__all__ = ["town"]  # the fixture


def _ordered(town: Town, tab: Page) -> str:
    """Ordered in the browser, and whole: the page says so by itself; its address."""
    tab.goto(f"{town.staff}/vouchers/new")
    tab.select_option("[name=plan]", str(PLAN["name"]))
    tab.fill("[name=count]", str(COUNT))
    tab.fill("[name=name]", "Book fair")
    tab.click("text=Order them")
    state = tab.locator("#state")
    expect(state).to_contain_text(re.compile("of 5,000 vouchers are made|Print…"))  # all of them, where the browser was slower
    expect(state.locator("text=Print…")).to_be_visible(timeout=60_000)
    expect(state).to_contain_text("5,000")
    return tab.url


def _printed(town: Town, batch: str, tab: Page) -> list[str]:
    """The codes of the first part, as the browser's print view shows them; the PDF of the same part is one."""
    strange: list[str] = []
    tab.on("console", lambda said: strange.append(said.text))
    tab.goto(batch)
    tab.click("text=Print…")
    tab.select_option("[name=format]", "labels")
    tab.click("text=Choose")
    link = tab.locator("a:text-is('PDF')").first.get_attribute("href")
    pdf = tab.request.get(f"{town.staff}{link}", timeout=60_000)
    assert ("application/pdf", b"%PDF", "no-store") == (pdf.headers["content-type"], pdf.body()[:4], pdf.headers["cache-control"])
    tab.locator("text=Print from the browser").first.click()
    expect(tab.locator(".card .code")).to_have_count(cards.PART)
    codes = tab.locator(".card .code").all_inner_texts()
    assert (cards.PART, cards.PART) == (len(codes), len(set(codes)))
    tab.wait_for_load_state()
    assert tab.locator(".card img").first.evaluate("picture => picture.naturalWidth > 0")
    assert [] == strange
    return codes


def test_a_voucher_goes_from_the_order_to_a_guest_online(town: Town) -> None:
    """One of five thousand: printed on a sheet of labels, typed by a guest, who is online; the batch's page counts one used."""
    assert "" == press.missing()
    with town.signed_in(Role.CITY_ADMIN) as tab:
        batch = _ordered(town, tab)
        code = _printed(town, batch, tab)[7]
        town.guest.goto(f"{town.portal}/in/hostapd/{KEY}?mac={STATION}&ssid=City%20Wi-Fi&ip=192.0.2.77")
        town.guest.get_by_role("textbox").first.fill(code.lower().replace("-", " "))
        town.guest.locator("main form button").first.click()
        expect(town.guest.locator("h1")).to_have_text("You are online")
        tab.goto(batch)
        expect(tab.locator(".card", has_text="Used").locator(".figure").first).to_have_text("1")
        tab.goto(f"{town.staff}/vouchers")
        tab.fill("#code", code)
        tab.locator("form[action='/vouchers/find'] button").click()
        expect(tab.locator("main .head")).to_contain_text("in use")
        assert code not in tab.url
    assert not any(each in town.running.log for each in (code, code.replace("-", "")))
