"""store.listener_keys: one of each listener in use, whatever was before; on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from store import listener_keys
from store.session import transaction
from tests.store.rows import NOW

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from store.sealed import Seal


def test_one_is_in_use_and_the_former_is_kept(database: Engine, seal: Seal) -> None:
    """Of this listener alone; a way back makes the former the one in use."""
    with transaction(database) as session:
        first, second, other = (
            listener_keys.add(session, seal, name, b"key", by="a test", now=NOW, chain=f"chain of {name}")
            for name in ("guest", "guest", "staff")
        )
        assert listener_keys.in_use(session, "guest") is None
        for minutes, row in enumerate((other, first, second, first)):
            listener_keys.use(session, row, NOW + timedelta(minutes=minutes))
        session.expire_all()
        used = listener_keys.in_use(session, "guest")
        assert (first.id, None, NOW + timedelta(minutes=3)) == (used.id if used else "", first.retired_at, second.retired_at)
        assert {"guest": first.id, "staff": other.id} == {name: row.id for name, row in listener_keys.serving(session).items()}
        assert {"guest": "chain of guest", "staff": "chain of staff"} == listener_keys.chains(session)
        assert listener_keys.find(session, "staff", first.id) is None


def test_the_key_opens_with_the_seal_alone(database: Engine, seal: Seal) -> None:
    """What is stored is sealed for its row; what a TLS library reads has the key and the chain."""
    with transaction(database) as session:
        row = listener_keys.add(session, seal, "guest", b"the key\n\n", by="a test", now=NOW, chain="the chain\n")
        assert b"the key\nthe chain\n" == listener_keys.pem(row, seal)
        assert b"the key" not in row.key


def test_so_many_are_kept(database: Engine, seal: Seal) -> None:
    """Of each listener; the newest come first."""
    with transaction(database) as session:
        made = [
            listener_keys.add(session, seal, "guest", b"k", by="", now=NOW + timedelta(minutes=number)).id
            for number in range(listener_keys.MOST)
        ]
        assert (False, True) == (listener_keys.room(session, "guest"), listener_keys.room(session, "staff"))
        assert made[::-1] == [row.id for row in listener_keys.of(session, "guest")]
