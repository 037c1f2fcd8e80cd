"""store.belongings: what is an account's own, and what of it is told; on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from store import accounts, belongings, grants
from store import models as m
from store.privacy import privacy
from store.session import transaction
from tests.store import guests, rows
from tests.store.rows import NOW

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from store.sealed import Seal

HOUR = timedelta(hours=1)


def test_devices_are_told_by_what_their_account_did(database: Engine, seal: Seal) -> None:
    """Those that may be online first; online now, last seen and since when by this account's own grants."""
    with transaction(database) as session:
        marks = privacy(session, seal, NOW)
        mine = accounts.known(session, marks, m.Way.EMAIL, "guest-017@example.org", NOW).id
        other = accounts.known(session, marks, m.Way.EMAIL, "guest-018@example.org", NOW).id
        guests.admit(session, guests.PHONE, NOW - 30 * HOUR, account=other)
        guests.admit(session, guests.LAPTOP, NOW - 20 * HOUR, account=mine)
        grant = guests.admit(session, guests.PHONE, NOW - HOUR, account=mine)
        session.add(rows.session(seal, "s", grant_id=grant.id, updated_at=NOW))
        session.flush()
        found = belongings.devices(session, marks, mine, NOW)
        assert [(guests.PHONE, True, NOW - HOUR, NOW), (guests.LAPTOP, False, NOW - 20 * HOUR, NOW - 20 * HOUR)] == [
            (each.hash, each.online, each.since, each.seen) for each in found
        ]
        assert [] == belongings.devices(session, marks, other, NOW)
        assert belongings.device(session, marks, mine, belongings.ref(marks, other, guests.PHONE), NOW) is None
        assert found[0] == belongings.device(session, marks, mine, found[0].ref, NOW)


def test_a_device_that_was_added_is_never_followed(database: Engine, seal: Seal) -> None:
    """Neither whether it is online nor when it was; whoever signs in on it makes it theirs to see, without its former name."""
    with transaction(database) as session:
        marks = privacy(session, seal, NOW)
        mine, other = (accounts.known(session, marks, m.Way.EMAIL, f"guest-{number}@example.org", NOW).id for number in ("017", "018"))
        grant = guests.admit(session, guests.PHONE, account=mine)
        row = session.get_one(m.Device, guests.PHONE, populate_existing=True)
        row.added_at, row.label = NOW, marks.sealed(b"Television", "device", guests.PHONE.hex(), "label")
        session.add(rows.session(seal, "s", grant_id=grant.id, updated_at=NOW))
        session.flush()
        (told,) = belongings.devices(session, marks, mine, NOW)
        assert ("Television", True, False, None) == (told.label, told.added, told.online, told.seen)
        grants.revoke(session, grant, "signed out", NOW)
        guests.admit(session, guests.PHONE, NOW + HOUR, account=mine)
        session.expire_all()
        (kept,) = belongings.devices(session, marks, mine, NOW + HOUR)
        assert ("Television", False) == (kept.label, kept.added)
        guests.admit(session, guests.PHONE, NOW + 2 * HOUR, account=other)
        session.expire_all()
        (theirs,) = belongings.devices(session, marks, other, NOW + 2 * HOUR)
        assert ("", False) == (theirs.label, theirs.added)
