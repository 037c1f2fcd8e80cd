"""store.adverts: what runs, and figures that add up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from store import adverts
from store.adverts import Figure
from store.models import Business, Campaign, CampaignPlace, CampaignState, Creative, CreativeState, PlaceKind, PlacementHour
from store.session import reading, transaction
from tests.store.rows import NOW

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

HOUR = NOW.replace(minute=0, second=0, microsecond=0)
TODAY = NOW.date()


def campaign(session: Session, slug: str = "bakery", *, states: tuple[str, ...] = ("approved",), **changes: Any) -> str:
    """A campaign that runs everywhere, with a creative of each of these states; its id."""
    shop = Business(slug=slug, name=slug.title(), link="https://bakery.example/", created_at=NOW)
    session.add(shop)
    session.flush()
    row = Campaign(**({"state": CampaignState.LIVE, "created_at": NOW, "name": slug} | changes), business_id=shop.id)
    session.add(row)
    session.flush()
    session.add(CampaignPlace(campaign_id=row.id, kind=PlaceKind.CITY, name=""))
    for version, state in enumerate(states, 1):
        title = {"en": f"version {version}"}
        session.add(
            Creative(id=f"{slug}-{version}", campaign_id=row.id, version=version, state=CreativeState(state), title=title, created_at=NOW)
        )
    return row.id


def titles(database: Engine) -> list[str]:
    with reading(database) as session:
        return [f"{run.advert.shop} {run.advert.title['en']}" for run in adverts.running(session, NOW)]


@pytest.mark.parametrize(
    ("changes", "runs"),
    [
        ({}, True),
        ({"state": CampaignState.DRAFT}, False),
        ({"state": CampaignState.PAUSED}, False),
        ({"state": CampaignState.ENDED}, False),
        ({"weight": 0}, False),
        ({"first_day": TODAY, "last_day": TODAY}, True),
        ({"first_day": TODAY + timedelta(days=1)}, True),  # it is tomorrow in Auckland
        ({"first_day": TODAY + timedelta(days=2)}, False),
        ({"last_day": TODAY - timedelta(days=1)}, True),  # it is still yesterday in Honolulu
        ({"last_day": TODAY - timedelta(days=2)}, False),
        ({"last_day": date(9999, 12, 31)}, True),
    ],
)
def test_what_runs(database: Engine, changes: dict[str, Any], runs: bool) -> None:
    """Live campaigns of these days; the site's own clock decides the rest."""
    with transaction(database) as session:
        campaign(session, **changes)
    assert (["bakery version 1"] if runs else []) == titles(database)


@pytest.mark.parametrize(
    ("states", "shown"),
    [
        (("approved", "submitted"), ["bakery version 1"]),
        (("replaced", "approved"), ["bakery version 2"]),
        (("approved", "approved"), ["bakery version 2"]),
        (("rejected", "draft"), []),
    ],
)
def test_the_newest_approved_version(database: Engine, states: tuple[str, ...], shown: list[str]) -> None:
    """Runs until another is approved."""
    with transaction(database) as session:
        campaign(session, states=states)
    assert shown == titles(database)


def test_everything_of_it_is_read(database: Engine) -> None:
    """Caps, hours and days as they were written; a picture that is gone is none; no place, no run."""
    caps = {"day_cap": 5, "total_cap": 9, "weekdays": 3, "from_minute": 60, "until_minute": 30, "weight": 4}
    with transaction(database) as session:
        campaign(session, **caps, first_day=TODAY, last_day=TODAY)
        session.query(Business).one().house = True
        session.flush()
        session.get_one(Creative, "bakery-1").picture = "0" * 64
        lost = campaign(session, "lost")
        session.flush()
        session.delete(session.get_one(CampaignPlace, (lost, PlaceKind.CITY, "")))
    with reading(database) as session:
        (run,) = adverts.running(session, NOW)
    assert caps | {"house": True} == {name: getattr(run, name) for name in caps} | {"house": run.advert.house}
    assert (TODAY, TODAY, "", "https://bakery.example/", True) == (
        run.first_day,
        run.last_day,
        run.advert.picture,
        run.advert.link,
        run.capped,
    )


def test_no_more_than_a_thousand(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest run."""
    monkeypatch.setattr(adverts, "MOST", 2)
    with transaction(database) as session:
        for number in range(4):
            campaign(session, f"shop-{number}", created_at=NOW - timedelta(days=number))
    assert ["shop-3 version 1", "shop-2 version 1"] == titles(database)


def test_figures_add_up(database: Engine) -> None:
    """What comes again is added; of a creative that is gone nothing is kept, and the others are."""
    with transaction(database) as session:
        name = campaign(session)
    one = Figure("bakery-1", name, HOUR, "library", "en", 2, 1)
    for figures in ([one], [one, one._replace(language="fr")], [one._replace(creative="gone"), one._replace(impressions=0, clicks=3)], []):
        with transaction(database) as session:
            adverts.count(session, figures)
    with reading(database) as session:
        rows = session.query(PlacementHour).order_by(PlacementHour.language)
        assert [("en", 4, 5), ("fr", 2, 1)] == [(row.language, row.impressions, row.clicks) for row in rows]


def test_figures_of_many_at_once(database: Engine) -> None:
    """Eight connections that write the same rows in other orders: every figure is there."""
    with transaction(database) as session:
        name = campaign(session, states=("replaced", "approved"))
    figures = [Figure(f"bakery-{number}", name, HOUR, site, "en", 1, 0) for number in (1, 2) for site in ("a", "b", "c")]

    def write(turn: int) -> None:
        with transaction(database) as session:
            adverts.count(session, figures[:: -1 if turn % 2 else 1])

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(write, turn) for turn in range(16)]:
            done.result()
    with reading(database) as session:
        assert {name: 16 * 6} == adverts.shown(session, [name], None, None)


def test_shown_since_and_before(database: Engine) -> None:
    """Whole days, from one on and before another; of the campaigns that are named."""
    with transaction(database) as session:
        name, other = campaign(session), campaign(session, "other")
        session.flush()
        for days, count in ((-2, 1), (-1, 10), (0, 100)):
            adverts.count(session, [Figure("bakery-1", name, HOUR + timedelta(days=days), "", "en", count)])
        adverts.count(session, [Figure("other-1", other, HOUR, "", "en", 7)])
    today = HOUR.date()
    with reading(database) as session:
        told = [adverts.shown(session, [name], since, until) for since, until in ((None, None), (today, None), (None, today))]
    assert [{name: 111}, {name: 100}, {name: 11}] == told
