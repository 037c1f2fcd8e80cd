"""migrations 0003: what a network of the older shape becomes, and what the older shape can hold of the newer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import inspect, select, text

from store import schema
from store.check import check
from store.models import AccessPoint, Client, Operator, Order, Portal, Site
from store.session import engine, reading, transaction
from tests.store.rows import everything, keep

if TYPE_CHECKING:
    from store.sealed import Seal


def test_clients_of_the_older_shape_get_a_key_each(url: str, seal: Seal) -> None:
    """Whoever was there before has its own path at the portal afterwards, its secret kept, and no options."""
    database = schema.prepare(url)
    with transaction(database) as session:
        keep(session, everything(seal))
        session.flush()
        session.add(Client(name="museum-wlc", addresses=["192.0.2.9"], secret=session.get_one(Client, "library-wlc").secret))
    schema.downgrade(url, "0002")
    schema.upgrade(url)
    with reading(database) as session:
        library, museum = session.scalars(select(Client).order_by(Client.name))
        assert [(each.radius, each.options, each.uam_secret) for each in (library, museum)] == [(True, {}, None)] * 2
        assert library.key != museum.key
        assert re.fullmatch("[0-9a-z]{16}", library.key)
        assert library.secret
        assert session.scalars(select(Operator.timezone)).one() == "UTC"
        assert [(order.grant_id, order.client, order.target) for order in session.scalars(select(Order))] == [("", "", None)]
    database.dispose()


def test_a_client_without_a_secret_does_not_fit_the_older_shape(url: str) -> None:
    """Going down, it goes; its access points stay, without it."""
    database = schema.prepare(url)
    with transaction(database) as session:
        session.add(Client(name="hall-opennds", addresses=["192.0.2.3"], radius=False))
        session.add(AccessPoint(name="hall", client="hall-opennds"))
    schema.downgrade(url, "0002")
    schema.upgrade(url)
    with reading(database) as session:
        assert session.scalars(select(Client.name)).all() == []
        assert [(point.name, point.client) for point in session.scalars(select(AccessPoint))] == [("hall", None)]
    database.dispose()


def test_tables_copied_on_the_way_keep_their_references_and_indexes(url: str) -> None:
    """SQLite alters a table by copying it: references are still checked at commit, and every index is there."""
    schema.upgrade(url, "0002")
    schema.upgrade(url)
    assert check(url) == []
    database = engine(url)
    for table, count in (("site", 1), ("client", 1), ("access_point", 2), ("portal", 1)):
        references = inspect(database).get_foreign_keys(table)
        assert [each["options"] for each in references] == [{"deferrable": True, "initially": "DEFERRED"}] * count, table
    with transaction(database) as session:
        session.add(Site(id="hall", name="Hall", portal="hall"))
        session.flush()
        session.add(Portal(name="hall", plan="visitor"))
        session.flush()
        session.execute(
            text(
                "INSERT INTO plan (name, extend_times, extend_by, managed_by) VALUES ('visitor', 0, 0, 'file')",
            )
        )
    database.dispose()
