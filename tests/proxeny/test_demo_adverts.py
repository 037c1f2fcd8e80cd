"""proxeny.demo_adverts: the sample city's shops."""

from __future__ import annotations

import tomllib
from pathlib import Path

from proxeny.demo_adverts import SHOPS, sow
from store import adverts
from store.pictures import WEIGHT
from store.schema import prepare
from store.session import reading, transaction
from tests.store.rows import NOW

CITY = tomllib.loads((Path(__file__).parents[2] / "config" / "demo" / "NETWORK.toml").read_text("utf-8"))


def test_they_are_sown_once(tmp_path: Path) -> None:
    """Three shops and one of the city's own, in both languages, each with a light picture; a second time nothing is new."""
    database = prepare(f"sqlite:///{tmp_path}/proxeny.db")
    for new in (4, 0):
        with transaction(database) as session:
            assert new == sow(session, NOW)
    with reading(database) as session:
        running = adverts.running(session, NOW)
        pictures = [adverts.picture(session, run.advert.picture) for run in running]
    assert [3, 1] == [sum(run.advert.house is house for run in running) for house in (False, True)]
    assert all(picture is not None and len(picture.octets) <= WEIGHT for picture in pictures)
    texts = [text for run in running for text in (run.advert.title, run.advert.text, run.advert.alt)]
    assert {("en", "fr")} == {tuple(text) for text in texts}
    assert (True, True) == (
        max(len(run.advert.title["fr"]) for run in running) <= 60,
        max(len(run.advert.text["fr"]) for run in running) <= 200,
    )
    database.dispose()


def test_their_places_are_there() -> None:
    """Every site that a campaign names is one of the sample city's; where its guests' gateway is, shops are shown."""
    sites = {site["id"] for site in CITY["site"]}
    assert set() == {site for shop in SHOPS for site in shop.sites} - sites
    (gateway,) = [client["site"] for client in CITY["client"] if client.get("nas") == "coova"]
    assert 3 == sum(gateway in shop.sites for shop in SHOPS)
