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


@pytest.fixture
def both(tmp_path: Path) -> Iterator[ShopRoom]:
    """The business app over PostgreSQL."""
    create_keys(tmp_path / "keys" / "seal.key")
    with postgres.cluster() as running, running.database(upgrade) as url:
        made = furnished(over(prepare(url), Seal(tmp_path / "keys" / "seal.key"), tmp_path))
        yield made
        made.close()


def waiting(room: ShopRoom) -> int:
    with reading(room.database) as session:
        return session.scalar(text(_WAITS)) or 0


@pytest.mark.peer("postgresql")
def test_two_shops_save_the_same_picture_at_once(both: ShopRoom) -> None:
    """One makes an advert with it, one changes a draft: whoever has the log waits for no picture."""
    draft = both.advert(B, CampaignState.DRAFT, CreativeState.DRAFT)
    forms = {
        Person.OWNER_A: (f"/shops/{A}/adverts/new", {"title.en": "Bread"}),
        Person.OWNER_B: (f"/shops/{B}/adverts/{draft}/edit", {"title.en": "Tea", "seen": "1.0"}),
    }
    for person in forms:
        both.token(person)
    picture, done = painted(), list[int]()

    def send(person: Person, path: str, form: dict[str, Any]) -> None:
        done.append(both.posted(path, person, {**form, "picture": (io.BytesIO(picture), "bread.png")}).status_code)

    threads = [threading.Thread(target=send, args=(person, *form)) for person, form in forms.items()]
    with transaction(both.database) as session:
        session.execute(text("LOCK TABLE audit_entry IN SHARE ROW EXCLUSIVE MODE"))
        for number, thread in enumerate(threads, 1):
            thread.start()
            until(lambda number=number: waiting(both) == number, "it waits for the log")
    for thread in threads:
        thread.join(30)
    assert [303, 303] == done
    with reading(both.database) as session:
        (sha,) = session.scalars(Media.__table__.select().with_only_columns(Media.sha))
        assert {both.shops[A], both.shops[B]} == {row.business_id for row in session.query(Picture).filter_by(sha=sha)}
        assert 2 == session.query(Creative).filter_by(picture=sha).count()
