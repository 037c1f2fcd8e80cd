"""proxeny.shop_checks: a network without a place at which adverts run is applied, and said aloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxeny import shop_checks
from proxeny.network import AccessPoint, Network, Site
from store.models import CampaignPlace, CampaignState, PlaceKind
from store.schema import prepare
from store.session import transaction
from tests.store.test_adverts import campaign

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

KINDS = (PlaceKind.SITE, PlaceKind.DISTRICT, PlaceKind.ACCESS_POINT)


def test_places_that_are_gone_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With how many adverts they had; what is there, and what is over, is nobody's trouble."""
    database = prepare(f"sqlite:///{tmp_path}/proxeny.db")
    network = Network({**Network().rows, "site": {"library": Site("library", "Library", "mill")}, "access_point": {"a": AccessPoint("a")}})
    with transaction(database) as session:
        for slug, state in (("one", CampaignState.LIVE), ("two", CampaignState.PAUSED), ("over", CampaignState.ENDED)):
            name = campaign(session, slug, state=state)
            session.add_all(CampaignPlace(campaign_id=name, kind=kind, name=f"{slug if kind is KINDS[2] else 'gone'}") for kind in KINDS)
            there = zip(KINDS, ("library", "mill", "a"), strict=True)
            session.add_all(CampaignPlace(campaign_id=name, kind=kind, name=where) for kind, where in there)
        session.flush()
        found = [(each.section, each.name, each.what) for each in shop_checks.warnings(session, network)]
        monkeypatch.setattr(shop_checks, "MOST", 1)
        shorter = [each.what for each in shop_checks.warnings(session, network)]
    words = "is not there: {} of shops cannot be shown at it"
    one, two = words.format("1 advert"), words.format("2 adverts")
    assert [("access_point", "one", one), ("access_point", "two", one), ("district", "gone", two), ("site", "gone", two)] == found
    assert [one, "and 3 more places of adverts are not there"] == shorter
    database.dispose()
