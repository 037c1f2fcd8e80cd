"""Grants as plain rows, and the connection that single statements keep: the same as the grants themselves, in both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import OperationalError

from store import grants, holders, usage
from store.models import Way
from store.session import Glance, engine, looking, reading, transaction
from store.usage import Spending
from tests.store.guests import LAPTOP, PHONE, admit
from tests.store.rows import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

TABLET, STRANGER = b"t" * 16, b"s" * 16
DEVICES = (PHONE, LAPTOP, TABLET, STRANGER)


@pytest.fixture
def glance(database: Engine) -> Iterator[Glance]:
    made = Glance(database)
    yield made
    made.close()


def settle(database: Engine) -> None:
    """A guest, an account's device, one whose time is over and one that was revoked."""
    with transaction(database) as session:
        admit(session)
        account = grants.account(session, Way.CARD, b"i" * 16, NOW).id
        admit(session, LAPTOP, account=account, plan="card")
        admit(session, TABLET, now=NOW - timedelta(hours=3))
        grants.revoke(session, admit(session, STRANGER), "asked", NOW)


def test_pages_are_the_grants_own(database: Engine, glance: Glance) -> None:
    """By one cursor, all or those that live, with the subject that their usage is counted under."""
    settle(database)
    for alive_at in (None, NOW):
        with reading(database) as session:
            own = [(grant.id, grant.changed, grants.subject(grant)) for grant in grants.changed_since(session, 1, 2, alive_at=alive_at)]
            newest = grants.newest(session)
        with looking(database) as connection:
            for rows in (connection.execute, glance.rows):
                assert own == [(each.id, each.changed, each.subject) for each in holders.changed_since(rows, 1, 2, alive_at=alive_at)]
                assert newest == holders.newest(rows)


def test_who_holds_one_is_who_grants_say(database: Engine, glance: Glance) -> None:
    """Each device's live grant, as `grants.live` finds it one by one; nobody for nobody."""
    settle(database)
    with reading(database) as session:
        own = {device: grant.id for device in DEVICES if (grant := grants.live(session, device, NOW))}
    assert own == {device: holder.id for device, holder in holders.of_devices(glance.rows, DEVICES, NOW).items()}
    assert {} == holders.of_devices(glance.rows, (), NOW)


def test_usage_is_the_same_by_either_way(database: Engine, glance: Glance) -> None:
    """Of more subjects than one statement carries."""
    subjects = [f"d{number:032x}" for number in range(900)]
    with transaction(database) as session:
        usage.spend(session, [Spending(each, NOW, number, 2 * number) for number, each in enumerate(subjects)], NOW.tzinfo)
    used = usage.read(glance.rows, subjects, NOW, NOW.tzinfo)
    assert [(number, 2 * number, 2 * number) for number in range(900)] == [used[each][:3] for each in subjects]
    with reading(database) as session:
        assert usage.many(session, subjects, NOW, NOW.tzinfo) == used


def test_a_glance_begins_no_transaction(database: Engine, glance: Glance) -> None:
    """It sees what was committed since its last look, holds up nobody who writes, and waits for nobody."""
    assert 0 == holders.newest(glance.rows)
    with transaction(database) as session:
        admit(session)
        assert 0 == holders.newest(glance.rows)
    assert 1 == holders.newest(glance.rows)
    glance.close()
    assert 1 == holders.newest(glance.rows)
    with transaction(database) as session:  # the connection that was given back is like any other
        admit(session, LAPTOP)
    assert 2 == holders.newest(glance.rows)


@pytest.mark.peer("postgresql")
def test_a_server_that_hung_up_costs_one_more_try(cluster) -> None:
    """A restart is no error; a server that is gone is one, and no more once it is back."""
    with cluster.database() as url:
        database = engine(url)
        glance, name = Glance(database), make_url(url).database
        hang_up = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        one = select(text("1"))
        assert [(1,)] == [tuple(row) for row in glance.rows(one, {})]
        cluster.sql(hang_up)
        assert [(1,)] == [tuple(row) for row in glance.rows(one, {})]
        cluster.sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false; {hang_up}")
        for _ in range(2):
            with pytest.raises(OperationalError):
                glance.rows(one, {})
        cluster.sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        assert [(1,)] == [tuple(row) for row in glance.rows(one, {})]
        glance.close()
        database.dispose()
