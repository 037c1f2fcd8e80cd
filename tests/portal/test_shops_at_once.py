"""Two of the shops at once, in PostgreSQL: one after the other, and nobody is told to try again. SQLite has one writer."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from store.models import CampaignState, Creative, CreativeState, Media, Picture
from store.schema import prepare, upgrade
from store.sealed import Seal, create_keys
from store.session import reading, transaction
from tests.peers import postgres
from tests.peers.program import until
from tests.portal.shoproom import A, B, Person, furnished
from tests.portal.shops import painted
from tests.portal.staffroom import over

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.portal.shoproom import ShopRoom

_WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture(scope="module")
def cluster() -> Iterator[postgres.Cluster]:
    with postgres.cluster() as running:
        yield running


@pytest.fixture
def both(tmp_path: Path, cluster: postgres.Cluster) -> Iterator[ShopRoom]:
    """The business app over PostgreSQL."""
    create_keys(tmp_path / "keys" / "seal.key")
    with cluster.database(upgrade) as url:
        made = furnished(over(prepare(url), Seal(tmp_path / "keys" / "seal.key"), tmp_path))
        yield made
        made.close()


def waiting(room: ShopRoom) -> int:
    with reading(room.database) as session:
        return session.scalar(text(_WAITS)) or 0


def at_once(room: ShopRoom, *forms: tuple[Person, str, dict[str, Any]]) -> list[int]:
    """What these are answered, the first of which waits for the log in its transaction when the next comes."""
    done = list[int]()
    for person, *_ in forms:
        room.token(person)

    def send(person: Person, path: str, form: dict[str, Any]) -> None:
        done.append(room.posted(path, person, form).status_code)

    threads = [threading.Thread(target=send, args=form) for form in forms]
    with transaction(room.database) as session:
        session.execute(text("LOCK TABLE audit_entry IN SHARE ROW EXCLUSIVE MODE"))
        for number, thread in enumerate(threads, 1):
            thread.start()
            until(lambda number=number: waiting(room) == number, "it waits")
    for thread in threads:
        thread.join(30)
    return sorted(done)


@pytest.mark.peer("postgresql")
def test_an_advert_is_removed_twice(both: ShopRoom) -> None:
    """A thumb pressed twice, or two people: the second is told that somebody was faster."""
    path = f"/shops/{A}/adverts/{both.advert(A, CampaignState.DRAFT, CreativeState.DRAFT)}"
    twice = Person.OWNER_A, f"{path}/remove", dict[str, Any]()
    assert [303, 303] == at_once(both, twice, twice)


@pytest.mark.peer("postgresql")
def test_two_shops_save_the_same_picture_at_once(both: ShopRoom) -> None:
    """One makes an advert with it, one changes a draft: whoever has the log waits for no picture."""
    draft = both.advert(B, CampaignState.DRAFT, CreativeState.DRAFT)
    picture = painted()
    first = Person.OWNER_A, f"/shops/{A}/adverts/new", {"title.en": "Bread", "picture": (io.BytesIO(picture), "bread.png")}
    form = {"title.en": "Tea", "seen": "1.0", "picture": (io.BytesIO(picture), "bread.png")}
    assert [303, 303] == at_once(both, first, (Person.OWNER_B, f"/shops/{B}/adverts/{draft}/edit", form))
    with reading(both.database) as session:
        (sha,) = session.scalars(Media.__table__.select().with_only_columns(Media.sha))
        assert {both.shops[A], both.shops[B]} == {row.business_id for row in session.query(Picture).filter_by(sha=sha)}
        assert 2 == session.query(Creative).filter_by(picture=sha).count()
