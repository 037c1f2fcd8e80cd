"""What goes wrong around the shops: two at once on a database that lets them, and a machine that has nothing left."""

from __future__ import annotations

import errno
import io
import resource
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, text

from portal import picture_press, press
from store import adverts, campaigns, publications, versions
from store.models import AccessPoint, Campaign, CampaignState, Client, Dataset, Publication, ShopVersion
from store.schema import upgrade
from store.sealed import Seal, create_keys
from store.session import engine, reading, transaction
from tests.peers import postgres
from tests.peers.program import until
from tests.portal.shoproom import A, Person, ShopRoom, furnished
from tests.portal.shops import painted
from tests.portal.staffroom import Room, over
from tests.portal.test_business_page import newest, save

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine


@pytest.fixture(scope="module")
def cluster() -> Iterator[postgres.Cluster]:
    with postgres.cluster() as running:
        yield running


@pytest.fixture
def elsewhere(tmp_path: Path, cluster: postgres.Cluster) -> Iterator[ShopRoom]:
    """The shops over PostgreSQL, where two write at the same time."""
    with cluster.database(upgrade) as address:
        create_keys(tmp_path / "keys" / "seal.key")
        made = furnished(over(engine(address), Seal(tmp_path / "keys" / "seal.key"), tmp_path))
        yield made
        made.close()


