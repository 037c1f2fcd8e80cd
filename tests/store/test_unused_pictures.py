"""store.unused_pictures: what nothing uses goes after a week, what anything names stays, and nobody keeps more than a hundred."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from store import models as m
from store import pictures, retention, unused_pictures
from store.retention import Kept, purge
from store.session import reading, transaction
from store.stills import Prepared
from tests.store.rows import NOW

if TYPE_CHECKING:
    import pytest
    from sqlalchemy import Engine

DAY = timedelta(days=1)


def sent(database: Engine, *names: str, shop: str = "bakery", at: Any = NOW) -> None:
    """By this shop; each is its name sixty-four times."""
    with transaction(database) as session:
        if session.get(m.Business, shop) is None:
            session.add(m.Business(id=shop, slug=shop, name=shop, created_at=NOW))
            session.flush()
        for name in names:
            pictures.keep_for(session, shop, Prepared(name * 64, name.encode(), 9, 9), at)


def left(database: Engine) -> tuple[str, str]:
    """Whose pictures there are, and which are there."""
    with reading(database) as session:
        theirs = sorted(f"{row.business_id[0]}{row.sha[0]}" for row in session.query(m.Picture))
        return " ".join(theirs), "".join(sorted(row.sha[0] for row in session.query(m.Media)))


def test_what_nothing_uses_goes_after_a_week(database: Engine) -> None:
    """With whoever's it was; what any version, page or portal names stays, whatever became of that, and the newly sent."""
    sent(database, *"abcdef")
    sent(database, "a", "g", at=NOW + 5 * DAY)
    with transaction(database) as session:
        session.add(m.Campaign(id="c", business_id="bakery", name="c", created_at=NOW))
        session.flush()
        session.add(m.Creative(campaign_id="c", picture="b" * 64, state=m.CreativeState.REPLACED, created_at=NOW))
        session.add(m.ShopVersion(business_id="bakery", picture="c" * 64, created_at=NOW))
        session.get_one(m.Business, "bakery").picture = "d" * 64
        session.add(m.PortalVersion(portal="p", number=1, fields={"logo": "e" * 64}, note="", made_by="", made_at=NOW))
    assert 3 == purge(database, {}, NOW + 8 * DAY)[Kept.PICTURE]  # f, and e that is a logo and no shop's any more
    assert ("ba bb bc bd bg", "abcdeg") == left(database)
    assert 4 == purge(database, {}, NOW + 13 * DAY)[Kept.PICTURE]
    assert ("bb bc bd", "bcde") == left(database)


def test_two_that_sent_the_same_have_one(database: Engine) -> None:
    """It stays for the one that uses it; a shop that goes leaves what nobody has."""
    sent(database, "a")
    sent(database, "a", shop="cafe", at=NOW + 5 * DAY)
    purge(database, {}, NOW + 8 * DAY)
    assert ("ca", "a") == left(database)
    with transaction(database) as session:
        session.delete(session.get_one(m.Business, "cafe"))
    purge(database, {}, NOW + 13 * DAY)
    assert ("", "") == left(database)


def test_what_should_be_gone_is_told(database: Engine) -> None:
    """From when it was sent last; of what is used, nothing is said."""
    sent(database, "a", "b")
    with transaction(database) as session:
        session.get_one(m.Business, "bakery").picture = "b" * 64
        session.query(m.Picture).delete()
    with reading(database) as session:
        assert (NOW, {Kept.PICTURE: NOW}, {}) == (
            retention.oldest(session, Kept.PICTURE),
            retention.late(session, {Kept.PICTURE: NOW + DAY}),
            retention.late(session, {Kept.PICTURE: NOW}),
        )


def test_nobody_keeps_what_they_only_tried_out(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest is a shop's no more; what it uses is not counted, and another's is left alone."""
    monkeypatch.setattr(unused_pictures, "MOST", 2)
    sent(database, "x", "y", shop="cafe")
    sent(database, "a")
    with transaction(database) as session:
        session.get_one(m.Business, "bakery").picture = "a" * 64
    for hours, name in enumerate("bcd"):
        sent(database, name, at=NOW + timedelta(hours=hours))
    assert ("ba bc bd cx cy", "abcdxy") == left(database)
