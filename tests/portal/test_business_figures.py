"""portal/business/figures.py: a shop reads its own figures, as a page, as pictures and as files; the city reads any shop's."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from portal import press
from portal.cases.figures import week
from store import adverts
from store.adverts import Figure
from store.models import Campaign, Creative, Role
from store.placements import Count
from store.session import reading, transaction
from tests.portal.shoproom import A, B, Person, furnished

if TYPE_CHECKING:
    from tests.portal.shoproom import ShopRoom
    from tests.portal.staffroom import Room

AT = f"/shops/{A}/figures"
FILES = ("", "/days.svg", "/hours.svg", ".csv", ".pdf")


def counted(shoproom: ShopRoom, campaign: str, *rows: tuple[int, str, str, int, int]) -> None:
    """(hours ago, site, language, impressions, clicks) of this campaign."""
    hour = shoproom.time.replace(minute=0, second=0, microsecond=0)
    with transaction(shoproom.database) as session:
        creative = session.scalars(select(Creative.id).where(Creative.campaign_id == campaign)).first()
        assert creative is not None
        adverts.count(session, [Figure(creative, campaign, hour - timedelta(hours=ago), *rest) for ago, *rest in rows])


def sown(shoproom: ShopRoom) -> tuple[str, str]:
    """An advert of each shop, with figures; (A's, B's)."""
    mine, other = shoproom.advert(A), shoproom.advert(B)
    counted(shoproom, mine, (0, "central-library", "en", 1_200, 24), (1, "central-library", "fr", 34, 1), (2, "arena", "en", 3, 0))
    counted(shoproom, other, (0, "central-library", "en", 777, 77))
    return mine, other


def figures(text: str) -> list[str]:
    return [each.replace("\u202f", " ").replace("\xa0", " ") for each in re.findall(r'<p class="figure">(.*?)</p>', unescape(text))]


@pytest.mark.parametrize("person", [Person.OWNER_A, Person.VENUE_A])
def test_the_shops_own(shoproom: ShopRoom, person: Person) -> None:
    """Totals are exact; what is too small is left out of the lines, and the rate says how sure it is. Nothing of another's."""
    sown(shoproom)
    text = unescape(shoproom.page(AT, person))
    assert ["1,237", "25", "2.0%"] == figures(text)
    assert "In the long run probably between 1.4% and 3.0%" in text
    assert ("left out" in text, "777" in text, "people" in re.sub(r"<nav.*?</nav>", "", text, flags=re.DOTALL)) == (True, False, False)
    assert "A view is not a person" in text


def test_it_speaks_french(shoproom: ShopRoom) -> None:
    """Numbers as they are written there."""
    sown(shoproom)
    assert ["1 237", "25", "2,0 %"] == figures(shoproom.page(AT, language="fr"))


def test_before_anything_was_shown(shoproom: ShopRoom) -> None:
    """The page says so, and offers no file."""
    text = shoproom.page(AT)
    assert ("Nothing was shown in this time" in text, "figures.csv" in text) == (True, False)


