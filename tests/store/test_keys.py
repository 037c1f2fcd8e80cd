"""store.keys: the first unsealing, and keys of our own that stay the same."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from store import keys
from store.faults import SealError
from store.models import Client, NamedKey
from store.sealed import Seal, Where, create_keys
from store.session import reading, transaction
from tests.store.rows import NOW, network

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine


def test_the_first_run_makes_the_key(database: Engine, tmp_path: Path) -> None:
    """An empty database gets a key file; the keys of our own made under it stay the same."""
    path = tmp_path / "new" / "seal.key"
    with transaction(database) as session:
        made = keys.named(session, keys.unlock(session, path), keys.TRACE, NOW)
    with transaction(database) as session:
        assert keys.named(session, keys.unlock(session, path), keys.TRACE, NOW) == made
        assert keys.named(session, keys.unlock(session, path), keys.LOOP, NOW) != made
    assert len(made) == 32


def test_two_processes_get_the_same_key(database: Engine, seal: Seal) -> None:
    """A key asked for twice at once is made once."""
    found: list[bytes] = []

    def ask() -> None:
        with transaction(database) as session:
            found.append(keys.named(session, seal, keys.LOOP, NOW))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [found[0]] * 4 == found


def test_sealed_rows_without_their_key_are_refused(database: Engine, seal: Seal) -> None:
    """A database that holds sealed rows never gets a fresh key: the lost one is asked for, by its path."""
    with transaction(database) as session:
        session.add_all(network(seal))
    seal.path.unlink()
    with reading(database) as session, pytest.raises(SealError, match=f"{seal.path} is missing; put it back"):
        keys.unlock(session, seal.path)
    assert not seal.path.exists()


def test_sealed_rows_with_another_key_are_refused(database: Engine, seal: Seal, tmp_path: Path) -> None:
    """The key file of another installation is told apart at once."""
    with transaction(database) as session:
        session.add_all(network(seal))
    create_keys(tmp_path / "other.key")
    with reading(database) as session, pytest.raises(SealError, match="put the right key file back"):
        keys.unlock(session, tmp_path / "other.key")


def test_swapped_ciphertexts_are_refused(database: Engine, seal: Seal) -> None:
    """Two clients' sealed secrets exchanged in the database: start-up refuses and names the row."""
    with transaction(database) as session:
        session.add_all(network(seal))
        session.add(Client(name="other", addresses=["192.0.2.1"], secret=seal.close(b"x" * 16, Where("client", "other", "secret"))))
    with transaction(database) as session:
        secret = {name: value for name, value in session.execute(select(Client.name, Client.secret))}  # noqa: C416 - rows are no pairs to dict()
        for name, taken in (("other", "library-wlc"), ("library-wlc", "other")):
            session.execute(update(Client).where(Client.name == name).values(secret=secret[taken]))
    with reading(database) as session, pytest.raises(SealError, match=r"secret of client '(other|library-wlc)' does not open"):
        keys.unlock(session, seal.path)


def test_a_forgotten_key_is_gone(database: Engine, seal: Seal) -> None:
    """A statistics key destroyed at the end of its period never comes back: the next one is another."""
    with transaction(database) as session:
        first = keys.named(session, seal, "statistics 2026-03-08", NOW)
        keys.forget(session, "statistics 2026-03-08")
        assert session.scalars(select(NamedKey)).all() == []
        assert keys.named(session, seal, "statistics 2026-03-08", NOW) != first


def test_the_hash_of_nothing_is_nothing() -> None:
    """Two stations that are not named are not the same station."""
    assert keys.keyed_hash(b"k" * 32, b"") == b""
    assert len(keys.keyed_hash(b"k" * 32, b"AA-BB-CC-DD-EE-FF")) == 16
    assert keys.keyed_hash(b"k" * 32, b"AA-BB-CC-DD-EE-FF") != keys.keyed_hash(b"l" * 32, b"AA-BB-CC-DD-EE-FF")
