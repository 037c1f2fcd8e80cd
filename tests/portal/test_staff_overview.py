"""The overview: right as it is loaded, in a bounded number of statements, and it teaches where there is nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from portal.admin import pulse as pulses
from portal.admin.desk import counted
from portal.admin.overview import Line, Tally
from portal.admin.pulse import Pulse
from store import alerts
from store.alerts import Change, Finding, Key
from store.models import AuthEvent, LoginVerdict, Realm, Role, Session, SessionStatus, Site
from store.pulse import Sum
from store.session import reading, transaction
from tests.portal.staffroom import NOW

if TYPE_CHECKING:
    import pytest

    from tests.portal.staffroom import Room

ACCEPT, REJECT, SILENT = LoginVerdict.ACCEPT, LoginVerdict.REJECT, LoginVerdict.NO_ANSWER


def login(
    minutes: float, verdict: LoginVerdict = ACCEPT, rule: str = "uni-a.example", milliseconds: float = 200.0, **more: Any
) -> AuthEvent:
    at = NOW - timedelta(minutes=minutes)
    said = {"rule": rule, "realm": rule, "verdict": verdict, "milliseconds": milliseconds, "eap": True, **more}
    return AuthEvent(began_at=at, at=at, client="library-wlc", home="uni-a-1", **said)


def stay(site: str, number: int, status: SessionStatus = SessionStatus.OPEN) -> Session:
    name = f"{site}{number}"
    return Session(client="library-wlc", source="127.0.0.1", acct_session_id=name, site=site, started_at=NOW, updated_at=NOW, status=status)


def keep(room: Room, *rows: Any) -> None:
    with transaction(room.database) as session:
        session.add_all(rows)


def text(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<main")[2]).split())


def lines_of(page: str) -> dict[str, list[str]]:
    """Institution -> its cells."""
    table = page.partition('id="institutions"')[2].partition("</table>")[0]
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', table, re.DOTALL)
    return {bare(name): [bare(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", cells)] for name, cells in rows}


def bare(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_an_empty_city_is_told_what_would_be_here(staffroom: Room) -> None:
    """No login, nobody online, no controller: each says what is missing."""
    said = text(staffroom.page("/"))
    for words in (
        "The controller does not answer",
        "No login within a day",
        "Nobody is online",
        "Nothing within an hour",
        "No alert is open",
    ):
        assert words in said


def test_each_institution_by_the_hour_and_the_day(staffroom: Room) -> None:
    """Logins, the share let in, what nobody answered, and how long an accepted one takes; most logins first."""
    keep(
        staffroom,
        Realm(match="*.uni-a.example", position=2, homes=["uni-a-1"], institution="University A", country="CA"),
        *(login(5, milliseconds=100.0 * n) for n in (1, 2, 3)),
        login(30, REJECT, "*.uni-a.example"),
        login(300, milliseconds=400.0),
        login(23 * 60, REJECT),
        login(25 * 60, REJECT),
        login(10, LoginVerdict.REFUSED, ""),
    )
    found = lines_of(staffroom.page("/"))
    assert ["University A", "nobody’s realm"] == list(found)
    assert ["4", "75 %", "0", "200 ms", "6", "66 %", "250 ms"] == found["University A"]
    assert ["1", "0 %", "0", "–", "1", "0 %", "–"] == found["nobody’s realm"]
    said = text(staffroom.page("/"))
    assert "Logins, last hour 5" in said
    assert "7 in a day" in said


def test_an_institution_that_does_not_answer_comes_first() -> None:
    """A fifth without an answer, or most of at least five that fail: said beside its name."""

    def tone(accepted: int, rejected: int, silent: int) -> str:
        hour = Tally()
        for verdict, count in ((ACCEPT, accepted), (REJECT, rejected), (SILENT, silent)):
            hour.add(Sum("", verdict, count, 0.0, 0))
        return Line("", hour, Tally()).tone

    assert ["good", "good", "bad", "good", "warn", "quiet"] == [
        tone(9, 1, 0),
        tone(8, 0, 2),
        tone(7, 0, 3),
        tone(1, 3, 0),
        tone(2, 3, 0),
        tone(0, 0, 0),
    ]


def test_a_share_is_never_rounded_up() -> None:
    """A hundred of a hundred only where none failed; nothing where there was nothing."""
    tally = Tally(all=1_000, accepted=999)
    assert (99, None, None) == (tally.share, Tally().share, Tally().mean)


def test_who_is_online_is_counted_by_site(staffroom: Room) -> None:
    """Open sessions alone; the fullest site first, by its name, and a way to its sessions."""

    keep(staffroom, Site(id="pool", name="City Pool", timezone="UTC"))
    keep(
        staffroom,
        *(stay("central-library", n) for n in range(3)),
        stay("pool", 0),
        stay("pool", 1, SessionStatus.ENDED),
        stay("", 0),
    )
    page = staffroom.page("/")
    said = text(page)
    assert "Online now 5" in said
    assert "Online by site Site Online Central Library 3 no site 1 City Pool 1" in said
    assert 'href="/sessions?site=central-library"' in page


def test_homes_are_as_the_controller_says(staffroom: Room) -> None:
    """The worst that a worker sees, and nothing where it is silent."""
    assert "uni-a-1 not known" in text(staffroom.page("/"))
    home = {"home": "uni-a-1", "state": "dead", "heard": 240.4, "in_flight": 3}
    staffroom.status = {"homes": [{"worker": 0, "homes": [home]}]}
    said = text(staffroom.page("/"))
    assert "uni-a-1 dead 240 3" in said
    assert "does not answer" not in said


def test_what_failed_last_leads_to_its_trace(staffroom: Room) -> None:
    """The newest first, in words; nobody's name, and no device."""
    keep(staffroom, login(3, REJECT, id="0123456789reject", access_point="lib-1"), login(2), login(70, REJECT, id="0123456789oldone"))
    page = staffroom.page("/")
    assert 'href="/trace/0123456789reject"' in page
    assert "0123456789oldone" not in page
    assert "Usually a mistyped or changed password" in page


