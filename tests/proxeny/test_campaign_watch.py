"""proxeny.campaign_watch: adverts begin and end by themselves, on their sites' clocks, and are told of once."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from proxeny import campaign_watch, settings
from proxeny.campaign_watch import Campaigns, Trust, turn
from proxeny.lines import Tools
from proxeny.network import AccessPoint, Network, Operator, Site
from store import adverts, keys
from store.adverts import Figure
from store.models import (
    AuditEntry,
    Business,
    Campaign,
    CampaignPlace,
    CampaignState,
    Event,
    Membership,
    Message,
    PlaceKind,
    Role,
    Staff,
    Webhook,
)
from store.privacy import privacy
from store.session import engine, reading, transaction
from tests.store.rows import NOW
from tests.store.test_adverts import campaign

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY = date(2026, 3, 11)
ZONES = {"library": "America/Toronto", "far": "Pacific/Auckland"}
MAIL = "[mail]\nurl = 'smtp://127.0.0.1:2525'\nfrom = 'wifi@city.example'\n[staff]\n[business]\n"


@pytest.fixture
def tools(tmp_path: Path, opened: Path) -> Iterator[Tools]:
    """The jobs process's, over an empty database, with mails."""
    shutil.copytree(opened, tmp_path / "var")
    (tmp_path / "proxeny.toml").write_text(MAIL)
    said = settings.load(tmp_path / "proxeny.toml", {})
    database = engine(said.database.url)
    with transaction(database) as session:
        marks = privacy(session, keys.unlock(session, said.seal_key), NOW)
        session.add(
            Webhook(name="hook", url="https://hooks.city.example/", events=["advert.live", "advert.ended"], secret=b"", created_at=NOW)
        )
    yield Tools(database, marks, b"", lambda: said, network)
    database.dispose()


def network() -> Network:
    sites = {name: Site(name, name.title(), "downtown" if name == "library" else "", timezone=zone) for name, zone in ZONES.items()}
    operator = {"": Operator("city", timezone="America/Toronto")}
    points = {"far-1": AccessPoint("far-1", site="far")}
    return Network({**Network().rows, "operator": operator, "site": sites, "access_point": points})


def sown(tools: Tools, places: tuple[tuple[PlaceKind, str], ...] = ((PlaceKind.SITE, "library"),), **changes: Any) -> str:
    """A shop with an owner and a campaign at these places; its id."""
    with transaction(tools.database) as session:
        name = campaign(session, **changes)
        session.execute(CampaignPlace.__table__.delete())
        session.add_all(CampaignPlace(campaign_id=name, kind=kind, name=where) for kind, where in places)
        owner = Staff(name="owner@millers-oven.example", email="owner@millers-oven.example", role=Role.BUSINESS_OWNER, created_at=NOW)
        session.add(owner)
        session.flush()
        session.add(Membership(staff_id=owner.id, business_id=session.get_one(Campaign, name).business_id, created_at=NOW))
        return name


def told(tools: Tools) -> tuple[list[str], list[str], int]:
    """(events, the log's words, mails)."""
    with reading(tools.database) as session:
        events = session.scalars(select(Event.kind).order_by(Event.id)).all()
        acts = session.scalars(select(AuditEntry.action).where(AuditEntry.kind == "advert").order_by(AuditEntry.id)).all()
        return list(events), list(acts), len(session.scalars(select(Message.id)).all())


def state(tools: Tools, name: str) -> tuple[CampaignState, bool, bool]:
    """(state, whether it began, whether it ended)."""
    with reading(tools.database) as session:
        row = session.get_one(Campaign, name)
        return row.state, row.began_at is not None, row.ended_at is not None


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC)


def test_a_whole_life(tools: Tools) -> None:
    """It begins on its first day and ends after its last, each told once: an event, an entry of the log, a mail to its owner."""
    name = sown(tools, first_day=DAY, last_day=DAY + timedelta(days=1))
    steps = [
        ("2026-03-11T03:59", 0, (CampaignState.LIVE, False, False)),  # 23:59 in Toronto, the day before
        ("2026-03-11T04:00", 1, (CampaignState.LIVE, True, False)),
        ("2026-03-11T04:00", 0, (CampaignState.LIVE, True, False)),
        ("2026-03-13T03:59", 0, (CampaignState.LIVE, True, False)),
        ("2026-03-13T04:00", 1, (CampaignState.ENDED, True, True)),
        ("2026-03-13T04:00", 0, (CampaignState.ENDED, True, True)),
    ]
    for moment, turned, stands in steps:
        assert (turned, stands) == (turn(tools, network(), at(moment)), state(tools, name)), moment
    assert (["advert.live", "advert.ended"], ["begin", "end"], 2) == told(tools)