def waits(database: Engine) -> bool:
    """Whether somebody stands at a lock."""
    with reading(database) as session:
        return bool(session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


@pytest.mark.peer("postgresql")
def test_of_two_who_save_a_page_at_once_the_second_is_told(elsewhere: ShopRoom) -> None:
    """One begins while the other's save is not committed: nothing that was saved is written over."""
    assert 303 == save(elsewhere, **{"about.en": "Bread."}).status_code
    shop = elsewhere.shops[A]
    elsewhere.token()
    with ThreadPoolExecutor(1) as beside:
        with transaction(elsewhere.database) as session:
            row = versions.latest(session, ShopVersion, shop)
            versions.save(row, {"about": {"en": "Bread and cake."}}, row.edits, elsewhere.people[Person.OWNER_A])
            session.flush()
            second = beside.submit(save, elsewhere, seen="1.1", **{"about.en": "Bread, warm."})
            until(lambda: waits(elsewhere.database), "the second save", 8.0)
        assert 409 == second.result().status_code
    with reading(elsewhere.database) as session:
        assert {"en": "Bread and cake."} == versions.newest(session, ShopVersion, shop).about


def exhausted(*_argv: object, **_more: object) -> None:
    raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")


def test_a_machine_that_begins_no_process_keeps_what_was_typed(shoproom: ShopRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    """The picture is not taken, in words; the draft is kept without it."""
    monkeypatch.setattr(subprocess, "run", exhausted)
    answer = save(shoproom, picture=(io.BytesIO(painted()), "bread.jpg"))
    assert (422, True) == (answer.status_code, "Try again in a minute" in answer.get_data(as_text=True))
    assert "12 Mill Street" == newest(shoproom).address


def test_a_machine_that_begins_no_process_prints_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asked for paper is told so, as of any press that is jammed, and the next may try."""
    monkeypatch.setattr(subprocess, "run", exhausted)
    for _ in range(2):
        with pytest.raises(press.JammedError, match="Resource temporarily unavailable"):
            press.pdf("<p>figures</p>")


def test_who_removes_a_site_reads_what_is_shown_there(shoproom: ShopRoom) -> None:
    """The adverts that run there and the shops that may be; they keep nobody from it, unlike what stands there."""
    shoproom.advert(name="Bread"), shoproom.advert(name="Stollen", state=CampaignState.ENDED)
    city = Room(shoproom.folder, shoproom.database, shoproom.privacy, shoproom.time)
    try:
        assert "Bread" not in city.page("/sites/central-library/remove")
        with transaction(city.database) as session:
            session.execute(delete(AccessPoint))
            session.execute(delete(Client))
        page = city.page("/sites/central-library/remove")
        assert [True, False, True, True] == [each in page for each in ("Bread", "Stollen", "/businesses/green-cafe", "goes on without it")]
        assert 303 == city.post("/sites/central-library/remove").status_code
    finally:
        city.close()


def test_what_its_owner_ended_the_city_does_not_begin_again(shoproom: ShopRoom) -> None:
    """Ended while a version waits, nothing waits any more: whoever decides on it finds that it was withdrawn."""
    name = shoproom.advert()
    with transaction(shoproom.database) as session:
        owner = shoproom.people[Person.OWNER_A]
        row = campaigns.draft(session, session.get_one(Campaign, name), owner, shoproom.time)
        versions.submit(row, owner, shoproom.time)
        waiting = row.id
    assert 303 == shoproom.post(f"/shops/{A}/adverts/{name}/end").status_code
    city = Room(shoproom.folder, shoproom.database, shoproom.privacy, shoproom.time)
    try:
        assert 404 == city.post(f"/review/advert/{waiting}/approve", edits="0", weight="1").status_code
    finally:
        city.close()
    with reading(shoproom.database) as session:
        assert CampaignState.ENDED is session.get_one(Campaign, name).state


def test_a_lower_bound_of_the_operators_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may raise one: pictures are read within it, where it was a fault that no picture got over."""
    hard = {resource.RLIMIT_AS: 512 << 20, resource.RLIMIT_CPU: 100, resource.RLIMIT_NOFILE: 3}
    held: dict[int, tuple[int, int]] = {}
    limits = SimpleNamespace(
        **{name: getattr(resource, name) for name in dir(resource) if name.startswith("RLIM")},
        getrlimit=lambda limit: (0, hard.get(limit, resource.RLIM_INFINITY)),
        setrlimit=held.__setitem__,
    )
    monkeypatch.setattr(picture_press, "resource", limits)
    picture_press._bound(8, 768 << 20)
    wanted = {resource.RLIMIT_AS: 512 << 20, resource.RLIMIT_CPU: 8, resource.RLIMIT_NOFILE: 3}
    assert wanted == {limit: most for limit, (soft, most) in held.items() if limit in hard and soft == most}


@pytest.mark.parametrize("bound", ["MOST", "PLACES"])
def test_one_advert_more_than_may_run_is_not_said_to_be_shown(bound: str, shoproom: ShopRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guests see the older ones, by number and by places, and whoever owns it reads so; one that has not begun is told its day."""
    monkeypatch.setattr(adverts, bound, 1)
    first = shoproom.advert(created_at=shoproom.time)
    shoproom.later(minutes=1)
    names = [shoproom.advert(), shoproom.advert()]
    with transaction(shoproom.database) as session:
        session.get_one(Campaign, names[1]).first_day = (shoproom.time + timedelta(days=9)).date()
    pages = [shoproom.page(f"/shops/{A}/adverts/{name}") for name in (first, *names)]
    assert [False, True, False] == ["So many adverts run in the city" in page for page in pages]
    assert [True, False, False] == ["Guests see it now" in page for page in pages]


@pytest.mark.peer("postgresql")
def test_of_two_who_withdraw_at_once_the_second_is_told(elsewhere: ShopRoom) -> None:
    """The reason that everybody reads is the first's, and the log has one entry."""
    city = Room(elsewhere.folder, elsewhere.database, elsewhere.privacy, elsewhere.time)
    with transaction(city.database) as session:
        out = Publication(dataset=Dataset.HOTSPOTS, period="", published_at=city.time, octets=b"{}", digest="0" * 64)
        session.add(out)
        session.flush()
        name = out.id
    city.token()
    with ThreadPoolExecutor(1) as beside:
        with transaction(city.database) as session:
            publications.withdraw(session.get_one(Publication, name), "first@city.example", "It named a wrong place.", city.time)
            session.flush()
            second = beside.submit(city.post, f"/open-data/of/{name}/withdraw", why="Somebody complained of it.")
            until(lambda: waits(city.database), "the second", 8.0)
        assert 409 == second.result().status_code
    with reading(city.database) as session:
        assert "It named a wrong place." == session.get_one(Publication, name).withdrawn_why
    city.close()
