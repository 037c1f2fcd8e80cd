"""What one database is stricter about than the other is no fault of ours on either: the staff's pages over SQLite and over PostgreSQL."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from portal.admin import desk
from portal.misfortunes import known
from store.models import Business, Site
from store.schema import upgrade
from store.sealed import Seal, create_keys
from store.session import engine, transaction
from tests.peers import postgres
from tests.portal.staffroom import Room, over, room

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.peer("postgresql"))])
def desks(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, shaped: Path) -> Iterator[Room]:
    """The staff app on either database; nothing that these tests ask for changes it."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "sqlite":
        made = room(folder, shaped)
        yield furnished(made)
        made.close()
        return
    with postgres.cluster() as running, running.database(upgrade) as address:
        create_keys(folder / "keys" / "seal.key")
        made = over(engine(address), Seal(folder / "keys" / "seal.key"), folder)
        yield furnished(made)
        made.close()


def furnished(made: Room) -> Room:
    with transaction(made.database) as session:
        session.get_one(Site, "central-library").name = "École du Québec"
        session.add(Business(slug="epicerie", name="Épicerie 100%", created_at=made.time))
    return made


@pytest.mark.parametrize("path", ["/realms", "/policy"])
@pytest.mark.parametrize("number", [2**31, -(2**40), 2**63 - 1])
def test_a_cursor_may_be_wider_than_its_column(desks: Room, path: str, number: int) -> None:
    """A number that no row can have is before or behind all of them."""
    cursor = base64.urlsafe_b64encode(json.dumps([number, "x"]).encode()).decode().rstrip("=")
    assert 200 == desks.get(f"{path}?after={cursor}").status_code


@pytest.mark.parametrize("said", ["École du", "école du q", "ÉCOLE"])
def test_a_name_is_found_by_an_accented_beginning(desks: Room, said: str) -> None:
    """In capitals or not: SQLite's lower() knows ASCII alone."""
    assert ["École du Québec" in desks.page(f"/sites?q={said}"), "École du Québec" in desks.page("/sites?q=ecole")] == [True, False]


@pytest.mark.parametrize(
    ("said", "found"), [("épicerie", True), ("Épi", True), ("picerie", False), ("Épicerie_", False), ("Épicerie 100%", True)]
)
def test_so_is_a_shop(desks: Room, said: str, found: bool) -> None:
    """Signs of a pattern are letters like others."""
    assert found == ("/businesses/epicerie" in desks.page(f"/businesses?q={quote(said)}"))


def test_a_pages_time_is_of_all_that_it_asks(desks: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """However little each of its questions takes: the one that goes over is stopped, and what another page asks afterwards is not."""
    monkeypatch.setattr(desk, "SLOWEST", 0.2)
    count = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100000) SELECT max(n) FROM n"
    question, often = (count, 1_000) if desks.database.dialect.name == "sqlite" else ("SELECT pg_sleep(0.04)", 20)

    def asked(often: int) -> None:
        with desks.desk.reading() as session:
            for _ in range(often):
                session.execute(text(question))

    with pytest.raises(OperationalError) as caught:
        asked(often)
    assert (504, "too slow a question") == known(caught.value)
    asked(1)


def test_a_server_may_speak_french() -> None:
    """What was stopped is told by its state, not by a server's words: lc_messages is its operator's."""
    stopped = psycopg.errors.QueryCanceled("annulation de la requête à cause du délai écoulé pour l'exécution de l'instruction")
    assert (504, "too slow a question") == known(OperationalError("SELECT", {}, stopped))