@pytest.mark.parametrize(
    ("places", "begins", "ends"),
    [
        ([(PlaceKind.SITE, "library")], "2026-03-11T04:00", "2026-03-12T04:00"),
        ([(PlaceKind.DISTRICT, "downtown")], "2026-03-11T04:00", "2026-03-12T04:00"),
        ([(PlaceKind.ACCESS_POINT, "far-1")], "2026-03-10T11:00", "2026-03-11T11:00"),
        ([(PlaceKind.CITY, "")], "2026-03-10T11:00", "2026-03-12T04:00"),  # with the first of its places to the last
        ([(PlaceKind.SITE, "library"), (PlaceKind.SITE, "far")], "2026-03-10T11:00", "2026-03-12T04:00"),
        ([(PlaceKind.SITE, "gone")], "2026-03-11T04:00", "2026-03-12T04:00"),  # the operator's clock
    ],
)
def test_clocks_are_the_sites(tools: Tools, places: list[tuple[PlaceKind, str]], begins: str, ends: str) -> None:
    """To the minute, in two zones."""
    sown(tools, tuple(places), first_day=DAY, last_day=DAY)
    a_minute = timedelta(minutes=1)
    moments = [at(begins) - a_minute, at(begins), at(ends) - a_minute, at(ends)]
    assert [0, 1, 0, 1] == [turn(tools, network(), moment) for moment in moments]


def test_a_night_belongs_to_its_first_day(tools: Tools) -> None:
    """What runs until two at night is not over at midnight."""
    name = sown(tools, last_day=DAY, from_minute=1_320, until_minute=120)
    moments = ("2026-03-12T04:00", "2026-03-12T05:59", "2026-03-12T06:00")
    assert [1, 0, 1] == [turn(tools, network(), at(moment)) for moment in moments]
    assert (CampaignState.ENDED, True, True) == state(tools, name)


def test_the_last_view(tools: Tools) -> None:
    """A total cap that is reached ends it; one short of it does not, and a cap of a day never does."""
    name = sown(tools, total_cap=10, day_cap=1)
    for count, ended in ((9, False), (1, True)):
        with transaction(tools.database) as session:
            adverts.count(session, [Figure("bakery-1", name, NOW.replace(minute=0, second=0, microsecond=0), "library", "en", count)])
        turn(tools, network(), NOW)
        assert ended == (state(tools, name)[0] is CampaignState.ENDED)
    assert ["begin", "end"] == told(tools)[1]


@pytest.mark.parametrize(
    ("changes", "acts"),
    [
        ({"state": CampaignState.PAUSED}, []),  # nobody sees it: it begins when it is resumed
        ({"state": CampaignState.PAUSED, "last_day": DAY - timedelta(days=9)}, ["end"]),
        ({"state": CampaignState.DRAFT, "last_day": DAY - timedelta(days=9)}, []),
        ({"state": CampaignState.ENDED, "last_day": DAY - timedelta(days=9)}, []),
        ({"last_day": DAY - timedelta(days=9)}, ["end"]),  # approved too late: it never began
        ({"began_at": NOW}, []),
        ({"first_day": DAY + timedelta(days=9)}, []),
    ],
)
def test_what_has_come(tools: Tools, changes: dict[str, Any], acts: list[str]) -> None:
    """And what has not, or was told before."""
    sown(tools, **changes)
    turn(tools, network(), at("2026-03-11T12:00"))
    turn(tools, network(), at("2026-03-11T12:01"))
    assert acts == told(tools)[1]


def test_a_suspended_shop_begins_nothing(tools: Tools) -> None:
    """Until that is lifted."""
    sown(tools)
    with transaction(tools.database) as session:
        session.execute(update(Business).values(suspended_at=NOW))
    assert 0 == turn(tools, network(), NOW)
    with transaction(tools.database) as session:
        session.execute(update(Business).values(suspended_at=None))
    assert 1 == turn(tools, network(), NOW)


