"""proxeny.demo_shops: the sample city's shops."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from proxeny.demo_adverts import SHOPS
from proxeny.demo_shops import COUNTER, OWNER, RUNS, link, sow
from store import adverts, staff
from store.models import Campaign, Creative, Membership, PlacementHour
from store.schema import prepare
from store.session import reading, transaction
from store.stills import WEIGHT
from tests.store.rows import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

CITY = tomllib.loads((Path(__file__).parents[2] / "config" / "demo" / "NETWORK.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def sown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The sample city's, sown twice."""
    database = prepare(f"sqlite:///{tmp_path_factory.mktemp('city')}/proxeny.db")
    for new in (5, 0):
        with transaction(database) as session:
            assert new == sow(session, NOW)
    yield database
    database.dispose()


def test_what_runs(sown: Engine) -> None:
    """Two of the four shops and the city's own, in both languages, each with a light picture that guests may see."""
    with reading(sown) as session:
        running = adverts.running(session, NOW)
        pictures = [adverts.picture(session, run.advert.picture) for run in running]
    assert [("chain-and-spoke", False), ("city-of-example", True), ("millers-oven", False)] == sorted(
        (run.advert.shop, run.advert.house) for run in running
    )
    assert all(picture is not None and len(picture.octets) <= WEIGHT and picture.published_at is not None for picture in pictures)
    texts = [text for run in running for text in (run.advert.title, run.advert.text, run.advert.alt)]
    assert {("en", "fr")} == {tuple(text) for text in texts}
    assert (True, True) == (
        max(len(run.advert.title["fr"]) for run in running) <= 60,
        max(len(run.advert.text["fr"]) for run in running) <= 200,
    )


def test_every_state_is_there(sown: Engine) -> None:
    """Campaigns that run, wait, are paused and have ended; versions in review, rejected with a reason, begun and approved."""
    with reading(sown) as session:
        campaigns = {row.value for row in session.scalars(select(Campaign.state).distinct())}
        versions = {row.value for row in session.scalars(select(Creative.state).distinct())}
        reasons = session.scalars(select(Creative.reason).where(Creative.reason != "")).all()
    assert ({"live", "draft", "paused", "ended"}, {"approved", "submitted", "rejected", "draft"}, 1) == (campaigns, versions, len(reasons))


def test_their_figures_are_weeks_of_hours(sown: Engine) -> None:
    """Whatever was shown has figures, what never was has none, and nobody clicks more often than they see."""
    row = PlacementHour
    sums = select(func.count(row.campaign_id.distinct()), func.max(row.clicks - row.impressions), func.max(row.hour))
    with reading(sown) as session:
        shown, beyond, last = session.execute(sums).one()
    assert (sum(run.began is not None for runs in RUNS.values() for run in runs), True, True) == (shown, beyond <= 0, last < NOW)


def test_an_owner_gets_in(sown: Engine) -> None:
    """By another link at each start; one shop has somebody at its counter; who was taken away gets none."""
    with transaction(sown) as session:
        first, second = link(session, NOW), link(session, NOW)
        assert (None, OWNER) == (staff.invited(session, first, NOW), getattr(staff.invited(session, second, NOW), "name", None))
        assert 5 == session.scalar(select(func.count()).select_from(Membership))
        assert "venue-staff" == getattr(staff.named(session, COUNTER), "role", None)


def test_their_places_are_there() -> None:
    """Every site that a campaign names is one of the sample city's; where its guests' gateway is, shops are shown."""
    sites = {site["id"] for site in CITY["site"]}
    assert set() == {site for shop in SHOPS for site in shop.sites} - sites
    (gateway,) = [client["site"] for client in CITY["client"] if client.get("nas") == "coova"]
    assert 4 == sum(gateway in shop.sites for shop in SHOPS)
