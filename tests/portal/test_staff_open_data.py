"""The staff's pages of open data: what would be published, published as it was seen, withdrawn with a reason."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from portal.cases import publishing
from portal.cases.open_files import hotspots
from portal.doors import Terms
from store.models import AccessPoint, AuditEntry, Dataset, ManagedBy, Publication, RetentionRun, Role, Site, SiteVisitors, Ssid
from store.session import reading, transaction
from store.site_sums import add_hours, add_lengths

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from werkzeug.test import TestResponse

    from tests.portal.staffroom import Room

TERMS = Terms("CC-BY-4.0", "Attribution 4.0", "https://creativecommons.org/licenses/by/4.0/", "City of Example")
FEBRUARY = datetime(2026, 2, 1, 5, tzinfo=UTC)  # its first midnight in Toronto
USAGE, HOTSPOTS = "/open-data/usage/2026-02", "/open-data/hotspots"
WHY = "A gateway counted twice."


@pytest.fixture
def publisher(staffroom: Room) -> Room:
    """A room whose settings have terms, with a month that is over: the library is busy, the arena has seven visitors."""
    staffroom.tools |= {"terms": TERMS, "open_data": lambda: staffroom.tools["terms"]}
    with transaction(staffroom.database) as session:
        session.add(Site(id="arena", name="Arena", timezone="America/Toronto", managed_by=ManagedBy.APP))
    used(staffroom, "central-library", 412, 1234)
    used(staffroom, "arena", 7, 90)
    return staffroom


def used(room: Room, site: str, visitors: int, sessions: int, begins: datetime = FEBRUARY) -> None:
    """A month of a site."""
    with transaction(room.database) as session:
        counts = {"seconds": sessions * 1800, "input_octets": sessions * 10**7, "output_octets": sessions * 10**8}
        add_hours(session, [{"hour": begins + timedelta(days=3), "site": site, "roaming": False, "sessions": sessions, **counts}])
        add_lengths(session, [{"day": begins + timedelta(days=3), "site": site, "roaming": False, "minutes": 30, "sessions": sessions}])
        session.add(SiteVisitors(begins_at=begins, site=site, visitors=visitors))


def used_later(session: Session, site: str, sessions: int) -> None:
    """Late accounting."""
    none = {"seconds": 0, "input_octets": 0, "output_octets": 0}
    add_hours(session, [{"hour": FEBRUARY + timedelta(days=3), "site": site, "roaming": False, "sessions": sessions, **none}])


def text(page: str) -> str:
    """A page's words without its marks."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", page)))


def seen(room: Room, path: str) -> str:
    """What names the preview in its form."""
    found = re.search(r'name="seen" value="([^"]+)"', room.page(path))
    assert found is not None
    return found[1]


def publish(room: Room, path: str) -> TestResponse:
    """As whoever has just looked at it."""
    return room.post(path, seen=seen(room, path))


def rows(room: Room) -> list[Publication]:
    with reading(room.database) as session:
        return list(session.scalars(select(Publication).order_by(Publication.published_at, Publication.number)))


def withdraw(room: Room, why: str = WHY) -> TestResponse:
    return room.post(f"/open-data/of/{rows(room)[-1].id}/withdraw", why=why)


def test_the_preview_shows_what_is_withheld(publisher: Room) -> None:
    """What would be told of each site; one with too few says why it has nothing, and nowhere how many they are."""
    page = text(publisher.page(USAGE))
    assert "Central Library 410 1,230 37,020 125 10 35 0%" in page
    assert "Arena withheld Fewer than 10 visitors or sessions Central Library" in page
    assert "2 sites , withheld: 1" in page
    assert 'href="/analytics/places?from=2026-02-01&amp;to=2026-02-28"' in publisher.page(USAGE)


def test_a_month_is_published_as_it_was_seen(publisher: Room) -> None:
    """Its lines, how many of them are withheld, and who did it: kept, in the audit log, and on the page."""
    assert 303 == publish(publisher, USAGE).status_code
    (row,) = rows(publisher)
    assert (Dataset.USAGE, "2026-02", 1, 2, 1) == (row.dataset, row.period, row.number, row.told, row.withheld)
    assert (
        "site_id,month,sessions,unique_accounts_rounded,minutes,gb_down,gb_up,median_session_min,roaming_share\r\n"
        "arena,2026-02,,,,,,,\r\n"
        "central-library,2026-02,1230,410,37020,125,10,35,0.0\r\n"
    ) == row.octets.decode()
    with reading(publisher.database) as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert ("publish", "open data month", "2026-02") == (entry.action, entry.kind, entry.object)
    assert "Use in February 2026 public" in text(publisher.page("/open-data"))
    assert row.octets == publisher.get(f"/open-data/of/{row.id}").data