def test_two_processes_and_an_approval_meanwhile(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look and the deed the row is looked at again: who comes second finds nothing to do."""
    name = sown(tools, last_day=DAY - timedelta(days=1), began_at=NOW)
    now, look = at("2026-03-11T12:00"), campaign_watch._places

    def later(session: Any, names: Any) -> Any:
        found = look(session, names)
        with transaction(tools.database) as other:
            other.get_one(Campaign, name).last_day = DAY + timedelta(days=9)
        return found

    monkeypatch.setattr(campaign_watch, "_places", later)
    assert 0 == turn(tools, network(), now)
    assert (CampaignState.LIVE, True, False) == state(tools, name)


def test_a_turn_a_minute(tools: Tools) -> None:
    """The line asks five times a second, and is told to go on once."""
    work = Campaigns()
    with reading(tools.database) as session:
        assert [1, 0, 0] == [len(work.waiting(session, tools, NOW)) for _ in range(3)]
    assert work.carry(0, tools) is None
    sown(tools)
    assert work.carry(0, tools) is not None


def test_what_runs_under_a_cap_stands_before_nobody(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many run below their caps, the next that begins is told, and the next that is spent ends."""
    monkeypatch.setattr(campaign_watch, "LOOKED_AT", 1)
    with transaction(tools.database) as session:
        capped = {"total_cap": 2, "began_at": NOW}
        older = [campaign(session, f"capped-{number}", created_at=NOW - timedelta(days=1), **capped) for number in range(3)]
        fresh = campaign(session, "fresh", created_at=NOW)
        adverts.count(session, [Figure("capped-0-1", older[0], NOW.replace(minute=0), "library", "en", 1)])
    assert (1, (CampaignState.LIVE, True, False)) == (turn(tools, network(), NOW), state(tools, fresh))
    with transaction(tools.database) as session:
        adverts.count(session, [Figure("capped-2-1", older[2], NOW.replace(minute=0), "library", "en", 2)])
    assert (1, (CampaignState.ENDED, True, True)) == (turn(tools, network(), NOW), state(tools, older[2]))


def test_a_clock_that_was_just_set_ends_nothing(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor begins what has a first day, until it went on for ten minutes as the monotonic clock does; a cap needs no clock."""
    kept = sown(tools, last_day=DAY, began_at=NOW)
    with transaction(tools.database) as session:
        later = campaign(session, "later", first_day=DAY + timedelta(days=30))
        spent = campaign(session, "spent", total_cap=1, began_at=NOW)
        adverts.count(session, [Figure("spent-1", spent, NOW.replace(minute=0), "library", "en", 1)])
    ticks = [0.0, *(540.0 + 60 * minute for minute in range(14))]  # it is set at the third look, and set right at the fifth
    wrong, right = at("2036-03-11T12:00"), at("2026-03-11T12:00")
    looks = [(wrong if 2 <= number < 4 else right) + timedelta(seconds=tick) for number, tick in enumerate(ticks)]
    work, moments, clock = Campaigns(), iter(looks), iter(ticks)
    monkeypatch.setattr(campaign_watch, "moment", lambda: next(moments))
    monkeypatch.setattr(campaign_watch, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    for _ in looks:
        work.carry(0, tools)
    assert (CampaignState.LIVE, True, False) == state(tools, kept)
    assert (CampaignState.LIVE, False, False) == state(tools, later)
    assert (CampaignState.ENDED, True, True) == state(tools, spent)


def test_a_clock_that_goes_on_is_believed() -> None:
    """From its tenth minute on; nudged, it stays so; set, in either direction, it has to go on for ten minutes once more."""
    trust, begun = Trust(), at("2026-03-11T12:00")
    looks = [(0, 0), (540, 0), (600, 0), (4_000, 59), (4_060, 120), (4_600, 120), (4_660, 120), (4_720, -3_600), (5_320, -3_600)]
    said = [trust.settled(begun + timedelta(seconds=tick + off), tick) for tick, off in looks]
    assert [False, False, True, True, False, False, True, False, True] == said