@pytest.mark.parametrize("path", FILES)
def test_nobody_elses(shoproom: ShopRoom, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """Another's shop and another's advert are not there, in any form; nor is an advert of no shop."""
    mine, other = sown(shoproom)
    monkeypatch.setattr(press, "missing", lambda: "")
    monkeypatch.setattr(press, "pdf", lambda _page: b"%PDF")
    told = [
        shoproom.get(f"{AT}{path}?advert={mine}").status_code,
        shoproom.get(f"{AT}{path}?advert={other}").status_code,
        shoproom.get(f"/shops/{B}/figures{path}").status_code,
        shoproom.get(f"{AT}{path}?advert=x").status_code,
    ]
    assert [200, 404, 404, 404] == told


def test_one_advert(shoproom: ShopRoom) -> None:
    """Of several, each for itself; the shop's list has them all."""
    mine, _ = sown(shoproom)
    second = shoproom.advert(A)
    counted(shoproom, second, (0, "central-library", "en", 10, 0))
    assert (["1,247", "25", "2.0%"], ["10", "0", "0.0%"]) == (
        figures(shoproom.page(AT)),
        figures(shoproom.page(f"{AT}?advert={second}")),
    )
    assert 3 == shoproom.page(AT).count(f'<option value="{mine}"') + shoproom.page(AT).count("<option") - 1


@pytest.mark.parametrize("asked", ["from=2026-01-01&to=x", "from=&to=", "from=9999-12-31&to=9999-12-31", "from=0001-01-01", "to=1"])
def test_days_that_are_none(shoproom: ShopRoom, asked: str) -> None:
    """Are today; what is long ago begins a year back. Always whole four weeks."""
    sown(shoproom)
    text = shoproom.page(f"{AT}?{asked}")
    first, last = (re.search(rf'name="{name}" value="([^"]*)"', text) for name in ("from", "to"))
    assert first is not None
    assert last is not None
    days = (date.fromisoformat(last[1]) - date.fromisoformat(first[1])).days + 1
    assert (0, True) == (days % 28, days <= 364)


def test_csv(shoproom: ShopRoom) -> None:
    """Every line, its sum the total; what is left out is empty, and what a spreadsheet would execute is text."""
    mine, _ = sown(shoproom)
    with transaction(shoproom.database) as session:
        session.get_one(Campaign, mine).name = "=1+1"
    answer = shoproom.get(f"{AT}.csv")
    assert ("text/csv", True) == (answer.mimetype, "attachment" in answer.headers["Content-Disposition"])
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert ["part", "key", "name", "shown", "clicks", "note"] == rows[0]
    assert [["1237", "25"], ["'=1+1"]] == [rows[1][3:5], [row[2] for row in rows if row[0] == "advert"]]
    for part in ("day", "hour", "place", "language"):
        mine_ = [row for row in rows if row[0] == part]
        assert 1_237 == sum(int(row[3]) for row in mine_ if row[3]), part
        assert 25 == sum(int(row[4]) for row in mine_ if row[4]), part
    assert [["place", "arena", "arena", "", "", "left out"], ["place", "central-library", "Central Library", "", "", "left out"]] == [
        row for row in rows if row[0] == "place" and row[1]
    ]


def test_lines_add_up_before_a_midnight_within_an_hour(shoproom: ShopRoom) -> None:
    """What is counted for tomorrow already has its line, and its week; nothing later has one."""
    name, at = shoproom.advert(), ZoneInfo("Asia/Kolkata")
    shoproom.time = datetime(2026, 3, 8, 23, 40, tzinfo=at).astimezone(UTC)  # a Sunday, within four weeks
    shoproom.app.extensions["staff"] = replace(shoproom.desk, zone=lambda: at.key)
    hour = shoproom.time.replace(minute=0)
    with transaction(shoproom.database) as session:
        creative = session.scalars(select(Creative.id)).one()
        adverts.count(session, [Figure(creative, name, hour - timedelta(hours=ago), "x", "en", 6 + ago) for ago in range(3)], at)
    rows = [row for row in csv.reader(io.StringIO(shoproom.get(f"{AT}.csv").text)) if row[0] == "day"]
    assert [("2026-03-08", "15"), ("2026-03-09", "6"), ("", "0")] == [(row[1], row[3]) for row in rows[-3:]]
    with reading(shoproom.database) as session:
        assert (date(2026, 3, 9), Count(6)) == week(session, shoproom.shops[A], shoproom.time, at)[:2]


def test_few_clicks_of_many_views(shoproom: ShopRoom) -> None:
    """The views are told and the clicks are not, on the page and in the file, which says of what its note is."""
    counted(shoproom, shoproom.advert(A), (0, "central-library", "en", 90, 3), (0, "arena", "en", 80, 9), (0, "market", "en", 70, 0))
    rows = [row[1:] for row in csv.reader(io.StringIO(shoproom.get(f"{AT}.csv").text)) if row[0] == "place"]
    assert [
        ["central-library", "Central Library", "90", "", "clicks left out"],
        ["arena", "arena", "80", "", "clicks left out"],
        ["market", "market", "70", "0", ""],
        ["", "", "0", "12", "in no line"],
    ] == rows
    text = shoproom.page(AT).partition('id="place')[2].partition("</table>")[0]
    assert ["90", "left out", "80", "left out", "70", "0", "0", "12"] == re.findall(r'<td class="num"[^>]*>(.*?)</td>', text)


@pytest.mark.parametrize("picture", ["days", "hours"])
def test_pictures(shoproom: ShopRoom, picture: str) -> None:
    """A chart without a script under a policy of its own; there is no other."""
    sown(shoproom)
    for span in ("", "?from=2025-06-01"):
        answer = shoproom.get(f"{AT}/{picture}.svg{span}")
        assert (200, "image/svg+xml", False) == (answer.status_code, answer.mimetype, "<script" in answer.text)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert 404 == shoproom.get(f"{AT}/other.svg").status_code


@pytest.mark.skipif(bool(press.missing()), reason="no PDF on this machine")
def test_pdf(shoproom: ShopRoom) -> None:
    """One file, in the reader's language; another site's page makes nobody print."""
    sown(shoproom)
    answer = shoproom.get(f"{AT}.pdf", language="fr")
    assert (200, "application/pdf", b"%PDF") == (answer.status_code, answer.mimetype, answer.data[:4])
    assert 403 == shoproom.get(f"{AT}.pdf", **{"Sec-Fetch-Site": "cross-site"}).status_code


def test_a_press_that_jams(shoproom: ShopRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says so, and where to go; without the libraries the page itself is what is printed."""
    sown(shoproom)

    def busy(_page: str) -> bytes:
        raise press.BusyError

    monkeypatch.setattr(press, "missing", lambda: "")
    monkeypatch.setattr(press, "pdf", busy)
    answer = shoproom.get(f"{AT}.pdf")
    assert (503, "15", True) == (answer.status_code, answer.headers["Retry-After"], f'href="{AT}?from=' in answer.text)
    monkeypatch.setattr(press, "missing", lambda: "libpango-1.0.so.0")
    assert 303 == shoproom.get(f"{AT}.pdf").status_code
    assert "figures.pdf" not in shoproom.page(AT)


def test_the_city_reads_any_shops(staffroom: Room) -> None:
    """The same figures under the business; of the city's own under its shop; nobody without the right, and no shop that is none."""
    shoproom = furnished(staffroom)
    sown(shoproom)
    at = f"/businesses/{A}/figures"
    assert ["1,237", "25", "2.0%"] == figures(staffroom.page(at, Role.CITY_ADMIN))
    told = [staffroom.get(f"/businesses/{slug}/figures{path}", Role.CITY_ADMIN).status_code for slug in (A, "none") for path in FILES[:4]]
    assert [200] * 4 + [404] * 4 == told
    assert [403, 404] == [
        staffroom.get(at, Role.NETWORK_OPS).status_code,
        staffroom.get(AT, Role.CITY_ADMIN).status_code,
    ]
    assert f'src="{at}/days.svg?' in staffroom.page(at, Role.CITY_ADMIN)
