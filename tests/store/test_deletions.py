"""store.deletions: what went is written down, and what should have gone is found."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from store import deletions, grants
from store import models as m
from store.retention import Kept
from store.session import reading, transaction
from store.spent_grants import ERASURE
from tests.store import guests, rows
from tests.store.rows import NOW

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from store.sealed import Seal

DAY = timedelta(days=1)
KEPT = {Kept.GRANT: 365 * DAY, Kept.DEVICE: 30 * DAY, Kept.SESSION: 365 * DAY, Kept.ACCOUNT: 365 * DAY}


def runs(database: Engine, kind: Kept) -> list[tuple[float, int, Any]]:
    """(days after NOW, deleted, oldest left) of each run of this class."""
    with reading(database) as session:
        found = session.scalars(select(m.RetentionRun).where(m.RetentionRun.kept == kind.value).order_by(m.RetentionRun.id))
        return [((run.at - NOW) / DAY, run.deleted, run.oldest) for run in found]


def test_a_run_is_written_when_something_goes_or_once_a_day(database: Engine) -> None:
    """An hourly purge of nothing leaves one row a day; each that deletes leaves its own, with what is left."""
    with transaction(database) as session:
        guests.admit(session, guests.PHONE)
        guests.admit(session, guests.LAPTOP, NOW + 40 * DAY)
    for hour in range(30):
        deletions.purge(database, KEPT, NOW + 10 * DAY + timedelta(hours=hour))
    assert [(10.0, 0), (11.0, 0)] == [run[:2] for run in runs(database, Kept.DEVICE)]
    deletions.purge(database, KEPT, NOW + 31 * DAY)
    assert (31.0, 1, NOW + 40 * DAY + timedelta(hours=2)) == runs(database, Kept.DEVICE)[-1]


def test_the_runs_last_words(database: Engine) -> None:
    """The newest run of each class, and what went within a month in all."""
    with transaction(database) as session:
        for day, device in enumerate((b"a" * 16, b"b" * 16)):
            guests.admit(session, device, NOW + day * DAY)
    for day in (31, 32):
        deletions.purge(database, KEPT, NOW + day * DAY)
    with reading(database) as session:
        assert {kind.value for kind in KEPT} <= {run.kept for run in deletions.last(session)}
        assert 2 == deletions.deleted_since(session, NOW)["device"]


def test_what_should_be_gone_is_found(database: Engine, seal: Seal) -> None:
    """It looks at the rows: an open session and a device with a younger grant are not overdue; what the purge missed is."""
    with transaction(database) as session:
        session.add(rows.session(seal, "open", status=m.SessionStatus.OPEN))
        session.add(rows.session(seal, "ended", status=m.SessionStatus.ENDED, ended_at=NOW))
        guests.admit(session, guests.PHONE, seconds=None)
    with reading(database) as session:
        assert [] == deletions.overdue(session, KEPT, NOW + 365 * DAY)
        late = deletions.overdue(session, KEPT, NOW + 366 * DAY)
        assert [(Kept.SESSION, 365.0)] == [(each.kept, (NOW + 366 * DAY - each.cutoff) // DAY) for each in late]
    deletions.purge(database, KEPT, NOW + 366 * DAY)
    with reading(database) as session:
        assert [] == deletions.overdue(session, KEPT, NOW + 366 * DAY)


@pytest.mark.parametrize("heard", [True, False])
def test_grants_that_nobody_used_go_early(database: Engine, seal: Seal, heard: bool) -> None:
    """Two days after their end, with device and orders, where the gateway tells of its guests; where it does not, all stay."""
    with transaction(database) as session:
        account = grants.account(session, m.Way.EMAIL, b"i" * 16, NOW).id
        unused = guests.admit(session, b"u" * 16)
        used = guests.admit(session, b"v" * 16)
        logged = guests.admit(session, b"w" * 16)
        proven = guests.admit(session, b"x" * 16, account=account, way=m.Way.EMAIL)
        session.add(m.Order(kind=m.OrderKind.GRANT, grant_id=unused.id, queued_at=NOW))
        session.add(rows.session(seal, "s", status=m.SessionStatus.ENDED, grant_id=used.id, client="library-wlc" if heard else "other"))
        session.add(m.AuthEvent(began_at=NOW, at=NOW, client="library-wlc", verdict=m.LoginVerdict.ACCEPT, grant_id=logged.id))
        names = [each.id for each in (unused, used, logged, proven)]
    early = deletions.purge(database, {}, NOW + 2 * DAY)
    late = deletions.purge(database, {}, NOW + 2.2 * DAY)
    assert (0, int(heard)) == (early[Kept.UNUSED], late[Kept.UNUSED])
    with reading(database) as session:
        assert set(names[heard:]) == set(session.scalars(select(m.Grant.id)))
        assert 4 - heard == len(session.scalars(select(m.Device.hash)).all())
        assert (not heard) == bool(session.scalars(select(m.Order.id)).all())


def test_what_an_erasure_left_goes_within_the_hour(database: Engine) -> None:
    """Grants that it ended go with their devices and orders once everybody has heard of the end; a device that came back stays."""
    with transaction(database) as session:
        for device in (guests.PHONE, guests.LAPTOP):
            grant = guests.admit(session, device)
            grant.why, grant.revoked_at, grant.ends_at = ERASURE, NOW, NOW
            session.add(m.Order(kind=m.OrderKind.REVOKE, grant_id=grant.id, queued_at=NOW))
        guests.admit(session, guests.LAPTOP, NOW + timedelta(minutes=5))
    assert 0 == deletions.purge(database, {}, NOW + timedelta(minutes=9))[Kept.ERASED]
    assert 2 == deletions.purge(database, {}, NOW + timedelta(minutes=11))[Kept.ERASED]
    with reading(database) as session:
        assert [guests.LAPTOP] == list(map(bytes, session.scalars(select(m.Device.hash))))
        assert [] == session.scalars(select(m.Order.id)).all()