def test_what_changed_meanwhile_is_looked_at_first(publisher: Room) -> None:
    """Late accounting between the preview and the button: nothing is published, and the new preview is shown."""
    before = seen(publisher, USAGE)
    with transaction(publisher.database) as session:
        used_later(session, "central-library", 50)
    answer = publisher.post(USAGE, seen=before)
    assert (409, True, []) == (answer.status_code, "1,280" in answer.text, rows(publisher))


def test_a_month_does_not_change(publisher: Room) -> None:
    """Published, it has no button, and a form that is sent all the same is refused; later accounting changes no octet."""
    form = seen(publisher, USAGE)
    publisher.post(USAGE, seen=form)
    with transaction(publisher.database) as session:
        session.add(Site(id="pool", name="Pool"))
    used(publisher, "pool", 50, 60)
    assert 'name="seen"' not in publisher.page(USAGE)
    assert (409, 1) == (publisher.post(USAGE, seen=form).status_code, len(rows(publisher)))
    with transaction(publisher.database) as session:
        used_later(session, "central-library", 500)
    page = text(publisher.page(USAGE))
    assert (True, False) == ("Central Library 410 1,230 37,020" in page, "Pool" in page)


def test_withdrawn_and_published_again(publisher: Room) -> None:
    """With its reason; corrected it has another number, what was out is kept, and no number changes by a few."""
    publish(publisher, USAGE)
    first = rows(publisher)[0].octets
    assert 303 == withdraw(publisher).status_code
    with transaction(publisher.database) as session:
        for site, more in (("arena", 4), ("central-library", 6)):
            session.get_one(SiteVisitors, (FEBRUARY, site)).visitors += more
            used_later(session, site, 300)
    page = text(publisher.page(USAGE))
    assert (True, True) == (WHY in page, "Withheld when it was published before" in page)
    publisher.later(minutes=1)
    assert 303 == publish(publisher, USAGE).status_code
    last = rows(publisher)[-1]
    assert (2, None) == (last.number, last.withdrawn_at)
    assert ["arena,2026-02,,,,,,,", "central-library,2026-02,1530,410,37020,125,10,35,0.0"] == last.octets.decode().splitlines()[1:]
    assert first == rows(publisher)[0].octets


@pytest.mark.parametrize("why", ["", "Oops", " " * 20, "\n" * 20, "x" * 301])
def test_a_reason_is_needed(publisher: Room, why: str) -> None:
    """Of ten to three hundred characters; without one it stays public."""
    publish(publisher, HOTSPOTS)
    assert (422, None) == (withdraw(publisher, why).status_code, rows(publisher)[0].withdrawn_at)


def test_what_is_withdrawn_is_withdrawn_once(publisher: Room) -> None:
    """The second is told; and nobody withdraws what was never there."""
    publish(publisher, HOTSPOTS)
    assert [303, 409, 404] == [
        withdraw(publisher).status_code,
        withdraw(publisher).status_code,
        publisher.post("/open-data/of/x/withdraw", why=WHY).status_code,
    ]


def test_a_place_is_planned_until_its_day(publisher: Room) -> None:
    """And until there is an access point or a gateway; the names in the air are the open networks' alone."""
    today = date(2026, 3, 9)
    days = {"quay": "", "pier": "2026-03-09", "mill": "2026-03-10"}
    with transaction(publisher.database) as session:
        session.add_all(Site(id=name, name=name, activated_on=day, managed_by=ManagedBy.APP) for name, day in days.items())
        session.flush()
        session.add_all(AccessPoint(name=f"{name}-1", site=name, managed_by=ManagedBy.APP) for name in days)
        session.add_all(Ssid(name=name, profile=kind, managed_by=ManagedBy.APP) for name, kind in (("A", "portal"), ("B", "eduroam")))
        session.flush()
        found = {each.site_id: each for each in hotspots(publishing.hotspots(session, today).octets)}
    assert ["active", "active", "planned", "planned"] == [found[name].status for name in (*days, "arena")]
    assert ("A" in found["quay"].ssid.split("; "), "B" in found["quay"].ssid) == (True, False)


def test_hotspots_replace_those_before(publisher: Room) -> None:
    """As they are, once: the same list again is nothing to publish; a site that is not to be named is in the next no more."""
    publish(publisher, HOTSPOTS)
    assert 'name="seen"' not in publisher.page(HOTSPOTS)
    assert 303 == publisher.post("/sites/arena", name="Arena", timezone="America/Toronto").status_code  # the box is not ticked
    publisher.later(minutes=1)
    assert "1 site is not to be named" in text(publisher.page(HOTSPOTS))
    assert 303 == publish(publisher, HOTSPOTS).status_code
    assert [(1, b'"arena"' in rows(publisher)[0].octets), (2, b'"arena"' in rows(publisher)[1].octets)] == [(1, True), (2, False)]
    publisher.later(minutes=1)
    assert "arena" not in text(publisher.page(USAGE)).lower()