def test_a_device_that_knocks_for_the_first_time_is_no_failure(staffroom: Room) -> None:
    """Every guest's visit begins with one: it is neither a login, nor what failed last."""
    keep(staffroom, login(3, LoginVerdict.REFUSED, "(mac)", reason="NO_GRANT"), login(2, rule="(mac)"))
    said = text(staffroom.page("/"))
    assert "Nothing within an hour" in said
    assert "Logins, last hour 1 1 in a day Let in, last hour 100 %" in said


def test_alerts_are_on_top_for_whoever_may_see_them(staffroom: Room) -> None:
    """Six of them, and how many there are."""
    with transaction(staffroom.database) as session:
        alerts.settle(session, Change(opens=[Finding(Key("home-dead", f"home-{n}"), {"realms": "-"}) for n in range(8)]), NOW)
    said = text(staffroom.page("/", Role.HELP_DESK))
    assert "8 alerts All alerts" in said
    assert 6 == said.count("does not answer now") or 6 == len(re.findall(r"Home server home-\d does not answer", said))


def test_certificates_are_those_of_our_listeners(staffroom: Room) -> None:
    """By name and days left."""
    staffroom.tools["certificates"] = lambda now: [
        SimpleNamespace(name="guest", names=("wifi.city.example",), ends=now + timedelta(days=5), days=5)
    ]
    staffroom._app = None
    assert "Guests’ pages wifi.city.example" in text(staffroom.page("/"))


def test_the_numbers_follow_without_a_reload(staffroom: Room) -> None:
    """The page's fragment has another ETag once something happened, and 304 where nothing did."""
    first = staffroom.get("/", **{"X-Fragment": "1"})
    assert "<nav" not in first.get_data(as_text=True)
    assert 304 == staffroom.get("/", **{"X-Fragment": "1", "If-None-Match": first.headers["ETag"]}).status_code
    staffroom.later(seconds=5)
    assert 304 == staffroom.get("/", **{"X-Fragment": "1", "If-None-Match": first.headers["ETag"]}).status_code
    keep(staffroom, login(0.1))
    staffroom.later(seconds=5)
    assert 200 == staffroom.get("/", **{"X-Fragment": "1", "If-None-Match": first.headers["ETag"]}).status_code
    assert "Logins, last hour 1" in text(staffroom.page("/"))


def test_the_chart_is_a_picture_without_scripts(staffroom: Room) -> None:
    """SVG, from these pages, with nothing that runs; what it shows is a table, too."""
    keep(staffroom, *(login(3) for _ in range(7)))
    answer = staffroom.get("/charts/logins.svg")
    body = answer.get_data(as_text=True)
    assert ("image/svg+xml", 200) == (answer.mimetype, answer.status_code)
    assert "<script" not in body
    assert [] == re.findall(r'(?:href|src)="(?!#)', body)
    assert "default-src 'none'; style-src 'unsafe-inline'" == answer.headers["Content-Security-Policy"]
    assert re.search(r'<td class="num">7</td>', staffroom.page("/"))


def test_no_statement_for_each_of_anything(staffroom: Room) -> None:
    """Ten or a thousand logins, sessions, sites, realms: the same number of statements."""
    counts = []
    for size in (10, 1_000):
        begin = 0 if size == 10 else 10
        keep(staffroom, *(Site(id=f"s{n}", name=f"S {n}", timezone="UTC") for n in range(begin, size)))
        keep(staffroom, *(Realm(match=f"r{n}.example", position=n + 5, homes=["uni-a-1"]) for n in range(begin, size)))
        keep(staffroom, *(login(n % 50, rule=f"r{n}.example") for n in range(begin, size)))
        keep(staffroom, *(stay(f"s{n}", n) for n in range(begin, size)))
        staffroom.page("/")
        staffroom.later(seconds=5)
        with counted(staffroom.database) as seen:
            staffroom.page("/")
        counts.append(len([each for each in seen if each.startswith("SELECT")]))
    assert counts[0] == counts[1]
    assert counts[0] < 20


def test_hours_that_are_over_are_asked_for_once(staffroom: Room) -> None:
    """Afterwards a look costs the newest hour alone; the sums are those of the whole window."""
    keep(staffroom, *(login(60 * hours + 1) for hours in range(23)))
    beats = Pulse()
    with reading(staffroom.database) as session:
        first = beats.beat(session, NOW)
        with counted(staffroom.database) as seen:
            assert first is beats.beat(session, NOW + timedelta(seconds=3))
            assert [] == seen
            again = beats.beat(session, NOW + timedelta(seconds=5))
        assert 3 == len(seen)
    assert (23, 23) == tuple(sum(each.logins for each in beat.day) for beat in (first, again))
    assert 1 == sum(each.logins for each in first.hour)


def test_a_day_too_long_for_one_page_is_counted_over_several(staffroom: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each adds an hour at least, and says from when on it counts."""
    monkeypatch.setattr(pulses, "PATIENCE", 0.0)
    keep(staffroom, *(login(60 * hours + 10) for hours in range(23)))
    beats = Pulse()
    seen = []
    with reading(staffroom.database) as session:
        for number in range(24):
            beat = beats.beat(session, NOW + timedelta(seconds=5 * number))
            seen.append((sum(each.logins for each in beat.day), beat.since))
    assert sorted(seen, key=lambda pair: pair[0]) == seen
    assert seen[0][1] == datetime(2026, 3, 9, 12, tzinfo=UTC)
    assert 23 == seen[-1][0]