def test_what_cannot_be_published(publisher: Room) -> None:
    """A month that runs, one before anything was counted, what is no month: no page. One of which all is withheld: no button."""
    months = ("2026-03", "2027-01", "2025-12", "2026-2", "2026-13", "0000-00", "202602", "%00", "2026-02-01")
    assert {404, 400} >= {publisher.get(f"/open-data/usage/{month}").status_code for month in months}
    used(publisher, "central-library", 9, 400, FEBRUARY - timedelta(days=31))
    page = publisher.page("/open-data/usage/2026-01")
    assert (True, False) == ("every line is withheld" in page, 'name="seen"' in page)


def test_a_month_settles_for_three_days(publisher: Room) -> None:
    """The fourth of the next month is the first day on which it can be published, by the operator's clock."""
    publisher.time = datetime(2026, 3, 4, 4, 59, tzinfo=UTC)
    assert 404 == publisher.get(USAGE).status_code
    publisher.later(minutes=1)
    assert 200 == publisher.get(USAGE).status_code


def test_without_terms_nothing_is_published(publisher: Room) -> None:
    """The page says what to write; a form that is sent all the same does nothing."""
    form = seen(publisher, USAGE)
    publisher.tools["terms"] = None
    assert "Write [open_data] into the settings" in text(publisher.page("/open-data"))
    assert (303, []) == (publisher.post(USAGE, seen=form).status_code, rows(publisher))


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.NETWORK_OPS])
def test_who_reads_reports_sees_and_publishes_nothing(publisher: Room, role: Role) -> None:
    """The preview without its button; the form is refused."""
    form = seen(publisher, USAGE)
    assert 'name="seen"' not in publisher.page(USAGE, role)
    assert (403, []) == (publisher.post(USAGE, role, seen=form).status_code, rows(publisher))


def test_a_large_city_is_shown_in_part_and_published_whole(publisher: Room) -> None:
    """The first five hundred sites are on the page, and it says so; the file has every one."""
    with transaction(publisher.database) as session:
        session.add_all(Site(id=f"site-{number:03}", name=f"Site {number}") for number in range(600))
    page = text(publisher.page(HOTSPOTS))
    assert (True, False) == ("The first 500 are shown here; 102 more are in the file." in page, "Site 599" in page)
    publish(publisher, HOTSPOTS)
    assert (602, True) == (rows(publisher)[0].told, b"Site 599" in rows(publisher)[0].octets)


def test_a_months_history_is_one_link_away(publisher: Room) -> None:
    """Published, withdrawn and why, in the audit log, for whoever reads reports."""
    publish(publisher, USAGE)
    withdraw(publisher)
    link = re.search(r'href="(/audit/of/[^"]+)"', publisher.page(USAGE, Role.NETWORK_OPS))
    assert link is not None
    page = text(publisher.page(link[1], Role.NETWORK_OPS))
    assert (True, True) == ("published" in page, "withdrawn" in page)


def test_a_month_that_is_partly_deleted_is_not_offered(publisher: Room) -> None:
    """What retention took of it would be missing from its figures, for good; one that begins where the rest begins is whole."""
    for hours, status in ((-24, 200), (0, 200), (1, 404)):
        with transaction(publisher.database) as session:
            cutoff = FEBRUARY + timedelta(hours=hours)
            session.add(RetentionRun(at=publisher.time + timedelta(hours=hours), kept="usage_hour", cutoff=cutoff, deleted=7))
            session.add(RetentionRun(at=publisher.time, kept="usage_hour", cutoff=publisher.time, deleted=0))
        assert status == publisher.get(USAGE).status_code, hours


def test_a_month_of_which_records_wait_says_so(publisher: Room) -> None:
    """Where more of them wait than always do, whoever would publish for good reads so first; nobody else is bothered."""
    words = [(999, False), (1_000, True), (None, False)]
    for waiting, said in words:
        publisher.status = {"spool_backlog": waiting}
        assert said == ("1,000 accounting records wait to be counted" in text(publisher.page(USAGE)))
    form = seen(publisher, USAGE)
    publisher.status = {"spool_backlog": 2_000}
    assert 303 == publisher.post(USAGE, seen=form).status_code
    assert "wait to be counted" not in text(publisher.page(USAGE))
